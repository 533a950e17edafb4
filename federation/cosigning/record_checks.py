"""The records around a statement, read: consents, stamps, counts, witnesses, withdrawals and removals.

Each has exactly its members; ``parse_*`` checks their forms and nothing that needs a key or another record.
Spec: docs/cosigning.md, R9, R17, V4, V5, K4.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final

from federation import errors, jcs
from federation.cosigning import documents, identifiers, lettering, vocabulary
from federation.jsonld import Document

#: ``issuer`` is asked for in an invitation: one of several bodies that make a joint statement.
ROLES: Final = frozenset({"cosigner", "issuer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CoSignature:
    """The consent of a cell to one exact text."""

    uri: str
    signer_uri: str
    name: str
    statement_uri: str
    author_uri: str
    revision: int
    text_digest: str
    #: Not checked before ``require_terms``.
    role: str
    languages: list[Any]
    publish_before: object | None
    document: Document

    @property
    def key_id(self) -> str:
        """The key that its proof names."""
        return str(self.document["proof"]["verificationMethod"])

    @property
    def digest(self) -> str:
        """The digest of the whole record, its proof included."""
        return documents.digest(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """The author's stamp: this consent is listed, and was made with this key.

    What it names is not checked before ``require_match``.
    """

    uri: str
    author_uri: str
    published: str
    document: Document

    @property
    def witnessed_value(self) -> object:
        """The key that the stamp says the consent was made with."""
        witnessed = self.document["witnessedKey"]
        return witnessed.get("publicKeyMultibase") if isinstance(witnessed, dict) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The author's count, from which readers of a copy see what is missing."""

    statement_uri: str
    revision: int
    text_digest: str
    total: int
    set_digest: str
    published: str
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenKey:
    """A key that a witness saw at the address of its owner."""

    key_id: str
    key: str
    seen_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A node's word on the keys that it saw itself."""

    witness_uri: str
    statement_uri: str
    text_digest: str
    seen: tuple[SeenKey, ...]
    document: Document


#: What every record with a proof has.
PROVEN: Final = frozenset({"@context", "id", "type", "attributedTo", "published", "proof"})
_CO_SIGNATURE = PROVEN | {
    "name", "statement", "statementAuthor", "revision", "textDigest", "role", "signedLanguages",
}  # fmt: skip
_AUTHORIZATION = PROVEN | {
    "interactingObject", "interactionTarget", "textDigest", "coSignatureDigest", "witnessedKey",
}  # fmt: skip
_CHECKPOINT = PROVEN | {"statement", "revision", "textDigest", "totalItems", "setDigest"}
_TALLY = PROVEN | {"statement", "textDigest", "persons", "countries", "organisations"}
_ORGANISATION = frozenset({"name", "place", "country", "method", "confirmed"})
_WITNESS = PROVEN | {"statement", "textDigest", "seen"}


def parse_co_signature(document: Document) -> CoSignature:
    """Read a CoSignature. Raises: Malformed."""
    require_record(document, vocabulary.CO_SIGNATURE, _CO_SIGNATURE, optional={"publishBefore"})
    name, role, languages = document["name"], document["role"], document["signedLanguages"]
    if not isinstance(name, str) or not isinstance(role, str) or not isinstance(languages, list) or not name:
        raise errors.Malformed("a co-signature has a member of another type than it should")
    lettering.require_plain(name, lettering.MAX_SIGNER_CHARS)
    return CoSignature(
        uri=document["id"],
        signer_uri=document["attributedTo"],
        name=name,
        statement_uri=identifiers.require_id(document["statement"]),
        author_uri=identifiers.require_id(document["statementAuthor"]),
        revision=identifiers.require_revision(document["revision"]),
        text_digest=identifiers.require_digest(document["textDigest"]),
        role=role,
        languages=languages,
        publish_before=document.get("publishBefore"),
        document=document,
    )


def require_terms(co_signature: CoSignature, statement: Document) -> None:
    """Check role, languages and the form of publishBefore against the statement that is signed.

    Raises: Malformed.
    """
    if co_signature.role not in ROLES:
        raise errors.Malformed("a co-signature has a role that there is not")
    languages = [identifiers.require_language(language) for language in co_signature.languages]
    if len(set(languages)) < len(languages) or not set(languages) <= statement["contentMap"].keys():
        raise errors.Malformed("a co-signature names a language twice, or one that the statement lacks")
    if statement["authoritativeLanguage"] not in languages:
        raise errors.Malformed("a co-signature leaves out the language that counts")
    if "publishBefore" in co_signature.document:
        identifiers.require_time(co_signature.publish_before)


def parse_authorization(document: Document) -> Authorization:
    """Read the author's stamp. Raises: Malformed."""
    require_record(document, vocabulary.AUTHORIZATION, _AUTHORIZATION)
    return Authorization(
        uri=document["id"],
        author_uri=document["attributedTo"],
        published=document["published"],
        document=document,
    )


def require_match(authorization: Authorization, co_signature: CoSignature, key: str) -> None:
    """Check that a stamp is for this co-signature, made with this key, and for nothing else (CVE-2026-47777).

    Raises: Malformed.
    """
    expected = {
        "interactingObject": co_signature.uri,
        "interactionTarget": co_signature.statement_uri,
        "textDigest": co_signature.text_digest,
        "coSignatureDigest": co_signature.digest,
        "witnessedKey": {
            "id": co_signature.key_id,
            "type": "Multikey",
            "controller": co_signature.signer_uri,
            "publicKeyMultibase": key,
        },
    }
    if any(authorization.document[name] != value for name, value in expected.items()):
        raise errors.Malformed("a stamp is for something else than it stands beside")


def parse_checkpoint(document: Document) -> Checkpoint:
    """Read the author's count. Raises: Malformed."""
    require_record(document, vocabulary.CHECKPOINT, _CHECKPOINT)
    total = document["totalItems"]
    if type(total) is not int or total < 0:
        raise errors.Malformed("a checkpoint does not count")
    return Checkpoint(
        statement_uri=identifiers.require_id(document["statement"]),
        revision=identifiers.require_revision(document["revision"]),
        text_digest=identifiers.require_digest(document["textDigest"]),
        total=total,
        set_digest=identifiers.require_digest(document["setDigest"]),
        published=document["published"],
        document=document,
    )


def parse_witness(document: Document) -> Witness:
    """Read a witness. Raises: Malformed."""
    require_record(document, vocabulary.WITNESS, _WITNESS)
    seen = document["seen"]
    if not isinstance(seen, list):
        raise errors.Malformed("a witness does not list what it saw")
    return Witness(
        witness_uri=document["attributedTo"],
        statement_uri=identifiers.require_id(document["statement"]),
        text_digest=identifiers.require_digest(document["textDigest"]),
        seen=tuple(map(_parse_seen, seen)),
        document=document,
    )


def parse_tally(document: Document) -> Document:
    """Return the author's count of people and organisations, its form checked. Raises: Malformed."""
    require_record(document, vocabulary.TALLY, _TALLY)
    persons, countries, organisations = (document[name] for name in ("persons", "countries", "organisations"))
    for counts in (persons, countries):
        if not isinstance(counts, dict) or any(
            type(count) is not int or count < 0 for count in counts.values()
        ):
            raise errors.Malformed("a tally does not count")
    if not isinstance(organisations, list) or not all(map(_is_organisation, organisations)):
        raise errors.Malformed("a tally does not name organisations")
    return document


def named_by(document: Document) -> frozenset[str]:
    """Return the ids that an Undo or Delete may end: the object, or the object or instrument inside it."""
    thing = document.get("object")
    named = {thing if isinstance(thing, str) else None}
    if isinstance(thing, dict):
        instrument = thing.get("instrument")
        inner = instrument.get("id") if isinstance(instrument, dict) else instrument
        named |= {each for each in (thing.get("id"), inner) if isinstance(each, str)}
    return frozenset(each for each in named if each is not None)


def set_digest(co_signature_digests: Set[str]) -> str:
    """Return the digest of a set of co-signatures: it does not depend on their order."""
    return documents.digest_of_bytes(jcs.canonical(sorted(co_signature_digests)))


def _is_organisation(value: object) -> bool:
    return isinstance(value, dict) and value.keys() <= _ORGANISATION and isinstance(value.get("name"), str)


def _parse_seen(value: object) -> SeenKey:
    parts = value.split(" ") if isinstance(value, str) else []
    if len(parts) != 3:
        raise errors.Malformed("a witness does not say which key it saw when")
    owner, key_id = parts[0].partition("#")[0], parts[0]
    identifiers.require_key_id(key_id, identifiers.require_id(owner))
    return SeenKey(
        key_id=key_id, key=identifiers.require_key(parts[1]), seen_at=identifiers.require_time(parts[2])
    )


def require_record(
    document: Document, kind: str, required: Set[str], optional: Set[str] = frozenset()
) -> None:
    """Check type, context, members, id, owner and time: what all records have."""
    if document.get("type") != kind:
        raise errors.Malformed("a record is of another type than its place says")
    if document.get("@context") != vocabulary.CONTEXTS[kind]:
        raise errors.Malformed("a record has another @context than its type")
    if not required <= document.keys() <= required | optional:
        raise errors.Malformed("a record lacks a member or has one that does not belong there")
    identifiers.require_beside(document["attributedTo"], identifiers.require_id(document["id"]))
    identifiers.require_time(document["published"])
