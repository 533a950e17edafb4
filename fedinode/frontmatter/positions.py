"""In which line of a TOML text each key stands.

tomllib does not tell. This reader knows just enough of TOML's grammar to walk over values; it is
given only what tomllib accepted, so it need not recognise mistakes.
"""

import re
from collections.abc import Mapping
from typing import Final

#: The way to a value: names of tables and keys, and numbers of elements.
KeyPath = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR: Final = re.compile(r"[^,\]}\n#]+")
_STRINGS: Final = (
    re.compile(r'"""(?:\\.|(?!""").)*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:(?!''').)*'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\])*"'),
    re.compile(r"'[^']*'"),
)
_ESCAPE: Final = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_ESCAPED: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def key_lines(toml: str) -> Mapping[KeyPath, int]:
    """Return the line (from 1) of every key and table, by its path."""
    walker = _Walker(toml)
    walker.walk()
    return walker.lines


class _Walker:
    def __init__(self, toml: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._toml = toml
        self._at = 0
        self._elements: dict[KeyPath, int] = {}

    def walk(self) -> None:
        table: KeyPath = ()
        self._skip()
        while self._at < len(self._toml):
            if self._toml[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()

    def _skip(self) -> None:
        self._at = self._match(_BLANK).end()

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._toml, self._at)
        if match is None:
            raise ValueError(f"no TOML at character {self._at}")
        return match

    def _note(self, path: KeyPath, at: int) -> None:
        self.lines.setdefault(path, self._toml.count("\n", 0, at) + 1)

    def _header(self) -> KeyPath:
        start = self._at
        is_element = self._toml.startswith("[[", start)
        self._at += 2 if is_element else 1
        path = self._inside_elements(self._key())
        if is_element:
            number = self._elements[path] = self._elements.get(path, -1) + 1
            self._note(path, start)
            path = (*path, number)
        self._at = self._toml.index("]", self._at) + (2 if is_element else 1)
        self._note(path, start)
        return path

    def _inside_elements(self, names: KeyPath) -> KeyPath:
        """Add the number of the newest element to each name of a list of tables on the way."""
        path: KeyPath = ()
        for name in names[:-1]:
            path = (*path, name)
            if path in self._elements:
                path = (*path, self._elements[path])
        return (*path, names[-1])

    def _key(self) -> KeyPath:
        names: list[str] = []
        while True:
            self._skip()
            names.append(self._name())
            self._skip()
            if not self._toml.startswith(".", self._at):
                return tuple(names)
            self._at += 1

    def _name(self) -> str:
        quote = self._toml[self._at]
        match = self._match(_STRINGS[2] if quote == '"' else _STRINGS[3] if quote == "'" else _BARE)
        self._at = match.end()
        if quote == '"':
            return _ESCAPE.sub(_unescaped, match[0][1:-1])
        return match[0].strip("'")

    def _pair(self, table: KeyPath) -> None:
        start = self._at
        path = (*table, *self._key())
        for length in range(len(table) + 1, len(path) + 1):
            self._note(path[:length], start)
        self._at = self._toml.index("=", self._at) + 1
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip()
        char = self._toml[self._at]
        if char == "[":
            self._list(path)
        elif char == "{":
            self._inline_table(path)
        elif char in "\"'":
            self._at = next(found for each in _STRINGS if (found := each.match(self._toml, self._at))).end()
        else:
            self._at = self._match(_SCALAR).end()

    def _list(self, path: KeyPath) -> None:
        number = 0
        while self._next_inside("]"):
            self._note((*path, number), self._at)
            self._value((*path, number))
            number += 1

    def _inline_table(self, path: KeyPath) -> None:
        while self._next_inside("}"):
            self._pair(path)

    def _next_inside(self, end: str) -> bool:
        """Step over the opening bracket or a comma; tell whether something stands before `end`."""
        self._skip()
        if self._toml[self._at] in "[{,":
            self._at += 1
            self._skip()
        if self._toml[self._at] == end:
            self._at += 1
            return False
        return True


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPED.get(code, code)
