"""Tables of front matter, checked against their schema; each fault named by file, line and key."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fedinode.errors import ManuscriptError
from fedinode.frontmatter import positions, schema, values
from fedinode.frontmatter.source import fault
from fedinode.manuscripts import Kind


class Reader:
    """Reads the tables of one file, knows their lines and collects warnings."""

    def __init__(self, path: Path, toml: str) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._toml = toml

    @functools.cached_property
    def _lines(self) -> Mapping[positions.KeyPath, int]:
        return positions.key_lines(self._toml)

    def line(self, where: positions.KeyPath) -> int:
        """Return the line of a key, or of what holds it."""
        while where and where not in self._lines:
            where = where[:-1]
        return self._lines.get(where, 1)

    def fault(self, where: positions.KeyPath, sentence: str) -> ManuscriptError:
        """Return the error for a key; the sentence goes on after the key's name."""
        return fault(self.path, self.line(where), f'"{_written(where)}" {sentence}')

    def warn(self, where: positions.KeyPath, sentence: str) -> None:
        """Keep a warning for the author."""
        place = f"{self.path}, line {self.line(where)}" if where else str(self.path)
        self.warnings.append(f"{place}: {sentence}.")

    def table(
        self, where: positions.KeyPath, table: Any, fields: schema.Fields, kind: Kind
    ) -> dict[str, Any]:
        """Return a table's values by key, converted. Raises: ManuscriptError."""
        if not isinstance(table, dict):
            raise self.fault(where, "must be a table")
        for key in table:
            self._require_known((*where, key), fields, kind)
        for key, field in fields.items():
            if field.is_required and kind in field.kinds and key not in table:
                hint = f"; {field.hint}" if field.hint else ""
                raise fault(self.path, self.line(where), f'the key "{key}" is missing{_in(where)}{hint}')
        return {key: self.value((*where, key), fields[key].convert, each) for key, each in table.items()}

    def value(self, where: positions.KeyPath, convert: values.Converter, value: Any) -> Any:
        """Return one value, converted. Raises: ManuscriptError."""
        try:
            return convert(value, functools.partial(self.warn, where))
        except ValueError as error:
            raise self.fault(where, str(error)) from error

    def _require_known(self, where: positions.KeyPath, fields: schema.Fields, kind: Kind) -> None:
        key = str(where[-1])
        if key not in fields:
            known = [each for each, field in fields.items() if kind in field.kinds]
            line = self.line(where)
            raise fault(
                self.path, line, f'there is no key "{key[:60]}"{_in(where[:-1])}{_hint(key, known, kind)}'
            )
        if kind not in fields[key].kinds:
            kinds = " or ".join(sorted(fields[key].kinds))
            raise self.fault(where, f'may stand only where type is {kinds}, and this is type "{kind}"')


def _in(where: positions.KeyPath) -> str:
    names = [str(part) for part in where if isinstance(part, str)]
    return f" in [{'.'.join(names)}]" if names else ""


def _written(where: positions.KeyPath) -> str:
    return ".".join(str(part) for part in where if isinstance(part, str))


def _hint(key: str, known: list[str], kind: Kind) -> str:
    homes = [
        f"[{name}]" if name else "the lines above the first table"
        for name, fields in schema.tables().items()
        if key in fields
        and kind in fields[key].kinds
        and kind in schema.TABLE_KINDS.get(name, frozenset(Kind))
    ]
    if homes:
        return f"; it belongs into {' or '.join(homes)}"
    return values.nearest(key, known)
