"""The author's side of a consent: is it what was asked for, is it really theirs, and is it listed.

A stamp is the author's consent to list one consent. It is given at once to cells that were invited or are on
the list of trusted ones, else by hand. Withdrawals and removals are `withdrawing`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from federation import activities, jsonld, proofs, times
from federation.actors import Actor
from federation.cosigning import evidence, identifiers, messages, record_checks, records
from federation.cosigning.messages import Request
from federation.cosigning.record_checks import CoSignature
from federation.errors import FederationError
from federation.jsonld import Document
from fedinode.capabilities import Capabilities, load_signing_key
from fedinode.errors import Conflict, NotFound
from fedinode.services import resolving, sending
from fedinode.services.cosigning import (
    alarming,
    consenting,
    heeding,
    keeping_lists,
    sightings,
    withdrawing,
)
from fedinode.services.handling import NOTHING, Facts, Keys, Pending, World
from fedinode.services.members import halting, telling
from fedinode.services.moderation import withholding
from fedinode.services.sending import Outgoing
from fedinode.storage import (
    audit_log,
    collectives,
    cosignatures,
    inboxes,
    invitations,
    levels,
    statement_versions,
)
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.cosignatures import CoSignatureRow, NewCoSignature
from fedinode.storage.database import Session
from fedinode.storage.levels import Rank, Subject
from fedinode.storage.models import new_uid
from fedinode.storage.statement_versions import VersionRow
from fedinode.urls import Urls

#: What a cell is told whose signature the author does not want.
_NOT_WANTED: Final = "not-wanted"


class _Refused(Exception):
    """A consent that will not be listed; the message is the reason that the cell is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A consent, the text it should be for, and whose statement that is."""

    request: Request
    version: VersionRow
    author: CollectiveRow
    #: The key it was made with, as its signer's origin shows it now.
    key: str

    @property
    def consent(self) -> CoSignature:
        return self.request.co_signature


# -- requests that come in


def all_need(_session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return all requests: the signer's keys are asked at its origin before a consent is listed (K3)."""
    return frozenset(pending.id for pending in group)


async def fetch_signer(cap: Capabilities, pending: Pending) -> Facts:
    """Fetch who signed, with the keys of today."""
    actor = await resolving.fetch_actor(cap, pending.sender_uri)
    return Facts(actor=actor)


def take_requests(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Judge the consents that cells sent to statements of ours."""
    for pending in group:
        actor = pending.facts.actor if pending.facts else None
        if actor is None:
            continue
        try:
            _take_one(session, world, messages.parse_request(pending.activity.document), actor)
        except FederationError as error:
            heeding.refuse(session, pending, str(error), world.now)
    return NOTHING


def _take_one(session: Session, world: World, request: Request, actor: Actor) -> None:
    consent = request.co_signature
    author = collectives.find_by_uri(session, consent.author_uri)
    if author is None or not world.urls.is_ours(consent.statement_uri):
        return
    known = cosignatures.find(session, consent.uri)
    if known is not None and known.author_state is not None:
        _repeat_answer(session, world, author, request, known)
        return
    try:
        case = _require_sound(session, world, request, author, actor)
    except _Refused as refusal:
        _refuse(session, world, author, request, str(refusal))
        return
    if not cosignatures.add(session, _as_row(case)):
        # The signer is another collective of this node: one row stands for both sides.
        cosignatures.set_requested(session, consent.uri, request.uri)
    row = _get(session, consent.uri)
    if withdrawing.apply_early(session, row, world.now):
        return
    reason = _why_held(session, consent, actor, world.now)
    if reason is None and _is_welcome(session, case, world.now):
        accept(session, world.urls, row, case.key, world.now)
    else:
        cosignatures.set_author_state(session, row.id, "pending", reason=reason)
        cause = f"pending:{consent.uri}"
        telling.tell_members(session, author.id, "cosign", cause, world.now)


def _require_sound(
    session: Session, world: World, request: Request, author: CollectiveRow, actor: Actor
) -> _Case:
    """Check a consent against the text it names and the keys of its signer. Raises: _Refused."""
    consent = request.co_signature
    version = statement_versions.find(session, consent.statement_uri, consent.text_digest)
    newest = statement_versions.list_of(session, consent.statement_uri)
    if version is None or version.text_digest != newest[-1].text_digest:
        raise _Refused("other-text")
    try:
        record_checks.require_terms(consent, jsonld.load(version.body))
        _require_time(session, world, consent, version)
        _require_role(session, consent)
        keyring = sightings.keyring_of_actor(actor)
        key = evidence.require_signed(
            consent.document, consent.signer_uri, keyring, prefix=identifiers.COSIGN_FRAGMENT
        )
    except FederationError as error:
        raise _Refused("malformed") from error
    if consent.signer_uri == author.uri or consent.revision != version.revision:
        raise _Refused("malformed")
    if sightings.conflicting_key(session, consent.signer_uri, consent.key_id, key):
        _note_conflict(session, consent, author, world.now)
        raise _Refused("malformed")
    if cosignatures.find_standing(session, consent.statement_uri, consent.signer_uri) is not None:
        raise _Refused("not-wanted")
    return _Case(request=request, version=version, author=author, key=key)


def _note_conflict(session: Session, consent: CoSignature, author: CollectiveRow, now: datetime) -> None:
    """Tell that another key stands under an id than was seen before: the consent is not listed (K3)."""
    details = {"statement": consent.statement_uri, "key": consent.key_id}
    audit_log.add(session, "cosign.key-conflict", consent.uri, now=now, details=details)
    alarming.tell_owners(session, author.id, f"key-conflict:{consent.key_id}", now)


def _require_time(session: Session, world: World, consent: CoSignature, version: VersionRow) -> None:
    """A consent to a draft may not end before it could be published (R13)."""
    before = consent.publish_before
    if version.public_at is not None or not isinstance(before, str):
        return
    invitation = invitations.find_newest(session, consent.statement_uri, consent.signer_uri)
    earliest = max(world.now, invitation.ends_at) if invitation else world.now
    if times.parse_timestamp(before) < earliest:
        raise _Refused("malformed")


def _require_role(session: Session, consent: CoSignature) -> None:
    """Who issues a statement jointly was asked to; anybody else signs as a co-signer."""
    if consent.role != "issuer":
        return
    invitation = invitations.find_newest(session, consent.statement_uri, consent.signer_uri)
    if invitation is None or invitation.role != "issuer":
        raise _Refused("not-wanted")


def _why_held(session: Session, consent: CoSignature, actor: Actor, now: datetime) -> str | None:
    """Return which level or rule lets a consent wait, even of a cell that was invited."""
    place = Subject(host=resolving.host_of(actor.uri), uri=actor.uri)
    rank = levels.ranks(session, [place]).get(place, Rank())
    piece = withholding.piece_of_words(consent.name, actor.name, actor.preferred_username)
    return withholding.open_sieve(session, now).reason(rank, replace(piece, since=actor.published))


def _is_welcome(session: Session, case: _Case, now: datetime) -> bool:
    """Whether a consent is listed at once: an invitation is a permission, whatever the policy says (R12).

    Who declined, answered too late, or was taken off the list before, is like somebody who was never asked.
    """
    consent = case.consent
    before = cosignatures.list_of_statement(session, consent.statement_uri)
    if any(_is_unwanted(each, consent.signer_uri) for each in before):
        return False
    invitation = invitations.find_newest(session, consent.statement_uri, consent.signer_uri)
    if invitation is not None and invitation.text_digest == consent.text_digest:
        is_open = invitation.state == "open" and invitation.ends_at > now
        return is_open or invitation.state == "answered"
    policy = jsonld.load(case.version.body).get("interactionPolicy", {}).get("canCoSign", {})
    return consent.signer_uri in policy.get("automaticApproval", [])


def _is_unwanted(row: CoSignatureRow, signer_uri: str) -> bool:
    """Whether the author has said no by hand to this cell before."""
    was_refused = row.author_state == "rejected" and row.reason in ("not-wanted", "blocked")
    return row.signer_uri == signer_uri and (was_refused or row.removal_body is not None)


def _as_row(case: _Case) -> NewCoSignature:
    consent = case.consent
    return NewCoSignature(
        uri=consent.uri,
        statement_uri=consent.statement_uri,
        revision=consent.revision,
        text_digest=consent.text_digest,
        signer_uri=consent.signer_uri,
        role=consent.role,
        name=consent.name,
        body=jsonld.dump(consent.document),
        digest=consent.digest,
        request_uri=case.request.uri,
        author_state="pending",
    )


# -- answers


def accept(session: Session, urls: Urls, row: CoSignatureRow, key: str, now: datetime) -> None:
    """List a consent: make the stamp, send it, and let the keepers of the list know."""
    document = jsonld.load(row.body)
    author = collectives.find_by_uri(session, document["statementAuthor"])
    assert author is not None, "consents are kept as pending for our own statements alone"
    uri = urls.authorization(new_uid())
    stamp = _proven(session, records.render_authorization(uri, document, key, now), author.uri, now)
    cosignatures.record_stamp(session, row.id, uri, jsonld.dump(stamp), now)
    if row.signer_state in consenting.UNANSWERED:
        consenting.note_acceptance(session, row, now)
    invitation = invitations.find_newest(session, row.statement_uri, row.signer_uri)
    if invitation is not None and invitation.state == "open":
        invitations.set_state(session, invitation, "answered", now)
    _send_acceptance(session, urls, author, row, stamp, now)
    keeping_lists.note_change(session, row.statement_uri, "accepted", row.uri, now)


def _proven(session: Session, document: Document, owner_uri: str, now: datetime) -> Document:
    key = load_signing_key(session, owner_uri, "proof")
    return proofs.sign_document(document, key.key, key.key_id, now.replace(microsecond=0))


def _send_acceptance(
    session: Session,
    urls: Urls,
    author: CollectiveRow,
    row: CoSignatureRow,
    stamp: Document,
    now: datetime,
) -> None:
    document = jsonld.load(row.body)
    outgoing = Outgoing(
        type=activities.ACCEPT,
        actor_uri=author.uri,
        collective_id=author.id,
        object_uri=row.uri,
        cause_key=f"accept:{row.uri}:{now.isoformat()}",
        make=lambda envelope: messages.render_acceptance(
            envelope, row.request_uri or row.uri, document, stamp
        ),
        to=(row.signer_uri,),
        is_public=False,
        inbox_ids=inboxes.of_actor_uris(session, [row.signer_uri]),
    )
    sending.send(session, urls, outgoing, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """Which request is refused, with the consent that it carried, and why."""

    request_uri: str
    consent: Document
    reason: str


def _send_refusal(
    session: Session, urls: Urls, author: CollectiveRow, refusal: _Refusal, now: datetime
) -> None:
    consent = refusal.consent
    outgoing = Outgoing(
        type=activities.REJECT,
        actor_uri=author.uri,
        collective_id=author.id,
        object_uri=consent["id"],
        cause_key=f"reject:{refusal.request_uri}:{now.isoformat()}",
        make=lambda envelope: messages.render_refusal(envelope, refusal.request_uri, consent, refusal.reason),
        to=(consent["attributedTo"],),
        is_public=False,
        inbox_ids=inboxes.of_actor_uris(session, [consent["attributedTo"]]),
    )
    sending.send(session, urls, outgoing, now)


def _refuse(session: Session, world: World, author: CollectiveRow, request: Request, reason: str) -> None:
    refusal = _Refusal(request_uri=request.uri, consent=request.co_signature.document, reason=reason)
    _send_refusal(session, world.urls, author, refusal, world.now)


def _repeat_answer(
    session: Session, world: World, author: CollectiveRow, request: Request, known: CoSignatureRow
) -> None:
    """Who asks again gets the same answer again: the first one may have been lost."""
    if known.digest != request.co_signature.digest:
        _refuse(session, world, author, request, "malformed")
    elif known.author_state == "accepted" and known.stamp_body is not None:
        stamp = jsonld.load(known.stamp_body)
        _send_acceptance(session, world.urls, author, known, stamp, world.now)
    elif known.author_state == "rejected":
        _refuse(session, world, author, request, known.reason or "not-wanted")


# -- by hand


async def accept_by_hand(cap: Capabilities, number: int) -> CoSignatureRow:
    """List a consent that waits for a decision. Raises: NotFound, Conflict."""
    row = await cap.database.write(
        lambda session: decide(session, cap.urls, number, is_accepted=True, now=cap.clock())
    )
    cap.bells.deliver.set()
    return row


async def reject_by_hand(cap: Capabilities, number: int) -> CoSignatureRow:
    """Do not list a consent that waits for a decision; its cell is told. Raises: NotFound, Conflict."""
    row = await cap.database.write(
        lambda session: decide(session, cap.urls, number, is_accepted=False, now=cap.clock())
    )
    cap.bells.deliver.set()
    return row


def decide(session: Session, urls: Urls, number: int, *, is_accepted: bool, now: datetime) -> CoSignatureRow:
    """List a consent that waits, or refuse it, in the caller's transaction.

    Raises: NotFound, Conflict, Halted.
    """
    halting.require_running(session)
    row = _require_pending(session, number)
    if is_accepted:
        accept(session, urls, row, _key_of(session, row), now)
        return row
    cosignatures.set_author_state(session, row.id, "rejected", reason=_NOT_WANTED)
    author = author_of(session, row)
    assert author is not None, "consents are kept as pending for our own statements alone"
    document = jsonld.load(row.body)
    refusal = _Refusal(request_uri=row.request_uri or row.uri, consent=document, reason=_NOT_WANTED)
    _send_refusal(session, urls, author, refusal, now)
    return row


def author_of(session: Session, row: CoSignatureRow) -> CollectiveRow | None:
    """Return the collective of ours whose statement a consent is for; None if it is somebody else's."""
    return collectives.find_by_uri(session, jsonld.load(row.body)["statementAuthor"])


def _require_pending(session: Session, number: int) -> CoSignatureRow:
    row = cosignatures.find_by_number(session, number)
    if row is None or row.author_state is None:
        raise NotFound(f"There is no co-signature with the number {number}.")
    if row.author_state != "pending":
        raise Conflict(f"This co-signature is {row.author_state} already.")
    return row


def _key_of(session: Session, row: CoSignatureRow) -> str:
    """Return the key that a consent was made with, as it was seen when the consent came."""
    document = jsonld.load(row.body)
    keyring = sightings.keyring_of(session, row.signer_uri)
    return evidence.require_signed(document, row.signer_uri, keyring, prefix=identifiers.COSIGN_FRAGMENT)


def _get(session: Session, uri: str) -> CoSignatureRow:
    row = cosignatures.find(session, uri)
    assert row is not None, "was added just now"
    return row
