"""The author's side, before publication: cells are shown a draft and asked to sign it.

The draft leaves the node inside an Invite and in no other way. What the cell sends back is `stamping`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from federation import activities, jsonld
from federation.activities import Envelope
from federation.actors import CO_SIGNING, Actor
from federation.cosigning import documents, identifiers, messages
from federation.cosigning.messages import Invite
from federation.jsonld import Document
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound, UsageError
from fedinode.manuscripts import Kind, StatementFacts, parse_facts
from fedinode.services import amending, composing, finding, publishing, releasing, resolving, sending
from fedinode.services.cosigning import keeping_lists
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import halting
from fedinode.services.releasing import Press
from fedinode.services.sending import Outgoing, Sent
from fedinode.storage import (
    accounts,
    audit_log,
    cosignatures,
    federated_objects,
    inboxes,
    invitations,
    posts,
    statement_versions,
)
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import RevisionRow
from fedinode.storage.invitations import InvitationRow, NewInvitation
from fedinode.storage.posts import PostRow
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.statement_versions import NewVersion
from fedinode.urls import Urls

OPEN_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A cell that was asked; `already` if it was asked for this very text before."""

    handle: str
    cell_uri: str
    invitation_uri: str
    ends_at: datetime
    already: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What cells are asked: until when, in which role, with which words."""

    ends_at: datetime | None = None
    role: str = "cosigner"
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A cell that can co-sign, and how people call it."""

    handle: str
    actor: RemoteActor


async def invite(
    cap: Capabilities, url: str, handles: Sequence[str], ask: Ask, *, account: Named = None
) -> tuple[Invited, ...]:
    """Ask cells to sign a draft of ours. Nobody is asked if one of them cannot be.

    Without handles those are asked that the draft itself names, and by default until the time that it says.
    Raises: NotFound, Conflict, NotAllowed for who cannot co-sign, HandleUnknown, PeerUnavailable.
    """
    post, row = await cap.database.read(
        lambda session: publishing.post_and_collective(session, cap.urls, url)
    )
    _require_draft(post)
    page = await cap.database.read(lambda session: publishing.describe(session, cap.urls, row, post).url)
    wishes = await cap.database.read(lambda session: _wishes(session, post))
    named = tuple(dict.fromkeys(handles or wishes.invite))
    if not named:
        raise UsageError("Name who is asked, as @lisbon@lisbon.example, here or in the file under `invite`.")
    guests = [await find_guest(cap, handle, page) for handle in named]
    press = await releasing.open_press(cap, row)
    ends_at = _end_of(ask, wishes, press.now)

    def write(session: Session) -> tuple[Invited, ...]:
        halting.require_running(session)
        locked = posts.lock(session, post.id)
        _require_draft(locked)
        subject = federated_objects.list_of_post(session, locked.id)[0]
        revision, document = releasing.freeze_object(session, press, locked, subject)
        draft = messages.render_draft(document)
        _require_signable(revision, draft)
        _keep_draft(session, press, draft)
        _supersede(session, press, subject.uri, draft["textDigest"])
        asked = tuple(_invite_one(session, press, draft, guest, ask, ends_at) for guest in guests)
        _audit(session, asked, draft["id"], accounts.id_of(session, account), press.now)
        return asked

    invited = await publishing.commit(cap, write)
    cap.bells.deliver.set()
    return invited


def _audit(
    session: Session, asked: Sequence[Invited], statement_uri: str, account_id: int | None, now: datetime
) -> None:
    for each in asked:
        if not each.already:
            details = {"cell": each.cell_uri}
            audit_log.add(
                session, "cosign.invited", statement_uri, now=now, account_id=account_id, details=details
            )


def _wishes(session: Session, post: PostRow) -> StatementFacts:
    """Return what the file of a draft says about signing."""
    subject = federated_objects.list_of_post(session, post.id)[0]
    facts = parse_facts(federated_objects.newest_revision(session, subject.id).facts)
    return facts.statement or StatementFacts()


def _end_of(ask: Ask, wishes: StatementFacts, now: datetime) -> datetime:
    """Return until when cells may answer: not longer than the statement can be published."""
    before = wishes.publish_before
    if ask.ends_at is not None and before is not None and ask.ends_at > before:
        raise UsageError(
            f"The statement is to be published before {before:%Y-%m-%d %H:%M %Z}; choose an earlier end."
        )
    ends_at = ask.ends_at or wishes.sign_until or now + OPEN_FOR
    ends_at = ends_at if before is None else min(ends_at, before)
    if ends_at <= now:
        raise UsageError("The invitation would be over before it is sent; choose a later end.")
    return ends_at


def _require_draft(post: PostRow) -> None:
    if post.kind != Kind.STATEMENT:
        raise UsageError(f"Only statements are co-signed; this post is of the kind {post.kind}.")
    if post.state != "draft":
        raise Conflict(
            f"This statement is {post.state}: cells are invited to drafts. "
            "A public one can be signed by whoever reads it, if it is open to that."
        )


def _require_signable(revision: RevisionRow, draft: Document) -> None:
    if not composing.can_be_co_signed(parse_facts(revision.facts)) or "textDigest" not in draft:
        raise Conflict('This statement says cosign = "closed"; open it with "invited" or "anyone".')


async def find_guest(cap: Capabilities, handle: str, page: str) -> Guest:
    """Return a cell that can be asked; `page` is the address that others are sent instead.

    Raises: NotAllowed for who cannot co-sign, HandleUnknown, PeerUnavailable, Blocked.
    """
    actor = await resolving.resolve_handle(cap, handle)
    described = await resolving.fetch_actor(cap, actor.uri)
    if CO_SIGNING not in described.capabilities or not cosign_keys(described):
        raise NotAllowed(f"{handle}: their server cannot co-sign; {page} is the address to send them")
    return Guest(handle=handle, actor=actor)


def cosign_keys(actor: Actor) -> dict[str, str]:
    """Return the keys that an actor signs consents with, by key id."""
    return {
        key.key_id: key.public.multikey()
        for key in actor.assertion_keys
        if key.key_id.partition("#")[2].startswith(identifiers.COSIGN_FRAGMENT)
    }


def _keep_draft(session: Session, press: Press, draft: Document) -> None:
    version = NewVersion(
        statement_uri=draft["id"],
        text_digest=draft["textDigest"],
        revision=draft["revision"],
        author_uri=draft["attributedTo"],
        signed_text=documents.canonical(documents.signed_text(draft)),
        body=jsonld.dump(draft),
    )
    statement_versions.put_draft(session, version, press.now)


def _supersede(session: Session, press: Press, statement_uri: str, text_digest: str) -> None:
    """End what was asked for and agreed to under earlier drafts: nobody signed this text yet."""
    for consent in cosignatures.list_of_statement(session, statement_uri):
        if consent.text_digest != text_digest and consent.author_state in ("pending", "accepted"):
            cosignatures.set_author_state(session, consent.id, "superseded", ended_at=press.now)
    for invitation in invitations.list_of_statement(session, statement_uri):
        if invitation.text_digest != text_digest and invitation.state == "open":
            invitations.set_state(session, invitation, "cancelled", press.now)


def _invite_one(
    session: Session, press: Press, draft: Document, guest: Guest, ask: Ask, ends_at: datetime
) -> Invited:
    cell_uri = guest.actor.uri
    known = _known(session, draft, cell_uri)
    if known is not None and not _is_asked_again(known, ask):
        return _invited(guest, known.uri, known.ends_at, already=True)
    if known is not None and ends_at <= known.ends_at:
        raise UsageError(
            f"{guest.handle} was asked until {known.ends_at:%Y-%m-%d %H:%M} UTC; choose a later end."
        )

    cause = f"invite:{draft['textDigest']}:{cell_uri}:{known.uri if known else ''}"
    sent = _send_invite(session, press, draft, guest, replace(ask, ends_at=ends_at), cause)
    new = NewInvitation(
        uri=sent.uri,
        statement_uri=draft["id"],
        revision=draft["revision"],
        text_digest=draft["textDigest"],
        author_uri=press.collective.uri,
        cell_uri=cell_uri,
        role=ask.role,
        body=sent.body,
        ends_at=ends_at,
    )
    if known is None:
        invitations.add(session, new, press.now)
    else:
        invitations.renew(session, known, new)
    return _invited(guest, sent.uri, ends_at, already=False)


def _send_invite(session: Session, press: Press, draft: Document, guest: Guest, ask: Ask, cause: str) -> Sent:
    ends_at = ask.ends_at
    assert ends_at is not None, "an invitation ends"

    def make(envelope: Envelope) -> Document:
        return messages.render_invite(
            envelope,
            Invite(
                uri=envelope.uri,
                author_uri=envelope.actor_uri,
                cell_uri=guest.actor.uri,
                draft=draft,
                role=ask.role,
                ends_at=ends_at,
                words=ask.words,
            ),
        )

    outgoing = Outgoing(
        type=activities.INVITE,
        actor_uri=press.collective.uri,
        collective_id=press.collective.id,
        object_uri=draft["id"],
        cause_key=cause,
        make=make,
        to=(guest.actor.uri,),
        is_public=False,
        inbox_ids=inboxes.of_actors(session, [guest.actor.id]),
    )
    sent = sending.send(session, press.urls, outgoing, press.now)
    assert sent is not None, "the same question was not put before"
    return sent


def _known(session: Session, draft: Document, cell_uri: str) -> InvitationRow | None:
    known = invitations.find_newest(session, draft["id"], cell_uri)
    return known if known is not None and known.text_digest == draft["textDigest"] else None


def _is_asked_again(known: InvitationRow, ask: Ask) -> bool:
    """Whether a cell is asked for the same text once more: it did not sign, or gets longer to answer."""
    is_longer = ask.ends_at is not None and ask.ends_at > known.ends_at
    return known.state in ("declined", "cancelled", "expired") or (known.state == "open" and is_longer)


def _invited(guest: Guest, uri: str, ends_at: datetime, *, already: bool) -> Invited:
    return Invited(
        handle=guest.handle, cell_uri=guest.actor.uri, invitation_uri=uri, ends_at=ends_at, already=already
    )


async def signers_of(cap: Capabilities, url: str) -> tuple[str, ...]:
    """Return the ids of the cells that stand under the statement which a draft of ours amends.

    Raises: NotFound, Conflict.
    """

    def read(session: Session) -> tuple[str, ...]:
        draft = finding.require_object(session, cap.urls, url)
        amended = amending.amended_by(session, draft.uri)
        if amended is None:
            raise Conflict("This draft amends no statement: name the cells that are asked to sign it.")
        return tuple(sorted(keeping_lists.keepers(session, amended)))

    return await cap.database.read(read)


# -- taking an invitation back


async def uninvite(cap: Capabilities, url: str, handle: str, *, account: Named = None) -> InvitationRow:
    """Take an open invitation back, and tell the cell. Raises: NotFound, Conflict, HandleUnknown."""
    post, row = await cap.database.read(
        lambda session: publishing.post_and_collective(session, cap.urls, url)
    )
    cell = await resolving.resolve_handle(cap, handle)

    def write(session: Session) -> InvitationRow:
        now = cap.clock()
        subject = federated_objects.list_of_post(session, post.id)[0]
        invitation = invitations.find_newest(session, subject.uri, cell.uri)
        if invitation is None:
            raise NotFound(f"{handle} was not asked to sign this statement.")
        if invitation.state != "open":
            raise Conflict(f"This invitation is {invitation.state}.")
        invitations.set_state(session, invitation, "cancelled", now)
        _send_cancellation(session, cap.urls, row, invitation, now)
        audit_log.add(
            session,
            "cosign.uninvited",
            invitation.statement_uri,
            now=now,
            account_id=accounts.id_of(session, account),
            details={"cell": invitation.cell_uri},
        )
        return invitation

    cancelled = await cap.database.write(write)
    cap.bells.deliver.set()
    return cancelled


def _send_cancellation(
    session: Session, urls: Urls, row: CollectiveRow, invitation: InvitationRow, now: datetime
) -> None:
    # Without the draft: the cell has it, and it leaves this node in invitations alone.
    undone = {
        "id": invitation.uri,
        "type": activities.INVITE,
        "actor": invitation.author_uri,
        "object": invitation.statement_uri,
        "target": invitation.cell_uri,
    }
    outgoing = Outgoing(
        type=activities.UNDO,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=invitation.statement_uri,
        cause_key=f"uninvite:{invitation.uri}",
        make=lambda envelope: activities.undo(envelope, undone),
        to=(invitation.cell_uri,),
        is_public=False,
        inbox_ids=inboxes.of_actor_uris(session, [invitation.cell_uri]),
    )
    sending.send(session, urls, outgoing, now)


# -- what cells answer, and what time does


def take_refusals(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Note which cells declined, and why."""
    for pending in group:
        invitation = invitations.find(session, pending.activity.object_uri)
        if (
            invitation is not None
            and invitation.state == "open"
            and pending.sender_uri == invitation.cell_uri
            and world.urls.is_ours(invitation.author_uri)
        ):
            reason = (jsonld.get_str(pending.activity.document, "summary") or "")[: messages.MAX_WORDS_CHARS]
            invitations.set_state(session, invitation, "declined", world.now, reason=reason)
    return NOTHING


def expire(session: Session, now: datetime) -> int:
    """Close the invitations whose time is over; return how many there were."""
    over = invitations.list_over(session, now)
    for invitation in over:
        invitations.set_state(session, invitation, "expired", now)
    return len(over)
