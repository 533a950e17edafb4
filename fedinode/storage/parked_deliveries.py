"""Deliveries that wait no longer: put aside for a peer that stopped answering, resumed, or given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, literal_column, select, update

from fedinode.storage import models
from fedinode.storage.database import Session

_TABLE = models.Delivery
# Written out, because an index over some states is used only where the word itself stands in the query.
_WAITING: ColumnElement[str] = literal_column("'waiting'")
_PARKED: ColumnElement[str] = literal_column("'parked'")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedDelivery:
    """A row that was put aside when its peer stopped answering."""

    id: int
    inbox_id: int
    object_uri: str
    activity_type: str
    actor_uri: str
    collective_id: int | None


def park(session: Session, peer_id: int, now: datetime) -> int:
    """Put the waiting rows of a peer aside; they are dropped a while after `now`."""
    statement = (
        update(_TABLE)
        .where(_TABLE.peer_id == peer_id, _TABLE.state == _WAITING)
        .values(state="parked", due_at=now)
    )
    return session.connection().execute(statement).rowcount


def list_of(session: Session, peer_id: int) -> list[ParkedDelivery]:
    """Return what was put aside for a peer, oldest first."""
    activities = models.OutgoingActivity
    rows = session.execute(
        select(
            _TABLE.id,
            _TABLE.inbox_id,
            _TABLE.object_uri,
            activities.type.label("activity_type"),
            activities.actor_uri,
            activities.collective_id,
        )
        .join(activities, activities.id == _TABLE.activity_id)
        .where(_TABLE.peer_id == peer_id, _TABLE.state == _PARKED)
        .order_by(_TABLE.id)
    )
    return [ParkedDelivery(**row._mapping) for row in rows]


def resume(session: Session, ids: Sequence[int], now: datetime) -> None:
    """Make parked rows wait again, as if they were new."""
    session.connection().execute(
        update(_TABLE)
        .where(_TABLE.id.in_(ids), _TABLE.state == "parked")
        .values(state="waiting", due_at=now, attempts=0)
    )


def hurry(session: Session, peer_id: int, now: datetime) -> None:
    """Make due at once what waits for a peer after a failure."""
    session.connection().execute(
        update(_TABLE)
        .where(_TABLE.peer_id == peer_id, _TABLE.state == _WAITING, _TABLE.due_at > now)
        .values(due_at=now)
    )


def drop(session: Session, ids: Sequence[int], words: str, now: datetime) -> None:
    """Give up parked rows that something newer stands for."""
    session.connection().execute(
        update(_TABLE)
        .where(_TABLE.id.in_(ids), _TABLE.state == "parked")
        .values(state="abandoned", last_words=words, finished_at=now)
    )


def drop_old(session: Session, parked_before: datetime, words: str, now: datetime) -> int:
    """Give up what has been parked since before a moment."""
    statement = (
        update(_TABLE)
        .where(_TABLE.state == _PARKED, _TABLE.due_at < parked_before)
        .values(state="abandoned", last_words=words, finished_at=now)
    )
    return session.connection().execute(statement).rowcount


def abandon_inbox(session: Session, inbox_id: int, words: str, now: datetime) -> int:
    """Give up what waits for an inbox that is gone."""
    return _abandon(session, _TABLE.inbox_id == inbox_id, words, now)


def abandon_object(session: Session, object_uri: str, words: str, now: datetime) -> int:
    """Give up what waits about an object, because it is deleted."""
    return _abandon(session, _TABLE.object_uri == object_uri, words, now)


def abandon_peer(session: Session, peer_id: int, words: str, now: datetime) -> int:
    """Give up what waits for a peer, because it was blocked."""
    return _abandon(session, _TABLE.peer_id == peer_id, words, now)


def _abandon(session: Session, which: ColumnElement[bool], words: str, now: datetime) -> int:
    statement = (
        update(_TABLE)
        .where(which, _TABLE.state.in_(("waiting", "parked")))
        .values(state="abandoned", last_words=words, finished_at=now)
    )
    return session.connection().execute(statement).rowcount
