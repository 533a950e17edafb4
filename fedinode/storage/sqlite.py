"""SQLite: connections with the right pragmas, four readers that cannot write, and the writer.

Every pragma is set on every connection and asserted by reading it back: a default of the library, or a build
without a feature, must not silently cost us durability.
"""

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from fedinode.errors import DatabaseError, DatabaseMissing
from fedinode.storage import dialects
from fedinode.storage.disk import FreeDisk, WriteAheadLog
from fedinode.storage.notices import SqliteNotices
from fedinode.storage.refusals import in_plain_words
from fedinode.storage.sealing import Sealer, session_info
from fedinode.storage.writer import QUEUE_JOBS, Writer

logger = logging.getLogger(__name__)

T = TypeVar("T")

READERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SqliteLimits:
    """How patient and how greedy a store is."""

    #: Below this much free disk nothing new is taken in.
    free_disk_bytes: int = 200 * 1024 * 1024
    #: The write-ahead log is folded into the database when it has grown to this.
    wal_bytes: int = 16 * 1024 * 1024
    #: More waiting jobs than this are refused.
    queue_jobs: int = QUEUE_JOBS
    #: How long a second process (a command) waits for the writer of the first.
    busy_seconds: float = 10.0
    #: An open reader stops the write-ahead log from shrinking, so a long one is told.
    slow_read_seconds: float = 5.0


# Name, value to set, what reading back must give.
_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("secure_delete", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("temp_store", "MEMORY", 2),
    # The writer does this itself, between transactions: see SqliteStore.
    ("wal_autocheckpoint", "0", 0),
)


def make_engine(path: Path, *, query_only: bool = False, busy_seconds: float = 10.0) -> Engine:
    """Return an engine whose connections are set up as the module says.

    The driver begins no transaction by itself; here it is begun, and one that writes waits its turn at once.
    """
    patience = round(busy_seconds * 1000)
    pragmas = (("busy_timeout", str(patience), patience), *_PRAGMAS, ("query_only", query_only, query_only))
    begin = "BEGIN" if query_only else "BEGIN IMMEDIATE"
    engine = create_engine(
        URL.create(dialects.SQLITE, database=str(path)),
        poolclass=NullPool,
        execution_options=dialects.options(),
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": busy_seconds},
    )

    def on_connect(connection: sqlite3.Connection, record: Any) -> None:
        for name, value, expected in pragmas:
            _set_pragma(connection, name, value, expected)

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def _set_pragma(connection: sqlite3.Connection, name: str, value: object, expected: object) -> None:
    connection.execute(f"PRAGMA {name} = {value}").fetchall()
    (found,) = connection.execute(f"PRAGMA {name}").fetchone()
    if found != expected:
        raise DatabaseError(f"This SQLite does not take the setting {name} = {value} (it says {found}).")


def create_file(path: Path) -> None:
    """Make an empty database file that its owner alone can read, if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


class SqliteStore:
    """The database in one file. One process serves; others (commands) may write beside it, one at a time."""

    def __init__(self, path: Path, sealer: Sealer, limits: SqliteLimits) -> None:
        if not path.is_file():
            raise DatabaseMissing(f"There is no database at {path}; make a node with `fedinode init` first.")
        self._limits = limits
        self._session_info = session_info(sealer)
        self._disk = FreeDisk(path.parent, limits.free_disk_bytes)
        self._wal = WriteAheadLog(path, limits.wal_bytes)
        self._connection = _connect(make_engine(path, busy_seconds=limits.busy_seconds))
        self._reader_engine = make_engine(path, query_only=True, busy_seconds=limits.busy_seconds)
        self._own = threading.local()
        self._reader_connections: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")
        self._notices = SqliteNotices(path)
        self._writer = Writer(
            self._connection, dict(self._session_info), self._wal.look, queue_jobs=limits.queue_jobs
        )

    def read(self, job: Callable[[Session], T]) -> Future[T]:
        return self._readers.submit(self._read, job)

    def write(self, job: Callable[[Session], T], *, keep: bool) -> Future[T]:
        if not keep:
            self._disk.require()
        return self._writer.submit(job, keep=keep)

    def poll_invalidations(self) -> tuple[str, ...]:
        return self._notices.poll()

    def close(self) -> None:
        self._readers.shutdown(wait=True)
        self._writer.close()
        for connection in self._reader_connections:
            connection.close()
        self._notices.close()
        self._wal.fold(self._connection)
        self._connection.close()

    def _read(self, job: Callable[[Session], T]) -> T:
        began = time.monotonic()
        try:
            with Session(self._reader(), info=dict(self._session_info), expire_on_commit=False) as session:
                return job(session)
        except SQLAlchemyError as error:
            raise in_plain_words(error) from error
        finally:
            seconds = time.monotonic() - began
            if seconds > self._limits.slow_read_seconds:
                name = getattr(job, "__qualname__", "a job")
                logger.warning("%s kept the database open for reading for %.1f s", name, seconds)

    def _reader(self) -> Connection:
        """Return the connection of this reader thread."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = _connect(self._reader_engine)
            self._reader_connections.append(connection)
        return connection


def _connect(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except SQLAlchemyError as error:
        raise in_plain_words(error) from error
