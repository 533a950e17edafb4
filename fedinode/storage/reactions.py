"""Rows of likes and boosts of our objects."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, delete, or_, select

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

ReactionKind = Literal["like", "announce"]

_TABLE = models.Reaction
_OBJECTS = models.FederatedObject
_POSTS = models.Post


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactedTo:
    """One of our public objects, and the post that it belongs to."""

    id: int
    uri: str
    post_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReaction:
    """Somebody's like or boost."""

    object_id: int
    actor_uri: str
    kind: ReactionKind
    activity_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retraction:
    """Which reaction its actor takes back: by the id of its activity, or by what was done to which object."""

    actor_uri: str
    activity_uri: str | None
    kind: ReactionKind | None = None
    object_uri: str | None = None


def find_objects(session: Session, uris: Iterable[str]) -> dict[str, ReactedTo]:
    """Return those of our public objects that have one of these ids."""
    rows = session.execute(
        select(_OBJECTS.id, _OBJECTS.uri, _POSTS.uid.label("post_uid"))
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_OBJECTS.uri.in_(set(uris)), _OBJECTS.deleted_at.is_(None), _POSTS.state == "public")
    )
    return {row.uri: ReactedTo(**row._mapping) for row in rows}


def add(session: Session, reactions: Sequence[NewReaction], now: datetime) -> int:
    """Keep reactions; one that is there already is left alone. Return how many were new."""
    rows = [asdict(reaction) | {"created_at": now} for reaction in reactions]
    return upserts.add_new(session, _TABLE, rows)


def remove(session: Session, retractions: Sequence[Retraction]) -> frozenset[str]:
    """Delete reactions that their own actors take back; return the uids of the posts concerned."""
    if not retractions:
        return frozenset()
    return _delete(session, or_(*(_is_meant(retraction) for retraction in retractions)))


def remove_of_actors(session: Session, actor_ids: Iterable[int]) -> frozenset[str]:
    """Delete all reactions of actors that are known by number; return the uids of the posts concerned."""
    uris = select(models.RemoteActor.uri).where(models.RemoteActor.id.in_(set(actor_ids)))
    return _delete(session, _TABLE.actor_uri.in_(uris))


def _is_meant(retraction: Retraction) -> ColumnElement[bool]:
    by_actor = _TABLE.actor_uri == retraction.actor_uri
    by_id = _TABLE.activity_uri == retraction.activity_uri
    if retraction.kind is None or retraction.object_uri is None:
        return and_(by_actor, by_id)
    objects = select(_OBJECTS.id).where(_OBJECTS.uri == retraction.object_uri).scalar_subquery()
    return and_(by_actor, or_(by_id, and_(_TABLE.kind == retraction.kind, _TABLE.object_id == objects)))


def _delete(session: Session, condition: ColumnElement[bool]) -> frozenset[str]:
    found: Any = session.execute(
        select(_TABLE.id, _POSTS.uid)
        .join(_OBJECTS, _OBJECTS.id == _TABLE.object_id)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(condition)
    ).all()
    session.execute(delete(_TABLE).where(_TABLE.id.in_([row.id for row in found])))
    return frozenset(row.uid for row in found)
