"""Jobs that write: they share commits on SQLite, fail alone, are never taken back, too many are refused."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import Connection, Engine, event, select, text
from sqlalchemy.exc import IntegrityError

from fedinode.errors import Busy, DatabaseError, DiskFull
from fedinode.storage.database import Database, Session, open_url
from fedinode.storage.models import NodeFact
from fedinode.storage.sealing import Sealer
from fedinode.storage.sqlite import SqliteLimits, SqliteStore
from tests.storage.sample_rows import add


def add_fact(session: Session, name: str) -> str:
    return add(session, NodeFact, name=name, value="v").name


def facts(session: Session) -> set[str]:
    return set(session.scalars(select(NodeFact.name)))


class Gate:
    """A job that holds the writer until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self, session: Session) -> None:
        self.entered.set()
        assert self._opened.wait(30)

    def open(self) -> None:
        self._opened.set()


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path, sealer: Sealer) -> Iterator[SqliteStore]:
    path = tmp_path / "fedinode.db"
    path.write_bytes(sqlite_template.read_bytes())
    opened = SqliteStore(path, sealer, SqliteLimits(queue_jobs=3))
    yield opened
    opened.close()


def write(store: SqliteStore, name: str, *, keep: bool = False) -> Future[str]:
    return store.write(lambda session: add_fact(session, name), keep=keep)


@pytest.mark.anyio
async def test_a_write_returns_what_its_job_returned(database: Database) -> None:
    assert await database.write(lambda session: add_fact(session, "a")) == "a"
    assert await database.read(facts) == {"a"}


@pytest.mark.anyio
async def test_a_failing_job_is_undone_alone(database: Database) -> None:
    def fail(session: Session) -> None:
        add_fact(session, "half")
        raise ZeroDivisionError

    outcomes = await asyncio.gather(
        database.write(lambda session: add_fact(session, "before")),
        database.write(fail),
        database.write(lambda session: add_fact(session, "after")),
        return_exceptions=True,
    )
    assert outcomes[0] == "before"
    assert isinstance(outcomes[1], ZeroDivisionError)
    assert outcomes[2] == "after"
    assert await database.read(facts) == {"before", "after"}


@pytest.mark.anyio
async def test_a_job_that_breaks_a_constraint_fails_alone(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(database.write(lambda session: add_fact(session, "same")) for _ in range(3)),
        database.write(lambda session: add_fact(session, "other")),
        return_exceptions=True,
    )
    assert sorted(type(each).__name__ for each in outcomes) == [
        "IntegrityError",
        "IntegrityError",
        "str",
        "str",
    ]
    assert await database.read(facts) == {"same", "other"}


@pytest.mark.anyio
async def test_eight_hundred_changes_in_four_lines_are_all_kept(database: Database) -> None:
    """Read-then-update from several threads loses changes on an SQLite engine with default settings."""
    await database.write(lambda session: add(session, NodeFact, name="sum", value="0"))

    def increase(session: Session) -> None:
        fact = session.get_one(NodeFact, "sum", with_for_update=True)
        fact.value = str(int(fact.value) + 1)

    async def increase_often() -> None:
        for _ in range(200):
            await database.write(increase)

    await asyncio.gather(*(increase_often() for _ in range(4)))
    assert await database.read(lambda session: session.get_one(NodeFact, "sum").value) == "800"


@pytest.mark.anyio
async def test_a_cancelled_caller_does_not_take_the_job_back(database: Database) -> None:
    gate = Gate()
    held = [asyncio.ensure_future(database.write(gate)) for _ in range(4)]
    await asyncio.to_thread(gate.entered.wait, 30)
    cancelled = asyncio.ensure_future(database.write(lambda session: add_fact(session, "counts")))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    gate.open()
    await asyncio.gather(*held)
    with anyio.fail_after(30):
        while await database.read(facts) != {"counts"}:
            pass


def test_closing_finishes_what_waits(database_url: str, sealer: Sealer) -> None:
    database = open_url(database_url, sealer)
    futures = [database.submit(partial(add_fact, name=f"f{n}")) for n in range(100)]
    database.close()
    assert all(future.done() for future in futures)
    again = open_url(database_url, sealer)
    assert len(again.read_now(facts)) == 100
    again.close()


def test_a_closed_database_takes_no_more_changes(database_url: str, sealer: Sealer) -> None:
    database = open_url(database_url, sealer)
    database.close()
    with pytest.raises(DatabaseError, match="being closed"):
        database.write_now(lambda session: add_fact(session, "late"))


@pytest.fixture
def commits() -> Iterator[list[Connection]]:
    """Grows by one with every commit of any engine."""
    counted: list[Connection] = []

    def count(connection: Connection) -> None:
        counted.append(connection)

    event.listen(Engine, "commit", count)
    yield counted
    event.remove(Engine, "commit", count)


def test_jobs_that_wait_together_share_one_commit(store: SqliteStore, commits: list[Connection]) -> None:
    gate = Gate()
    held = store.write(gate, keep=True)
    assert gate.entered.wait(30)
    futures = [write(store, f"f{n}", keep=True) for n in range(40)]
    gate.open()
    held.result(30)
    assert [future.result(30) for future in futures] == [f"f{n}" for n in range(40)]
    # How many fit into the time of a batch depends on the machine; one commit each would be 41.
    assert len(commits) < 20


def test_more_jobs_than_the_queue_holds_are_refused(store: SqliteStore) -> None:
    gate = Gate()
    held = store.write(gate, keep=False)
    assert gate.entered.wait(30)
    waiting = [write(store, f"f{n}") for n in range(3)]
    with pytest.raises(Busy, match="Too many"):
        write(store, "one too many")
    kept = write(store, "result of work done", keep=True)
    gate.open()
    held.result(30)
    assert [future.result(30) for future in [*waiting, kept]] == ["f0", "f1", "f2", "result of work done"]


def test_nothing_new_is_taken_when_the_disk_is_nearly_full(
    sqlite_template: Path, tmp_path: Path, sealer: Sealer
) -> None:
    path = tmp_path / "fedinode.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = SqliteStore(path, sealer, SqliteLimits(free_disk_bytes=10**18))
    with pytest.raises(DiskFull, match="MB are free"):
        write(store, "new")
    assert write(store, "result of work done", keep=True).result(30) == "result of work done"
    store.close()


def test_a_disk_that_is_full_in_the_middle_keeps_all_or_nothing(store: SqliteStore) -> None:
    def fill(session: Session) -> None:
        connection = session.connection()
        (pages,) = connection.exec_driver_sql("PRAGMA page_count").one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 3}")
        add(session, NodeFact, name="large", value="x" * 200_000)

    gate = Gate()
    held = store.write(gate, keep=True)
    assert gate.entered.wait(30)
    futures: list[Future[Any]] = [
        write(store, "before", keep=True),
        store.write(fill, keep=True),
        write(store, "after", keep=True),
    ]
    gate.open()
    held.exception(30)
    told = {
        name
        for name, future in zip(("before", "large", "after"), futures, strict=True)
        if not future.exception()
    }
    assert isinstance(futures[1].exception(), DiskFull)
    assert store.read(facts).result(30) == told


def test_the_writer_goes_on_after_a_refused_commit(store: SqliteStore) -> None:
    with pytest.raises(IntegrityError):
        store.write(
            lambda session: session.execute(
                text(
                    "INSERT INTO memberships (account_id, collective_id, role, since) "
                    "VALUES (1, 1, 'owner', 1)"
                )
            ),
            keep=False,
        ).result(30)
    assert write(store, "next").result(30) == "next"
