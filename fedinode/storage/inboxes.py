"""Rows of inboxes: the addresses that deliveries go to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.Inbox


def ensure(session: Session, url: str, peer_id: int, *, is_shared: bool) -> int:
    """Return the id of the inbox at this address, inserted if need be.

    An inbox that was seen as somebody's shared one stays shared.
    """
    upserts.add_new(session, _TABLE, [{"url": url, "peer_id": peer_id, "is_shared": is_shared}])
    found = session.execute(select(_TABLE.id, _TABLE.is_shared).where(_TABLE.url == url)).one()
    if is_shared and not found.is_shared:
        session.execute(update(_TABLE).where(_TABLE.id == found.id).values(is_shared=True))
    return int(found.id)


def follower_inboxes(collective_id: int) -> Select[Any]:
    """Return the query for the inboxes of a collective's followers."""
    follows, actors = models.Follow, models.RemoteActor
    return (
        select(func.coalesce(actors.shared_inbox_id, actors.inbox_id))
        .join(follows, follows.actor_id == actors.id)
        .where(follows.direction == "in", follows.state == "accepted")
        .where(follows.collective_id == collective_id, actors.gone_at.is_(None))
        .distinct()
    )


def of_followers(session: Session, collective_id: int) -> tuple[int, ...]:
    """Return the inboxes of a collective's followers, each once, shared ones in place of own ones."""
    return tuple(each for each in session.scalars(follower_inboxes(collective_id)) if each is not None)


def that_got(session: Session, object_uri: str) -> tuple[int, ...]:
    """Return every inbox that may know an object of ours: something about it was sent there at least once."""
    table, activities = models.Delivery, models.OutgoingActivity
    query = (
        select(table.inbox_id)
        .join(activities, activities.id == table.activity_id)
        .where(table.object_uri == object_uri, activities.type.in_(("Create", "Update")))
        .where(or_(table.attempts > 0, table.state == "waiting", table.state == "parked"))
        .distinct()
    )
    return tuple(session.scalars(query))


def of_actors(session: Session, actor_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the own inboxes of some actors, each once: what is for one of them goes to no shared inbox."""
    table = models.RemoteActor
    query = select(table.inbox_id).where(table.id.in_(actor_ids), table.inbox_id.is_not(None)).distinct()
    return tuple(inbox_id for inbox_id in session.scalars(query) if inbox_id is not None)


def of_activity(session: Session, activity_id: int) -> tuple[int, ...]:
    """Return every inbox that an activity was queued for."""
    table = models.Delivery
    return tuple(session.scalars(select(table.inbox_id).where(table.activity_id == activity_id)))


def of_actor_uris(session: Session, uris: Collection[str]) -> tuple[int, ...]:
    """Return the own inboxes of some actors by their ids; who is not known here has none."""
    table = models.RemoteActor
    return of_actors(session, session.scalars(select(table.id).where(table.uri.in_(tuple(uris)))).all())


def actors_behind(session: Session, inbox_ids: Collection[int]) -> dict[int, str]:
    """Return somebody who takes deliveries at each of some inboxes. Reads all actors: ask seldom."""
    actors = models.RemoteActor
    found: dict[int, str] = {}
    for column in (actors.shared_inbox_id, actors.inbox_id):
        rows = session.execute(select(column, actors.uri).where(column.in_(tuple(inbox_ids))))
        found |= {inbox_id: uri for inbox_id, uri in rows if inbox_id is not None}
    return found


def peers_of_followers(session: Session, collective_id: int) -> set[int]:
    """Return the peers where a collective has followers."""
    query = select(_TABLE.peer_id).where(_TABLE.id.in_(follower_inboxes(collective_id)))
    return set(session.scalars(query))


def one_per_peer(session: Session) -> dict[int, int]:
    """Return one inbox of every peer, by peer: its shared one if it has one."""
    rows = session.execute(
        select(_TABLE.peer_id, _TABLE.id)
        .where(_TABLE.gone_at.is_(None))
        .order_by(_TABLE.peer_id, _TABLE.is_shared.desc(), _TABLE.id)
    )
    first: dict[int, int] = {}
    for peer_id, inbox_id in rows:
        first.setdefault(peer_id, inbox_id)
    return first


def record_gone(session: Session, inbox_id: int, now: datetime) -> None:
    """Note that nobody is behind an inbox any more."""
    session.execute(update(_TABLE).where(_TABLE.id == inbox_id).values(gone_at=now))
