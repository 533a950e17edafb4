"""Federating with listed domains alone: the list, the switch, and what it means for those who follow us.

The public web stays public. Others get nothing and nothing is taken from them; who follows us from there
stays in the list of followers and gets our posts again once the switch is off or the domain is listed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.errors import FederationError
from fedinode.cache import NODE_KEY
from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.i18n import N_
from fedinode.services import resolving
from fedinode.services.moderation import admitting, level_words
from fedinode.storage import (
    accounts,
    allowed_domains,
    audit_log,
    covered_hosts,
    follows,
    invalidations,
    level_marks,
    parked_deliveries,
)
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session

MAX_LINES: Final = 5_000
#: So many servers are named.
_MAX_HOSTS: Final = 50
_WORDS: Final = "this node federates with listed servers alone"
_EMPTY: Final = N_("Write a domain on each line.")
_MANY: Final = N_("These are more than 5,000 lines.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Who may federate: the listed domains, and what is outside of them."""

    is_on: bool
    domains: tuple[tuple[str, datetime], ...]
    #: How many follow us, and how many we follow, on servers that are not listed.
    followers_outside: int
    following_outside: int
    #: Their servers, the first of them in order.
    hosts_outside: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What came of a list of domains: how many are new, and the lines that name none."""

    added: int
    faulty: tuple[str, ...]


async def look(cap: Capabilities) -> Circle:
    """Return who may federate, and whom that leaves outside or would leave outside."""

    def read(session: Session) -> Circle:
        outside = allowed_domains.peers_outside(session)
        actor_ids = covered_hosts.actors_of_peers(session, list(outside.values()))
        parts = list(covered_hosts.chunks(actor_ids))
        hosts = {host for part in parts for host in follows.hosts_of_actors(session, part)}
        return Circle(
            is_on=allowed_domains.is_listed_only(session),
            domains=allowed_domains.allowed_domains(session),
            followers_outside=sum(follows.count_of_actors(session, "in", part) for part in parts),
            following_outside=sum(follows.count_of_actors(session, "out", part) for part in parts),
            hosts_outside=tuple(sorted(hosts)[:_MAX_HOSTS]),
        )

    return await cap.database.read(read)


async def switch(cap: Capabilities, *, is_on: bool, account: Named = None) -> Circle:
    """Let only listed domains federate, or everybody."""

    def write(session: Session) -> None:
        now = cap.clock()
        allowed_domains.set_listed_only(session, resolving.host_of(cap.urls.origin), is_on=is_on)
        level_marks.after_mode(session)
        if is_on:
            for peer_id in allowed_domains.peers_not_listed(session):
                parked_deliveries.abandon_peer(session, peer_id, _WORDS, now)
        deed = "federate.listed" if is_on else "federate.everybody"
        audit_log.add(session, deed, "node", now=now, account_id=accounts.id_of(session, account))
        invalidations.record(session, [NODE_KEY], now)

    await cap.database.write(write)
    admitting.note_mode(cap, is_on=is_on)
    cap.cache.invalidate([NODE_KEY])
    return await look(cap)


async def allow(cap: Capabilities, written: Sequence[str], *, account: Named = None) -> Listed:
    """List domains, each with everything under it. Raises: UsageError."""
    lines = [line.strip() for line in written if line.strip()]
    if not lines:
        raise UsageError(_EMPTY)
    if len(lines) > MAX_LINES:
        raise UsageError(_MANY)
    hosts, faulty = _read(lines)

    def write(session: Session) -> int:
        now, account_id = cap.clock(), accounts.id_of(session, account)
        known = allowed_domains.hosts(session)
        new = [host for host in hosts if host not in known]
        for host in new:
            audit_log.add(session, "federate.allowed", host, now=now, account_id=account_id)
        added = allowed_domains.allow(session, new, now, account_id)
        level_marks.after_mode(session)
        return added

    return Listed(added=await cap.database.write(write), faulty=tuple(faulty))


async def disallow(cap: Capabilities, written: Sequence[str], *, account: Named = None) -> int:
    """Take domains off the list; return how many were on it."""
    hosts, _ = _read(written)

    def write(session: Session) -> int:
        now, account_id = cap.clock(), accounts.id_of(session, account)
        on_list = sorted(allowed_domains.hosts(session).intersection(hosts))
        for host in on_list:
            audit_log.add(session, "federate.disallowed", host, now=now, account_id=account_id)
        removed = allowed_domains.disallow(session, on_list)
        level_marks.after_mode(session)
        return removed

    return await cap.database.write(write)


def _read(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the domains of some lines, each once, and the lines that name none."""
    hosts: dict[str, None] = {}
    faulty: list[str] = []
    for line in lines:
        try:
            hosts[level_words.parse_domain(line).host] = None
        except FederationError:
            faulty.append(line[:120])
    return list(hosts), faulty
