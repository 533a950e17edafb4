"""Files made fit to be published, each by a process of its own: pictures, and PDF files.

Nothing else in the node reads an author's file: what leaves here was newly written.
"""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import fedinode
from fedinode.config import MediaSettings
from fedinode.errors import PictureRefused

TIMEOUT_SECONDS: Final = 60
#: Browsers choose among these; wider ones than the picture are not made.
WIDTHS: Final = (480, 960, 1600)
MAX_PAGES: Final = 500
PDF: Final = "application/pdf"
_REFUSED: Final = 3
_SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", PDF: ".pdf"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedFile:
    """A file as it is published; a PDF has no width. `digest` is the SHA-256 of the content, in hex."""

    content: bytes
    type: str
    digest: str
    width: int | None = None
    height: int | None = None

    @property
    def suffix(self) -> str:
        """How the name ends under which it is kept."""
        return _SUFFIXES[self.type]

    @property
    def file_name(self) -> str:
        """A name that tells the content: ours, never the author's."""
        return self.digest + self.suffix


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedPicture(EncodedFile):
    """A picture as it is published, and the same as WebP in several widths, where that takes fewer bytes."""

    sizes: tuple[EncodedFile, ...] = ()


async def encode_picture(
    path: Path,
    limits: MediaSettings,
    *,
    widths: Iterable[int] = WIDTHS,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> EncodedPicture:
    """Read a picture file and encode it anew, without metadata and in sizes for the web.

    Raises: PictureRefused.
    """
    words = [str(each) for each in (limits.max_pixels, limits.max_side, *widths)]
    output = await _output("pictures", words, path, limits, timeout_seconds)
    head, _, content = output.partition(b"\n")
    facts = json.loads(head)
    files = []
    for each in facts:
        files.append(_encoded(content[: each["bytes"]], each["type"], each["width"], each["height"]))
        content = content[each["bytes"] :]
    main = files[0]
    return EncodedPicture(
        content=main.content,
        type=main.type,
        digest=main.digest,
        width=main.width,
        height=main.height,
        sizes=tuple(files[1:]),
    )


async def clean_paper(
    path: Path, limits: MediaSettings, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> EncodedFile:
    """Read a PDF file and write its pages anew, without its makers, scripts and attachments.

    Raises: PictureRefused.
    """
    content = await _output("papers", [str(MAX_PAGES)], path, limits, timeout_seconds)
    return _encoded(content, PDF)


def _encoded(content: bytes, kind: str, width: int | None = None, height: int | None = None) -> EncodedFile:
    digest = hashlib.sha256(content).hexdigest()
    return EncodedFile(content=content, type=kind, digest=digest, width=width, height=height)


async def _output(
    job: str, words: list[str], path: Path, limits: MediaSettings, timeout_seconds: float
) -> bytes:
    status, output, reason = await _run(job, words, path, limits, timeout_seconds)
    if status == _REFUSED:
        raise PictureRefused(f"{path} {reason}.")
    if status != 0:
        raise PictureRefused(f"{path} takes too much memory or time to decode; save it anew, smaller.")
    return output


async def _run(
    job: str, words: list[str], path: Path, limits: MediaSettings, timeout_seconds: float
) -> tuple[int | None, bytes, str]:
    with await asyncio.to_thread(_opened, path, limits.max_bytes) as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-B", "-m", f"fedinode.jobs.{job}", *words),
            stdin=stream,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
        )
    try:
        output, reason = await asyncio.wait_for(process.communicate(), timeout_seconds)
    except TimeoutError:
        return None, b"", ""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, output, reason.decode(errors="replace").strip()


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
