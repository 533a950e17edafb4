"""The one door to the database: jobs that read, jobs that write, the same on SQLite and PostgreSQL.

A job is a function that takes a session. It never commits, opens no connection and does no network: it may be
run a second time if the database asks for that. Reading jobs run in threads of their own on connections that
cannot write. A writing job is finished when its commit is on the disk; its exception undoes that job alone.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from fedinode.config import Settings
from fedinode.errors import ConfigError
from fedinode.storage import compacting, node_facts, sealing, versions
from fedinode.storage.postgresql import PostgresStore
from fedinode.storage.sealing import Sealer
from fedinode.storage.sqlite import SqliteLimits, SqliteStore

__all__ = ["Database", "Session", "Store", "open_database", "open_url"]

T = TypeVar("T")


class Store(Protocol):
    """What SQLite and PostgreSQL each do in their own way."""

    def read(self, job: Callable[[Session], T]) -> Future[T]:
        """Run a job that reads, in a thread."""
        ...

    def write(self, job: Callable[[Session], T], *, keep: bool) -> Future[T]:
        """Run a job that writes, in a thread; the future is done after the commit."""
        ...

    def poll_invalidations(self) -> tuple[str, ...]:
        """Return what others changed since the last call, without waiting."""
        ...

    def close(self) -> None:
        """Finish what is queued and close all connections."""
        ...


class Database:
    """Runs jobs; see the module. Made by `open_database`, closed by `close`."""

    def __init__(self, store: Store, url: URL) -> None:
        self._store = store
        self._url = url
        #: "sqlite" or "postgresql"
        self.kind = url.get_backend_name()
        #: Without password, for messages and logs.
        self.name = url.render_as_string(hide_password=True)

    async def read(self, job: Callable[[Session], T]) -> T:
        """Run `job` on a consistent view of the database and return what it returns."""
        return await asyncio.wrap_future(self._store.read(job))

    async def write(self, job: Callable[[Session], T], *, keep: bool = False) -> T:
        """Run `job` in a transaction and return its result after the commit.

        A caller that is cancelled does not take the job back: it still counts. `keep` is for results of work
        already done (the outcome of a delivery): such a job is taken also when the queue or the disk is full.

        Raises: Busy, DiskFull, DatabaseLocked, DatabaseError, and whatever the job raises.
        """
        return await asyncio.shield(asyncio.wrap_future(self._store.write(job, keep=keep)))

    def read_now(self, job: Callable[[Session], T]) -> T:
        """Do as `read`, and wait; for commands and tests, never in the event loop."""
        return self._store.read(job).result()

    def write_now(self, job: Callable[[Session], T]) -> T:
        """Do as `write`, and wait; for commands and tests, never in the event loop."""
        return self._store.write(job, keep=False).result()

    def submit(self, job: Callable[[Session], T]) -> Future[T]:
        """Begin a write and return its future, to wait for outside of the event loop."""
        return self._store.write(job, keep=False)

    def poll_invalidations(self) -> tuple[str, ...]:
        """Return the keys that were invalidated since the last call, by this process or another.

        Cheap enough for every request: it looks at most every 50 ms and enters no thread.
        """
        return self._store.poll_invalidations()

    def compact(self) -> bool:
        """Take what was deleted out of the files too; False if others were in the way. Slow, for threads."""
        return compacting.compact(self._url)

    def close(self) -> None:
        """Take no more jobs, finish those that wait, and close all connections."""
        self._store.close()


def open_database(settings: Settings) -> Database:
    """Open the node's database with its data key, after checking that both belong to this node and version.

    Raises: DatabaseMissing, DatabaseOlder, DatabaseNewer, OriginChanged, DatabaseLocked, ConfigError.
    """
    sealer = sealing.open_key_file(settings.secrets_dir)
    limits = SqliteLimits(free_disk_bytes=settings.limits.free_disk_bytes)
    database = open_url(settings.database_url, sealer, limits)
    try:
        database.read_now(versions.require_current)
        if database.read_now(node_facts.find_origin) is None:
            database.write_now(lambda session: node_facts.record_origin(session, settings.origin))
        database.read_now(lambda session: node_facts.require_origin(session, settings.origin))
    except BaseException:
        database.close()
        raise
    return database


def open_url(database_url: str, sealer: Sealer, limits: SqliteLimits | None = None) -> Database:
    """Open the database at an address, without looking whether its tables are the present ones.

    Raises: ConfigError for an address that is none, DatabaseMissing, DatabaseError.
    """
    url = parse_url(database_url)
    if url.get_backend_name() == "sqlite":
        return Database(SqliteStore(Path(url.database or ""), sealer, limits or SqliteLimits()), url)
    return Database(PostgresStore(url, sealer), url)


def parse_url(database_url: str) -> URL:
    """Return the address with the driver we use. Raises: ConfigError."""
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise ConfigError("The database_url cannot be read; it looks like sqlite:///PATH.") from error
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise ConfigError('The database_url must begin with "sqlite:///PATH" or "postgresql://".')
