"""Where the files that are not Python code lie: page templates and migrations.

In a wheel they are inside this package; in a checkout they stand beside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """Return the folder `name` ("templates" or "migrations")."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"fedinode is installed without its {name}/ folder")
