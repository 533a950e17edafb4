"""PostgreSQL: the same jobs over a pool, tried again where the database asks for it.

Every writing job has a transaction of its own; the server groups their commits. READ COMMITTED: whatever is
counted must lock its parent row first (`upserts.lock_row`).
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from fedinode.errors import Busy, DatabaseError
from fedinode.storage import dialects
from fedinode.storage.locking import READ_ONLY
from fedinode.storage.notices import PostgresNotices
from fedinode.storage.refusals import in_plain_words
from fedinode.storage.sealing import Sealer, session_info

logger = logging.getLogger(__name__)

T = TypeVar("T")

READERS = 4
WRITERS = 4
#: More jobs than this in the queue are refused.
QUEUE_JOBS = 2_000
TRIES = 8
_FIRST_PAUSE_SECONDS = 0.01
# serialization_failure, deadlock_detected: the same job may succeed a moment later.
_TRY_AGAIN = frozenset({"40001", "40P01"})
_SETTINGS = (
    "SET idle_in_transaction_session_timeout = '10s'",
    "SET lock_timeout = '2s'",
    "SET default_transaction_isolation = 'read committed'",
    # Times are integers; words of the server are matched in English.
    "SET lc_messages = 'C'",
)


def make_engine(url: URL, *, pool_size: int = 0) -> Engine:
    """Return an engine with our settings on every session; without a size, no connection is kept."""
    pool: dict[str, Any] = {"poolclass": NullPool}
    if pool_size:
        pool = {"pool_size": pool_size, "max_overflow": 0, "pool_pre_ping": True, "pool_recycle": 3600}
    engine = create_engine(
        url.set(drivername=dialects.POSTGRESQL),
        connect_args={"connect_timeout": 10},
        execution_options=dialects.options(),
        # We have no such column, and looking for it is a question to the server.
        use_native_hstore=False,
        **pool,
    )

    def on_connect(connection: Any, record: Any) -> None:
        # One way to the server and back for all of them.
        connection.execute("; ".join(_SETTINGS))
        connection.commit()

    event.listen(engine, "connect", on_connect)
    return engine


class PostgresStore:
    """The database on a server; any number of processes on any number of machines share it."""

    def __init__(self, url: URL, sealer: Sealer, *, queue_jobs: int = QUEUE_JOBS) -> None:
        self._session_info = session_info(sealer)
        self._engine = make_engine(url, pool_size=READERS + WRITERS)
        self._listen_engine = make_engine(url)
        self._require_server()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="database-reader")
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="database-writer")
        self._queue_jobs = queue_jobs
        self._waiting = 0
        self._count = threading.Lock()
        self._is_closing = False
        self._notices: PostgresNotices | None = None

    def read(self, job: Callable[[Session], T]) -> Future[T]:
        return self._readers.submit(self._read, job)

    def write(self, job: Callable[[Session], T], *, keep: bool) -> Future[T]:
        with self._count:
            if self._is_closing:
                raise DatabaseError("The database is being closed and takes no more changes.")
            if self._waiting >= self._queue_jobs and not keep:
                raise Busy("Too many changes wait for the database at the moment; try again in a minute.")
            self._waiting += 1
        future = self._writers.submit(self._write, job)
        future.add_done_callback(self._count_down)
        return future

    def poll_invalidations(self) -> tuple[str, ...]:
        if self._notices is None:
            self._notices = PostgresNotices(self._listen_engine)
        return self._notices.poll()

    def close(self) -> None:
        with self._count:
            self._is_closing = True
        self._readers.shutdown(wait=True)
        self._writers.shutdown(wait=True)
        if self._notices is not None:
            self._notices.close()
        self._listen_engine.dispose()
        self._engine.dispose()

    def _require_server(self) -> None:
        try:
            with self._engine.connect():
                pass
        except SQLAlchemyError as error:
            raise in_plain_words(error) from error

    def _count_down(self, _: Future[Any]) -> None:
        with self._count:
            self._waiting -= 1

    def _read(self, job: Callable[[Session], T]) -> T:
        options = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        try:
            with (
                self._engine.connect().execution_options(**options) as connection,
                Session(
                    connection, info={**self._session_info, **READ_ONLY}, expire_on_commit=False
                ) as session,
            ):
                return job(session)
        except SQLAlchemyError as error:
            raise in_plain_words(error) from error

    def _write(self, job: Callable[[Session], T]) -> T:
        pause = _FIRST_PAUSE_SECONDS
        for tries_left in reversed(range(TRIES)):
            try:
                info = dict(self._session_info)
                with Session(self._engine, info=info, expire_on_commit=False) as session, session.begin():
                    return job(session)
            except SQLAlchemyError as error:
                if not tries_left or not _may_try_again(error):
                    raise in_plain_words(error) from error
            # Whoever ran into us waits about as long: unequal pauses keep us from meeting again.
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause *= 2
        raise AssertionError("unreachable: the last try returns or raises")


def _may_try_again(error: SQLAlchemyError) -> bool:
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRY_AGAIN
