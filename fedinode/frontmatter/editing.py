"""Single values changed in the text of a manuscript; whoever wrote the rest by hand finds it as it was.

A place is the way to a value: names of tables and keys; `BODY` is the Markdown after the front matter. Values
are those of TOML, whatever they mean: what is half-written can be kept, read and changed too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, String, Table

from fedinode.errors import ManuscriptError
from fedinode.frontmatter.source import MARK, parse_toml, source_of

Place = tuple[str, ...]

BODY: Final[Place] = ()
#: Comparing and changing keys takes long where there are very many; a real front matter has a few KiB.
MAX_TOML_CHARS: Final = 65_536
_HERE: Final = Path("text.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Two changes of one text put together; `taken` are the places that the other one changed."""

    written: str
    taken: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """Two changes of one text of which some are in the same places.

    `written` has both together, and in these places what `ours` says.
    """

    written: str
    places: tuple[Place, ...]


def values_of(written: str) -> dict[Place, Any]:
    """Return all values by place; lists are one value. Raises: ManuscriptError where it cannot be read."""
    source = source_of(_HERE, written.encode("utf-8"))
    if len(source.toml) > MAX_TOML_CHARS:
        raise ManuscriptError(f"The front matter is longer than {MAX_TOML_CHARS // 1024} KiB.")
    return {BODY: source.body.strip("\n"), **dict(_flat((), parse_toml(source)))}


def _flat(where: Place, table: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat((*where, key), value)
        else:
            yield (*where, key), value


def change(written: str, changes: Mapping[Place, Any]) -> str:
    """Return a text with other values in some places; None takes a value out. Raises: ManuscriptError."""
    source = source_of(_HERE, written.encode("utf-8"))
    parse_toml(source)
    try:
        document = tomlkit.parse(source.toml.lstrip("\n"))
        for place, value in changes.items():
            if place != BODY:
                _put(document, place, value)
        toml = document.as_string()
    except (TOMLKitError, TypeError, KeyError, ValueError) as error:
        raise ManuscriptError("This front matter can only be changed as a file.") from error
    return join(toml, changes.get(BODY, source.body) or "")


def join(toml: str, body: str) -> str:
    """Return front matter and Markdown as one text."""
    return f"{MARK}\n{toml.strip(chr(10))}\n{MARK}\n\n{body.strip(chr(10))}\n"


def _put(document: Any, place: Place, value: Any) -> None:
    container = document
    for name in place[:-1]:
        if name not in container:
            if value is None:
                return
            container.add(name, tomlkit.table(is_super_table=name != place[-2]))
        container = container[name]
        if isinstance(container, AoT) or not isinstance(container, (Table, InlineTable, Mapping)):
            raise KeyError(name)
    if value is None:
        container.pop(place[-1], None)
    elif place[-1] not in container or container[place[-1]] != value:
        container[place[-1]] = _item(value)


def _item(value: Any) -> Any:
    """Return a value as TOML writes it; a text keeps its lines, unless one would end the front matter."""
    if isinstance(value, str) and "\n" in value and not any(_ends(line) for line in value.split("\n")):
        item = tomlkit.string(value, multiline=True)
        assert isinstance(item, String)
        return item
    if isinstance(value, (list, tuple)):
        items = tomlkit.array()
        items.extend(value)
        return items.multiline(len(value) > 1 and sum(len(str(each)) for each in value) > 60)
    return tomlkit.item(value)


def _ends(line: str) -> bool:
    return line.rstrip() == MARK


def merge(base: str, theirs: str, ours: str) -> Merged | Differing:
    """Put two changes of `base` together, value by value. Raises: ManuscriptError: one cannot be read."""
    before, there, here = values_of(base), values_of(theirs), values_of(ours)
    changed_here = _changed(before, here)
    changed_there = _changed(before, there)
    clashing = tuple(
        place for place in changed_here if place in changed_there and here.get(place) != there.get(place)
    )
    written = change(theirs, {place: here.get(place) for place in changed_here})
    if clashing:
        return Differing(written=written, places=clashing)
    taken = tuple(place for place in changed_there if place not in changed_here)
    return Merged(written=written, taken=taken)


def changed_places(before: str, after: str) -> tuple[Place, ...]:
    """Return where two texts differ. Raises: ManuscriptError where one cannot be read."""
    return _changed(values_of(before), values_of(after))


def _changed(before: Mapping[Place, Any], after: Mapping[Place, Any]) -> tuple[Place, ...]:
    places = dict.fromkeys((*before, *after))
    return tuple(each for each in places if before.get(each) != after.get(each))


def write(values: Mapping[str, Any], body: str) -> str:
    """Return a manuscript made of values, in their order; tables come last, as TOML wants it."""
    document = tomlkit.document()
    for key, value in sorted(values.items(), key=lambda each: _is_table(each[1])):
        document[key] = _table(value) if _is_table(value) else _item(value)
    return join(document.as_string(), body)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _table(value: Any) -> Any:
    if isinstance(value, list):
        listed = tomlkit.aot()
        for each in value:
            listed.append(_table(each))
        return listed
    table = tomlkit.table(
        is_super_table=bool(value) and all(isinstance(each, dict) for each in value.values())
    )
    for key, each in sorted(value.items(), key=lambda pair: _is_table(pair[1])):
        table[key] = _table(each) if _is_table(each) else _item(each)
    return table
