"""Where the files that are not Python code lie: page templates and migrations; and which version this is.

In a wheel they are inside this package; in a checkout they stand beside it.
"""

import functools
import tomllib
from importlib import metadata
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(name: str) -> Path:
    """Return the folder `name` ("templates" or "migrations")."""
    for parent in (_PACKAGE, _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise FileNotFoundError(f"fedinode is installed without its {name}/ folder")


@functools.cache
def installed_version() -> str:
    """Return the version of fedinode that runs."""
    try:
        return metadata.version("fedinode")
    except metadata.PackageNotFoundError:
        # Run from a checkout that was never installed.
        project = tomllib.loads((_PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
        return str(project["version"])
