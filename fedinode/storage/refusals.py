"""Turns what a database driver says into one plain sentence."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from fedinode.errors import (
    Busy,
    DatabaseError,
    DatabaseLocked,
    DatabaseMissing,
    DatabaseOlder,
    DiskFull,
    NodeError,
)

# Parts of the drivers' messages, in this order, and what they mean.
_MEANINGS: tuple[tuple[str, type[NodeError], str], ...] = (
    (
        "database is locked",
        DatabaseLocked,
        "Another program has held the database for too long; wait until it is done, or stop it.",
    ),
    ("lock timeout", DatabaseLocked, "Another program holds rows of the database; try again in a moment."),
    ("database or disk is full", DiskFull, "The disk of the database is full; make room and try again."),
    (
        "disk i/o error",
        DiskFull,
        "The disk of the database cannot be written; look at its health and free space.",
    ),
    ("no space left", DiskFull, "The disk of the database is full; make room and try again."),
    (
        "unable to open database file",
        DatabaseMissing,
        "The database file cannot be opened; check path and rights.",
    ),
    (
        "readonly database",
        DatabaseError,
        "The database file may not be written by this user; check its rights.",
    ),
    ("file is not a database", DatabaseError, "The database file is damaged or is no SQLite database."),
    ("malformed", DatabaseError, "The database file is damaged; restore the last backup."),
    ("no such table", DatabaseOlder, "The database has no tables of this version; run `fedinode upgrade`."),
    ("undefinedtable", DatabaseOlder, "The database has no tables of this version; run `fedinode upgrade`."),
    ("too many clients", Busy, "The PostgreSQL server has no connection left; raise max_connections."),
    (
        "connection refused",
        DatabaseError,
        "The PostgreSQL server does not answer; check database_url and the server.",
    ),
)


def in_plain_words(error: BaseException) -> BaseException:
    """Return the error of ours that says what happened, or `error` itself where nothing better is known.

    What came first counts: a full disk ends the transaction, and later commands fail for another reason.
    """
    chain = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    for each in reversed(chain):
        for part, meaning, sentence in _MEANINGS:
            if part in _said(each):
                return meaning(sentence)
    return error


def _said(error: BaseException) -> str:
    """Return what a database driver said, in lower case; of other errors, nothing."""
    if isinstance(error, DBAPIError):
        return f"{type(error.orig).__name__} {error.orig}".lower()
    return str(error).lower() if isinstance(error, sqlite3.Error) else ""
