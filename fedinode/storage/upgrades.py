"""Runs the migrations; their tool is large and imported only then, for `serve` has no use for it."""

import importlib

from fedinode.errors import DatabaseError, NodeError


def run(database_url: str) -> bool:
    """Make or change the tables of a database as `migrate.upgrade` does; return whether that was needed.

    Raises: DatabaseNewer, DatabaseLocked, DatabaseError.
    """
    migrate = importlib.import_module("fedinode.storage.migrate")
    try:
        changed: bool = migrate.upgrade(database_url)
    except NodeError:
        raise
    # A migration is a program of its own, and may fail in its own way.
    except Exception as error:
        raise DatabaseError(f"The tables could not be brought up to date: {error}") from error
    return changed
