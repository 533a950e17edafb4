"""The delivery queue: one row per activity and inbox, claimed host by host, recorded in bulk.

Every host has a queue of its own (the index over peer and due time), and the hosts take turns: a thousand
dead ones cost one look into the index each, and a long queue of one host delays nobody else. Rows put aside
are in `parked_deliveries`, what reports ask is in `delivery_reports`.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from fedinode.storage import levels, models, upserts
from fedinode.storage.database import Session

_TABLE = models.Delivery
# Written out, because an index over waiting rows is used only where the word itself stands in the query.
_WAITING: ColumnElement[str] = literal_column("'waiting'")
_LEASED: ColumnElement[str] = literal_column("'leased'")
_UNFINISHED = ("waiting", "leased")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A row that is ours until `lease_until`, with what is needed to attempt it."""

    id: int
    activity_id: int
    activity_type: str
    actor_uri: str
    object_uri: str
    inbox_id: int
    inbox_url: str
    peer_id: int
    attempts: int
    last_status: int | None
    leased_at: datetime
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a claimed delivery: its new state, and when it is due again if it waits."""

    id: int
    lease_until: datetime
    state: str
    due_at: datetime | None
    status: int | None
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Whose turn it is next: a few hosts after the last one served, then again from the beginning."""

    now: datetime
    #: At most so many hosts.
    peers: int
    after_peer_id: int
    #: Hosts that have enough under way.
    busy_peer_ids: tuple[int, ...]
    #: Hosts that failed when last asked take turns among themselves: they may not use up all connections.
    failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """How much is claimed of some hosts, and for how long."""

    now: datetime
    until: datetime
    per_peer: int
    rows: int


# -- into the queue


def enqueue(
    session: Session,
    activity_id: int,
    object_uri: str,
    inbox_ids: Select[Any] | Sequence[int],
    now: datetime,
) -> int:
    """Insert a row for each inbox that is not gone or blocked and has none yet; return how many.

    What is for a parked peer is parked too: it is sent when the peer wakes, or dropped.
    """
    inboxes, peers = models.Inbox, models.Peer
    state = case((peers.parked_at.is_(None), "waiting"), else_="parked")
    rows = (
        select(
            literal(activity_id),
            inboxes.id,
            inboxes.peer_id,
            literal(object_uri),
            state,
            literal(0),
            literal(now, _TABLE.due_at.type),
        )
        .join(peers, peers.id == inboxes.peer_id)
        .where(inboxes.id.in_(inbox_ids), inboxes.gone_at.is_(None))
        .where(peers.id.not_in(_refused_peers(session, inbox_ids)))
    )
    columns = ("activity_id", "inbox_id", "peer_id", "object_uri", "state", "attempts", "due_at")
    return upserts.add_new_from(session, _TABLE, columns, rows)


def _refused_peers(session: Session, inbox_ids: Select[Any] | Sequence[int]) -> Sequence[int]:
    """Return which peers behind these inboxes nothing may go to."""
    if not levels.has_exclusions(session):
        return ()
    inboxes, peers = models.Inbox, models.Peer
    query = select(peers.id, peers.host).distinct().join(inboxes, inboxes.peer_id == peers.id)
    hosts = {row.host: row.id for row in session.execute(query.where(inboxes.id.in_(inbox_ids)))}
    found = levels.of_hosts(session, hosts)
    return [hosts[host] for host, level in found.items() if level == "suspend"]


# -- claiming


def due_peers(session: Session, turn: Round) -> tuple[int, ...]:
    """Return the hosts whose turn it is. A host with nothing due costs one look into the index."""
    any_due = select(_TABLE.id).where(_TABLE.state == _WAITING, _TABLE.due_at <= turn.now).limit(1)
    if session.scalar(any_due) is None:
        return ()
    found = _due_peers_after(session, turn, turn.after_peer_id, turn.peers)
    if len(found) < turn.peers and turn.after_peer_id > 0:
        again = _due_peers_after(session, turn, 0, turn.peers - len(found))
        found += tuple(each for each in again if each <= turn.after_peer_id)
    return found


def claim(session: Session, peer_ids: Sequence[int], lease: Lease) -> list[ClaimedDelivery]:
    """Lease due rows of some hosts, a few of each; nobody else gets them until the lease ends."""
    ids = _due_rows(session, peer_ids, lease)
    claimed = _details(session, ids, lease) if ids else []
    if claimed:
        session.connection().execute(
            update(_TABLE)
            .where(_TABLE.id.in_([each.id for each in claimed]))
            .values(state="leased", lease_until=lease.until, attempts=_TABLE.attempts + 1)
        )
    return claimed


def _due_peers_after(session: Session, turn: Round, after: int, limit: int) -> tuple[int, ...]:
    # Walks the hosts in the order of their ids and stops when there are enough.
    peers = models.Peer
    has_due_row = exists().where(
        _TABLE.state == _WAITING, _TABLE.peer_id == peers.id, _TABLE.due_at <= turn.now
    )
    lane = peers.failing_since.is_not(None) if turn.failing else peers.failing_since.is_(None)
    query = (
        select(peers.id)
        .where(peers.id > after, peers.parked_at.is_(None), peers.level != "suspend", lane)
        .where(or_(peers.not_before.is_(None), peers.not_before <= turn.now), has_due_row)
        .where(peers.id.not_in(turn.busy_peer_ids))
        .order_by(peers.id)
        .limit(limit)
    )
    return tuple(session.scalars(query))


def _due_rows(session: Session, peer_ids: Sequence[int], lease: Lease) -> list[int]:
    peers = models.Peer
    own = (
        select(_TABLE.id)
        .where(_TABLE.state == _WAITING, _TABLE.peer_id == peers.id, _TABLE.due_at <= lease.now)
        .where(~_earlier_unfinished())
        .order_by(_TABLE.due_at, _TABLE.id)
        .limit(lease.per_peer)
        .correlate(peers)
        .subquery()
    )
    listed = select(func.aggregate_strings(cast(own.c.id, String), ",")).scalar_subquery()
    found = session.scalars(select(listed).select_from(peers).where(peers.id.in_(peer_ids)))
    queues = [[int(each) for each in line.split(",")] for line in found if line]
    # The first of every host, then the second of every host, and so on.
    turns = itertools.zip_longest(*queues)
    return [each for turn in turns for each in turn if each is not None][: lease.rows]


def _earlier_unfinished() -> ColumnElement[bool]:
    # An Update or Delete must not overtake the Create: the peer would drop it, and then show the old text.
    earlier = aliased(_TABLE)
    return (
        exists()
        .where(earlier.inbox_id == _TABLE.inbox_id, earlier.object_uri == _TABLE.object_uri)
        .where(earlier.id < _TABLE.id, earlier.state.in_(_UNFINISHED))
        .correlate(_TABLE)
    )


def _details(session: Session, ids: Sequence[int], lease: Lease) -> list[ClaimedDelivery]:
    activities, inboxes = models.OutgoingActivity, models.Inbox
    query = (
        select(
            _TABLE.id,
            _TABLE.activity_id,
            activities.type.label("activity_type"),
            activities.actor_uri,
            _TABLE.object_uri,
            _TABLE.inbox_id,
            inboxes.url.label("inbox_url"),
            _TABLE.peer_id,
            (_TABLE.attempts + 1).label("attempts"),
            _TABLE.last_status,
        )
        .join(activities, activities.id == _TABLE.activity_id)
        .join(inboxes, inboxes.id == _TABLE.inbox_id)
        .where(_TABLE.id.in_(ids), _TABLE.state == "waiting")
        .order_by(_TABLE.id)
        .with_for_update(of=_TABLE, skip_locked=True)
    )
    rows = session.execute(query)
    return [ClaimedDelivery(leased_at=lease.now, lease_until=lease.until, **row._mapping) for row in rows]


# -- out of the lease


def release(session: Session, claimed: Iterable[ClaimedDelivery], now: datetime) -> None:
    """Give back rows that were claimed and not attempted, as if they had never been claimed."""
    session.connection().execute(
        update(_TABLE)
        .where(_TABLE.id.in_([each.id for each in claimed]), _TABLE.state == "leased")
        .values(state="waiting", lease_until=None, attempts=_TABLE.attempts - 1, due_at=now)
    )


def recover_expired(session: Session, now: datetime, *, all_leases: bool = False) -> int:
    """Make rows due whose holder died; `all_leases` where nobody else can be holding any."""
    expired = _TABLE.state == _LEASED
    if not all_leases:
        expired = and_(expired, _TABLE.lease_until < now)
    statement = update(_TABLE).where(expired).values(state="waiting", lease_until=None, due_at=now)
    return session.connection().execute(statement).rowcount


def record(session: Session, results: Sequence[Result], now: datetime) -> None:
    """Record outcomes in bulk. A row whose lease was lost meanwhile keeps what its new holder makes of it."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for each in results:
        key = (each.lease_until, each.state, each.due_at, each.status, each.words)
        alike.setdefault(key, []).append(each.id)
    single = []
    for (lease_until, state, due_at, status, words), ids in alike.items():
        values = _recorded(state, due_at, status, words, now)
        if len(ids) == 1:
            single.append({"row_id": ids[0], "row_lease": lease_until, **values})
        else:
            session.connection().execute(
                update(_TABLE)
                .where(_TABLE.id.in_(ids), _TABLE.state == "leased", _TABLE.lease_until == lease_until)
                .values(**values)
            )
    if single:
        _record_single(session, single)


def _recorded(
    state: str, due_at: datetime | None, status: int | None, words: str | None, now: datetime
) -> dict[str, Any]:
    values = {
        "state": state,
        "lease_until": None,
        "last_status": status,
        "last_words": words,
        "finished_at": None if state in ("waiting", "parked") else now,
    }
    return values | ({} if due_at is None else {"due_at": due_at})


def _record_single(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = update(_TABLE).where(
        _TABLE.id == bindparam("row_id"),
        _TABLE.state == "leased",
        _TABLE.lease_until == bindparam("row_lease", type_=models.Instant()),
    )
    for with_due in (False, True):
        alike = [row for row in rows if ("due_at" in row) is with_due]
        if alike:
            session.connection().execute(statement, alike)
