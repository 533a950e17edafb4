"""The journal: what inboxes took in and answered with 202, until it is applied.

An entry waits in one of two lanes. In the quick one (no attempt yet) it needs nothing but the database; in
the slow one it waits for a fetch, or for another try after a failure. Entries of one sender stay in order:
while one of them is in the slow lane, later ones wait behind it, for `HOLD` at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, literal_column, select, update
from sqlalchemy.orm import aliased

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

#: So long an entry that is tried again holds its sender's later ones.
HOLD = timedelta(minutes=10)

_TABLE = models.JournalEntry
_EARLIER = aliased(models.JournalEntry)
_PLACE = "journal.body"
# Written out, because an index over waiting rows is used only where the word itself stands in the query.
_WAITING: ColumnElement[str] = literal_column("'waiting'")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A verified request; the digest of its signature tells it from every other."""

    signature_digest: str
    activity_uri: str
    activity_type: str
    actor_uri: str
    collective_id: int | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A waiting entry, unsealed."""

    id: int
    activity_uri: str
    activity_type: str
    actor_uri: str
    collective_id: int | None
    body: bytes
    attempts: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedEntry:
    """An entry that was given up, for the admin to decide on."""

    id: int
    activity_uri: str
    activity_type: str
    actor_uri: str
    reason: str | None
    received_at: datetime


def append(session: Session, new: NewEntry, now: datetime) -> bool:
    """Keep an entry; False if the very same request is here already."""
    row = {
        "signature_digest": new.signature_digest,
        "activity_uri": new.activity_uri,
        "activity_type": new.activity_type,
        "actor_uri": new.actor_uri,
        "collective_id": new.collective_id,
        "body": sealing.seal(session, _PLACE, new.signature_digest, new.body),
        "due_at": now,
        "received_at": now,
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def count_waiting(session: Session, at_most: int) -> int:
    """Return how many entries wait, counting no further than ``at_most``."""
    waiting = select(_TABLE.id).where(_TABLE.state == _WAITING).limit(at_most).subquery()
    return session.execute(select(func.count()).select_from(waiting)).scalar_one()


# -- taking out


def list_quick(session: Session, now: datetime, limit: int) -> tuple[Entry, ...]:
    """Return the oldest entries that nothing holds back and that were not tried yet."""
    in_the_way = exists().where(
        _EARLIER.state == "waiting",
        _EARLIER.actor_uri == _TABLE.actor_uri,
        _EARLIER.id < _TABLE.id,
        _EARLIER.attempts > 0,
        _EARLIER.received_at > now - HOLD,
    )
    return _read(session, _waiting(now).where(_TABLE.attempts == 0, ~in_the_way).limit(limit))


def has_slow(session: Session, now: datetime) -> bool:
    """Tell whether anything in the slow lane is due."""
    return (
        session.scalar(_waiting(now).with_only_columns(_TABLE.id).where(_TABLE.attempts > 0).limit(1))
        is not None
    )


def claim_slow(session: Session, now: datetime, until: datetime, limit: int) -> tuple[Entry, ...]:
    """Take the oldest due entries of the slow lane, one of each sender, so that no other process does.

    They are due again at ``until`` if nothing becomes of them. An attempt is counted.
    """
    # Two processes at once could take one sender's first and second entry.
    upserts.lock_name(session, "journal")
    in_the_way = exists().where(
        _EARLIER.state == "waiting",
        _EARLIER.actor_uri == _TABLE.actor_uri,
        _EARLIER.id < _TABLE.id,
        _EARLIER.received_at > now - HOLD,
    )
    entries = _read(session, _waiting(now).where(_TABLE.attempts > 0, ~in_the_way).limit(limit))
    session.execute(
        update(_TABLE)
        .where(_TABLE.id.in_([entry.id for entry in entries]))
        .values(due_at=until, attempts=_TABLE.attempts + 1)
    )
    return entries


def _waiting(now: datetime) -> Select[models.JournalEntry]:
    return select(_TABLE).where(_TABLE.state == _WAITING, _TABLE.due_at <= now).order_by(_TABLE.id)


def _read(session: Session, query: Select[models.JournalEntry]) -> tuple[Entry, ...]:
    rows = session.scalars(query.execution_options(populate_existing=True))
    return tuple(
        Entry(
            id=row.id,
            activity_uri=row.activity_uri,
            activity_type=row.activity_type,
            actor_uri=row.actor_uri,
            collective_id=row.collective_id,
            body=sealing.unseal(session, _PLACE, row.signature_digest, row.body or b""),
            attempts=row.attempts,
            received_at=row.received_at,
        )
        for row in rows
    )


def still_waiting(session: Session, ids: Sequence[int]) -> frozenset[int]:
    """Return which of these entries nobody has finished meanwhile."""
    query = select(_TABLE.id).where(_TABLE.id.in_(ids), _TABLE.state == _WAITING)
    return frozenset(session.scalars(query.with_for_update()))


# -- putting back


def finish(session: Session, ids: Sequence[int], reason: str | None, now: datetime) -> None:
    """Mark entries as done, with what kept them from having an effect, if anything did; their bodies go."""
    session.execute(
        update(_TABLE).where(_TABLE.id.in_(ids)).values(state="done", body=None, reason=reason, done_at=now)
    )


def put_off(session: Session, entry_id: int, due_at: datetime, reason: str) -> None:
    """Let an entry wait in the slow lane until its next try."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == entry_id)
        .values(due_at=due_at, reason=reason, attempts=func.coalesce(func.nullif(_TABLE.attempts, 0), 1))
    )


def park(session: Session, entry_id: int, reason: str) -> None:
    """Give an entry up: it is kept with its reason until somebody decides, and holds nobody."""
    session.execute(update(_TABLE).where(_TABLE.id == entry_id).values(state="parked", reason=reason))


def list_parked(session: Session, limit: int) -> tuple[ParkedEntry, ...]:
    """Return parked entries, the newest first."""
    query = select(_TABLE).where(_TABLE.state == "parked").order_by(_TABLE.id.desc()).limit(limit)
    return tuple(
        ParkedEntry(
            id=row.id,
            activity_uri=row.activity_uri,
            activity_type=row.activity_type,
            actor_uri=row.actor_uri,
            reason=row.reason,
            received_at=row.received_at,
        )
        for row in session.scalars(query)
    )


def unpark(session: Session, entry_id: int, now: datetime) -> bool:
    """Let a parked entry wait again, in the slow lane; False if there is none."""
    return _settle(session, entry_id, {"state": "waiting", "attempts": 1, "due_at": now})


def unpark_all(session: Session, now: datetime) -> int:
    """Let all parked entries wait again, in the slow lane; return how many."""
    statement = update(_TABLE).where(_TABLE.state == "parked").values(state="waiting", attempts=1, due_at=now)
    return session.connection().execute(statement).rowcount


def drop_parked(session: Session, entry_id: int, now: datetime) -> bool:
    """Mark a parked entry as done without an effect; False if there is none."""
    return _settle(session, entry_id, {"state": "done", "body": None, "done_at": now})


def _settle(session: Session, entry_id: int, values: dict[str, Any]) -> bool:
    statement = update(_TABLE).where(_TABLE.id == entry_id, _TABLE.state == "parked").values(**values)
    return session.connection().execute(statement).rowcount == 1


def prune(session: Session, before: datetime, limit: int) -> int:
    """Delete the oldest entries that were done before a moment; return how many."""
    old = select(_TABLE.id).where(_TABLE.state == "done", _TABLE.done_at < before).limit(limit)
    return session.connection().execute(delete(_TABLE).where(_TABLE.id.in_(old))).rowcount
