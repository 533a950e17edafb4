"""The cell's side of an invitation: the draft is kept sealed, and the members are told that something waits.

A draft is shown to members and to nobody else; it is in no list, feed, search or count.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from federation import activities, authority, jsonld
from federation.cosigning import documents, messages
from federation.cosigning.messages import Invite
from federation.errors import FederationError
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.services import registering, sending
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import telling
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
from fedinode.storage.database import Session
from fedinode.storage.invitations import InvitationRow, NewInvitation
from fedinode.storage.statement_versions import NewVersion

#: An author that asks for more at the same time is not heard; nobody has so many drafts open.
MAX_OPEN_PER_AUTHOR: Final = 50


def take_invites(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep what our collectives are asked to sign; what breaks a rule is refused, and the admin sees why."""
    for pending in group:
        try:
            _take_one(session, world, messages.parse_invite(pending.activity.document), pending)
        except FederationError as error:
            refuse(session, pending, str(error), world.now)
    return NOTHING


def refuse(session: Session, pending: Pending, reason: str, now: datetime) -> None:
    """Note why something that was sent for co-signing was not taken."""
    details = {"from": pending.sender_uri, "reason": reason}
    audit_log.add(session, "cosign.refused", pending.activity.uri, now=now, details=details)


def _take_one(session: Session, world: World, invite: Invite, pending: Pending) -> None:
    cell = collectives.find_by_uri(session, invite.cell_uri)
    if cell is None or cell.closed_at is not None:
        return refuse(session, pending, "The invitation is for nobody here.", world.now)
    if not authority.is_same_origin(invite.draft["id"], invite.author_uri):
        return refuse(session, pending, "The draft is not on the server of its author.", world.now)
    if invite.ends_at <= world.now:
        return refuse(session, pending, "The invitation was over when it came.", world.now)
    if invitations.count_open_of(session, invite.author_uri) >= MAX_OPEN_PER_AUTHOR:
        return refuse(session, pending, "This author has too many invitations open here.", world.now)
    return _keep(session, world, invite, cell)


def _keep(session: Session, world: World, invite: Invite, cell: CollectiveRow) -> None:
    draft = invite.draft
    new = NewInvitation(
        uri=invite.uri,
        statement_uri=draft["id"],
        revision=draft["revision"],
        text_digest=draft["textDigest"],
        author_uri=invite.author_uri,
        cell_uri=invite.cell_uri,
        role=invite.role,
        body=jsonld.dump(draft),
        ends_at=invite.ends_at,
    )
    if not invitations.add(session, new, world.now) and not _renew(session, new):
        return
    version = NewVersion(
        statement_uri=draft["id"],
        text_digest=draft["textDigest"],
        revision=draft["revision"],
        author_uri=invite.author_uri,
        signed_text=documents.canonical(documents.signed_text(draft)),
        body=jsonld.dump(draft),
    )
    statement_versions.put_draft(session, version, world.now)
    close_earlier(session, new, world.now)
    telling.tell_members(session, cell.id, "cosign", f"invited:{invite.uri}", world.now)


def _renew(session: Session, new: NewInvitation) -> bool:
    """Take a later Invite to the same text in the place of the earlier one; False if it is none.

    Of an author on this node the row is here already: one stands for both sides.
    """
    known = invitations.find_newest(session, new.statement_uri, new.cell_uri)
    if known is None or known.uri == new.uri:
        return known is not None and known.state == "open"
    if known.revision != new.revision or known.text_digest != new.text_digest or known.state == "answered":
        return False
    if new.ends_at > known.ends_at:
        invitations.renew(session, known, new)
    return new.ends_at > known.ends_at


def close_earlier(session: Session, new: NewInvitation, now: datetime) -> None:
    """Let a later text take the place of an earlier one: of its invitation, and of a consent to it."""
    for each in invitations.list_of_statement(session, new.statement_uri):
        if each.cell_uri == new.cell_uri and each.revision < new.revision and each.state == "open":
            invitations.set_state(session, each, "cancelled", now)
    for consent in cosignatures.list_of_statement(session, new.statement_uri):
        is_earlier = consent.signer_uri == new.cell_uri and consent.revision < new.revision
        if is_earlier and consent.ended_at is None:
            cosignatures.set_author_state(session, consent.id, "superseded", ended_at=now)


def cancel(session: Session, pending: Pending, now: datetime) -> bool:
    """Close an invitation that its author takes back; False if the Undo is about something else."""
    invitation = invitations.find(session, pending.activity.object_uri)
    if invitation is None or pending.sender_uri != invitation.author_uri:
        return False
    if invitation.state == "open":
        invitations.set_state(session, invitation, "cancelled", now)
    return True


async def decline(
    cap: Capabilities,
    url: str,
    *,
    collective: str | None = None,
    reason: str = "",
    account: Named = None,
) -> InvitationRow:
    """Tell an author that a cell of ours does not sign, and why. Raises: NotFound, Conflict."""
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))

    def write(session: Session) -> InvitationRow:
        now = cap.clock()
        invitation = require_open(session, url, row)
        invitations.set_state(session, invitation, "declined", now, reason=reason)
        outgoing = Outgoing(
            type=activities.REJECT,
            actor_uri=row.uri,
            collective_id=row.id,
            object_uri=invitation.statement_uri,
            cause_key=f"decline:{invitation.uri}",
            make=lambda envelope: messages.render_decline(envelope, invitation.uri, reason),
            to=(invitation.author_uri,),
            is_public=False,
            inbox_ids=inboxes.of_actor_uris(session, [invitation.author_uri]),
        )
        sending.send(session, cap.urls, outgoing, now)
        account_id = accounts.id_of(session, account)
        details = {"author": invitation.author_uri}
        audit_log.add(session, "cosign.declined", url, now=now, account_id=account_id, details=details)
        return invitation

    declined = await cap.database.write(write)
    cap.bells.deliver.set()
    return declined


def require_open(session: Session, url: str, cell: CollectiveRow) -> InvitationRow:
    """Return the open invitation of a cell to a statement. Raises: NotFound, Conflict."""
    invitation = invitations.find_newest(session, url, cell.uri)
    if invitation is None:
        raise NotFound(f"{cell.name} was not invited to sign {url}.")
    if invitation.state != "open":
        raise Conflict(f"This invitation is {invitation.state}.")
    return invitation
