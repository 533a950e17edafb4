"""The files of templates/static, each under an address that names its content.

They are few and small, so they are read once and kept in memory.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: What we ship, by suffix: nothing else is served.
MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_DIGEST_CHARS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A static file with the path that it is served under."""

    path: str
    media_type: str
    body: bytes


class Assets:
    """All static files, by name and by path."""

    def __init__(self, folder: Path) -> None:
        files = [file for file in sorted(folder.iterdir()) if file.suffix in MEDIA_TYPES]
        self._by_name = {file.name: _load(file) for file in files}
        self._by_path = {asset.path: asset for asset in self._by_name.values()}

    def path(self, name: str) -> str:
        """Return the path of a file: it changes with the content, so it may be cached for ever."""
        return self._by_name[name].path

    def find(self, path: str) -> Asset | None:
        """Return the file that is served under this path, if any."""
        return self._by_path.get(path)


def _load(file: Path) -> Asset:
    body = file.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:_DIGEST_CHARS]
    return Asset(
        path=f"/static/{file.stem}-{digest}{file.suffix}", media_type=MEDIA_TYPES[file.suffix], body=body
    )
