"""Taking out of the database's files what was deleted, as far as a program above the disk can.

SQLite: rows were overwritten when they were freed; the file is written anew and the write-ahead log emptied.
PostgreSQL: the tables are written anew; its own log, its replicas and its backups keep the past.
"""

import sqlite3
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from fedinode.storage import models, postgresql

#: A file up to this is written anew in memory; a larger one has its freed pages overwritten already.
_MAX_BYTES = 256 * 1024 * 1024
_PATIENCE_SECONDS = 20.0


def compact(url: URL) -> bool:
    """Write the database anew; False if others were in the way. Slow: never in the event loop."""
    if url.get_backend_name() == "sqlite":
        return _compact_file(Path(url.database or ""))
    return _compact_tables(url)


def _compact_file(path: Path) -> bool:
    connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE_SECONDS)
    try:
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        # No second copy of the database in a folder for temporary files.
        connection.execute("PRAGMA temp_store = MEMORY").fetchall()
        if path.stat().st_size <= _MAX_BYTES:
            connection.execute("VACUUM")
        (is_blocked, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return not is_blocked


def _compact_tables(url: URL) -> bool:
    engine = postgresql.make_engine(url)
    is_done = True
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in models.Base.metadata.sorted_tables:
                try:
                    connection.execute(text(f'VACUUM (FULL) "{table.name}"'))
                except SQLAlchemyError:
                    is_done = False
    finally:
        engine.dispose()
    return is_done
