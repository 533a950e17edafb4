"""The records around a statement, written: what ``record_checks`` reads. None has its proof yet.

They are signed by ``proofs.sign_document``: consents, withdrawals and removals with a key whose fragment
begins ``cosign-``, after the members decided; the rest with the key that serves every day. Spec:
docs/cosigning.md, R9, V4, K4, D3 and A.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from federation import times
from federation.cosigning import documents, record_checks, vocabulary
from federation.cosigning.record_checks import SeenKey
from federation.jsonld import PUBLIC, Document

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What a cell agrees to when it signs a statement."""

    uri: str
    signer_uri: str
    #: The cell's name as it is to stand in the list.
    name: str
    languages: Sequence[str]
    role: str = "cosigner"
    published: datetime
    #: Only for a text that is not public yet: published later, it does not bind the cell.
    publish_before: datetime | None = None


def render_co_signature(consent: Consent, statement: Document) -> Document:
    """Write the consent of a cell to the exact text of a statement or draft."""
    record = _record(vocabulary.CO_SIGNATURE, consent.uri, consent.signer_uri, consent.published) | {
        "name": consent.name,
        "statement": statement["id"],
        "statementAuthor": statement["attributedTo"],
        "revision": statement["revision"],
        "textDigest": statement["textDigest"],
        "role": consent.role,
        "signedLanguages": list(consent.languages),
    }
    if consent.publish_before is not None:
        record["publishBefore"] = times.render_timestamp(consent.publish_before)
    return record


def render_authorization(uri: str, co_signature: Document, key: str, published: datetime) -> Document:
    """Write the author's stamp for a signed co-signature, and the key that it was seen to be made with."""
    return _record(vocabulary.AUTHORIZATION, uri, co_signature["statementAuthor"], published) | {
        "interactingObject": co_signature["id"],
        "interactionTarget": co_signature["statement"],
        "textDigest": co_signature["textDigest"],
        "coSignatureDigest": documents.digest(co_signature),
        "witnessedKey": {
            "id": co_signature["proof"]["verificationMethod"],
            "type": "Multikey",
            "controller": co_signature["attributedTo"],
            "publicKeyMultibase": key,
        },
    }


def render_checkpoint(
    uri: str, statement: Document, total: int, co_signature_digests: Iterable[str], published: datetime
) -> Document:
    """Write the author's count: how many are listed now, and which were ever stamped for this text."""
    return _record(vocabulary.CHECKPOINT, uri, statement["attributedTo"], published) | {
        "statement": statement["id"],
        "revision": statement["revision"],
        "textDigest": statement["textDigest"],
        "totalItems": total,
        "setDigest": record_checks.set_digest(frozenset(co_signature_digests)),
    }


def render_withdrawal(uri: str, request_uri: str, co_signature: Document, published: datetime) -> Document:
    """Write that a cell withdraws its co-signature, which travelled in the request. It is for everybody."""
    return _activity("Undo", uri, co_signature["attributedTo"], published) | {
        "cc": [co_signature["statementAuthor"]],
        "object": {
            "id": request_uri,
            "type": vocabulary.REQUEST,
            "actor": co_signature["attributedTo"],
            "object": co_signature["statement"],
            "instrument": co_signature["id"],
        },
    }


def render_removal(uri: str, authorization: Document, published: datetime) -> Document:
    """Write that the author removes a co-signature from its list. It is for everybody."""
    return _activity("Delete", uri, authorization["attributedTo"], published) | {
        "object": authorization["id"]
    }


def render_witness(
    uri: str, witness_uri: str, statement: Document, seen: Iterable[SeenKey], published: datetime
) -> Document:
    """Write which keys this node itself saw at the addresses of their owners, the author's first."""
    return _record(vocabulary.WITNESS, uri, witness_uri, published) | {
        "statement": statement["id"],
        "textDigest": statement["textDigest"],
        "seen": [f"{each.key_id} {each.key} {each.seen_at}" for each in seen],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """People by numbers, organisations without a node by name, as the author confirmed them."""

    #: From the way they confirmed (email, fediverse, imported) to how many did.
    persons: Mapping[str, int]
    countries: Mapping[str, int]
    organisations: Sequence[Mapping[str, Any]] = ()


def render_tally(uri: str, statement: Document, count: Count, published: datetime) -> Document:
    """Write the author's count of people and organisations: its word, which nobody else can check."""
    return _record(vocabulary.TALLY, uri, statement["attributedTo"], published) | {
        "statement": statement["id"],
        "textDigest": statement["textDigest"],
        "persons": dict(count.persons),
        "countries": dict(count.countries),
        "organisations": [dict(each) for each in count.organisations],
    }


def render_actor(uri: str, name: str, public_keys: Mapping[str, str]) -> Document:
    """Write what a bundle holds of an actor: its keys, by key id."""
    methods = [
        {"id": key_id, "type": "Multikey", "controller": uri, "publicKeyMultibase": key}
        for key_id, key in public_keys.items()
    ]
    return {"id": uri, "name": name, "assertionMethod": methods}


def render_bundle(created: datetime, statement: Document, members: Mapping[str, Any]) -> Document:
    """Write a bundle; ``members`` are those of bundle.json beside the statement, absent ones are empty."""
    return {
        "type": vocabulary.BUNDLE,
        "version": VERSION,
        "created": times.render_timestamp(created),
        "statement": statement,
        "entries": [],
        "formerEntries": [],
        "withdrawals": [],
        "removals": [],
        "actors": [],
        "witnesses": [],
        **members,
    }


def _record(kind: str, uri: str, owner_uri: str, published: datetime) -> Document:
    return {
        "@context": vocabulary.CONTEXTS[kind],
        "id": uri,
        "type": kind,
        "attributedTo": owner_uri,
        "published": times.render_timestamp(published),
    }


def _activity(kind: str, uri: str, actor_uri: str, published: datetime) -> Document:
    return {
        "@context": vocabulary.CONTEXTS[vocabulary.REQUEST],
        "id": uri,
        "type": kind,
        "actor": actor_uri,
        "to": [PUBLIC],
        "published": times.render_timestamp(published),
    }
