"""Rows of what moderators note for each other (sealed), and of who is at which entry of the queue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_NOTES = models.ModerationNote
_CLAIMS = models.ModerationClaim
_WORDS = "moderation_notes.words"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    """A note; without an author it was written at the machine itself."""

    id: int
    subject: str
    author: str | None
    words: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRow:
    """Who is at an entry."""

    account_id: int
    name: str
    taken_at: datetime


def add(
    session: Session, collective_id: int, subject: str, words: str, *, account_id: int | None, now: datetime
) -> None:
    """Keep a note about an entry, an actor or a host, for one collective's moderators."""
    uid = models.new_uid()
    note = _NOTES(
        uid=uid,
        collective_id=collective_id,
        subject=subject,
        account_id=account_id,
        words=sealing.seal(session, _WORDS, uid, words.encode("utf-8")),
        created_at=now,
    )
    session.add(note)
    session.flush()


def list_about(
    session: Session, collective_id: int, subjects: Collection[str], limit: int
) -> tuple[NoteRow, ...]:
    """Return a collective's notes about these, the oldest first; of very many the newest."""
    query = (
        select(_NOTES, models.Account.name)
        .outerjoin(models.Account, models.Account.id == _NOTES.account_id)
        .where(_NOTES.collective_id == collective_id, _NOTES.subject.in_(set(subjects)))
        .order_by(_NOTES.id.desc())
        .limit(limit)
    )
    found = [
        NoteRow(
            id=row.id,
            subject=row.subject,
            author=name,
            words=sealing.unseal(session, _WORDS, row.uid, row.words).decode("utf-8"),
            created_at=row.created_at,
        )
        for row, name in session.execute(query)
    ]
    return tuple(reversed(found))


def claim_of(session: Session, kind: str, number: int, fresh_after: datetime) -> ClaimRow | None:
    """Return who is at an entry, unless they took it too long ago."""
    row = session.execute(
        select(_CLAIMS.account_id, models.Account.name, _CLAIMS.taken_at)
        .join(models.Account, models.Account.id == _CLAIMS.account_id)
        .where(_CLAIMS.kind == kind, _CLAIMS.number == number, _CLAIMS.taken_at > fresh_after)
    ).one_or_none()
    return ClaimRow(**row._mapping) if row else None


def put_claim(session: Session, kind: str, number: int, account_id: int, now: datetime) -> None:
    """Note who is at an entry, in place of who was."""
    row = {"kind": kind, "number": number, "account_id": account_id, "taken_at": now}
    upserts.put(session, _CLAIMS, [row], keys=("kind", "number"), update=("account_id", "taken_at"))


def drop_claims(session: Session, kind: str, numbers: Collection[int]) -> None:
    """Let nobody be at these entries."""
    session.execute(delete(_CLAIMS).where(_CLAIMS.kind == kind, _CLAIMS.number.in_(set(numbers))))
