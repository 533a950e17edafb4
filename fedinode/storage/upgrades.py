"""Runs the migrations in a process of their own: their tool is large, and `serve` has no use for it."""

import os
import subprocess
import sys
from pathlib import Path

import fedinode
from fedinode import errors
from fedinode.errors import DatabaseError, NodeError


def run(database_url: str) -> bool:
    """Make or change the tables of a database as `migrate.upgrade` does; return whether that was needed.

    Raises: DatabaseNewer, DatabaseLocked, DatabaseError.
    """
    done = subprocess.run(
        (sys.executable, "-P", "-m", "fedinode.storage.migrate"),
        # Not an argument: every user of the machine could read a password there.
        input=database_url.encode(),
        capture_output=True,
        env=_environment(),
        check=False,
    )
    if done.returncode == 0:
        return done.stdout.strip() == b"changed"
    name, _, words = done.stderr.decode(errors="replace").rpartition("\n\n")[2].partition(": ")
    meaning = getattr(errors, name, None)
    if isinstance(meaning, type) and issubclass(meaning, NodeError):
        raise meaning(words.strip())
    raise DatabaseError(f"The tables could not be brought up to date: {done.stderr.decode(errors='replace')}")


def _environment() -> dict[str, str]:
    # The child finds this same package, also where it was not installed; it is told nothing else of ours.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDINODE_")}
    package = str(Path(fedinode.__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))}
