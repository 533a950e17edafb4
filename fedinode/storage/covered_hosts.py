"""Which hosts a domain covers: itself and everything under it, with any port unless it names one."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, TypeVar

from sqlalchemy import select

from fedinode.storage import models
from fedinode.storage.database import Session

T = TypeVar("T")

_PEERS = models.Peer
_ACTORS = models.RemoteActor
#: As many names are asked for in one query.
_CHUNK: Final = 1_000


def covering(host: str) -> tuple[str, ...]:
    """Return every name that covers this host: its own and those above, with port or without."""
    name, _, port = host.partition(":")
    labels = name.split(".")
    above = tuple(".".join(labels[number:]) for number in range(len(labels)))
    return above + (tuple(f"{each}:{port}" for each in above) if port else ())


def by_nearness(host: str) -> tuple[str, ...]:
    """Return the same names, the most specific first."""
    name, _, port = host.partition(":")
    labels = name.split(".")
    found: list[str] = []
    for number in range(len(labels)):
        each = ".".join(labels[number:])
        found += [f"{each}:{port}", each] if port else [each]
    return tuple(found)


def actors_of_peers(session: Session, peer_ids: Sequence[int]) -> tuple[int, ...]:
    """Return the numbers of all actors of some servers."""
    found: list[int] = []
    for chunk in chunks(peer_ids):
        found += session.scalars(select(_ACTORS.id).where(_ACTORS.peer_id.in_(chunk)))
    return tuple(found)


def peers_under_any(session: Session, hosts: Collection[str]) -> dict[str, int]:
    """Return the peers that any of these domains covers, by host: all at once, for lists of thousands."""
    wanted = frozenset(hosts)
    if not wanted:
        return {}
    rows = session.execute(select(_PEERS.host, _PEERS.id))
    return {row.host: row.id for row in rows if not wanted.isdisjoint(covering(row.host))}


def chunks(items: Sequence[T]) -> Iterable[Sequence[T]]:
    """Return items in parts that a query takes."""
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
