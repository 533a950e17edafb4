"""Signatures of accounts: begun, settled, taken back. One person of an account signs once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.services.supporting import noting
from fedinode.services.supporting.agreed_words import Meaning
from fedinode.services.supporting.subjects import Subject
from fedinode.storage import supporter_actors, supporters
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.supporters import NewSupporter, SupporterRow
from fedinode.text import names

#: Why it is looked at before it counts.
SILENCED: Final = "silenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How somebody signs: how far the name travels, and the message that says so."""

    choice: Meaning
    evidence_uri: str
    #: Why the collective looks at it before it counts; empty: it counts at once.
    suspicion: str | None


def name_of(actor: RemoteActor) -> str | None:
    """Return the name of an account as a list can show it: what it calls itself, else its user name."""
    for written in (actor.name, actor.preferred_username):
        try:
            return names.clean_name(written or "")
        except names.NameRefused:
            continue
    return None


def begin(
    session: Session,
    actor: RemoteActor,
    subject: Subject,
    identity_hmac: str,
    language: str,
    now: datetime,
) -> SupporterRow:
    """Keep somebody who has yet to confirm; asked again, they confirm the newest question."""
    known = supporter_actors.list_pending(session, subject.object_id, identity_hmac)
    if known:
        return known[0]
    new = NewSupporter(
        object_id=subject.object_id,
        text_digest=subject.text_digest,
        method="fediverse",
        identity_hmac=identity_hmac,
        shown="number",
        kind="person",
        language=language,
        actor_uri=actor.uri,
    )
    uid = supporters.add_pending(session, new, now)
    supporters.mark_sent(session, uid, now)
    row = supporters.find_by_uid(session, uid)
    assert row is not None, "added just now"
    return row


def settle(
    session: Session,
    actor: RemoteActor,
    row: SupporterRow,
    terms: Terms,
    now: datetime,
) -> SupporterRow:
    """Confirm a signature, or change how far its name travels; the name is the one of this moment."""
    name = name_of(actor)
    shown = "number" if name is None else terms.choice.value
    supporter_actors.set_terms(
        session,
        row.id,
        shown=shown,
        name=name,
        actor_uri=actor.uri,
        evidence_uri=terms.evidence_uri,
    )
    if row.state != "pending":
        noting.note(session, row, "person-changed", now)
    elif supporters.confirm(session, row, "confirmed", now):
        if terms.suspicion is not None:
            supporters.set_state(session, row, "suspect", terms.suspicion)
        noting.note(session, row, "person-confirmed", now)
    else:
        # An account that moved here had signed before.
        supporter_actors.drop(session, row.id)
        return supporters.find_signed(session, row.object_id, row.identity_hmac) or row
    return supporters.find_by_uid(session, row.uid) or row


def withdraw(session: Session, row: SupporterRow, now: datetime) -> None:
    """Take a signature back, or forget that somebody was about to sign.

    Of one that the collective does not count, what is known of the person goes; it cannot be signed again.
    """
    if row.state == "pending":
        supporter_actors.drop(session, row.id)
    elif row.state == "invalidated":
        supporter_actors.set_terms(
            session, row.id, shown="number", name=None, actor_uri=None, evidence_uri=None
        )
    elif row.state != "withdrawn":
        supporters.withdraw(session, row, now)
        noting.note(session, row, "person-withdrawn", now)
    supporter_actors.forget_messages(session, row.id)
