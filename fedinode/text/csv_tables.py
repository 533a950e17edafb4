"""Tables as CSV files: read from whatever office programs write, written so that none of them runs a cell.

A program that opens a CSV takes a cell that begins with = + - @, a tab or a line end for a formula, and a
formula can send the table elsewhere. Such a cell gets an apostrophe in front, as OWASP advises.

Which of the old one-byte encodings a file has cannot be told from its bytes: the same ones are German in one
and Russian in another. So it is never guessed how a name is spelled; whoever has such a file says what it is.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 20_000_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS: Final = (";", ",", "\t")


class TableRefused(ValueError):
    """A file is no table that we can read; the message is a sentence that says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a table: its number in the file, as editors count, and its cells by the names of columns."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTable:
    """A table as it was read, and how."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    encoding: str
    delimiter: str
    #: Lines that have another number of cells than the head, by their numbers.
    uneven: tuple[int, ...]


def read(content: bytes, encoding: str | None = None) -> ReadTable:
    """Read a CSV file with a head line; encoding and delimiter are recognised. Raises: TableRefused."""
    if len(content) > MAX_BYTES:
        raise TableRefused(f"The file is larger than {MAX_BYTES // 1_000_000} MB; make several of it.")
    text, used = _decoded(content, encoding)
    delimiter = _delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    head: tuple[str, ...] = ()
    lines: list[Line] = []
    uneven: list[int] = []
    begins = 1
    try:
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if not head:
                head = _columns(cells)
            elif len(cells) != len(head):
                uneven.append(number)
            else:
                lines.append(Line(number=number, cells=dict(zip(head, cells, strict=True))))
    except csv.Error as error:
        raise TableRefused(f"Line {begins} cannot be read as CSV: {error}.") from error
    if not head:
        raise TableRefused("The file is empty.")
    return ReadTable(
        columns=head, lines=tuple(lines), encoding=used, delimiter=delimiter, uneven=tuple(uneven)
    )


def _decoded(content: bytes, encoding: str | None) -> tuple[str, str]:
    recognised = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    used = encoding or recognised
    try:
        text = content.decode(used)
    except LookupError as error:
        raise TableRefused(f'There is no encoding "{encoding}".') from error
    except UnicodeDecodeError as error:
        raise TableRefused(
            f"The letters of this file are not {used.removesuffix('-sig').upper()}; save it as CSV in UTF-8, "
            "or say which encoding it has (cp1252: western Europe, cp1251: Cyrillic)."
        ) from error
    if "\x00" in text:
        raise TableRefused("This is no text file; save the table as CSV in UTF-8.")
    return text, used.removesuffix("-sig")


def _delimiter_of(text: str) -> str:
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=head.count)


def _columns(cells: Sequence[str]) -> tuple[str, ...]:
    names = tuple(cell.strip().casefold() for cell in cells)
    if len(set(names)) != len(names):
        raise TableRefused("Two columns have the same name.")
    return names


def write(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file that office programs open as it is: UTF-8 with a mark, commas, no formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([harmless("" if cell is None else str(cell)) for cell in row])
    return b"\xef\xbb\xbf" + stream.getvalue().encode("utf-8")


def harmless(cell: str) -> str:
    """Return a cell that no office program takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
