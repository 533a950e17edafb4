"""Who is kept out: domains with everything under them, and single actors; silenced or suspended."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from federation import webfinger
from federation.errors import Malformed
from fedinode.cache import NETWORK_KEY, SIGNERS_KEY, follows_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services import resolving
from fedinode.services.supporting import departures
from fedinode.storage import (
    follows,
    invalidations,
    levels,
    parked_deliveries,
    reactions,
    remote_actors,
    remote_objects,
    remote_shares,
    replies,
)
from fedinode.storage.database import Session
from fedinode.storage.levels import ActorSubject, BlockRow

Severity = Literal["silence", "suspend"]

_DECISION: Final = "block"
_WORDS: Final = "blocked on this node"
#: The first line of Mastodon's file of domain blocks.
_CSV_HEADER: Final = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A blocked domain (with everything under it) or actor."""

    subject: str
    severity: Severity
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEffect:
    """What a block does, or did: how many follow relations end and how many replies disappear."""

    subject: str
    severity: Severity
    followers: int
    following: int
    replies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What is blocked: a domain, or an actor at a host."""

    host: str
    actor_uri: str | None = None

    @property
    def name(self) -> str:
        return self.actor_uri or self.host


# -- deciding


async def preview_block(cap: Capabilities, subject: str, *, severity: Severity = "suspend") -> BlockEffect:
    """Return what ``block`` would do, without doing it.

    Raises: UsageError for what is neither domain nor actor, NotFound for a handle that nobody here has.
    """
    return await cap.database.read(lambda session: _effect(session, _parse(session, cap, subject), severity))


async def block(
    cap: Capabilities, subject: str, *, severity: Severity = "suspend", reason: str | None = None
) -> BlockEffect:
    """Block a domain with everything under it, or an actor; a second time changes severity and reason.

    ``suspend`` ends follows both ways, hides what they wrote and refuses what they send; ``silence`` leaves
    new followers and replies to a decision by hand.
    """

    def write(session: Session) -> tuple[BlockEffect, frozenset[str]]:
        found = _parse(session, cap, subject)
        effect = _effect(session, found, severity)
        _set_level(session, found, severity, reason, cap.clock())
        keys = _suspend(session, found, cap.clock()) if severity == "suspend" else frozenset[str]()
        keys |= {SIGNERS_KEY}
        invalidations.record(session, keys, cap.clock())
        return effect, keys

    effect, keys = await cap.database.write(write)
    cap.cache.invalidate(keys)
    return effect


async def unblock(cap: Capabilities, subject: str) -> Block:
    """Lift a block; what it removed does not come back. Raises NotFound."""

    def write(session: Session) -> Block:
        found = _parse(session, cap, subject)
        row = levels.find(session, found.name)
        if row is None:
            raise NotFound(f"{subject} is not blocked.")
        _set_level(session, found, "none", None, cap.clock())
        invalidations.record(session, [SIGNERS_KEY], cap.clock())
        return _block(row)

    lifted = await cap.database.write(write)
    cap.cache.invalidate([SIGNERS_KEY])
    return lifted


async def blocks(cap: Capabilities) -> tuple[Block, ...]:
    """Return all blocks, in order of subject."""
    rows = await cap.database.read(levels.list_all)
    return tuple(_block(row) for row in rows)


def render_csv(listed: Iterable[Block]) -> str:
    """Return the blocked domains as Mastodon's CSV file of domain blocks; actors have no place in it."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(_CSV_HEADER)
    for each in listed:
        if "://" not in each.subject:
            row = (each.subject, each.severity, "false", "false", each.reason or "", "false")
            writer.writerow([_harmless(cell) for cell in row])
    return stream.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _block(row: BlockRow) -> Block:
    severity: Severity = "suspend" if row.level == "suspend" else "silence"
    return Block(subject=row.subject, severity=severity, reason=row.reason, created_at=row.at)


# -- who is meant


def _parse(session: Session, cap: Capabilities, subject: str) -> _Subject:
    """Return who is meant. Raises: UsageError, NotFound for a handle that nobody here has."""
    text = subject.strip()
    try:
        found = _parse_actor(session, text) if "://" in text or "@" in text else _parse_domain(text)
    except Malformed as error:
        raise UsageError(f"{subject} is neither a domain nor the address of an actor.") from error
    if resolving.host_of(cap.urls.origin) in (found.host, found.host.partition(":")[0]):
        raise UsageError(f"{subject} is this node itself.")
    return found


def _parse_domain(text: str) -> _Subject:
    # The rules of a handle's host: IDNA once, lower case, a port perhaps.
    host = webfinger.parse_handle(f"x@{text.rstrip('.').lower()}").host
    if "." not in host:
        raise Malformed("a domain has a dot")
    return _Subject(host=host)


def _parse_actor(session: Session, text: str) -> _Subject:
    if "://" in text:
        return _Subject(host=resolving.host_of(text), actor_uri=text)
    handle = webfinger.parse_handle(text)
    known = remote_actors.find_by_handle(session, handle.user, handle.host)
    if known is None:
        raise NotFound(f"Nobody is known here as {text}; give the address of the profile instead.")
    return _Subject(host=known.host, actor_uri=known.uri)


# -- what it does


def _effect(session: Session, subject: _Subject, severity: Severity) -> BlockEffect:
    actor_ids = _actor_ids(session, subject) if severity == "suspend" else ()
    return BlockEffect(
        subject=subject.name,
        severity=severity,
        followers=follows.count_of_actors(session, "in", actor_ids),
        following=follows.count_of_actors(session, "out", actor_ids),
        replies=replies.count_of_actors(session, actor_ids),
    )


def _actor_ids(session: Session, subject: _Subject) -> tuple[int, ...]:
    if subject.actor_uri is None:
        return levels.actors_under(session, subject.host)
    known = remote_actors.find(session, subject.actor_uri)
    return () if known is None else (known.id,)


def _set_level(session: Session, subject: _Subject, level: str, reason: str | None, now: datetime) -> None:
    if subject.actor_uri is None:
        levels.set_host(session, subject.host, level, reason, now)
    else:
        actor = ActorSubject(uri=subject.actor_uri, host=subject.host)
        levels.set_actor(session, actor, level, reason, now)


def _suspend(session: Session, subject: _Subject, now: datetime) -> frozenset[str]:
    """Undo what they had here and return the cache keys that this made stale."""
    actor_ids = _actor_ids(session, subject)
    names = follows.end_of_actors(session, actor_ids, now)
    uids = replies.hide_of_actors(session, actor_ids, _DECISION)
    uids |= reactions.remove_of_actors(session, actor_ids)
    remote_shares.remove_of_actors(session, actor_ids)
    remote_objects.delete_of_actors(session, actor_ids, now)
    departures.suspect_blocked(session, subject.host, subject.actor_uri, now)
    if subject.actor_uri is None:
        for peer_id in levels.peers_under(session, subject.host):
            parked_deliveries.abandon_peer(session, peer_id, _WORDS, now)
    return frozenset({NETWORK_KEY, *map(follows_key, names), *map(post_key, uids)})
