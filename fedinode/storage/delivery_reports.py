"""What people ask about deliveries: how far a post has got, who refuses it, and once more please."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from fedinode.storage import models
from fedinode.storage.database import Session

_TABLE = models.Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """Where one activity has got to at one server."""

    activity_uri: str
    activity_type: str
    object_uri: str
    host: str
    inbox_url: str
    state: str
    attempts: int
    last_status: int | None
    last_words: str | None
    due_at: datetime
    parked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """How far an activity has got."""

    activity_uri: str
    activity_type: str
    object_uri: str
    created_at: datetime
    total: int
    delivered: int
    failed: int


def rows(
    session: Session, *, object_uris: Sequence[str] | None, failed: bool, limit: int
) -> tuple[DeliveryRow, ...]:
    """Return deliveries, newest first; `failed` are those given up, parked, or refused at least once."""
    activities, inboxes, peers = models.OutgoingActivity, models.Inbox, models.Peer
    query = (
        select(
            activities.uri.label("activity_uri"),
            activities.type.label("activity_type"),
            _TABLE.object_uri,
            peers.host,
            inboxes.url.label("inbox_url"),
            _TABLE.state,
            _TABLE.attempts,
            _TABLE.last_status,
            _TABLE.last_words,
            _TABLE.due_at,
            peers.parked_at,
        )
        .join(activities, activities.id == _TABLE.activity_id)
        .join(inboxes, inboxes.id == _TABLE.inbox_id)
        .join(peers, peers.id == _TABLE.peer_id)
        .order_by(_TABLE.id.desc())
        .limit(limit)
    )
    if object_uris is not None:
        query = query.where(_TABLE.object_uri.in_(object_uris))
    if failed:
        in_trouble = and_(_TABLE.state.in_(("waiting", "leased")), _TABLE.last_words.is_not(None))
        query = query.where(or_(_TABLE.state.in_(("abandoned", "parked")), in_trouble))
    return tuple(DeliveryRow(**row._mapping) for row in session.execute(query))


def summaries(session: Session, *, object_uris: Sequence[str] | None, limit: int) -> tuple[SummaryRow, ...]:
    """Return how far the newest activities have got, each counted in servers' inboxes."""
    activities = models.OutgoingActivity
    newest = select(_TABLE.activity_id).distinct().order_by(_TABLE.activity_id.desc()).limit(limit)
    if object_uris is not None:
        newest = newest.where(_TABLE.object_uri.in_(object_uris))
    chosen = newest.subquery()
    query = (
        select(
            activities.uri.label("activity_uri"),
            activities.type.label("activity_type"),
            activities.object_uri,
            activities.created_at,
            func.count().label("total"),
            func.sum(case((_TABLE.state == "delivered", 1), else_=0)).label("delivered"),
            func.sum(case((_TABLE.state == "abandoned", 1), else_=0)).label("failed"),
        )
        .join(_TABLE, _TABLE.activity_id == activities.id)
        .join(chosen, chosen.c.activity_id == activities.id)
        .group_by(activities.id)
        .order_by(activities.id.desc())
    )
    return tuple(
        SummaryRow(**{**row._mapping, "delivered": int(row.delivered), "failed": int(row.failed)})
        for row in session.execute(query)
    )


def retry(session: Session, peer_id: int | None, now: datetime) -> int:
    """Make everything unfinished due now, and what was given up unless something newer was sent since."""
    newer = aliased(_TABLE)
    is_newest = ~(
        exists()
        .where(newer.inbox_id == _TABLE.inbox_id, newer.object_uri == _TABLE.object_uri)
        .where(newer.id > _TABLE.id)
        .correlate(_TABLE)
    )
    inboxes = models.Inbox
    reachable = _TABLE.inbox_id.in_(select(inboxes.id).where(inboxes.gone_at.is_(None)))
    which: ColumnElement[bool] = or_(
        _TABLE.state.in_(("waiting", "parked")), and_(_TABLE.state == "abandoned", is_newest, reachable)
    )
    if peer_id is not None:
        which = and_(which, _TABLE.peer_id == peer_id)
    values = {"state": "waiting", "due_at": now, "attempts": 0, "finished_at": None}
    return session.connection().execute(update(_TABLE).where(which).values(**values)).rowcount
