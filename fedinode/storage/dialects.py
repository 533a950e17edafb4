"""How we speak to our two databases, and the statements that were compiled for them.

A statement is turned into SQL once in a process for each kind of database: SQLAlchemy keeps that for each
engine alone, and a store has two. So the dialects of two engines count as equal, and share what was compiled.
"""

from functools import cache
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection
from sqlalchemy.util import LRUCache

#: So many statements are kept; the least used are compiled again.
REMEMBERED_STATEMENTS = 1000

SQLITE = "sqlite+fedinode"
POSTGRESQL = "postgresql+fedinode"


class SqliteDialect(SQLiteDialect_pysqlite):
    """SQLite as Python brings it."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    # Spare savepoints the way through the SQL compiler: each job has one, and it was a third of its cost.

    def do_savepoint(self, connection: Connection, name: str) -> None:
        _command(connection, f"SAVEPOINT {name}")

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        _command(connection, f"RELEASE SAVEPOINT {name}")

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        _command(connection, f"ROLLBACK TO SAVEPOINT {name}")


class PostgresDialect(PGDialect_psycopg):
    """PostgreSQL by psycopg; servers of two versions may want different SQL."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.server_version_info == self.server_version_info

    def __hash__(self) -> int:
        return hash(type(self))


def _command(connection: Connection, words: str) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(words)


def register() -> None:
    """Let addresses name our dialects."""
    registry.register("sqlite.fedinode", __name__, SqliteDialect.__name__)
    registry.register("postgresql.fedinode", __name__, PostgresDialect.__name__)


@cache
def options() -> dict[str, Any]:
    """Return what every engine is made with."""
    register()
    return {"compiled_cache": LRUCache(REMEMBERED_STATEMENTS)}
