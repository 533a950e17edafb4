"""How a process learns that another one changed what it keeps in memory.

Whoever changes something records its key in `invalidations`, in the same transaction. SQLite is asked for its
data version, which changes with every commit of another connection (4 us); PostgreSQL wakes a listening
thread, which looks once a second anyway, for a pooler in between may lose what is notified.
"""

import logging
import sqlite3
import threading
import time
from collections import deque
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

logger = logging.getLogger(__name__)

CHANNEL = "fedinode_invalidations"
_LOOK_SECONDS = 0.05
_LISTEN_SECONDS = 1.0
# How long closing may have to wait for the listening thread.
_CLOSE_SECONDS = 0.1
#: A transaction may commit this much later than one that was given a higher number.
_LATE_SECONDS = 60.0


class SqliteNotices:
    """Looks at the data version at most every 50 ms, on a connection of its own, in the caller's thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA query_only = ON")
        self._look_again_at = 0.0
        self._version = self._data_version()
        self._last_id = self._newest()

    def poll(self) -> tuple[str, ...]:
        """Return the keys that were invalidated since the last call."""
        now = time.monotonic()
        if now < self._look_again_at:
            return ()
        self._look_again_at = now + _LOOK_SECONDS
        version = self._data_version()
        if version == self._version:
            return ()
        found = self._connection.execute(
            "SELECT id, key FROM invalidations WHERE id > ? ORDER BY id", (self._last_id,)
        ).fetchall()
        self._version = version
        if found:
            self._last_id = found[-1][0]
        return tuple(key for _, key in found)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _data_version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)

    def _newest(self) -> int:
        try:
            (newest,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM invalidations").fetchone()
        except sqlite3.OperationalError:
            # The tables are not there yet.
            return 0
        return int(newest)


class PostgresNotices:
    """Listens in a thread on a session of its own and collects keys until they are polled."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keys: deque[str] = deque()
        self._closing = threading.Event()
        self._seen = _SeenIds()
        self._thread = threading.Thread(target=self._run, name="database-notices", daemon=True)
        self._is_ready = threading.Event()
        self._thread.start()
        self._is_ready.wait(_LISTEN_SECONDS)

    def poll(self) -> tuple[str, ...]:
        """Return the keys that were invalidated since the last call."""
        found = []
        while self._keys:
            found.append(self._keys.popleft())
        return tuple(found)

    def close(self) -> None:
        """End the thread and its session."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        is_first = True
        while not self._closing.is_set():
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    self._listen(connection, is_first=is_first)
            except (SQLAlchemyError, self._engine.dialect.dbapi.Error) as error:  # type: ignore[union-attr]
                logger.warning("the database session that listens for changes broke off: %s", error)
                self._closing.wait(_LISTEN_SECONDS)
            is_first = False

    def _listen(self, connection: Connection, *, is_first: bool) -> None:
        connection.execute(text(f"LISTEN {CHANNEL}"))
        if is_first:
            # What changed before this process began is not in its memory.
            self._look(connection)
            self._keys.clear()
            self._is_ready.set()
        while not self._closing.is_set():
            self._look(connection)
            self._wait(connection)

    def _wait(self, connection: Connection) -> None:
        """Wait until somebody notifies, a second is over, or this process closes."""
        driver = connection.connection.driver_connection
        assert driver is not None
        end = time.monotonic() + _LISTEN_SECONDS
        while time.monotonic() < end and not self._closing.is_set():
            if list(driver.notifies(timeout=_CLOSE_SECONDS, stop_after=1)):
                return

    def _look(self, connection: Connection) -> None:
        query = text("SELECT id, key FROM invalidations WHERE id > :floor ORDER BY id")
        for row in connection.execute(query, {"floor": self._seen.floor}):
            if self._seen.is_new(row.id):
                self._keys.append(row.key)


class _SeenIds:
    """Which numbers were seen. They are not in the order of commits, so the last one alone says little."""

    def __init__(self) -> None:
        #: All numbers up to here are done with.
        self.floor = 0
        self._seen: set[int] = set()
        self._next_floor = 0
        self._raise_floor_at = time.monotonic() + _LATE_SECONDS

    def is_new(self, number: int) -> bool:
        """Note a number; return whether it was not seen before."""
        self._raise_floor()
        if number in self._seen:
            return False
        self._seen.add(number)
        return True

    def _raise_floor(self) -> None:
        now = time.monotonic()
        if now < self._raise_floor_at:
            return
        self.floor = self._next_floor
        self._seen = {number for number in self._seen if number > self.floor}
        self._next_floor = max(self._seen, default=self.floor)
        self._raise_floor_at = now + _LATE_SECONDS
