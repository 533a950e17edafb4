"""The disk under an SQLite database: how much is free, when the write-ahead log is folded into the file."""

import logging
import os
import time
from pathlib import Path

from sqlalchemy.engine import Connection

from fedinode.errors import DiskFull

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_FOLD_PAUSE_SECONDS = 1.0


class FreeDisk:
    """Says no before SQLite has to: a full disk in the middle of a commit helps nobody."""

    def __init__(self, folder: Path, least_bytes: int) -> None:
        self._folder = folder
        self._least_bytes = least_bytes
        self._free_bytes = 0
        self._look_again_at = 0.0

    @property
    def free_bytes(self) -> int:
        """How much was free at the last look."""
        return self._free_bytes

    def require(self) -> None:
        """Raise DiskFull if less than the agreed number of bytes is free; looks once a second."""
        now = time.monotonic()
        if now >= self._look_again_at:
            state = os.statvfs(self._folder)
            self._free_bytes = state.f_bavail * state.f_frsize
            self._look_again_at = now + _LOOK_SECONDS
        if self._free_bytes < self._least_bytes:
            raise DiskFull(
                f"Only {self._free_bytes // 1_000_000} MB are free on the disk of {self._folder}, "
                f"{self._least_bytes // 1_000_000} MB are needed; make room, the node then goes on by itself."
            )


class WriteAheadLog:
    """Folds the log into the database file when it has grown; only the writing connection is used for it."""

    def __init__(self, database: Path, most_bytes: int) -> None:
        self._path = database.with_name(database.name + "-wal")
        self._most_bytes = most_bytes
        self._fold_again_at = 0.0

    def look(self, connection: Connection) -> None:
        """Fold the log if it is too long. A reader in the way is not waited for; the next look comes soon."""
        now = time.monotonic()
        if now < self._fold_again_at or self._size() <= self._most_bytes:
            return
        self._fold_again_at = now + _FOLD_PAUSE_SECONDS
        if not self.fold(connection):
            logger.info("the write-ahead log has %d bytes and a reader keeps it from shrinking", self._size())

    def fold(self, connection: Connection) -> bool:
        """Move everything into the database file and empty the log; return whether nobody was in the way."""
        driver = connection.connection.driver_connection
        assert driver is not None
        (patience,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute("PRAGMA busy_timeout = 0").fetchall()
        try:
            (is_blocked, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            driver.execute(f"PRAGMA busy_timeout = {int(patience)}").fetchall()
        return not is_blocked

    def _size(self) -> int:
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0
