"""Rows of our boosts. After one was taken back the same object may be reshared again."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.Reshare


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshareRow:
    """A boost that stands."""

    id: int
    object_uri: str
    activity_id: int
    activity_uri: str
    activity_body: bytes
    comment_markdown: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReshare:
    """A boost to be kept."""

    collective_id: int
    object_uri: str
    activity_id: int
    comment_markdown: str | None


def add(session: Session, new: NewReshare, now: datetime) -> None:
    """Keep a boost."""
    remote = session.scalar(select(models.RemoteObject.id).where(models.RemoteObject.uri == new.object_uri))
    upserts.add_new(session, _TABLE, [{**asdict(new), "remote_object_id": remote, "created_at": now}])


def find_standing(session: Session, collective_id: int, object_uri: str) -> ReshareRow | None:
    """Return the boost of an object that was not taken back."""
    activities = models.OutgoingActivity
    row = session.execute(
        select(
            _TABLE.id,
            _TABLE.object_uri,
            _TABLE.activity_id,
            activities.uri.label("activity_uri"),
            activities.body.label("activity_body"),
            _TABLE.comment_markdown,
        )
        .join(activities, activities.id == _TABLE.activity_id)
        .where(
            _TABLE.collective_id == collective_id,
            _TABLE.object_uri == object_uri,
            _TABLE.undone_at.is_(None),
        )
    ).one_or_none()
    return ReshareRow(**row._mapping) if row else None


def count(session: Session, collective_id: int, object_uri: str) -> int:
    """Return how often an object was reshared, those taken back included."""
    query = select(func.count()).where(_TABLE.collective_id == collective_id, _TABLE.object_uri == object_uri)
    return session.execute(query).scalar_one()


def mark_undone(session: Session, reshare_id: int, now: datetime) -> None:
    """Note that a boost was taken back."""
    session.execute(update(_TABLE).where(_TABLE.id == reshare_id).values(undone_at=now))


def uris_of_actors(session: Session, actor_ids: Iterable[int]) -> tuple[str, ...]:
    """Return what our collectives boost of some actors."""
    kept = models.RemoteObject
    query = select(_TABLE.object_uri).distinct().join(kept, kept.uri == _TABLE.object_uri)
    query = query.where(kept.actor_id.in_(set(actor_ids)), _TABLE.undone_at.is_(None))
    return tuple(session.scalars(query.order_by(_TABLE.object_uri)))


def list_standing(session: Session, object_uri: str) -> tuple[int, ...]:
    """Return the numbers of our collectives that boost an object."""
    query = select(_TABLE.collective_id).where(_TABLE.object_uri == object_uri, _TABLE.undone_at.is_(None))
    return tuple(session.scalars(query.order_by(_TABLE.id)))
