"""Who is silenced or suspended: domains, with everything under them, and single actors."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, update

from fedinode.storage import models, peers, upserts
from fedinode.storage.database import Session

_PEERS = models.Peer
_ACTORS = models.RemoteActor
_RANK = {"none": 0, "silence": 1, "suspend": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A block as it was decided; `subject` is a host or the id of an actor."""

    subject: str
    level: str
    reason: str | None
    at: datetime


def covering(host: str) -> tuple[str, ...]:
    """Return every name a block of which covers this host: its own and those above, with port or without."""
    name, _, port = host.partition(":")
    labels = name.split(".")
    above = tuple(".".join(labels[number:]) for number in range(len(labels)))
    return above + (tuple(f"{each}:{port}" for each in above) if port else ())


def of_hosts(session: Session, hosts: Iterable[str]) -> dict[str, str]:
    """Return the level of each of these hosts that has one, by its own name or by a domain above it."""
    names = {host: covering(host) for host in hosts}
    asked = {name for each in names.values() for name in each}
    rows = session.execute(
        select(_PEERS.host, _PEERS.level).where(_PEERS.host.in_(asked), _PEERS.level != "none")
    )
    levels = {row.host: row.level for row in rows}
    found = {host: _strongest(levels.get(name, "none") for name in each) for host, each in names.items()}
    return {host: level for host, level in found.items() if level != "none"}


def of_actors(session: Session, uris: Iterable[str]) -> dict[str, str]:
    """Return the level of each of these actors that was given one itself."""
    rows = session.execute(
        select(_ACTORS.uri, _ACTORS.level).where(_ACTORS.uri.in_(set(uris)), _ACTORS.level != "none")
    )
    return {row.uri: row.level for row in rows}


def suspended_hosts(session: Session) -> frozenset[str]:
    """Return every name that was suspended itself; ``covering`` tells which hosts that concerns."""
    return frozenset(session.scalars(select(_PEERS.host).where(_PEERS.level == "suspend")))


def _strongest(levels: Iterable[str]) -> str:
    return max(levels, key=_RANK.__getitem__)


def list_all(session: Session) -> tuple[BlockRow, ...]:
    """Return all blocks, in order of subject."""
    hosts = select(_PEERS.host, _PEERS.level, _PEERS.level_reason, _PEERS.level_at)
    actors = select(_ACTORS.uri, _ACTORS.level, _ACTORS.level_reason, _ACTORS.level_at)
    rows = [
        *session.execute(hosts.where(_PEERS.level != "none")),
        *session.execute(actors.where(_ACTORS.level != "none")),
    ]
    found = [BlockRow(subject=row[0], level=row[1], reason=row[2], at=row[3]) for row in rows]
    return tuple(sorted(found, key=lambda block: block.subject))


def find(session: Session, subject: str) -> BlockRow | None:
    """Return the block of exactly this host or actor."""
    return next((block for block in list_all(session) if block.subject == subject), None)


def set_host(session: Session, host: str, level: str, reason: str | None, now: datetime) -> None:
    """Give a domain a level; "none" lifts its block."""
    peer_id = peers.ensure(session, host, now)
    session.execute(
        update(_PEERS).where(_PEERS.id == peer_id).values(level=level, level_reason=reason, level_at=now)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorSubject:
    """An actor to be blocked, and its host; it need not be known here yet."""

    uri: str
    host: str


def set_actor(session: Session, subject: ActorSubject, level: str, reason: str | None, now: datetime) -> None:
    """Give an actor a level; "none" lifts its block."""
    peer_id = peers.ensure(session, subject.host, now)
    row = {"uri": subject.uri, "peer_id": peer_id, "type": "Person"}
    upserts.put(
        session,
        _ACTORS,
        [row | {"level": level, "level_reason": reason, "level_at": now}],
        keys=("uri",),
        update=("level", "level_reason", "level_at"),
    )


def actors_under(session: Session, host: str) -> tuple[int, ...]:
    """Return the numbers of all actors whose server a block of this host covers."""
    query = select(_ACTORS.id).join(_PEERS, _PEERS.id == _ACTORS.peer_id).where(_is_covered(host))
    return tuple(session.scalars(query))


def peers_under(session: Session, host: str) -> tuple[int, ...]:
    """Return the numbers of all peers that a block of this host covers."""
    return tuple(session.scalars(select(_PEERS.id).where(_is_covered(host))))


def hosts_under(session: Session, host: str) -> tuple[str, ...]:
    """Return the names of all peers that a block of this host covers."""
    return tuple(session.scalars(select(_PEERS.host).where(_is_covered(host))))


def _is_covered(host: str) -> ColumnElement[bool]:
    column = _PEERS.host
    conditions = [column == host, column.endswith(f".{host}", autoescape=True)]
    if ":" not in host:
        conditions += [
            column.startswith(f"{host}:", autoescape=True),
            column.contains(f".{host}:", autoescape=True),
        ]
    return or_(*conditions)
