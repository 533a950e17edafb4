"""What we know of objects of others: replies to us, and posts that we keep."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select

from fedinode.storage import models
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownObject:
    """An object of another server, and who wrote it."""

    uri: str
    actor_id: int
    actor_uri: str
    #: user@host, where it was confirmed.
    handle: str | None
    preferred_username: str | None
    inbox_id: int | None


def find(session: Session, url: str) -> KnownObject | None:
    """Return an object by its id or the address of its page, unless it was deleted or its author is gone."""
    replies, kept = models.Reply, models.RemoteObject
    is_reply = (or_(replies.uri == url, replies.url == url), replies.state != "deleted")
    is_kept = (or_(kept.uri == url, kept.url == url), kept.deleted_at.is_(None))
    return _find(session, replies, is_reply) or _find(session, kept, is_kept)


def _find(
    session: Session,
    table: type[models.Reply] | type[models.RemoteObject],
    conditions: tuple[ColumnElement[bool], ...],
) -> KnownObject | None:
    actors = models.RemoteActor
    row = session.execute(
        select(
            table.uri,
            actors.id.label("actor_id"),
            actors.uri.label("actor_uri"),
            actors.handle,
            actors.preferred_username,
            actors.inbox_id,
        )
        .join(actors, actors.id == table.actor_id)
        .where(*conditions, actors.gone_at.is_(None))
        .limit(1)
    ).one_or_none()
    return KnownObject(**row._mapping) if row else None
