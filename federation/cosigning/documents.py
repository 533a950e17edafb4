"""The statement as it is signed: the document, and the exact text that a digest stands for.

A SignedText is never sent as an authority. It is recomputed from the statement, so that what was signed is
what people read. What lives elsewhere: rendering of objects in general (``objects``), proofs (``proofs``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from federation import base58, errors, jcs, objects
from federation.jsonld import Document

ARTICLE: Final = "Article"

#: The exact context of a statement that can be co-signed; whoever checks one compares it.
ARTICLE_CONTEXT: Final[list[Any]] = [
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
    {
        "gts": "https://gotosocial.org/ns#",
        "cs": "https://w3id.org/fep/d2e1#",
        "sec": "https://w3id.org/security#",
        "revision": "cs:revision",
        "salt": "cs:salt",
        "authoritativeLanguage": "cs:authoritativeLanguage",
        "textDigest": "cs:textDigest",
        "signedText": {"@id": "cs:signedText", "@type": "@id"},
        "coSignatures": {"@id": "cs:coSignatures", "@type": "@id"},
        "individualSignatures": {"@id": "cs:individualSignatures", "@type": "@id"},
        "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
        "canCoSign": {"@id": "cs:canCoSign", "@type": "@id"},
        "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
        "digestMultibase": {"@id": "sec:digestMultibase", "@type": "sec:multibase"},
    },
]
#: The one further object that may follow it, for terms of others.
FURTHER_TERMS: Final[Document] = {
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "canReply": {"@id": "gts:canReply", "@type": "@id"},
    "canLike": {"@id": "gts:canLike", "@type": "@id"},
    "canAnnounce": {"@id": "gts:canAnnounce", "@type": "@id"},
}
#: Members that a statement shares with other objects; none but these and its own is allowed.
_SHARED_MEMBERS: Final = (
    "id", "type", "attributedTo", "to", "cc", "published", "updated", "url", "name", "nameMap", "summary",
    "summaryMap", "content", "contentMap", "tag", "interactionPolicy", "likes", "shares", "replies",
    "sensitive",
)  # fmt: skip
_SHA_256_PREFIX = b"\x12\x20"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedFile:
    """A file that belongs to the signed text, known by its digest. ``name`` may be empty."""

    type: str
    media_type: str
    name: str
    url: str
    digest_multibase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What makes a statement signable beside its words."""

    authoritative_language: str
    revision: int
    #: 22 characters of base64url, fresh for every revision: a leaked digest must not confirm a guessed text.
    salt: str
    files: tuple[SignedFile, ...] = ()
    #: Who may co-sign once the author agreed. Nobody may without.
    can_co_sign: tuple[str, ...] = ()
    #: The id of the first text of this work, if this one amends an earlier one.
    first_uri: str | None = None
    #: Where people sign and are listed, if the author asks them to.
    people_uri: str | None = None


def render_statement(facts: objects.ObjectFacts, edition: Edition) -> Document:
    """Write a statement that can be co-signed, with the digest of its text. It has no proof yet."""
    common = objects.render_object(facts)
    document: Document = {
        "@context": [*ARTICLE_CONTEXT, FURTHER_TERMS],
        **{name: common[name] for name in _SHARED_MEMBERS if name in common},
        "attachment": [_render_file(file) for file in edition.files],
        "authoritativeLanguage": edition.authoritative_language,
        "revision": edition.revision,
        "salt": edition.salt,
    }
    if edition.first_uri is not None:
        document["context"] = edition.first_uri
    if edition.people_uri is not None:
        document["individualSignatures"] = edition.people_uri
    document["interactionPolicy"] = {
        **common.get("interactionPolicy", {}),
        "canCoSign": {"automaticApproval": [], "manualApproval": list(edition.can_co_sign)},
    }
    return document | {"textDigest": digest(signed_text(document))}


def signed_text(statement: Document) -> Document:
    """Return the projection of a statement that its signers vouch for.

    Raises: Malformed, if the statement lacks a member that is signed.
    """
    try:
        text = {
            "type": "SignedText",
            "statement": statement["id"],
            "author": statement["attributedTo"],
            "revision": statement["revision"],
            "authoritativeLanguage": statement["authoritativeLanguage"],
            "name": statement["nameMap"],
            "content": statement["contentMap"],
            "attachments": _signed_files(statement["attachment"]),
            "salt": statement["salt"],
        }
    except (KeyError, TypeError) as error:
        raise errors.Malformed("a statement lacks a member that is signed") from error
    return text | ({"summary": statement["summaryMap"]} if "summaryMap" in statement else {})


def canonical(document: Document) -> bytes:
    """Return the one spelling of a document that digests are made of (RFC 8785). Raises: Malformed."""
    return jcs.canonical(document)


def digest(document: Document) -> str:
    """Return the SHA-256 of a document as a multihash in base58btc, ``zQm..``. Raises: Malformed."""
    return digest_of_bytes(canonical(document))


def digest_of_bytes(content: bytes) -> str:
    """Return the SHA-256 of some bytes as a multihash in base58btc, ``zQm..``."""
    return "z" + base58.encode(_SHA_256_PREFIX + hashlib.sha256(content).digest())


def _render_file(file: SignedFile) -> Document:
    return {
        "type": file.type,
        "mediaType": file.media_type,
        "name": file.name,
        "url": file.url,
        "digestMultibase": file.digest_multibase,
    }


def _signed_files(attachments: Sequence[Document]) -> list[Document]:
    return [{name: each[name] for name in ("digestMultibase", "mediaType", "name")} for each in attachments]
