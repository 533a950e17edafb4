"""What ended co-signatures: withdrawals by their signers, removals by the author.

Of all the Undo and Delete activities in a file only those are looked at that name something in its list, and
of those only the ones with a valid proof by the right actor count. Consent ends easily: any Undo by the
signer that names the co-signature in one of the usual ways is enough. Spec: docs/cosigning.md, V5, R15 and
R17.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from federation import errors
from federation.cosigning import evidence, identifiers, record_checks
from federation.cosigning.bundle import Bundle, Place, load_record
from federation.cosigning.evidence import Keyring
from federation.jsonld import Document

#: More activities than this about one id are not tried.
MAX_PER_ID = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A co-signature ended, perhaps at a stated time."""

    at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """An activity with a valid proof by its actor."""

    actor_uri: str
    named: frozenset[str]
    at: str | None


class Endings:
    """The withdrawals and removals of a file, found by what they name and verified when asked for."""

    def __init__(self, bundle: Bundle, keyring: Keyring) -> None:
        self._bundle = bundle
        self._keyring = keyring
        self._withdrawals = _index(bundle, "withdrawals", "Undo")
        self._removals = _index(bundle, "removals", "Delete")
        #: What each activity that was asked for ends, verified once.
        self._verified: dict[Place, _Verified | None] = {}
        self._used: set[Place] = set()

    @property
    def passed_over(self) -> int:
        """How many activities ended nothing, of those that were asked for until now and all others."""
        return len(self._bundle.places["withdrawals"] + self._bundle.places["removals"]) - len(self._used)

    def withdrawal(self, co_signature_uri: str, signer_uri: str) -> Ending | None:
        """Return the withdrawal of a co-signature by its signer, or None."""
        return self._find(self._withdrawals, co_signature_uri, lambda actor_uri: actor_uri == signer_uri)

    def withdrawal_on_origin(self, co_signature_uri: str) -> Ending | None:
        """Return the withdrawal of a co-signature of which only the id is left, by an actor of its server."""
        return self._find(
            self._withdrawals,
            co_signature_uri,
            lambda actor_uri: identifiers.origin_of(actor_uri) == identifiers.origin_of(co_signature_uri),
        )

    def removal(self, authorization_uri: str, author_uri: str) -> Ending | None:
        """Return the removal of a stamp by the author, or None."""
        return self._find(self._removals, authorization_uri, lambda actor_uri: actor_uri == author_uri)

    def _find(
        self, index: dict[int, list[Place]], uri: str, is_right: Callable[[str], bool]
    ) -> Ending | None:
        for place in index.get(hash(uri), ()):
            if place not in self._verified:
                self._verified[place] = self._verify(place)
            found = self._verified[place]
            if found is not None and uri in found.named and is_right(found.actor_uri):
                self._used.add(place)
                return Ending(at=found.at)
        return None

    def _verify(self, place: Place) -> _Verified | None:
        document = load_record(self._bundle.source[slice(*place)])
        try:
            actor_uri = identifiers.require_id(document.get("actor"))
            identifiers.require_beside(document.get("id"), actor_uri)
            evidence.require_signed(document, actor_uri, self._keyring, prefix=identifiers.COSIGN_FRAGMENT)
        except errors.FederationError:
            return None
        return _Verified(actor_uri=actor_uri, named=record_checks.named_by(document), at=_time_of(document))


def _index(bundle: Bundle, member: str, kind: str) -> dict[int, list[Place]]:
    """Return where the activities of a kind are, by the hash of each id that they name.

    Nothing of them is kept in memory: a file may be full of them.
    """
    index: dict[int, list[Place]] = {}
    for place, document in zip(bundle.places[member], bundle.records(member), strict=True):
        if document is not None and document.get("type") == kind:
            for uri in record_checks.named_by(document):
                places = index.setdefault(hash(uri), [])
                if len(places) < MAX_PER_ID:
                    places.append(place)
    return index


def _time_of(document: Document) -> str | None:
    try:
        return identifiers.require_time(document.get("published"))
    except errors.Malformed:
        return None
