"""How far the activities of some collectives have got, for members: by activity, by server, by both."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from fedinode.storage import models
from fedinode.storage.database import Session

_TABLE = models.Delivery
_ACTIVITIES = models.OutgoingActivity
_PEERS = models.Peer
_OPEN = ("waiting", "leased")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """An activity, and how many servers have it."""

    id: int
    collective_id: int
    type: str
    object_uri: str
    created_at: datetime
    total: int
    delivered: int
    open: int
    parked: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemainingRow:
    """A delivery to one server."""

    id: int
    activity_id: int
    activity_type: str
    object_uri: str
    peer_id: int
    host: str
    state: str
    attempts: int
    last_status: int | None
    #: What the server said, cleaned when it came, at most 300 characters.
    last_words: str | None
    due_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldServer:
    """A server that something waits for."""

    id: int
    host: str
    alive_at: datetime | None
    failing_since: datetime | None
    parked_at: datetime | None
    not_before: datetime | None
    waiting: int
    parked: int


def list_progress(
    session: Session,
    collective_ids: Collection[int],
    types: Collection[str] | None,
    *,
    offset: int,
    limit: int,
) -> tuple[ProgressRow, ...]:
    """Return the newest activities that were sent to anybody, each counted in servers' inboxes."""
    newest = _sent(select(_ACTIVITIES.id), collective_ids, types)
    chosen = newest.order_by(_ACTIVITIES.id.desc()).offset(offset).limit(limit).subquery()
    query = _progress().join(chosen, chosen.c.id == _ACTIVITIES.id)
    return tuple(_row(each) for each in session.execute(query.order_by(_ACTIVITIES.id.desc())))


def count(session: Session, collective_ids: Collection[int], types: Collection[str] | None) -> int:
    """Return how many activities were sent to anybody."""
    query = _sent(select(func.count()).select_from(_ACTIVITIES), collective_ids, types)
    number: int = session.execute(query).scalar_one()
    return number


def find_progress(session: Session, collective_ids: Collection[int], number: int) -> ProgressRow | None:
    """Return one activity of these collectives."""
    query = _progress().where(_ACTIVITIES.id == number, _ACTIVITIES.collective_id.in_(collective_ids))
    row = session.execute(query).one_or_none()
    return _row(row) if row else None


def list_remaining(session: Session, activity_id: int, limit: int) -> tuple[RemainingRow, ...]:
    """Return the deliveries of an activity that did not arrive, what was given up first."""
    order = case({"abandoned": 0, "parked": 1}, value=_TABLE.state, else_=2)
    query = _deliveries().where(_TABLE.activity_id == activity_id, _TABLE.state != "delivered")
    rows = session.execute(query.order_by(order, _PEERS.host).limit(limit))
    return tuple(RemainingRow(**row._mapping) for row in rows)


def list_of_peer(
    session: Session, collective_ids: Collection[int], peer_id: int, limit: int
) -> tuple[RemainingRow, ...]:
    """Return what these collectives sent to a server, the newest first."""
    query = _deliveries().where(_TABLE.peer_id == peer_id, _ACTIVITIES.collective_id.in_(collective_ids))
    rows = session.execute(query.order_by(_TABLE.id.desc()).limit(limit))
    return tuple(RemainingRow(**row._mapping) for row in rows)


def list_held(session: Session, collective_ids: Collection[int], limit: int) -> tuple[HeldServer, ...]:
    """Return the servers that do not answer and that something of these collectives waits for."""
    query = _servers(collective_ids).where(
        _TABLE.state.in_((*_OPEN, "parked")),
        _PEERS.failing_since.is_not(None) | _PEERS.parked_at.is_not(None),
    )
    rows = session.execute(query.order_by(_PEERS.host).limit(limit))
    return tuple(_server(row) for row in rows)


def find_server(session: Session, collective_ids: Collection[int], peer_id: int) -> HeldServer | None:
    """Return a server that these collectives ever sent anything to."""
    row = session.execute(_servers(collective_ids).where(_PEERS.id == peer_id)).one_or_none()
    return _server(row) if row else None


def title_of_others(session: Session, uri: str) -> str:
    """Return the title of a post of somebody else, where it is kept and has one."""
    kept = models.RemoteObject
    return session.scalar(select(kept.name).where(kept.uri == uri)) or ""


def was_greeted(session: Session, since: datetime) -> bool:
    """Tell whether all servers were greeted since a moment."""
    query = select(
        exists().where(
            _ACTIVITIES.cause_key >= "wake:",
            _ACTIVITIES.cause_key < "wake;",
            _ACTIVITIES.created_at > since,
        )
    )
    return bool(session.scalar(query))


def _sent(query: Select[Any], collective_ids: Collection[int], types: Collection[str] | None) -> Select[Any]:
    query = query.where(
        _ACTIVITIES.collective_id.in_(collective_ids), exists().where(_TABLE.activity_id == _ACTIVITIES.id)
    )
    return query if types is None else query.where(_ACTIVITIES.type.in_(types))


def _progress() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _ACTIVITIES.id,
            _ACTIVITIES.collective_id,
            _ACTIVITIES.type,
            _ACTIVITIES.object_uri,
            _ACTIVITIES.created_at,
            func.count().label("total"),
            _number(_TABLE.state == "delivered").label("delivered"),
            _number(_TABLE.state.in_(_OPEN)).label("open"),
            _number(_TABLE.state == "parked").label("parked"),
            _number(_TABLE.state == "abandoned").label("failed"),
        )
        .join(_TABLE, _TABLE.activity_id == _ACTIVITIES.id)
        .group_by(_ACTIVITIES.id)
    )


def _deliveries() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _TABLE.id,
            _TABLE.activity_id,
            _ACTIVITIES.type.label("activity_type"),
            _TABLE.object_uri,
            _TABLE.peer_id,
            _PEERS.host,
            _TABLE.state,
            _TABLE.attempts,
            _TABLE.last_status,
            _TABLE.last_words,
            _TABLE.due_at,
            _TABLE.finished_at,
        )
        .join(_ACTIVITIES, _ACTIVITIES.id == _TABLE.activity_id)
        .join(_PEERS, _PEERS.id == _TABLE.peer_id)
    )


def _servers(collective_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            _PEERS.id,
            _PEERS.host,
            _PEERS.alive_at,
            _PEERS.failing_since,
            _PEERS.parked_at,
            _PEERS.not_before,
            _number(_TABLE.state.in_(_OPEN)).label("waiting"),
            _number(_TABLE.state == "parked").label("parked"),
        )
        .join(_TABLE, _TABLE.peer_id == _PEERS.id)
        .join(_ACTIVITIES, _ACTIVITIES.id == _TABLE.activity_id)
        .where(_ACTIVITIES.collective_id.in_(collective_ids))
        .group_by(_PEERS.id)
    )


def _number(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _row(row: Any) -> ProgressRow:
    counted = {"total", "delivered", "open", "parked", "failed"}
    values: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(ProgressRow)}
    return ProgressRow(**(values | {name: int(values[name]) for name in counted}))


def _server(row: Any) -> HeldServer:
    values: dict[str, Any] = {each.name: getattr(row, each.name) for each in fields(HeldServer)}
    return HeldServer(**{**values, "waiting": int(row.waiting), "parked": int(row.parked)})
