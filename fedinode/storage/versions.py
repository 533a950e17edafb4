"""Which migration a database has reached, compared with what this program knows, without Alembic.

Migrations are numbered files, migrations/versions/0001_first.py and on; the number is the revision.
"""

import re
from typing import Literal

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from fedinode.errors import DatabaseMissing, DatabaseNewer, DatabaseOlder
from fedinode.resources import resource_dir

State = Literal["empty", "older", "current", "newer"]

_FILE = re.compile(r"(\d{4})_\w+\.py")


def head() -> str:
    """Return the number of the newest migration that this program knows."""
    matches = (_FILE.fullmatch(path.name) for path in (resource_dir("migrations") / "versions").iterdir())
    return max(match[1] for match in matches if match)


def reached(session: Session) -> str | None:
    """Return the number of the migration that the database has reached, None for an empty database."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.execute(text("SELECT version_num FROM alembic_version")).scalar()


def state(session: Session) -> State:
    """Compare the database with this program."""
    number = reached(session)
    if number is None:
        return "empty"
    known = head()
    if number == known:
        return "current"
    return "older" if number < known else "newer"


def require_current(session: Session) -> None:
    """Raise unless the database's tables are those this program works with.

    Raises: DatabaseMissing, DatabaseOlder, DatabaseNewer.
    """
    match state(session):
        case "empty":
            raise DatabaseMissing("The database has no tables yet; make a node with `fedinode init` first.")
        case "older":
            raise DatabaseOlder("The database is older than this program; run `fedinode upgrade`.")
        case "newer":
            raise DatabaseNewer(
                "The database was made by a newer fedinode than this one; install that one or a later one."
            )
        case "current":
            return
