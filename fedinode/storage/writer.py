"""The one writer of an SQLite database: a thread with the only connection that writes and checkpoints.

Jobs that arrive together share a transaction and its one fsync, each behind a savepoint of its own: a job
that fails is undone alone. Futures are resolved after the commit.
"""

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fedinode.errors import Busy, DatabaseError
from fedinode.storage.refusals import in_plain_words

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: A shared transaction takes at most this many jobs, and none after this many seconds.
BATCH_JOBS = 64
BATCH_SECONDS = 0.005
#: More waiting jobs than this are refused: a queue without end only hides that the disk is too slow.
QUEUE_JOBS = 2_000


@dataclass(frozen=True, slots=True)
class _Ticket:
    job: Callable[[Session], Any]
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    ticket: _Ticket
    result: Any = None
    failure: BaseException | None = None

    def tell(self) -> None:
        if self.failure is None:
            self.ticket.future.set_result(self.result)
        else:
            self.ticket.future.set_exception(self.failure)


class _TransactionLost(Exception):
    """SQLite rolled the whole transaction back by itself, for want of disk or memory; the cause says why."""


class Writer:
    """Runs writing jobs one after another; calls `after_commit` with the connection between transactions."""

    def __init__(
        self,
        connection: Connection,
        session_info: dict[str, Any],
        after_commit: Callable[[Connection], None],
        *,
        queue_jobs: int,
    ) -> None:
        self._connection = connection
        self._session_info = session_info
        self._after_commit = after_commit
        self._queue_jobs = queue_jobs
        self._queue: deque[_Ticket] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="database-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[Session], T], *, keep: bool = False) -> Future[T]:
        """Queue a job; `keep` passes the limit of the queue. Raises: Busy, DatabaseError after `close`."""
        future: Future[T] = Future()
        # From here on nobody can cancel it: a job that was taken is done.
        future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise DatabaseError("The database is being closed and takes no more changes.")
            if len(self._queue) >= self._queue_jobs and not keep:
                raise Busy("Too many changes wait for the disk at the moment; try again in a minute.")
            self._queue.append(_Ticket(job, future))
            self._changed.notify()
        return future

    def close(self) -> None:
        """Finish all jobs that wait, then end the thread; the connection stays open."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while (first := self._next()) is not None:
            for outcome in self._commit_together(first):
                outcome.tell()
            try:
                self._after_commit(self._connection)
            except SQLAlchemyError:
                logger.warning("looking after the database between two transactions failed", exc_info=True)

    def _next(self) -> _Ticket | None:
        with self._changed:
            while not self._queue and not self._closing:
                self._changed.wait()
            return self._queue.popleft() if self._queue else None

    def _batch(self, first: _Ticket) -> Iterator[_Ticket]:
        """Yield `first` and what else waits, until the batch is full or its time is over."""
        end = time.monotonic() + BATCH_SECONDS
        yield first
        for _ in range(BATCH_JOBS - 1):
            if not self._queue or time.monotonic() > end:
                return
            # Only this thread takes from the queue, so it is still not empty; appending is atomic.
            yield self._queue.popleft()

    def _commit_together(self, first: _Ticket) -> list[_Outcome]:
        taken: list[_Ticket] = []
        outcomes: list[_Outcome] = []
        try:
            with self._connection.begin():
                for ticket in self._batch(first):
                    taken.append(ticket)
                    outcomes.append(self._attempt(ticket))
        except (SQLAlchemyError, sqlite3.Error, _TransactionLost) as error:
            failure = in_plain_words(error)
            return [_Outcome(ticket, failure=failure) for ticket in taken or [first]]
        return outcomes

    def _attempt(self, ticket: _Ticket) -> _Outcome:
        session = Session(
            self._connection,
            join_transaction_mode="create_savepoint",
            expire_on_commit=False,
            info=self._session_info,
        )
        try:
            with session, session.begin():
                return _Outcome(ticket, result=ticket.job(session))
        # Whatever the job raises belongs to whoever handed it in; this thread must go on.
        except Exception as error:
            if not self._is_in_transaction():
                raise _TransactionLost from error
            return _Outcome(ticket, failure=in_plain_words(error))

    def _is_in_transaction(self) -> bool:
        driver = self._connection.connection.driver_connection
        return driver is not None and bool(driver.in_transaction)
