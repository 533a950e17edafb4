"""Rows of the list of domains that alone may federate, where the node is set so."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select

from fedinode.storage import covered_hosts, models, node_facts, upserts
from fedinode.storage.database import Session

_PEERS = models.Peer
_ALLOWED = models.AllowedDomain
_MODE: Final = "levels.federate"
_LISTED: Final = "listed"
_STAMP: Final = "levels.stamp"
_OWN_HOST: Final = "levels.own-host"


def is_listed_only(session: Session) -> bool:
    """Tell whether only listed domains may federate."""
    return node_facts.find(session, _MODE) == _LISTED


def set_listed_only(session: Session, own_host: str, *, is_on: bool) -> None:
    """Let only listed domains, and this node itself, federate, or everybody."""
    node_facts.put(session, _OWN_HOST, own_host)
    node_facts.put(session, _MODE, _LISTED if is_on else "everybody")
    restamp(session)


def allowed_domains(session: Session) -> tuple[tuple[str, datetime], ...]:
    """Return the listed domains and since when they are, in order."""
    rows = session.execute(select(_ALLOWED.host, _ALLOWED.added_at).order_by(_ALLOWED.host))
    return tuple((row.host, row.added_at) for row in rows)


def allow(session: Session, hosts: Sequence[str], now: datetime, account_id: int | None) -> int:
    """List domains; return how many were new."""
    rows = [{"host": host, "added_at": now, "account_id": account_id} for host in hosts]
    added = upserts.add_new(session, _ALLOWED, rows)
    restamp(session)
    return added


def disallow(session: Session, hosts: Sequence[str]) -> int:
    """Take domains off the list; return how many were on it."""
    statement = delete(_ALLOWED).where(_ALLOWED.host.in_(hosts))
    removed = session.connection().execute(statement).rowcount
    restamp(session)
    return removed


def peers_not_listed(session: Session) -> tuple[int, ...]:
    """Return the numbers of all peers that may not federate now."""
    return tuple(peers_outside(session).values()) if is_listed_only(session) else ()


def peers_outside(session: Session) -> dict[str, int]:
    """Return the peers that are not listed, by host, whether only listed ones may federate or not."""
    rows = {row.host: row.id for row in session.execute(select(_PEERS.host, _PEERS.id))}
    outside = _outside(session, set(rows))
    return {host: rows[host] for host in sorted(outside)}


def not_listed(session: Session, hosts: Iterable[str]) -> frozenset[str]:
    """Return which of these hosts may not federate because only listed domains may."""
    return _outside(session, hosts) if is_listed_only(session) else frozenset()


def _outside(session: Session, hosts: Iterable[str]) -> frozenset[str]:
    names = {host: covered_hosts.covering(host) for host in hosts}
    allowed: set[str] = set()
    for chunk in covered_hosts.chunks(sorted({name for each in names.values() for name in each})):
        allowed |= set(session.scalars(select(_ALLOWED.host).where(_ALLOWED.host.in_(chunk))))
    own = own_host(session)
    return frozenset(host for host, each in names.items() if host != own and allowed.isdisjoint(each))


def own_host(session: Session) -> str:
    """Return the host of this node, as rows have hosts."""
    return node_facts.find(session, _OWN_HOST) or ""


def hosts(session: Session) -> frozenset[str]:
    """Return the listed domains."""
    return frozenset(session.scalars(select(_ALLOWED.host)))


def stamp(session: Session) -> str:
    """Return a word that changes with every change of who is kept out."""
    return node_facts.find(session, _STAMP) or ""


def restamp(session: Session) -> None:
    """Let every process read anew who is kept out."""
    node_facts.put(session, _STAMP, models.new_uid())
