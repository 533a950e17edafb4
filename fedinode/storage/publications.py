"""What GET serves to other servers: documents, activities, collections, and what came back to a post.

As in `listings`, only what is public is found, and nothing is written.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select

from fedinode.storage import models
from fedinode.storage.database import Session

_OBJECTS = models.FederatedObject
_DOCUMENTS = models.ServedDocument
_POSTS = models.Post
_ACTIVITIES = models.OutgoingActivity
_FOLLOWS = models.Follow
_ACTORS = models.RemoteActor
_REACTIONS = models.Reaction
_REPLIES = models.Reply

#: Activities that carry a text, which may be outdated by a later one.
_CARRIES_TEXT = ("Create", "Update")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedObject:
    """One of our objects with its newest document: of one that is gone, a Tombstone."""

    id: int
    post_id: int
    post_uid: str
    language: str
    body: bytes
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedActivity:
    """One of our activities; `is_newest` tells that the text inside is still the present one."""

    body: bytes
    object_uri: str
    #: The post of ours that it is about, if it is about one.
    post_uid: str | None
    is_newest: bool
    is_gone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What came back to a post, over all its objects."""

    likes: int = 0
    shares: int = 0
    replies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRow:
    """A shown reply with who wrote it."""

    uri: str
    in_reply_to_uri: str
    url: str | None
    html: str
    language: str | None
    published_at: datetime
    actor_uri: str
    actor_name: str | None
    actor_handle: str | None
    actor_username: str | None
    actor_url: str | None


def find_object(session: Session, uri: str) -> ServedObject | None:
    """Return an object by its id, with the document to serve; a draft has none."""
    newest = (
        select(_DOCUMENTS.body)
        .where(_DOCUMENTS.object_id == _OBJECTS.id)
        .order_by(_DOCUMENTS.updated_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            _OBJECTS.id,
            _OBJECTS.post_id,
            _POSTS.uid,
            func.coalesce(_OBJECTS.language, _POSTS.primary_language).label("language"),
            _OBJECTS.deleted_at,
            newest.label("body"),
        )
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_OBJECTS.uri == uri, _POSTS.state.in_(("public", "withdrawn")))
    ).one_or_none()
    if row is None or row.body is None:
        return None
    return ServedObject(
        id=row.id,
        post_id=row.post_id,
        post_uid=row.uid,
        language=row.language,
        body=row.body,
        is_gone=row.deleted_at is not None,
    )


def find_activity(session: Session, uri: str) -> ServedActivity | None:
    """Return an activity that anybody may fetch."""
    row = session.execute(
        select(_ACTIVITIES, _OBJECTS.deleted_at, _POSTS.uid)
        .outerjoin(_OBJECTS, _OBJECTS.uri == _ACTIVITIES.object_uri)
        .outerjoin(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_ACTIVITIES.uri == uri, _ACTIVITIES.is_public)
    ).one_or_none()
    if row is None:
        return None
    activity, deleted_at, post_uid = row
    carries_text = activity.type in _CARRIES_TEXT
    newest_id = session.execute(
        select(func.max(_ACTIVITIES.id)).where(
            _ACTIVITIES.object_uri == activity.object_uri, _ACTIVITIES.type.in_(_CARRIES_TEXT)
        )
    ).scalar_one_or_none()
    return ServedActivity(
        body=activity.body,
        object_uri=activity.object_uri,
        post_uid=post_uid,
        is_newest=not carries_text or newest_id == activity.id,
        is_gone=carries_text and deleted_at is not None,
    )


# -- collections


def count_outbox(session: Session, collective_id: int) -> int:
    """Return how many activities the outbox of a collective lists."""
    listed = _outbox(collective_id).subquery()
    return session.execute(select(func.count()).select_from(listed)).scalar_one()


def list_outbox(session: Session, collective_id: int, *, offset: int, limit: int) -> tuple[bytes, ...]:
    """Return the bytes of a stretch of the outbox, the newest first."""
    query = _outbox(collective_id).order_by(_ACTIVITIES.id.desc()).offset(offset).limit(limit)
    return tuple(session.scalars(query))


def _outbox(collective_id: int) -> Select[bytes]:
    # Accept and Undo are nobody else's business, an Update is seen at the object, a deleted post not at all.
    return (
        select(_ACTIVITIES.body)
        .outerjoin(_OBJECTS, _OBJECTS.uri == _ACTIVITIES.object_uri)
        .where(
            _ACTIVITIES.collective_id == collective_id,
            _ACTIVITIES.is_public,
            _ACTIVITIES.type.in_(("Create", "Announce")),
            _OBJECTS.deleted_at.is_(None),
        )
    )


def count_follows(session: Session, collective_id: int, direction: str) -> int:
    """Return how many follow a collective ("in"), or how many it follows ("out")."""
    return session.execute(
        select(func.count()).select_from(_FOLLOWS).where(*_standing(collective_id, direction))
    ).scalar_one()


def list_follows(
    session: Session, collective_id: int, direction: str, *, offset: int, limit: int
) -> tuple[str, ...]:
    """Return the ids of a stretch of those who follow, or are followed."""
    return tuple(
        session.scalars(
            select(_ACTORS.uri)
            .join(_FOLLOWS, _FOLLOWS.actor_id == _ACTORS.id)
            .where(*_standing(collective_id, direction))
            .order_by(_FOLLOWS.id)
            .offset(offset)
            .limit(limit)
        )
    )


def _standing(collective_id: int, direction: str) -> tuple[ColumnElement[bool], ...]:
    return (
        _FOLLOWS.collective_id == collective_id,
        _FOLLOWS.direction == direction,
        _FOLLOWS.state == "accepted",
    )


def list_featured(session: Session, collective_id: int, limit: int) -> tuple[str, ...]:
    """Return the ids of what a profile shows first: the pinned posts, else the newest statements.

    A new follower on another server sees nothing older than this.
    """
    pinned = _featured(collective_id).where(_POSTS.pinned_at.is_not(None))
    newest = _featured(collective_id).where(_POSTS.kind == "statement")
    found = session.scalars(pinned.order_by(_POSTS.pinned_at.desc(), _POSTS.id.desc()).limit(limit)).all()
    if not found:
        in_order = newest.order_by(_POSTS.published_at.desc(), _POSTS.id.desc())
        found = session.scalars(in_order.limit(limit)).all()
    return tuple(found)


def _featured(collective_id: int) -> Select[str]:
    return (
        select(_OBJECTS.uri)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(
            _POSTS.collective_id == collective_id,
            _POSTS.state == "public",
            _OBJECTS.superseded_at.is_(None),
            _OBJECTS.deleted_at.is_(None),
            func.coalesce(_OBJECTS.language, _POSTS.primary_language) == _POSTS.primary_language,
        )
    )


# -- what came back


def count_answers(session: Session, post_id: int) -> Counts:
    """Return likes, shares and shown replies of a post; who reacted to two of its objects counts once."""
    rows = session.execute(
        select(_REACTIONS.kind, func.count(_REACTIONS.actor_uri.distinct()))
        .join(_OBJECTS, _OBJECTS.id == _REACTIONS.object_id)
        .where(_OBJECTS.post_id == post_id)
        .group_by(_REACTIONS.kind)
    )
    by_kind = {row[0]: row[1] for row in rows}
    replies = session.execute(
        select(func.count())
        .select_from(_REPLIES)
        .join(_OBJECTS, _OBJECTS.id == _REPLIES.object_id)
        .where(_OBJECTS.post_id == post_id, _REPLIES.state == "shown")
    ).scalar_one()
    return Counts(likes=by_kind.get("like", 0), shares=by_kind.get("announce", 0), replies=replies)


def list_replies(session: Session, post_id: int, limit: int) -> tuple[ReplyRow, ...]:
    """Return the shown replies to a post, the oldest first."""
    rows = session.execute(
        select(_REPLIES, _ACTORS)
        .join(_ACTORS, _ACTORS.id == _REPLIES.actor_id)
        .join(_OBJECTS, _OBJECTS.id == _REPLIES.object_id)
        .where(_OBJECTS.post_id == post_id, _REPLIES.state == "shown")
        .order_by(_REPLIES.id)
        .limit(limit)
    ).all()
    return tuple(_reply_row(reply, actor) for reply, actor in rows)


def _reply_row(reply: models.Reply, actor: models.RemoteActor) -> ReplyRow:
    return ReplyRow(
        uri=reply.uri,
        in_reply_to_uri=reply.in_reply_to_uri,
        url=reply.url,
        html=reply.html_clean or "",
        language=reply.language,
        published_at=reply.published_at or reply.received_at,
        actor_uri=actor.uri,
        actor_name=actor.name,
        actor_handle=actor.handle,
        actor_username=actor.preferred_username,
        actor_url=actor.url,
    )


def list_reply_uris(session: Session, object_id: int, limit: int) -> tuple[str, ...]:
    """Return the ids of the shown replies to one of our objects, the oldest first."""
    query = select(_REPLIES.uri).where(_REPLIES.object_id == object_id, _REPLIES.state == "shown")
    return tuple(session.scalars(query.order_by(_REPLIES.id).limit(limit)))


def count_reactions(session: Session, object_id: int, kind: str) -> int:
    """Return how many liked ("like") or boosted ("announce") one of our objects."""
    return session.execute(
        select(func.count())
        .select_from(_REACTIONS)
        .where(_REACTIONS.object_id == object_id, _REACTIONS.kind == kind)
    ).scalar_one()


def count_public_posts(session: Session) -> int:
    """Return how many posts of ours are public, for NodeInfo."""
    return session.execute(
        select(func.count()).select_from(_POSTS).where(_POSTS.state == "public")
    ).scalar_one()
