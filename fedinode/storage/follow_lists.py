"""Who follows our collectives and whom they follow, in pages: searched, and counted by server."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from fedinode.storage import models
from fedinode.storage.database import Session

_TABLE = models.Follow
_ACTORS = models.RemoteActor
_PEERS = models.Peer
_COLLECTIVES = models.Collective


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which follows: in a direction ('in', 'out') and some states, with some collectives."""

    direction: str
    states: Collection[str]
    collective_ids: Collection[int]
    #: Stands in the name, the handle or the host.
    words: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFollow:
    """A follow, with the names of both sides."""

    id: int
    collective: str
    collective_id: int
    actor_id: int
    actor_uri: str
    name: str | None
    handle: str | None
    username: str | None
    url: str | None
    host: str
    state: str
    requested_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerCount:
    """How many there are on one server."""

    host: str
    count: int


def list_page(session: Session, wanted: Wanted, *, offset: int, limit: int) -> tuple[ListedFollow, ...]:
    """Return follows, the newest first."""
    query: Select[*tuple[Any, ...]] = select(
        _TABLE.id,
        _COLLECTIVES.name.label("collective"),
        _TABLE.collective_id,
        _TABLE.actor_id,
        _ACTORS.uri.label("actor_uri"),
        _ACTORS.name,
        _ACTORS.handle,
        _ACTORS.preferred_username.label("username"),
        _ACTORS.url,
        _PEERS.host,
        _TABLE.state,
        _TABLE.requested_at,
        _TABLE.decided_at,
    ).select_from(_TABLE)
    rows = session.execute(_joined(query, wanted).order_by(_TABLE.id.desc()).offset(offset).limit(limit))
    return tuple(ListedFollow(**row._mapping) for row in rows)


def count(session: Session, wanted: Wanted) -> int:
    """Return how many follows there are."""
    number: int = session.execute(_joined(select(func.count()).select_from(_TABLE), wanted)).scalar_one()
    return number


def by_server(session: Session, wanted: Wanted, limit: int) -> tuple[ServerCount, ...]:
    """Return how many follows there are on each server, the most first."""
    number = func.count()
    query: Select[*tuple[Any, ...]] = select(_PEERS.host, number.label("number")).select_from(_TABLE)
    query = _joined(query, wanted).group_by(_PEERS.host).order_by(number.desc(), _PEERS.host)
    return tuple(ServerCount(host=row.host, count=row.number) for row in session.execute(query.limit(limit)))


def _joined(query: Select[*tuple[Any, ...]], wanted: Wanted) -> Select[*tuple[Any, ...]]:
    conditions: list[ColumnElement[bool]] = [
        _TABLE.direction == wanted.direction,
        _TABLE.state.in_(wanted.states),
        _TABLE.collective_id.in_(wanted.collective_ids),
    ]
    if wanted.host:
        conditions.append(_PEERS.host == wanted.host)
    if wanted.words:
        words = wanted.words.lower()
        named = (_ACTORS.name, _ACTORS.handle, _ACTORS.preferred_username, _ACTORS.uri, _PEERS.host)
        conditions.append(or_(*(func.lower(each).contains(words, autoescape=True) for each in named)))
    return (
        query.join(_ACTORS, _ACTORS.id == _TABLE.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .join(_COLLECTIVES, _COLLECTIVES.id == _TABLE.collective_id)
        .where(*conditions)
    )
