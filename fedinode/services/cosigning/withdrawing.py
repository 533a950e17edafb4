"""The end of a consent: withdrawn by its signer, or removed by the author. Both are final for its id.

The signed Undo is the record; it goes to the author and to every keeper, and each applies it at once,
whatever the author says. Spec: docs/cosigning.md, R15, V5, P3.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation import activities, authority, jsonld
from federation.activities import Envelope
from federation.cosigning import documents, evidence, identifiers, record_checks, records
from federation.cosigning.evidence import Keyring
from federation.errors import FederationError
from federation.jsonld import PUBLIC, Document
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.services import registering, sending
from fedinode.services.cosigning import heeding, keeping_lists, sightings
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import deciding, vouching
from fedinode.services.members.deciding import Mandate, Question, Standing
from fedinode.services.network import unsharing
from fedinode.services.sending import Outgoing
from fedinode.storage import accounts, audit_log, collectives, cosignatures, evidence_files, inboxes
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.evidence_files import EvidenceRow
from fedinode.urls import Urls

#: Undos of one cell that are kept before the consent came that each of them ends.
MAX_EARLY = 10
#: How evidence of that kind is marked.
_EARLY = "withdrawal"
#: A consent in one of these states binds the cell, or may.
_BINDING = ("sent", "unanswered", "accepted", "seen", "public", "mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What became of the wish to withdraw: the vote, and the id of the Undo once it was made."""

    standing: Standing
    undo_uri: str | None


async def withdraw(
    cap: Capabilities, url: str, *, collective: str | None = None, account: Named = None
) -> Withdrawn:
    """Withdraw a cell's consent to a statement, or ask its members to. Raises: NotFound, NotAllowed."""
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))

    def write(session: Session) -> Withdrawn:
        now = cap.clock()
        consent = _require_binding(session, url, row)
        account_id = accounts.id_of(session, account)
        question = Question(
            collective_id=row.id,
            action="withdraw",
            subject_uri=consent.uri,
            digest=_release_digest(consent),
            parameters=json.dumps({"coSignature": consent.uri}).encode(),
        )
        standing = deciding.ask(session, question, account_id=account_id, now=now)
        uri = execute(session, cap.urls, standing.decision, now) if standing.is_approved else None
        return Withdrawn(standing=standing, undo_uri=uri)

    withdrawn = await cap.database.write(write)
    cap.bells.deliver.set()
    return withdrawn


def _require_binding(session: Session, url: str, row: CollectiveRow) -> CoSignatureRow:
    for each in reversed(cosignatures.list_of_signer(session, row.uri)):
        if url in (each.uri, each.statement_uri) and each.signer_state in _BINDING and each.ended_at is None:
            return each
    raise NotFound(f"{row.name} has no standing signature under {url}.")


def _release_digest(consent: CoSignatureRow) -> str:
    return documents.digest({"action": "withdraw", "coSignature": consent.uri, "digest": consent.digest})


def execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> str:
    """Withdraw what was decided. Raises: NotAllowed, Conflict."""
    consent = cosignatures.find(session, json.loads(decision.parameters)["coSignature"])
    if consent is None:
        raise NotFound("The signature that was decided about is not here any more.")
    mandate = deciding.require_decision(session, decision.uid, _release_digest(consent), now)
    if consent.ended_at is not None:
        raise Conflict("This signature has ended already.")
    return _undo(session, urls, consent, mandate, now)


def undo_as_agreed(session: Session, urls: Urls, consent: CoSignatureRow, now: datetime) -> str:
    """Withdraw from another text, or one not published in time: the vote to sign has agreed to that (R14)."""
    row = collectives.find_by_uri(session, consent.signer_uri)
    assert row is not None, "consents of ours are by collectives of ours"
    mandate = deciding.mandate_of_signing(session, row.id, consent.statement_uri)
    return _undo(session, urls, consent, mandate, now)


def _undo(session: Session, urls: Urls, consent: CoSignatureRow, mandate: Mandate, now: datetime) -> str:
    """Sign and send the Undo of a consent of ours, to the author and to every keeper; return its id."""
    row = collectives.find_by_uri(session, consent.signer_uri)
    assert row is not None, "consents of ours are by collectives of ours"
    document = jsonld.load(consent.body)
    is_public = consent.signer_state in ("seen", "public", "mismatch")
    told = {document["statementAuthor"]}
    if is_public:
        told |= keeping_lists.keepers(session, consent.statement_uri) - {row.uri}

    def make(envelope: Envelope) -> Document:
        record = records.render_withdrawal(envelope.uri, _request_uri(consent), document, now)
        if not is_public:
            record["to"] = record.pop("cc")
        return vouching.sign(session, record, mandate, now)

    outgoing = Outgoing(
        type=activities.UNDO,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=consent.uri,
        cause_key=f"withdraw:{consent.uri}",
        make=make,
        to=(PUBLIC,) if is_public else tuple(told),
        is_public=is_public,
        inbox_ids=inboxes.of_actor_uris(session, told),
    )
    sent = sending.send(session, urls, outgoing, now)
    if sent is None:
        raise Conflict("This signature was withdrawn before.")
    cosignatures.set_signer_state(session, consent.id, "withdrawn", reason=consent.reason)
    unsharing.take_back(session, urls, row, consent.statement_uri, now)
    _apply(session, consent, sent.body, now)
    return sent.uri


def _request_uri(consent: CoSignatureRow) -> str:
    # The request has no address of its own any more once it was answered; any id beside the consent names it.
    return f"{consent.uri}/request"


# -- Undos that come in


def take_withdrawals(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """End the consents that their signers withdraw, here and in every copy that asks us."""
    for pending in group:
        if heeding.cancel(session, pending, world.now):
            continue
        document = pending.activity.document
        named = [cosignatures.find(session, uri) for uri in sorted(record_checks.named_by(document))]
        known = [row for row in named if row is not None]
        for row in known:
            take_undo(session, document, row, world.now)
        if not known:
            _keep_early(session, pending, world.now)
    return NOTHING


def _keep_early(session: Session, pending: Pending, now: datetime) -> None:
    """Keep an Undo that came before its consent (R15): should the consent come yet, it has ended already."""
    document, signer_uri = pending.activity.document, pending.sender_uri
    embedded = pending.activity.object_document
    named = record_checks.named_by(document)
    is_about_consent = embedded is not None and embedded.get("type") == activities.CO_SIGN_REQUEST
    if not is_about_consent or not all(authority.is_same_origin(uri, signer_uri) for uri in named):
        return
    if not _is_signed(document, signer_uri, sightings.keyring_of(session, signer_uri)):
        heeding.refuse(session, pending, "The withdrawal has no valid proof.", now)
        return
    kept = evidence_files.list_from(session, signer_uri, [_EARLY])
    if len([each for each in kept if not _is_applied(session, each)]) >= MAX_EARLY:
        heeding.refuse(session, pending, "Too many withdrawals of consents that did not come.", now)
        return
    body = jsonld.dump(document)
    evidence_files.add(session, documents.digest(document), _EARLY, body, source_uri=signer_uri, now=now)


def _is_applied(session: Session, kept: EvidenceRow) -> bool:
    named = record_checks.named_by(jsonld.load(kept.body))
    return any(cosignatures.find(session, uri) is not None for uri in named)


def apply_early(session: Session, row: CoSignatureRow, now: datetime) -> bool:
    """Apply the Undo of a consent that came before it; False if there was none."""
    early = evidence_files.list_from(session, row.signer_uri, [_EARLY])
    undos = [jsonld.load(kept.body) for kept in early]
    return any(
        take_undo(session, undo, row, now) for undo in undos if row.uri in record_checks.named_by(undo)
    )


def _is_signed(document: Document, owner_uri: str, keyring: Keyring) -> bool:
    """Whether a record carries the proof of a collective's members, by a key that is known here."""
    try:
        evidence.require_signed(document, owner_uri, keyring, prefix=identifiers.COSIGN_FRAGMENT)
    except FederationError:
        return False
    return True


def take_undo(session: Session, document: Document, row: CoSignatureRow, now: datetime) -> bool:
    """Apply a signer's Undo from anywhere: it proves itself. False if it does not."""
    if row.withdrawal_body is not None:
        return True
    if document.get("type") != activities.UNDO or row.uri not in record_checks.named_by(document):
        return False
    if not _is_signed(document, row.signer_uri, sightings.keyring_of_signer(session, row)):
        return False
    _apply(session, row, jsonld.dump(document), now)
    return True


def _apply(session: Session, row: CoSignatureRow, body: bytes, now: datetime) -> None:
    cosignatures.record_withdrawal(session, row.id, body, now)
    digest = documents.digest(jsonld.load(body))
    evidence_files.add(session, digest, "withdrawal", body, source_uri=row.statement_uri, now=now)
    keeping_lists.note_change(session, row.statement_uri, "withdrawn", row.uri, now)


# -- removals by the author


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What became of the wish to take a consent off a list: the vote, and the id of the Delete if made."""

    name: str
    standing: Standing
    delete_uri: str | None


async def remove(cap: Capabilities, number: int, *, reason: str = "", account: Named = None) -> Removed:
    """Take a consent off the list of a statement of ours, or ask the members to; keepers are told.

    The reason stays in our own log.
    Raises: NotFound, Conflict, NotAllowed.
    """

    def write(session: Session) -> Removed:
        now = cap.clock()
        row = cosignatures.find_by_number(session, number)
        if row is None or row.stamp_body is None or row.author_state is None:
            raise NotFound(f"There is no listed co-signature with the number {number}.")
        if row.ended_at is not None:
            raise Conflict(f"This co-signature is {row.author_state} already.")
        account_id = accounts.id_of(session, account)
        question = Question(
            collective_id=_author_of(session, row).id,
            action="remove",
            subject_uri=row.uri,
            digest=_removal_digest(row),
            parameters=json.dumps({"coSignature": row.uri}).encode(),
        )
        standing = deciding.ask(session, question, account_id=account_id, now=now)
        details = {"cell": row.signer_uri, "reason": reason}
        audit_log.add(session, "cosign.removal-wanted", row.uri, now=now, details=details)
        uri = execute_removal(session, cap.urls, standing.decision, now) if standing.is_approved else None
        return Removed(name=row.name, standing=standing, delete_uri=uri)

    removed = await cap.database.write(write)
    cap.bells.deliver.set()
    return removed


def _author_of(session: Session, row: CoSignatureRow) -> CollectiveRow:
    author = collectives.find_by_uri(session, jsonld.load(row.stamp_body or b"")["attributedTo"])
    if author is None:
        raise NotFound("Only the author of a statement removes signatures from its list.")
    return author


def _removal_digest(row: CoSignatureRow) -> str:
    return documents.digest({"action": "remove", "coSignature": row.uri, "digest": row.digest})


def execute_removal(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> str:
    """Take off the list what was decided. Raises: NotAllowed, Conflict."""
    row = cosignatures.find(session, json.loads(decision.parameters)["coSignature"])
    if row is None:
        raise NotFound("The signature that was decided about is not here any more.")
    mandate = deciding.require_decision(session, decision.uid, _removal_digest(row), now)
    if row.ended_at is not None:
        raise Conflict("This signature has ended already.")
    return _send_removal(session, urls, row, mandate, now)


def _send_removal(session: Session, urls: Urls, row: CoSignatureRow, mandate: Mandate, now: datetime) -> str:
    stamp = jsonld.load(row.stamp_body or b"")
    author = _author_of(session, row)
    told = keeping_lists.keepers(session, row.statement_uri) | {row.signer_uri}

    def make(envelope: Envelope) -> Document:
        record = records.render_removal(envelope.uri, stamp, now)
        return vouching.sign(session, record, mandate, now)

    outgoing = Outgoing(
        type=activities.DELETE,
        actor_uri=author.uri,
        collective_id=author.id,
        object_uri=stamp["id"],
        cause_key=f"remove:{stamp['id']}",
        make=make,
        to=(PUBLIC,),
        inbox_ids=inboxes.of_actor_uris(session, told),
    )
    sent = sending.send(session, urls, outgoing, now)
    assert sent is not None, "a consent is removed once"
    cosignatures.record_removal(session, row.id, sent.body, now)
    keeping_lists.note_change(session, row.statement_uri, "removed", row.uri, now)
    return sent.uri


def take_removals(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Take off our copies what authors removed from their lists."""
    for pending in group:
        row = cosignatures.find_by_stamp(session, pending.activity.object_uri)
        if row is not None and take_removal(session, pending.activity.document, row, world.now):
            details = {"author": pending.sender_uri}
            audit_log.add(session, "cosign.removed", row.uri, now=world.now, details=details)
    return NOTHING


def take_removal(session: Session, document: Document, row: CoSignatureRow, now: datetime) -> bool:
    """Apply an author's removal from anywhere: it proves itself. False if it does not."""
    if row.removal_body is not None:
        return True
    named = record_checks.named_by(document)
    if document.get("type") != activities.DELETE or row.stamp_uri not in named:
        return False
    author_uri = jsonld.load(row.body)["statementAuthor"]
    if not _is_signed(document, author_uri, sightings.keyring_of(session, author_uri)):
        return False
    cosignatures.record_removal(session, row.id, jsonld.dump(document), now)
    keeping_lists.touch(session, row.statement_uri, now)
    return True
