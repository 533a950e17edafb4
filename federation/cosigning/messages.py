"""What travels between an author and a cell: Invite, CoSignRequest, and the answers to it.

HTTP signatures authenticate them; only the records inside carry proofs. A draft has none: it must not be
provable to anybody but the cell that was asked. Spec: docs/cosigning.md, R10, R11 and A.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import activities, errors, jsonld, times
from federation.activities import Envelope
from federation.cosigning import bundle, documents, identifiers, record_checks, statement_checks, vocabulary
from federation.cosigning.record_checks import CoSignature
from federation.jsonld import Document

MAX_WORDS_CHARS: Final = 2_000
#: Why an author does not list a co-signature.
REASONS: Final = ("not-wanted", "other-text", "blocked", "malformed")

#: Only the published statement has these; the proof would let a leak be proven.
_PUBLIC_MEMBERS = frozenset({"published", "updated", "to", "cc", "proof"})
_INVITE_CONTEXT = [
    "https://www.w3.org/ns/activitystreams",
    {"role": "https://w3id.org/fep/d2e1#role"},
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invite:
    """An author asks a cell to sign a draft until ``ends_at``."""

    uri: str
    author_uri: str
    cell_uri: str
    draft: Document
    role: str
    ends_at: datetime
    #: Plain text from the author, or nothing.
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A cell sends its consent to the author."""

    uri: str
    signer_uri: str
    co_signature: CoSignature
    invitation_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The author's answer to a request: a stamp, or a reason."""

    author_uri: str
    co_signature_uri: str
    stamp: Document | None
    reason: str | None


def render_draft(statement: Document) -> Document:
    """Return a statement as the cells that are asked get it, before it is published."""
    return {name: value for name, value in statement.items() if name not in _PUBLIC_MEMBERS}


def render_invite(envelope: Envelope, invite: Invite) -> Document:
    """Write an invitation; of ``invite`` the id is the envelope's."""
    document: Document = {
        "@context": _INVITE_CONTEXT,
        "id": envelope.uri,
        "type": activities.INVITE,
        "actor": envelope.actor_uri,
        "to": list(envelope.to),
        "target": invite.cell_uri,
        "object": invite.draft,
        "role": invite.role,
        "endTime": times.render_timestamp(invite.ends_at),
    }
    return document | ({"summary": invite.words} if invite.words else {})


def render_decline(envelope: Envelope, invitation_uri: str, reason: str) -> Document:
    """Write that a cell does not sign, and what it would like to read instead. For the author alone."""
    document: Document = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": envelope.uri,
        "type": activities.REJECT,
        "actor": envelope.actor_uri,
        "to": list(envelope.to),
        "object": invitation_uri,
    }
    return document | ({"summary": reason} if reason else {})


def parse_invite(document: Document) -> Invite:
    """Read an invitation and check the draft in every point that needs no key.

    Raises: Malformed; TooLarge, if no bundle could hold the draft.
    """
    draft = render_draft(_require_embedded(document.get("object"), "an invitation does not carry the draft"))
    author_uri = identifiers.require_id(document.get("actor"))
    _require_draft(draft, author_uri)
    role = jsonld.get_str(document, "role") or "cosigner"
    if role not in record_checks.ROLES:
        raise errors.Malformed("an invitation asks for a role that there is not")
    return Invite(
        uri=identifiers.require_beside(document.get("id"), author_uri),
        author_uri=author_uri,
        cell_uri=identifiers.require_id(document.get("target")),
        draft=draft,
        role=role,
        ends_at=times.parse_timestamp(identifiers.require_time(document.get("endTime"))),
        words=(jsonld.get_str(document, "summary") or "")[:MAX_WORDS_CHARS],
    )


def _require_embedded(record: object, otherwise: str) -> Document:
    """Return a record that is carried by an activity, if a bundle could hold it later."""
    if not isinstance(record, dict):
        raise errors.Malformed(otherwise)
    return bundle.load_record(jsonld.dump(record))


def _require_draft(draft: Document, author_uri: str) -> None:
    if draft.get("type") != documents.ARTICLE or draft.get("attributedTo") != author_uri:
        raise errors.Malformed("a draft is not an Article by who sends it")
    if not vocabulary.is_statement_context(draft.get("@context")):
        raise errors.Malformed("a draft has another @context than a statement may have")
    statement_checks.require_form(draft)
    statement_checks.require_content_match(draft)
    statement_checks.require_characters(draft)
    if documents.digest(documents.signed_text(draft)) != draft["textDigest"]:
        raise errors.Malformed("a draft has another text than its digest says")


def render_request(envelope: Envelope, co_signature: Document, invitation_uri: str | None) -> Document:
    """Write the request that carries a signed consent to the author."""
    document: Document = {
        "@context": vocabulary.CONTEXTS[vocabulary.REQUEST],
        "id": envelope.uri,
        "type": vocabulary.REQUEST,
        "actor": envelope.actor_uri,
        "to": list(envelope.to),
        "object": co_signature["statement"],
        "instrument": co_signature,
    }
    return document | ({"invitation": invitation_uri} if invitation_uri else {})


def parse_request(document: Document) -> Request:
    """Read a request and the form of the consent in it. Raises: Malformed, TooLarge."""
    instrument = document.get("instrument")
    consent = _require_embedded(instrument, "a request does not carry a co-signature")
    co_signature = record_checks.parse_co_signature(consent)
    signer_uri = identifiers.require_id(document.get("actor"))
    if co_signature.signer_uri != signer_uri or document.get("object") != co_signature.statement_uri:
        raise errors.Malformed("a request carries the consent of somebody else, or to something else")
    invitation = document.get("invitation")
    return Request(
        uri=identifiers.require_beside(document.get("id"), signer_uri),
        signer_uri=signer_uri,
        co_signature=co_signature,
        invitation_uri=None if invitation is None else identifiers.require_id(invitation),
    )


def render_acceptance(
    envelope: Envelope, request_uri: str, co_signature: Document, stamp: Document
) -> Document:
    """Write that a consent is listed; the stamp travels along."""
    return _render_answer(activities.ACCEPT, envelope, request_uri, co_signature) | {"result": stamp}


def render_refusal(envelope: Envelope, request_uri: str, co_signature: Document, reason: str) -> Document:
    """Write that a consent is not listed, and why: one of ``REASONS``."""
    return _render_answer(activities.REJECT, envelope, request_uri, co_signature) | {"summary": reason}


def parse_answer(document: Document) -> Answer:
    """Read the answer to a request of ours. Raises: Malformed."""
    request = document.get("object")
    if not isinstance(request, dict) or request.get("type") != vocabulary.REQUEST:
        raise errors.Malformed("an answer does not say what it answers")
    result, reason = document.get("result"), document.get("summary")
    if document.get("type") == activities.ACCEPT and not isinstance(result, dict):
        raise errors.Malformed("an acceptance does not carry the stamp")
    return Answer(
        author_uri=identifiers.require_id(document.get("actor")),
        co_signature_uri=identifiers.require_id(jsonld.id_of(request.get("instrument"))),
        stamp=result if isinstance(result, dict) else None,
        reason=reason if reason in REASONS else "not-wanted",
    )


def _render_answer(kind: str, envelope: Envelope, request_uri: str, co_signature: Document) -> Document:
    return {
        "@context": vocabulary.CONTEXTS[vocabulary.REQUEST],
        "id": envelope.uri,
        "type": kind,
        "actor": envelope.actor_uri,
        "to": list(envelope.to),
        "object": {
            "id": request_uri,
            "type": vocabulary.REQUEST,
            "actor": co_signature["attributedTo"],
            "object": co_signature["statement"],
            "instrument": co_signature["id"],
        },
    }
