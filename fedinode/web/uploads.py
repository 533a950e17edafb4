"""Reads a form with one file: counted bytes, the file in the data folder's own tmp until the answer is made.

/tmp may be read by others, and may be memory. A file that is too large is read to its end and forgotten, so
that a browser shows our answer instead of a broken connection.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_FIELD_BYTES: Final = 65_536
MAX_FIELDS: Final = 40
#: Nobody reads more of a body than this, whatever is in it.
MAX_BODY_BYTES: Final = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What a form sent. `file` is None where none was chosen, and where it was too large."""

    fields: dict[str, list[str]]
    file: Path | None
    is_too_large: bool


@dataclass(slots=True, kw_only=True)
class _Reading:
    """Where the parser stands: the head of the present part, its words, and what is to be written."""

    max_file_bytes: int
    header: bytes = b""
    value: bytes = b""
    disposition: bytes = b""
    name: str | None = None
    is_file: bool = False
    words: bytearray = field(default_factory=bytearray)
    field_bytes: int = 0
    fields: dict[str, list[str]] = field(default_factory=dict)
    pending: bytearray = field(default_factory=bytearray)
    file_bytes: int = 0
    files: int = 0
    is_complete: bool = False

    @property
    def is_too_large(self) -> bool:
        return self.file_bytes > self.max_file_bytes

    def parser(self, boundary: bytes) -> MultipartParser:
        return MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_end,
                "on_end": self._on_last,
            },
        )

    def _begin(self) -> None:
        self.disposition, self.name, self.is_file = b"", None, False
        self.words.clear()

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def _on_header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = self.value
        self.header = self.value = b""

    def _on_headers(self) -> None:
        options = parse_options_header(self.disposition)[1]
        self.name = options.get(b"name", b"").decode("utf-8", "replace")[:100]
        self.is_file = b"filename" in options
        self.files += self.is_file
        if not self.name or self.files > 1 or len(self.fields) >= MAX_FIELDS:
            raise HTTPException(400)

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self.is_file:
            self.file_bytes += end - start
            if not self.is_too_large:
                self.pending += data[start:end]
            return
        self.field_bytes += end - start
        if self.field_bytes > MAX_FIELD_BYTES:
            raise HTTPException(413)
        self.words += data[start:end]

    def _on_end(self) -> None:
        if not self.is_file and self.name is not None:
            self.fields.setdefault(self.name, []).append(_text(bytes(self.words)))

    def _on_last(self) -> None:
        self.is_complete = True


@asynccontextmanager
async def read_upload(request: Request, folder: Path, max_file_bytes: int) -> AsyncIterator[Upload]:
    """Read a form; its file is there until the end of the block.

    Raises HTTPException: 415 for another format, 413 for too much in all, 400 for what cannot be read.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise HTTPException(415)
    reading = _Reading(max_file_bytes=max_file_bytes)
    with await asyncio.to_thread(_open, folder) as stream:
        try:
            await _read(request, reading, reading.parser(options[b"boundary"]), stream)
        except (FormParserError, UnicodeDecodeError) as error:
            raise HTTPException(400) from error
        is_there = reading.file_bytes > 0 and not reading.is_too_large
        yield Upload(
            fields=reading.fields,
            file=Path(stream.name) if is_there else None,
            is_too_large=reading.is_too_large,
        )


def _open(folder: Path) -> "tempfile._TemporaryFileWrapper[bytes]":
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.NamedTemporaryFile(dir=folder, prefix="upload-")


async def _read(
    request: Request,
    reading: _Reading,
    parser: MultipartParser,
    stream: "tempfile._TemporaryFileWrapper[bytes]",
) -> None:
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > MAX_BODY_BYTES:
            raise HTTPException(413)
        parser.write(chunk)
        if reading.pending:
            await asyncio.to_thread(stream.write, bytes(reading.pending))
            reading.pending.clear()
    parser.finalize()
    if not reading.is_complete:
        raise HTTPException(400)
    await asyncio.to_thread(stream.flush)


def _text(words: bytes) -> str:
    return words.decode("utf-8")
