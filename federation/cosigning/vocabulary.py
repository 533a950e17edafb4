"""The exact contexts of the records that the protocol adds, and the few terms that a statement may add.

A context is compared as a whole, never understood: one that anybody could extend would leave what it adds
unsigned. Terms are written out, so that no reader has to fetch anything.
Spec: docs/cosigning.md, R17 and K4.
"""

from __future__ import annotations

from typing import Any, Final

from federation.cosigning import documents
from federation.jsonld import Document

CO_SIGNATURE: Final = "CoSignature"
REQUEST: Final = "CoSignRequest"
AUTHORIZATION: Final = "CoSignAuthorization"
CHECKPOINT: Final = "CoSignCheckpoint"
WITNESS: Final = "CoSignWitness"
TALLY: Final = "CoSignTally"
SIGNER_LIST: Final = "SignerList"
BUNDLE: Final = "CoSignBundle"

_COMMON: Final[tuple[str, ...]] = (
    "https://www.w3.org/ns/activitystreams",
    "https://w3id.org/security/data-integrity/v2",
)
_CS: Final[Document] = {"cs": "https://w3id.org/fep/d2e1#"}
_STATEMENT: Final[Document] = {"statement": {"@id": "cs:statement", "@type": "@id"}}


def _context(kind: str, terms: Document) -> list[Any]:
    return [*_COMMON, {**_CS, kind: f"cs:{kind}", **terms}]


CONTEXTS: Final[dict[str, list[Any]]] = {
    CO_SIGNATURE: _context(
        CO_SIGNATURE,
        {
            "xsd": "http://www.w3.org/2001/XMLSchema#",
            **_STATEMENT,
            "statementAuthor": {"@id": "cs:statementAuthor", "@type": "@id"},
            "revision": "cs:revision",
            "textDigest": "cs:textDigest",
            "role": "cs:role",
            "signedLanguages": "cs:signedLanguages",
            "publishBefore": {"@id": "cs:publishBefore", "@type": "xsd:dateTime"},
        },
    ),
    REQUEST: _context(REQUEST, {"invitation": {"@id": "cs:invitation", "@type": "@id"}}),
    AUTHORIZATION: _context(
        AUTHORIZATION,
        {
            "gts": "https://gotosocial.org/ns#",
            "sec": "https://w3id.org/security#",
            "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
            "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
            "textDigest": "cs:textDigest",
            "coSignatureDigest": "cs:coSignatureDigest",
            "witnessedKey": {"@id": "cs:witnessedKey", "@type": "@id"},
            "Multikey": "sec:Multikey",
            "controller": {"@id": "sec:controller", "@type": "@id"},
            "publicKeyMultibase": {"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"},
        },
    ),
    CHECKPOINT: _context(
        CHECKPOINT,
        {
            **_STATEMENT,
            "revision": "cs:revision",
            "textDigest": "cs:textDigest",
            "setDigest": "cs:setDigest",
        },
    ),
    WITNESS: _context(WITNESS, {**_STATEMENT, "textDigest": "cs:textDigest", "seen": "cs:seen"}),
    TALLY: _context(
        TALLY,
        {
            **_STATEMENT,
            "textDigest": "cs:textDigest",
            "persons": "cs:persons",
            "countries": "cs:countries",
            "organisations": "cs:organisations",
        },
    ),
    SIGNER_LIST: _context(
        SIGNER_LIST,
        {
            **_STATEMENT,
            "textDigest": "cs:textDigest",
            "position": "cs:position",
            "signers": {"@id": "cs:signers", "@type": "@json"},
        },
    ),
}

_POLICY_TERMS = ("canQuote", "canReply", "canLike", "canAnnounce")
#: What one more object in the context of a statement may hold: each of these members with this value.
STATEMENT_TERMS: Final[Document] = {
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "toot": "http://joinmastodon.org/ns#",
    "Emoji": "toot:Emoji",
    **{term: {"@id": f"gts:{term}", "@type": "@id"} for term in _POLICY_TERMS},
}


def is_statement_context(context: object) -> bool:
    """Whether this is the context of a statement: the constant, perhaps with one object of known terms."""
    constant = documents.ARTICLE_CONTEXT
    if not isinstance(context, list) or context[: len(constant)] != constant:
        return False
    match context[len(constant) :]:
        case []:
            return True
        case [{**terms}]:
            return all(
                name in STATEMENT_TERMS and STATEMENT_TERMS[name] == value for name, value in terms.items()
            )
    return False
