"""Who vouches for a key: the reader's own list first, then witnesses whom the reader trusts.

A file can hold any keys, so what verifies in it is consistent in itself and no more. The reader's list, lines
of key id and key, is the root of all else. Spec: docs/cosigning.md, K4 and K5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from federation import errors
from federation.cosigning import identifiers
from federation.cosigning.record_checks import SeenKey

MAX_TRUST_LINES = 100_000


class Rung(StrEnum):
    """How much stands behind a key, best first."""

    #: The reader's own list names it.
    TRUSTED = "trusted"
    #: A witness whose key the reader trusts saw it at its owner's address.
    WITNESSED = "witnessed"
    #: Only the author's stamp names it.
    AUTHOR = "author"
    #: Only the file names it.
    FILE = "file"
    #: The reader's list, or a trusted witness, names another key under this id.
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """The keys that the reader trusts, by key id. Old ones stay in the list for ever."""

    keys: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A key that a witness saw, where the witness's own word was verified."""

    witness_uri: str
    #: Whether the key that the witness signed with is in the reader's list.
    is_trusted: bool
    seen: SeenKey


class Vouching:
    """What reader and witnesses say about keys."""

    def __init__(self, trust: Trust, sightings: Iterable[Sighting] = ()) -> None:
        self._trust = trust
        self._sightings: dict[str, list[Sighting]] = {}
        for sighting in sightings:
            self._sightings.setdefault(sighting.seen.key_id, []).append(sighting)

    def is_trusted(self, key_id: str, key: str) -> bool:
        """Whether the reader's own list names this key."""
        return key in self._trust.keys.get(key_id, ())

    def rung(self, key_id: str, key: str, otherwise: Rung) -> Rung:
        """Return the best that stands behind a key, or ``otherwise`` where nothing does."""
        listed = self._trust.keys.get(key_id)
        if listed:
            return Rung.TRUSTED if key in listed else Rung.CONFLICT
        seen = {each.seen.key for each in self._sightings.get(key_id, ()) if each.is_trusted}
        if seen:
            return Rung.WITNESSED if key in seen else Rung.CONFLICT
        return otherwise

    def seen_by(self, key_id: str, key: str) -> tuple[tuple[str, str], ...]:
        """Return the witnesses, trusted or not, that saw exactly this key, and when."""
        sightings = self._sightings.get(key_id, ())
        return tuple((each.witness_uri, each.seen.seen_at) for each in sightings if each.seen.key == key)


def parse_trust(text: str) -> Trust:
    """Read a trust file: lines of key id and key, empty lines, and lines that begin with ``#``.

    Raises: Malformed, naming the line.
    """
    lines = text.splitlines()
    if len(lines) > MAX_TRUST_LINES:
        raise errors.TooLarge("a trust file has too many lines")
    found: dict[str, set[str]] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            key_id, key = _parse_line(line, number)
            found.setdefault(key_id, set()).add(key)
    return Trust(keys={key_id: frozenset(values) for key_id, values in found.items()})


def _parse_line(line: str, number: int) -> tuple[str, str]:
    parts = line.split()
    try:
        if len(parts) != 2:
            raise errors.Malformed("not two words")
        owner = identifiers.require_id(parts[0].partition("#")[0])
        return identifiers.require_key_id(parts[0], owner), identifiers.require_key(parts[1])
    except errors.Malformed as error:
        raise errors.Malformed(f"line {number} of a trust file is not a key id and a key") from error
