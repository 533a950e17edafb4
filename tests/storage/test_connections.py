"""Connections: settings that durability hangs on, readers that cannot write, words for what fails."""

import asyncio
import logging
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import DBAPIError

from fedinode.config import Settings
from fedinode.errors import (
    ConfigError,
    DatabaseError,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseOlder,
    NodeError,
    OriginChanged,
)
from fedinode.storage import disk, sealing, sqlite
from fedinode.storage.database import Database, Session, open_database, open_url
from fedinode.storage.models import NodeFact
from fedinode.storage.sealing import Sealer
from tests.storage.sample_rows import add


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "fedinode.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@pytest.fixture
def sqlite_database(sqlite_path: Path, sealer: Sealer) -> Iterator[Database]:
    opened = open_url(f"sqlite:///{sqlite_path}", sealer)
    yield opened
    opened.close()


def pragmas(session: Session) -> dict[str, object]:
    names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "busy_timeout", "query_only")
    return {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in names}


SAFE = {
    "journal_mode": "wal",
    "synchronous": 2,
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 10_000,
}


def test_the_writer_waits_for_the_disk(sqlite_database: Database) -> None:
    assert sqlite_database.write_now(pragmas) == {**SAFE, "query_only": 0}


def test_every_reader_is_set_up_alike_and_cannot_write(sqlite_database: Database) -> None:
    barrier = threading.Barrier(sqlite.READERS)

    def read_together(session: Session) -> dict[str, object]:
        barrier.wait(30)
        return pragmas(session)

    async def read_all() -> list[dict[str, object]]:
        return await asyncio.gather(*(sqlite_database.read(read_together) for _ in range(sqlite.READERS)))

    assert asyncio.run(read_all()) == [{**SAFE, "query_only": 1}] * sqlite.READERS


def test_a_setting_that_sqlite_does_not_take_is_an_error(tmp_path: Path) -> None:
    # A database in memory cannot have a write-ahead log.
    engine = sqlite.make_engine(Path(":memory:"))
    with pytest.raises(DatabaseError, match="journal_mode"):
        engine.connect()


def test_a_reading_job_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseError)):
        database.read_now(lambda session: add(session, NodeFact, name="a", value="b"))
    assert database.read_now(lambda session: session.scalars(select(NodeFact)).all()) == []


def test_a_reading_job_sees_one_state_to_its_end(database: Database) -> None:
    def read_twice(session: Session) -> tuple[int, int]:
        before = len(session.scalars(select(NodeFact.name)).all())
        database.write_now(lambda other: add(other, NodeFact, name="a", value="b"))
        return before, len(session.scalars(select(NodeFact.name)).all())

    assert database.read_now(read_twice) == (0, 0)


def test_a_reader_that_stays_open_is_logged(
    sqlite_path: Path, sealer: Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    database = open_url(f"sqlite:///{sqlite_path}", sealer, sqlite.SqliteLimits(slow_read_seconds=0.0))
    with caplog.at_level(logging.WARNING, logger="fedinode.storage.sqlite"):
        database.read_now(pragmas)
    database.close()
    assert "pragmas kept the database open for reading for 0.0 s" in caplog.text


def test_a_database_that_another_program_holds_is_named(sqlite_path: Path, sealer: Sealer) -> None:
    database = open_url(f"sqlite:///{sqlite_path}", sealer, sqlite.SqliteLimits(busy_seconds=0.05))
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(DatabaseLocked, match="Another program"):
            database.write_now(lambda session: add(session, NodeFact, name="a", value="b"))
    finally:
        other.close()
    database.write_now(lambda session: add(session, NodeFact, name="a", value="b"))
    database.close()


def test_a_second_process_may_write_beside_the_first(sqlite_path: Path, sealer: Sealer) -> None:
    """A command opens the same file while the node serves; both use the same class."""
    url = f"sqlite:///{sqlite_path}"
    serving, command = (open_url(url, sealer) for _ in range(2))
    for n in range(20):
        (serving if n % 2 else command).write_now(partial(add, model=NodeFact, name=f"{n}", value=""))
    assert len(serving.read_now(lambda session: session.scalars(select(NodeFact.name)).all())) == 20
    command.close()
    serving.write_now(lambda session: add(session, NodeFact, name="after", value=""))
    serving.close()


def test_the_write_ahead_log_is_folded_when_it_has_grown(sqlite_path: Path, sealer: Sealer) -> None:
    store = sqlite.SqliteStore(sqlite_path, sealer, sqlite.SqliteLimits(wal_bytes=500_000))
    wal = sqlite_path.with_name(sqlite_path.name + "-wal")

    def grow(session: Session) -> None:
        add(session, NodeFact, name=f"{time.monotonic_ns()}", value="x" * 300_000)

    for _ in range(3):
        store.write(grow, keep=False).result()
    store.write(lambda session: None, keep=False).result()
    assert wal.stat().st_size < 500_000
    store.close()
    assert not wal.exists()


def test_a_reader_in_the_way_does_not_hold_the_writer_up(
    sqlite_path: Path, sealer: Sealer, caplog: pytest.LogCaptureFixture
) -> None:
    reader = sqlite3.connect(sqlite_path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM node_facts").fetchall()
    store = sqlite.SqliteStore(
        sqlite_path, sealer, sqlite.SqliteLimits(wal_bytes=100_000, busy_seconds=120.0)
    )
    with caplog.at_level(logging.INFO, logger=disk.__name__):
        for n in range(2):
            grow = partial(add, model=NodeFact, name=f"{n}", value="x" * 200_000)
            store.write(grow, keep=False).result(60)
        store.write(lambda session: None, keep=False).result(60)
    reader.close()
    store.close()
    assert "keeps it from shrinking" in caplog.text


def test_a_missing_database_asks_for_init(tmp_path: Path, sealer: Sealer) -> None:
    with pytest.raises(DatabaseMissing, match="fedinode init"):
        open_url(f"sqlite:///{tmp_path / 'none.db'}", sealer)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named(tmp_path: Path, sealer: Sealer) -> None:
    path = tmp_path / "fedinode.db"
    path.write_text("these are not the bytes you are looking for" * 100)
    with pytest.raises(DatabaseError, match="no SQLite database"):
        open_url(f"sqlite:///{path}", sealer)


def test_a_server_that_does_not_answer_is_named(sealer: Sealer) -> None:
    with pytest.raises(DatabaseError, match="does not answer"):
        open_url("postgresql://postgres@127.0.0.1:1/none", sealer)


@pytest.mark.parametrize("url", ["", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_an_address_of_no_database_we_know_is_refused(url: str, sealer: Sealer) -> None:
    with pytest.raises(ConfigError, match="database_url"):
        open_url(url, sealer)


def test_a_query_on_missing_tables_asks_for_an_upgrade(empty_database_url: str, sealer: Sealer) -> None:
    url = make_url(empty_database_url)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").touch()
    database = open_url(empty_database_url, sealer)
    with pytest.raises(DatabaseOlder, match="fedinode upgrade"):
        database.read_now(lambda session: session.scalars(select(NodeFact)).all())
    database.close()


def settings(database_url: str, folder: Path, origin: str) -> Settings:
    return Settings(data_dir=folder, origin=origin, database_url=database_url)


def test_the_origin_is_recorded_at_the_first_opening(database_url: str, tmp_path: Path) -> None:
    sealing.create_key_file(tmp_path / "secrets")
    open_database(settings(database_url, tmp_path, "https://berlin.example")).close()
    open_database(settings(database_url, tmp_path, "https://berlin.example")).close()
    with pytest.raises(OriginChanged, match=r"made for https://berlin\.example"):
        open_database(settings(database_url, tmp_path, "https://paris.example"))


def test_a_missing_data_key_is_named(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.key"):
        open_database(settings(database_url, tmp_path, "https://berlin.example"))


def test_what_is_told_is_one_plain_sentence(sqlite_path: Path, tmp_path: Path, sealer: Sealer) -> None:
    with pytest.raises(NodeError) as told:
        open_url(f"sqlite:///{tmp_path / 'none.db'}", sealer)
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")


def test_a_new_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    sqlite.create_file(tmp_path / "deep" / "fedinode.db")
    assert stat.S_IMODE((tmp_path / "deep" / "fedinode.db").stat().st_mode) == 0o600
