"""A statement with all that is needed to verify it, in one file: read without believing any of it.

Two forms: ``bundle.json``, one object, and ``bundle.jsonl``, one record a line, each an object with a single
member that is named as in bundle.json. Records are found by their brackets and loaded one by one, so a fault
in one of them affects no other, and a file of 64 MiB never stands in memory as objects. Spec:
docs/cosigning.md, R8, V1 and V4 (versions 1 and 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from federation import errors, jsonld
from federation.cosigning import vocabulary
from federation.jsonld import Document

MAX_BUNDLE_BYTES: Final = 64 * 1024 * 1024
#: Checking as many takes seconds; 64 MiB would hold half as many again.
MAX_ENTRIES: Final = 10_000
#: Entries, actors, withdrawals and all others together.
MAX_RECORDS: Final = 60_000
MAX_RECORD_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 20
#: Brackets and commas in the whole file: a full list of honest entries has a third of these. Reading JSON
#: costs time for each of them, however short a file is.
MAX_BRACKETS: Final = 1_500_000
MAX_COMMAS: Final = 5_000_000
VERSIONS: Final = frozenset({1, 2})

MAX_HEADER_VALUE_BYTES: Final = 64

#: A bundle has one of each of these,
SINGLE_MEMBERS: Final = ("statement", "checkpoint", "tally")
#: and a list of each of these.
LIST_MEMBERS: Final = ("entries", "formerEntries", "withdrawals", "removals", "actors", "witnesses")
MEMBERS: Final = SINGLE_MEMBERS + LIST_MEMBERS
_COUNTED_AS_ENTRIES = ("entries", "formerEntries")

#: Where something begins and ends in a file.
Place = tuple[int, int]

_BLANK = rb"[ \t\r\n]*+"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_SCALAR = rb"(?:" + _STRING + rb"|[-+.0-9A-Za-z]++)"
_VALUE = re.compile(rb"(?:" + jsonld.nesting(MAX_DEPTH + 2).encode() + rb"|" + _SCALAR + rb")", re.DOTALL)
_NAME = re.compile(_BLANK + rb'"([^"]*)"' + _BLANK + rb":" + _BLANK)
_OPEN_OBJECT = re.compile(_BLANK + rb"\{" + _BLANK)
_OPEN_LIST = re.compile(rb"\[" + _BLANK)
_BLANK_LINE = re.compile(_BLANK)
_NEXT = re.compile(_BLANK + rb"([,\]}])" + _BLANK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The places of the records in a file. Loading one may fail; the others are not touched by that."""

    source: bytes = field(repr=False)
    version: int
    #: From the member's name to where each of its records begins and ends.
    places: dict[str, list[Place]] = field(repr=False)
    #: Lines of a bundle.jsonl that hold no record.
    unread_lines: int = 0

    def records(self, member: str, *, floats: bool = False) -> Iterator[Document | None]:
        """Load the records of a member one by one; None stands for each that cannot be loaded."""
        for start, end in self.places[member]:
            try:
                yield load_record(self.source[start:end], floats=floats)
            except errors.Malformed:
                yield None


def load_record(record: bytes, *, floats: bool = False) -> Document:
    """Load one record. Raises: Malformed, TooLarge."""
    return jsonld.load(record, max_bytes=MAX_RECORD_BYTES, max_depth=MAX_DEPTH, floats=floats)


def read(source: bytes) -> Bundle:
    """Find the records of a bundle in either form.

    Raises: Malformed, if it is no bundle; TooLarge, for one with more than a bundle may have.
    """
    if len(source) > MAX_BUNDLE_BYTES:
        raise errors.TooLarge("a bundle is larger than 64 MiB")
    if source.count(b"{") + source.count(b"[") > MAX_BRACKETS or source.count(b",") > MAX_COMMAS:
        raise errors.TooLarge("a bundle holds more objects and values than a bundle may hold")
    members = _members(source, 0, len(source))
    if members is not None and "type" in members:
        return _read_json(source, members)
    return _read_lines(source)


def dump_lines(bundle: Document) -> Iterator[bytes]:
    """Write a bundle as bundle.jsonl, line by line."""
    yield jsonld.dump({name: value for name, value in bundle.items() if name not in MEMBERS}) + b"\n"
    for name in MEMBERS:
        records = [bundle[name]] if name in SINGLE_MEMBERS and name in bundle else bundle.get(name, [])
        for record in records:
            yield jsonld.dump({name: record}) + b"\n"


def _read_json(source: bytes, members: dict[str, Place]) -> Bundle:
    places = _no_places()
    version = _version(source, members)
    for name in MEMBERS:
        if name in members:
            start, end = members[name]
            _add(places, name, [(start, end)] if name in SINGLE_MEMBERS else _items(source, start, end))
    return Bundle(source=source, version=version, places=places)


def _read_lines(source: bytes) -> Bundle:
    places, version, unread = _no_places(), max(VERSIONS), 0
    for start, end in _lines(source):
        members = _members(source, start, end) or {}
        if "type" in members:
            version = _version(source, members)
        elif len(members) == 1 and members.keys() <= places.keys():
            name, place = members.popitem()
            _add(places, name, [place])
        else:
            unread += 1
    if not any(places.values()):
        raise errors.Malformed("a file is no bundle")
    return Bundle(source=source, version=version, places=places, unread_lines=unread)


def _lines(source: bytes) -> Iterator[Place]:
    if source.count(b"\n") > 2 * MAX_RECORDS:
        raise errors.TooLarge("a bundle has more lines than a bundle may have")
    start = 0
    while start < len(source):
        end = source.find(b"\n", start)
        end = len(source) if end < 0 else end
        if not _BLANK_LINE.fullmatch(source, start, end):
            yield start, end
        start = end + 1


def _no_places() -> dict[str, list[Place]]:
    return {name: [] for name in MEMBERS}


def _add(places: dict[str, list[Place]], name: str, found: Iterable[Place]) -> None:
    """Take over the places of records, as long as there are not more than a bundle may have."""
    for place in found:
        places[name].append(place)
        entries = sum(len(places[each]) for each in _COUNTED_AS_ENTRIES)
        if entries > MAX_ENTRIES or sum(map(len, places.values())) > MAX_RECORDS:
            raise errors.TooLarge("a bundle has more records than a bundle may have")


def _version(source: bytes, members: dict[str, Place]) -> int:
    """Return the version that the header states."""
    header = {name: _scalar(source, members.get(name)) for name in ("type", "version")}
    version = header["version"]
    if header["type"] != vocabulary.BUNDLE or type(version) is not int or version not in VERSIONS:
        raise errors.Malformed("a file is no bundle of a version that is known here")
    return version


def _scalar(source: bytes, place: Place | None) -> object:
    """Return a text or number; None for anything else."""
    if place is None or place[1] - place[0] > MAX_HEADER_VALUE_BYTES:
        return None
    try:
        return jsonld.load(b'{"value":' + source[slice(*place)] + b"}")["value"]
    except errors.Malformed:
        return None


def _members(source: bytes, start: int, end: int) -> dict[str, Place] | None:
    """Return where the members of the object are that fills a stretch of bytes; None if none does."""
    members: dict[str, Place] = {}
    match = _OPEN_OBJECT.match(source, start, end)
    while match is not None:
        name = _NAME.match(source, match.end(), end)
        value = name and _VALUE.match(source, name.end(), end)
        match = value and _NEXT.match(source, value.end(), end)
        if name is None or value is None or match is None:
            return None
        text = name[1].decode("utf-8", "replace")
        # Two members of one name, or a name in a second spelling: other readers would take another one.
        if text in members or "\\" in text:
            return None
        members[text] = value.span()
        if match[1] == b"}":
            return members if match.end() == end else None
        if match[1] != b",":
            return None
    return None


def _items(source: bytes, start: int, end: int) -> Iterator[Place]:
    """Yield where the items of a list are.

    Raises: Malformed, if it is no list.
    """
    match = _OPEN_LIST.match(source, start, end)
    if match is None:
        raise errors.Malformed("a bundle has something else where a list should be")
    if source[match.end() : match.end() + 1] == b"]":
        return
    while True:
        item = _VALUE.match(source, match.end(), end)
        match = item and _NEXT.match(source, item.end(), end)
        if item is None or match is None or match[1] == b"}":
            raise errors.Malformed("a list in a bundle cannot be read")
        yield item.span()
        if match[1] == b"]":
            return
