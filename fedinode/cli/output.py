"""What a command says: ids and lists on stdout, words for people on stderr."""

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final, TextIO

#: Longer texts in tables are cut: a table that wraps is no table.
CELL_CHARS: Final = 60


class Output:
    """Writes for people and for scripts; the streams are given, so that tests can look at them."""

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr

    def line(self, text: str) -> None:
        """Write what scripts read: an id, a link."""
        print(text, file=self._out)

    def say(self, text: str) -> None:
        """Write what people read beside it."""
        print(text, file=self._err, flush=True)

    def progress(self, done: int, total: int, what: str) -> None:
        """Show how far something is: on a terminal in one line, else every hundredth step."""
        if self._err.isatty():
            end = "\n" if done == total else ""
            print(f"\r\x1b[K{done} of {total}  {what[:CELL_CHARS]}", end=end, file=self._err, flush=True)
        elif done == total or done % 100 == 0:
            self.say(f"{done} of {total}")

    def json(self, value: Any) -> None:
        """Write dataclasses, or a list of them, as JSON."""
        print(json.dumps(value, default=_as_json, ensure_ascii=False, indent=2), file=self._out)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[Any]], nothing: str) -> None:
        """Write aligned columns, or say that there is `nothing`."""
        cells = [[_cell(value) for value in row] for row in rows]
        if not cells:
            self.say(nothing)
            return
        widths = [max(map(width, column)) for column in zip(headings, *cells, strict=True)]
        for row in ([heading.upper() for heading in headings], *cells):
            padded = [cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)]
            print("  ".join(padded).rstrip(), file=self._out)


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 server", "2 servers"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    # Lists can be long: most of what stands in them needs no look at each letter.
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return _printable(str(value))


def _printable(text: str) -> str:
    # Names and texts come from other servers; what they send must not steer the terminal.
    shown = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    one_line = " ".join(shown.split())
    return one_line if len(one_line) <= CELL_CHARS or "://" in one_line else one_line[: CELL_CHARS - 1] + "…"


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
