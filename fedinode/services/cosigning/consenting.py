"""The signer's side: a cell of ours agrees to an exact text, after its members decided.

`cosign` asks the members, and only `execute`, under an approved decision, signs. What authors
answer is `take_acceptances` and `take_refusals`. Withdrawing is `withdrawing`'s.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import activities, jsonld, times
from federation.cosigning import documents, evidence, messages, record_checks, records, verify
from federation.cosigning.messages import Answer
from federation.cosigning.record_checks import CoSignature
from federation.cosigning.records import Consent
from federation.cosigning.report import StatementWord
from federation.errors import FederationError
from federation.jsonld import PUBLIC, Document
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound, PeerUnavailable
from fedinode.services import registering, resolving, sending
from fedinode.services.cosigning import attaching, heeding, keeping_lists, sightings
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import deciding, vouching
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.sending import Outgoing
from fedinode.storage import (
    accounts,
    audit_log,
    collectives,
    cosignatures,
    inboxes,
    invitations,
    statement_versions,
)
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.cosignatures import CoSignatureRow, NewCoSignature
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.invitations import InvitationRow
from fedinode.storage.models import new_uid
from fedinode.storage.statement_versions import NewVersion
from fedinode.urls import Urls

#: A consent to a draft ends by itself if the author has not published so long after the invitation ended.
PUBLISH_WITHIN: Final = timedelta(days=30)
#: An author that has not answered for so long is not asked any more.
ANSWER_WITHIN: Final = timedelta(days=30)
#: Signers' states in which the author's answer counts.
UNANSWERED: Final = ("sent", "unanswered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Consented:
    """What became of the wish to sign: the vote, and the id of the consent once it was made."""

    standing: Standing
    co_signature_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What exactly the members decide about. Written as JSON, it is what their votes are bound to."""

    statement_uri: str
    text_digest: str
    revision: int
    role: str
    name: str
    languages: tuple[str, ...]
    publish_before: datetime | None
    invitation_uri: str | None

    def as_document(self) -> Document:
        """Return the terms as JSON."""
        before = self.publish_before
        return {
            "action": "cosign",
            "statement": self.statement_uri,
            "textDigest": self.text_digest,
            "revision": self.revision,
            "role": self.role,
            "name": self.name,
            "languages": list(self.languages),
            "publishBefore": times.render_timestamp(before) if before else "",
            "invitation": self.invitation_uri or "",
        }

    @property
    def digest(self) -> str:
        """The release digest of the decision."""
        return documents.digest(self.as_document())


# -- asking the members


async def cosign(
    cap: Capabilities, url: str, *, collective: str | None = None, account: Named = None
) -> Consented:
    """Sign a statement for a collective of ours, or ask its members to; `account` is who asks and says yes.

    An invited draft is signed by its id, a public statement by its id or page.
    Raises: NotFound, Conflict, NotAllowed, PeerUnavailable.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    now = cap.clock()
    if await cap.database.read(lambda session: _standing_invitation(session, url, row, now)) is None:
        await _keep_public(cap, url, row)
    text = await cap.database.read(lambda session: _to_sign(session, url, row, now))
    await attaching.require_files(cap, text)

    def write(session: Session) -> Consented:
        terms = _terms(session, url, row, now)
        _require_unsigned(session, terms, row)
        account_id = accounts.id_of(session, account)
        question = Question(
            collective_id=row.id,
            action="cosign",
            subject_uri=terms.statement_uri,
            digest=terms.digest,
            parameters=json.dumps(terms.as_document()).encode(),
        )
        standing = deciding.ask(session, question, account_id=account_id, now=now)
        uri = execute(session, cap.urls, standing.decision, now) if standing.is_approved else None
        return Consented(standing=standing, co_signature_uri=uri)

    consented = await cap.database.write(write)
    cap.bells.deliver.set()
    return consented


async def _keep_public(cap: Capabilities, url: str, row: CollectiveRow) -> None:
    """Fetch a public statement from its origin, verify it, and keep its text."""
    try:
        found = await resolving.resolve_object(cap, url)
        author = await resolving.fetch_actor(cap, found.author.uri)
    except FederationError as error:
        raise PeerUnavailable(f"The statement at {url} cannot be fetched: {error}") from error
    statement = found.document
    word, _ = verify.judge_statement(statement, sightings.keyring_of_actor(author))
    if word is not StatementWord.VALID:
        raise Conflict(f"{url} cannot be signed: its verification says {word}.")
    if not _may_sign(statement, row.uri):
        raise NotAllowed("This statement is signed by invitation only.")
    version = new_version(statement)
    now = cap.clock()
    await cap.database.write(lambda session: statement_versions.put_public(session, version, now))


def new_version(statement: Document) -> NewVersion:
    """Return a statement or draft as it is kept."""
    return NewVersion(
        statement_uri=statement["id"],
        text_digest=statement["textDigest"],
        revision=statement["revision"],
        author_uri=statement["attributedTo"],
        signed_text=documents.canonical(documents.signed_text(statement)),
        body=jsonld.dump(statement),
        # Drafts have no page; people know a public text by its page.
        page_url=statement.get("url") if "published" in statement else None,
    )


def _may_sign(statement: Document, cell_uri: str) -> bool:
    policy = statement.get("interactionPolicy", {}).get("canCoSign", {})
    allowed = [*policy.get("automaticApproval", []), *policy.get("manualApproval", [])]
    return PUBLIC in allowed or cell_uri in allowed


def _standing_invitation(
    session: Session, url: str, row: CollectiveRow, now: datetime
) -> InvitationRow | None:
    """Return the invitation by which a cell can sign a draft; who withdrew can sign again while it lasts."""
    invited = invitations.find_newest(session, url, row.uri)
    if invited is None or invited.state not in ("open", "answered") or invited.ends_at <= now:
        return None
    version = statement_versions.find(session, invited.statement_uri, invited.text_digest)
    return None if version is None or version.public_at is not None else invited


def _to_sign(session: Session, url: str, row: CollectiveRow, now: datetime) -> Document:
    """Return the text that a cell would sign now: the one that it was invited to, else the public one."""
    invited = _standing_invitation(session, url, row, now)
    return _statement(session, url, invited.text_digest if invited else None)


def _terms(session: Session, url: str, row: CollectiveRow, now: datetime) -> Terms:
    invited = _standing_invitation(session, url, row, now)
    statement = _to_sign(session, url, row, now)
    if statement["attributedTo"] == row.uri:
        raise Conflict(f"{row.name} wrote this statement: its consent is the text itself.")
    names = collectives.display_names(session, row.id)
    return Terms(
        statement_uri=statement["id"],
        text_digest=statement["textDigest"],
        revision=statement["revision"],
        role=invited.role if invited else "cosigner",
        name=names.get(row.primary_language, row.name),
        languages=tuple(statement["contentMap"]),
        publish_before=invited.ends_at + PUBLISH_WITHIN if invited else None,
        invitation_uri=invited.uri if invited else None,
    )


def _statement(session: Session, url: str, text_digest: str | None) -> Document:
    """Return the text to sign: the one that the cell was invited to, or the public one."""
    for each in reversed(statement_versions.find_by_address(session, url)):
        if each.text_digest == text_digest or (text_digest is None and each.public_at is not None):
            return jsonld.load(each.body)
    raise NotFound(f"There is no statement at {url} that could be signed.")


def _require_unsigned(session: Session, terms: Terms, row: CollectiveRow) -> None:
    for each in cosignatures.list_of_statement(session, terms.statement_uri):
        is_standing = (
            each.signer_state in (*UNANSWERED, "accepted", "seen", "public") and each.ended_at is None
        )
        if each.signer_uri == row.uri and each.text_digest == terms.text_digest and is_standing:
            raise Conflict(f"{row.name} has signed this text already: {each.uri}")


# -- signing, once the members decided


def execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> str:
    """Make and send the consent that was decided; return its id. The only place that signs one.

    The terms are gathered anew: a text that was replaced since, by another invitation, is not signed.
    Raises: NotAllowed, Conflict, Stale.
    """
    row = collectives.get(session, decision.collective_id)
    terms = _terms(session, decision.subject_uri, row, now)
    mandate = deciding.require_decision(session, decision.uid, terms.digest, now)
    kept = statement_versions.find(session, terms.statement_uri, terms.text_digest)
    if kept is None:
        raise Conflict("The text that was decided about is not here any more.")
    consent = Consent(
        uri=urls.co_signature(new_uid()),
        signer_uri=row.uri,
        name=terms.name,
        languages=terms.languages,
        role=terms.role,
        published=now,
        publish_before=terms.publish_before,
    )
    statement = jsonld.load(kept.body)
    document = vouching.sign(session, records.render_co_signature(consent, statement), mandate, now)
    _record(session, record_checks.parse_co_signature(document))
    send_request(session, urls, row, document, terms.invitation_uri, now)
    invitation = invitations.find(session, terms.invitation_uri or "")
    if invitation is not None:
        invitations.set_state(session, invitation, "answered", now)
    return consent.uri


def _record(session: Session, consent: CoSignature) -> None:
    new = NewCoSignature(
        uri=consent.uri,
        statement_uri=consent.statement_uri,
        revision=consent.revision,
        text_digest=consent.text_digest,
        signer_uri=consent.signer_uri,
        role=consent.role,
        name=consent.name,
        body=jsonld.dump(consent.document),
        digest=consent.digest,
        signer_state="sent",
    )
    cosignatures.add(session, new)


def send_request(
    session: Session,
    urls: Urls,
    row: CollectiveRow,
    co_signature: Document,
    invitation_uri: str | None,
    now: datetime,
) -> None:
    """Send a consent to the author; on the same day again changes nothing."""
    author_uri = co_signature["statementAuthor"]
    outgoing = Outgoing(
        type=activities.CO_SIGN_REQUEST,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=co_signature["id"],
        cause_key=f"cosign:{co_signature['id']}:{now:%Y-%m-%d}",
        make=lambda envelope: messages.render_request(envelope, co_signature, invitation_uri),
        to=(author_uri,),
        is_public=False,
        inbox_ids=inboxes.of_actor_uris(session, [author_uri]),
    )
    sending.send(session, urls, outgoing, now)


def resend(session: Session, urls: Urls, now: datetime) -> int:
    """Send again, once a day, what authors have not answered yet; return how many.

    Who does not answer for a month is not asked any more; an answer that comes later counts all the same.
    """
    unanswered = cosignatures.list_in_state(session, signer=("sent",))
    for each in unanswered:
        row = collectives.find_by_uri(session, each.signer_uri)
        if _is_over(each, now):
            cosignatures.set_signer_state(session, each.id, "unanswered")
        elif row is not None:
            send_request(session, urls, row, jsonld.load(each.body), None, now)
    return len(unanswered)


def _is_over(row: CoSignatureRow, now: datetime) -> bool:
    signed_at = times.parse_timestamp(jsonld.load(row.body)["published"])
    return now >= signed_at + ANSWER_WITHIN or row.ended_at is not None


# -- what the author answers


def take_acceptances(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep the stamps that authors gave for our consents, if they really are for them."""
    for pending in group:
        try:
            answer = messages.parse_answer(pending.activity.document)
            _take_stamp(session, world, answer, pending)
        except FederationError as error:
            heeding.refuse(session, pending, str(error), world.now)
    return NOTHING


def _take_stamp(session: Session, world: World, answer: Answer, pending: Pending) -> None:
    row = cosignatures.find(session, answer.co_signature_uri)
    if row is None or row.signer_state is None or answer.stamp is None or row.stamp_body is not None:
        return
    consent = record_checks.parse_co_signature(jsonld.load(row.body))
    if pending.sender_uri != consent.author_uri:
        return
    stamp = record_checks.parse_authorization(answer.stamp)
    own_key = vouching.public_key(session, row.signer_uri)
    record_checks.require_match(stamp, consent, own_key)
    evidence.require_signed(
        stamp.document, consent.author_uri, sightings.keyring_of(session, consent.author_uri)
    )
    cosignatures.record_stamp(session, row.id, stamp.uri, jsonld.dump(stamp.document), world.now)
    if row.signer_state in UNANSWERED:
        note_acceptance(session, row, world.now)


def note_acceptance(session: Session, row: CoSignatureRow, now: datetime) -> None:
    """Note at the signer that the author lists its consent."""
    cosignatures.set_signer_state(session, row.id, "accepted")
    _keep_if_public(session, row, now)


def _keep_if_public(session: Session, row: CoSignatureRow, now: datetime) -> None:
    """Keep the list of a text that was public when our cell signed it: no publication will be heard of."""
    version = statement_versions.find(session, row.statement_uri, row.text_digest)
    cell = collectives.find_by_uri(session, row.signer_uri)
    if version is not None and version.public_at is not None and cell is not None:
        keeping_lists.keep_copy(session, row, cell.id, now)


def take_refusals(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Note which authors do not list our consents, and why."""
    for pending in group:
        embedded = pending.activity.object_document
        if embedded is None or embedded.get("type") != activities.CO_SIGN_REQUEST:
            continue
        try:
            answer = messages.parse_answer(pending.activity.document)
        except FederationError as error:
            heeding.refuse(session, pending, str(error), world.now)
            continue
        row = cosignatures.find(session, answer.co_signature_uri)
        if row is not None and row.signer_state in UNANSWERED and _is_author(row.body, pending.sender_uri):
            cosignatures.set_signer_state(session, row.id, "rejected", reason=answer.reason)
            details = {"author": pending.sender_uri, "reason": answer.reason or ""}
            audit_log.add(session, "cosign.rejected", row.uri, now=world.now, details=details)
    return NOTHING


def _is_author(body: bytes, actor_uri: str) -> bool:
    return bool(jsonld.load(body)["statementAuthor"] == actor_uri)
