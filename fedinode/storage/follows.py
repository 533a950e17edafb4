"""Rows of follows: who follows our collectives ('in'), whom they follow ('out')."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.Follow


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowRow:
    """A follow with the names of both sides."""

    id: int
    direction: str
    collective_id: int
    collective_name: str
    collective_uri: str
    actor_id: int
    actor_uri: str
    actor_name: str | None
    handle: str | None
    preferred_username: str | None
    follow_uri: str
    body: bytes | None
    state: str
    requested_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFollow:
    """A follow as it was asked for: its id and the exact document."""

    direction: str
    collective_id: int
    actor_id: int
    follow_uri: str
    body: bytes
    state: str = "pending"
    #: Which rule or level lets a request wait.
    reason: str | None = None


def put(session: Session, new: NewFollow, now: datetime) -> int:
    """Keep a follow, in place of an earlier one between the same two; return its id."""
    values = {each.name: getattr(new, each.name) for each in fields(NewFollow)}
    return upserts.put_id(
        session,
        _TABLE,
        {**values, "requested_at": now, "decided_at": None},
        keys=("direction", "collective_id", "actor_id"),
        update=("follow_uri", "body", "state", "reason", "requested_at", "decided_at"),
    )


def set_state(session: Session, follow_id: int, state: str, now: datetime) -> None:
    """Record a decision."""
    session.execute(update(_TABLE).where(_TABLE.id == follow_id).values(state=state, decided_at=now))


def find(session: Session, follow_id: int) -> FollowRow | None:
    """Return a follow by its number."""
    return _one(session, _select().where(_TABLE.id == follow_id))


def by_ids(session: Session, ids: Collection[int]) -> tuple[FollowRow, ...]:
    """Return follows by their numbers."""
    query = _select().where(_TABLE.id.in_(set(ids))).order_by(_TABLE.id)
    return tuple(FollowRow(**row._mapping) for row in session.execute(query))


def lock_pending(session: Session, ids: Collection[int]) -> tuple[int, ...]:
    """Return those of these requests to follow us that wait, and hold them."""
    query = select(_TABLE.id).where(
        _TABLE.id.in_(set(ids)), _TABLE.direction == "in", _TABLE.state == "pending"
    )
    return tuple(session.scalars(locked(session, query.order_by(_TABLE.id))))


def find_between(session: Session, direction: str, collective_id: int, actor_id: int) -> FollowRow | None:
    """Return the follow between a collective of ours and an actor."""
    return _one(
        session,
        _select().where(
            _TABLE.direction == direction, _TABLE.collective_id == collective_id, _TABLE.actor_id == actor_id
        ),
    )


def find_by_uri(session: Session, direction: str, actor_id: int, follow_uri: str) -> FollowRow | None:
    """Return the follow between us and an actor that was asked for under this id."""
    is_meant = (_TABLE.direction == direction, _TABLE.actor_id == actor_id, _TABLE.follow_uri == follow_uri)
    return _one(session, _select().where(*is_meant).limit(1))


def is_peer_known(session: Session, actor_id: int) -> bool:
    """Tell whether anybody on the same server follows us, or is followed by us, with consent."""
    actors = models.RemoteActor
    peer_id = select(actors.peer_id).where(actors.id == actor_id).scalar_subquery()
    query = (
        select(_TABLE.id)
        .join(actors, actors.id == _TABLE.actor_id)
        .where(_TABLE.state == "accepted", actors.peer_id == peer_id)
        .limit(1)
    )
    return session.scalar(query) is not None


def count_of_actors(session: Session, direction: str, actor_ids: Collection[int]) -> int:
    """Return how many follows with these actors stand or wait."""
    return session.execute(
        select(func.count()).where(_TABLE.direction == direction, *_is_standing(actor_ids))
    ).scalar_one()


def hosts_of_actors(session: Session, actor_ids: Collection[int]) -> tuple[str, ...]:
    """Return the servers of those of these actors with whom a follow stands or waits, in order."""
    actors, peers = models.RemoteActor, models.Peer
    query = (
        select(peers.host)
        .join(actors, actors.peer_id == peers.id)
        .join(_TABLE, _TABLE.actor_id == actors.id)
        .where(*_is_standing(actor_ids))
        .distinct()
        .order_by(peers.host)
    )
    return tuple(session.scalars(query))


def end_of_actors(
    session: Session, actor_ids: Collection[int], now: datetime, *, collective_id: int | None = None
) -> frozenset[str]:
    """End what is between these actors and us, or one collective; return the names of our collectives."""
    collectives = models.Collective
    conditions = _is_standing(actor_ids)
    if collective_id is not None:
        conditions += (_TABLE.collective_id == collective_id,)
    rows = session.execute(
        select(_TABLE.id, collectives.name)
        .join(collectives, collectives.id == _TABLE.collective_id)
        .where(*conditions)
    ).all()
    session.execute(
        update(_TABLE).where(_TABLE.id.in_([row.id for row in rows])).values(state="ended", decided_at=now)
    )
    return frozenset(row.name for row in rows)


def list_followed(session: Session, actor_id: int) -> tuple[FollowRow, ...]:
    """Return the accepted follows of an actor by our collectives."""
    query = _select().where(
        _TABLE.direction == "out", _TABLE.actor_id == actor_id, _TABLE.state == "accepted"
    )
    return tuple(FollowRow(**row._mapping) for row in session.execute(query))


def _is_standing(actor_ids: Collection[int]) -> tuple[ColumnElement[bool], ...]:
    return (_TABLE.actor_id.in_(actor_ids), _TABLE.state.in_(("pending", "accepted")))


def list_of(
    session: Session,
    direction: str,
    states: tuple[str, ...],
    *,
    collective_id: int | None,
    newest: bool = True,
) -> tuple[FollowRow, ...]:
    """Return follows in some states, of one collective or all."""
    query = _select().where(_TABLE.direction == direction, _TABLE.state.in_(states))
    if collective_id is not None:
        query = query.where(_TABLE.collective_id == collective_id)
    query = query.order_by(_TABLE.id.desc() if newest else _TABLE.id)
    return tuple(FollowRow(**row._mapping) for row in session.execute(query))


def count(session: Session, direction: str, collective_id: int) -> int:
    """Return how many accepted follows a collective has."""
    query = select(func.count()).where(
        _TABLE.direction == direction, _TABLE.collective_id == collective_id, _TABLE.state == "accepted"
    )
    return session.execute(query).scalar_one()


def _select() -> Select[*tuple[Any, ...]]:
    actors, collectives = models.RemoteActor, models.Collective
    return (
        select(
            _TABLE.id,
            _TABLE.direction,
            _TABLE.collective_id,
            collectives.name.label("collective_name"),
            collectives.uri.label("collective_uri"),
            _TABLE.actor_id,
            actors.uri.label("actor_uri"),
            actors.name.label("actor_name"),
            actors.handle,
            actors.preferred_username,
            _TABLE.follow_uri,
            _TABLE.body,
            _TABLE.state,
            _TABLE.requested_at,
            _TABLE.decided_at,
        )
        .join(actors, actors.id == _TABLE.actor_id)
        .join(collectives, collectives.id == _TABLE.collective_id)
    )


def _one(session: Session, query: Select[*tuple[Any, ...]]) -> FollowRow | None:
    row = session.execute(query).one_or_none()
    return FollowRow(**row._mapping) if row else None
