"""Replies as a thread: what one answers, what else answers that, what answers it; what its author sent."""

from collections.abc import Sequence

from sqlalchemy import select

from fedinode.storage import models, replies
from fedinode.storage.database import Session
from fedinode.storage.replies import ReplyDetails

_TABLE = models.Reply
#: So far up a thread is followed.
_MAX_DEPTH = 10


def ancestors(session: Session, in_reply_to_uri: str) -> tuple[ReplyDetails, ...]:
    """Return the replies above one, the first of the thread first; the post itself is none of them."""
    found: list[ReplyDetails] = []
    uri, seen = in_reply_to_uri, set[str]()
    while len(found) < _MAX_DEPTH and uri not in seen:
        seen.add(uri)
        row = session.execute(
            select(_TABLE.id, _TABLE.in_reply_to_uri).where(_TABLE.uri == uri)
        ).one_or_none()
        if row is None:
            break
        found += replies.list_details(session, [row.id])
        uri = row.in_reply_to_uri
    return tuple(reversed(found))


def parent_of(session: Session, reply_id: int) -> str:
    """Return the id of what a reply answers."""
    return session.execute(select(_TABLE.in_reply_to_uri).where(_TABLE.id == reply_id)).scalar_one()


def neighbours(
    session: Session, reply_id: int, in_reply_to_uri: str, limit: int
) -> tuple[Sequence[ReplyDetails], Sequence[ReplyDetails]]:
    """Return who answered the same before and after, at most so many each."""
    same = select(_TABLE.id).where(_TABLE.in_reply_to_uri == in_reply_to_uri, _TABLE.state != "deleted")
    before = session.scalars(same.where(_TABLE.id < reply_id).order_by(_TABLE.id.desc()).limit(limit)).all()
    after = session.scalars(same.where(_TABLE.id > reply_id).order_by(_TABLE.id).limit(limit)).all()
    return replies.list_details(session, before), replies.list_details(session, after)


def answers(session: Session, uri: str, limit: int) -> tuple[ReplyDetails, ...]:
    """Return what answers a reply."""
    query = select(_TABLE.id).where(_TABLE.in_reply_to_uri == uri, _TABLE.state != "deleted")
    return replies.list_details(session, session.scalars(query.order_by(_TABLE.id).limit(limit)).all())


def of_actor(session: Session, actor_uri: str, *, limit: int) -> tuple[ReplyDetails, ...]:
    """Return what an actor wrote to us, the newest first."""
    actors = models.RemoteActor
    query = (
        select(_TABLE.id)
        .join(actors, actors.id == _TABLE.actor_id)
        .where(actors.uri == actor_uri, _TABLE.state != "deleted")
        .order_by(_TABLE.id.desc())
        .limit(limit)
    )
    return tuple(reversed(replies.list_details(session, session.scalars(query).all())))


def by_uris(session: Session, uris: Sequence[str]) -> tuple[ReplyDetails, ...]:
    """Return those of these replies that we have."""
    query = select(_TABLE.id).where(_TABLE.uri.in_(set(uris)))
    return replies.list_details(session, session.scalars(query).all())
