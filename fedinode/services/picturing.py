"""Pictures made fit to be published, by a process of its own.

Nothing else in the node reads an author's file: what leaves here are pixels, newly encoded.
"""

import asyncio
import hashlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import fedinode
from fedinode.config import MediaSettings
from fedinode.errors import PictureRefused

TIMEOUT_SECONDS: Final = 60
_REFUSED: Final = 3
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPicture:
    """A picture as it is published. `digest` is the SHA-256 of the content, in hex."""

    content: bytes
    type: str
    width: int
    height: int
    digest: str

    @property
    def file_name(self) -> str:
        """The name under which it is kept: ours, never the author's."""
        return self.digest + _SUFFIXES[self.type]


async def encode_picture(
    path: Path, limits: MediaSettings, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> EncodedPicture:
    """Read a picture file and encode it anew, without metadata and in a size for the web.

    Raises: PictureRefused.
    """
    status, output, words = await _run(path, limits, timeout_seconds)
    if status == _REFUSED:
        raise PictureRefused(f"{path} {words}.")
    if status != 0:
        raise PictureRefused(f"{path} takes too much memory or time to decode; save it anew, smaller.")
    head, _, content = output.partition(b"\n")
    facts = json.loads(head)
    return EncodedPicture(content=content, digest=hashlib.sha256(content).hexdigest(), **facts)


async def _run(path: Path, limits: MediaSettings, timeout_seconds: float) -> tuple[int | None, bytes, str]:
    with await asyncio.to_thread(_opened, path, limits.max_bytes) as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "fedinode.jobs.pictures"),
            *(str(limits.max_pixels), str(limits.max_side)),
            stdin=stream,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    try:
        output, words = await asyncio.wait_for(process.communicate(), timeout_seconds)
    except TimeoutError:
        return None, b"", ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output, words.decode(errors="replace").strip()


def _opened(path: Path, max_bytes: int) -> BinaryIO:
    try:
        if path.stat().st_size > max_bytes:
            raise PictureRefused(f"{path} is larger than {max_bytes // (1024 * 1024)} MB; make it smaller.")
        return path.open("rb")
    except OSError as error:
        raise PictureRefused(f"{path} cannot be read: {error.strerror}.") from error


def _environment() -> dict[str, str]:
    # The child finds this same package, also where it was not installed; it is told nothing else of ours.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEDINODE_")}
    package = str(Path(fedinode.__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))}
