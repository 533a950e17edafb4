"""Which keys are spoken of, and whether a record was signed with one of them.

The keys come from the file itself, so they vouch for nothing: they say what the records are consistent with.
Who vouches for a key is for ``trust``.
Spec: docs/cosigning.md, R18, K1, K2, K7.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from federation import errors, jsonld, keys, proofs
from federation.cosigning import identifiers
from federation.jsonld import Document

#: More keys than this under one id are not tried: an honest file has one.
MAX_VALUES_PER_KEY_ID = 8
#: Keys that are kept of a file, and signatures that are checked: each of 10,000 entries needs two of both,
#: and some were withdrawn.
MAX_KEYS = 40_000
MAX_CHECKS = 25_000

_PROOF_MEMBERS = frozenset(
    {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "@context", "proofValue"}
)


class Exhausted(Exception):
    """A file has more keys, or needs more checks, than an honest list: nothing more is looked at."""


@dataclass(slots=True)
class Keyring:
    """The keys of all actors in a file, united by key id, with a memory of which are good points."""

    _values: dict[str, list[str]] = field(default_factory=dict)
    _parsed: dict[str, keys.PublicKey | None] = field(default_factory=dict)
    _kept: int = 0
    _checked: int = 0

    def add_actor(self, document: Document) -> None:
        """Take over the keys of an actor document; a key or document in another form is passed over."""
        try:
            actor_uri = identifiers.require_id(document.get("id"))
        except errors.Malformed:
            return
        for entry in jsonld.as_list(document.get("assertionMethod")):
            try:
                self._add(entry, actor_uri)
            except errors.Malformed:
                continue

    def values_of(self, key_id: str) -> tuple[str, ...]:
        """Return the keys that the file gives under an id."""
        return tuple(self._values.get(key_id, ()))

    def fits(self, message: bytes, signature: bytes, value: str) -> bool:
        """Whether a signature was made with a key. Only for choosing among keys. Raises: Exhausted."""
        self._checked += 1
        if self._checked > MAX_CHECKS:
            raise Exhausted
        key = self._key(value)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except errors.SignatureRefused:
            return False
        return True

    def _add(self, entry: object, actor_uri: str) -> None:
        if (
            not isinstance(entry, dict)
            or entry.get("type") != "Multikey"
            or entry.get("controller") != actor_uri
        ):
            return
        key_id = identifiers.require_key_id(entry.get("id"), actor_uri)
        value = identifiers.require_key(entry.get("publicKeyMultibase"))
        values = self._values.get(key_id, ())
        if value not in values and len(values) < MAX_VALUES_PER_KEY_ID:
            self._kept += 1
            if self._kept > MAX_KEYS:
                raise Exhausted
            self._values.setdefault(key_id, []).append(value)

    def _key(self, value: str) -> keys.PublicKey | None:
        if value not in self._parsed:
            try:
                self._parsed[value] = keys.parse_multikey(value)
            except errors.Malformed:
                self._parsed[value] = None
        return self._parsed[value]


def collect(actors: Iterable[Document]) -> Keyring:
    """Return a keyring with the keys of these actors. Raises: Exhausted."""
    keyring = Keyring()
    for document in actors:
        keyring.add_actor(document)
    return keyring


def require_signed(
    document: Document, owner_uri: str, keyring: Keyring, *, prefix: str = "", preferred: object = None
) -> str:
    """Check the only proof of a record, and return the key that it was made with.

    ``prefix`` begins the fragment of the key's id. Where the file gives several keys under one id, any that
    fits will do; ``preferred`` is tried first.

    Raises: Malformed, SignatureRefused; Exhausted, after more checks than any list needs.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict) or proof.keys() != _PROOF_MEMBERS or "@context" not in document:
        raise errors.Malformed("a record does not have exactly one proof with exactly its members")
    parsed = proofs.proof_of(document)
    identifiers.require_time(proof["created"])
    identifiers.require_key_id(parsed.verification_method, owner_uri, prefix)
    values = keyring.values_of(parsed.verification_method)
    message = proofs.message_of(document)
    for value in sorted(values, key=lambda each: each != preferred):
        if keyring.fits(message, parsed.signature, value):
            return value
    raise errors.SignatureRefused("a record is not signed with a key of its owner")
