"""Object integrity proofs: a document that carries its author's signature wherever it goes.

Spec: FEP-8b32 with the cryptosuite eddsa-jcs-2022 (W3C Data Integrity EdDSA Cryptosuites 1.0, section 3.3).
One proof a document, an Ed25519 key, JCS (RFC 8785) for the bytes. Whose key it must be is not decided here:
``authority``. Linked Data signatures (``signature``) are neither made nor read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation import base58, errors, jcs, keys, times
from federation.jsonld import Document

TYPE = "DataIntegrityProof"
CRYPTOSUITE = "eddsa-jcs-2022"
PURPOSE = "assertionMethod"
#: 64 bytes in base58btc, with the multibase prefix.
MAX_VALUE_CHARS = 89

_SIGNATURE_BYTES = 64
_FIXED = {"type": TYPE, "cryptosuite": CRYPTOSUITE, "proofPurpose": PURPOSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A proof whose shape has been checked. Nothing is proven until ``verify_document`` returned."""

    #: The id of the key.
    verification_method: str
    created: datetime
    expires: datetime | None
    signature: bytes


def sign_document(
    document: Document, key: keys.PrivateKey, verification_method: str, created: datetime
) -> Document:
    """Return the document with a proof added, in the place of any it had.

    Raises: Malformed, if the document cannot be written in JCS.
    """
    if key.public.algorithm is not keys.KeyAlgorithm.ED25519:
        raise ValueError("object proofs are made with Ed25519 keys")
    options: Document = {
        "type": TYPE,
        "cryptosuite": CRYPTOSUITE,
        "created": times.render_timestamp(created),
        "verificationMethod": verification_method,
        "proofPurpose": PURPOSE,
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hash(options) + _hash(_without_signatures(document)))
    return document | {"proof": options | {"proofValue": "z" + base58.encode(signature)}}


def proof_of(document: Document) -> Proof:
    """Return the only proof of a document, its shape checked.

    Raises: SignatureRefused, if there is none, several, or one of another kind.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise errors.SignatureRefused("the document does not carry exactly one proof")
    if any(proof.get(name) != value for name, value in _FIXED.items()):
        raise errors.SignatureRefused("the proof is of a kind that is not known here")
    # The W3C lets proof.@context be a mere beginning of the document's. Then whoever passes the document on
    # can append contexts without breaking the proof; all senders copy the whole, so anything else is refused.
    if "@context" in proof and proof["@context"] != document.get("@context"):
        raise errors.SignatureRefused("the proof has another @context than the document")
    return Proof(
        verification_method=_text(proof, "verificationMethod"),
        created=_time(proof, "created"),
        expires=_time(proof, "expires") if "expires" in proof else None,
        signature=_decode_value(_text(proof, "proofValue")),
    )


def verify_document(document: Document, key: keys.PublicKey, now: datetime) -> None:
    """Check the proof of a document with the key that its ``verificationMethod`` names.

    There is no age limit, since such documents are passed on and kept; only ``expires`` is honoured.

    Raises: SignatureRefused.
    """
    proof = proof_of(document)
    if proof.expires is not None and proof.expires < now:
        raise errors.SignatureRefused("the proof has expired")
    if key.algorithm is not keys.KeyAlgorithm.ED25519:
        raise errors.SignatureRefused("the proof was made with another kind of key")
    key.verify(proof.signature, message_of(document))


def message_of(document: Document) -> bytes:
    """Return what the proof of a document signs, whose shape must have been checked.

    Raises: SignatureRefused, if the document has no canonical form.
    """
    options = {name: value for name, value in document["proof"].items() if name != "proofValue"}
    try:
        return _hash(options) + _hash(_without_signatures(document))
    except errors.Malformed as error:
        raise errors.SignatureRefused("the document cannot be written in JCS") from error


def _without_signatures(document: Document) -> Document:
    """Return what the proof covers: all but the proof itself and a Linked Data signature beside it."""
    return {name: value for name, value in document.items() if name not in ("proof", "signature")}


def _hash(document: Document) -> bytes:
    return hashlib.sha256(jcs.canonical(document)).digest()


def _text(proof: dict[str, Any], name: str) -> str:
    value = proof.get(name)
    if not isinstance(value, str):
        raise errors.SignatureRefused(f"the proof has no {name}")
    return value


def _time(proof: dict[str, Any], name: str) -> datetime:
    try:
        return times.parse_timestamp(_text(proof, name))
    except errors.Malformed as error:
        raise errors.SignatureRefused(f"the proof has an unreadable {name}") from error


def _decode_value(text: str) -> bytes:
    # The length comes first: decoding takes time that grows with its square.
    if len(text) > MAX_VALUE_CHARS or not text.startswith("z"):
        raise errors.SignatureRefused("the proof value is not a signature in base58btc")
    try:
        signature = base58.decode(text[1:])
    except errors.Malformed as error:
        raise errors.SignatureRefused("the proof value is not a signature in base58btc") from error
    if len(signature) != _SIGNATURE_BYTES:
        raise errors.SignatureRefused("the proof value does not have the length of a signature")
    return signature
