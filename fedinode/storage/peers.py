"""Rows of peers: other servers, how they speak and whether they answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select, update

from fedinode.storage import level_marks, models, upserts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """A peer as delivering needs it."""

    id: int
    host: str
    dialect: str | None
    dialect_seen_at: datetime | None
    rfc9421_successes: int
    alive_at: datetime | None
    failing_since: datetime | None
    failed_at: datetime | None
    failing_days: int
    parked_at: datetime | None
    not_before: datetime | None
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What a peer showed when it took a delivery."""

    peer_id: int
    #: The signature dialect that it understood, since when that is known, and how often RFC 9421 has worked.
    dialect: str | None
    dialect_seen_at: datetime | None
    rfc9421_successes: int
    #: How far its clock is ahead of ours; None where it did not say, then what is known stays.
    skew_seconds: int | None


_TABLE = models.Peer
_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(PeerRow))


def ensure(session: Session, host: str, now: datetime) -> int:
    """Return the id of the peer with this host (lower-case ASCII, with a port), inserted if need be."""
    found = session.scalar(select(_TABLE.id).where(_TABLE.host == host))
    if found is not None:
        return found
    mark = level_marks.of_host(session, host)
    upserts.add_new(session, _TABLE, [{"host": host, "first_seen_at": now, "level": mark}])
    return session.execute(select(_TABLE.id).where(_TABLE.host == host)).scalar_one()


def find(session: Session, host: str) -> PeerRow | None:
    """Return the peer with this host, if it is known."""
    row = session.execute(select(*_COLUMNS).where(_TABLE.host == host)).one_or_none()
    return PeerRow(**row._mapping) if row else None


def get_many(session: Session, peer_ids: Collection[int]) -> dict[int, PeerRow]:
    """Return peers that are known to exist, by id."""
    rows = session.execute(select(*_COLUMNS).where(_TABLE.id.in_(tuple(peer_ids))))
    return {row.id: PeerRow(**row._mapping) for row in rows}


def record_alive(session: Session, peer_id: int, now: datetime) -> None:
    """Note that a peer spoke: nothing holds its deliveries back any more."""
    session.execute(update(_TABLE).where(_TABLE.id == peer_id).values(**_alive(now)))


def record_contacts(session: Session, contacts: Sequence[Contact], now: datetime) -> None:
    """Note peers that took what was sent: as `record_alive`, and what they showed of themselves."""
    if not contacts:
        return
    statement = (
        update(_TABLE)
        .where(_TABLE.id == bindparam("row_id"))
        .values(clock_skew_s=func.coalesce(bindparam("row_skew"), _TABLE.clock_skew_s))
    )
    rows = [
        {
            "row_id": each.peer_id,
            "row_skew": each.skew_seconds,
            "dialect": each.dialect,
            "dialect_seen_at": each.dialect_seen_at,
            "rfc9421_successes": each.rfc9421_successes,
            **_alive(now),
        }
        for each in contacts
    ]
    # Straight to the connection: a unit of work costs more than the statement.
    session.connection().execute(statement, rows)


def _alive(now: datetime) -> dict[str, Any]:
    return {
        "alive_at": now,
        "failing_since": None,
        "failed_at": None,
        "failing_days": 0,
        "parked_at": None,
        "not_before": None,
    }


def record_failure(session: Session, peer: PeerRow, not_before: datetime | None, now: datetime) -> int:
    """Note that a peer failed and return on how many different days it has; nothing goes there before."""
    is_new_day = peer.failed_at is None or peer.failed_at.date() != now.date()
    days = peer.failing_days + 1 if is_new_day else peer.failing_days
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == peer.id)
        .values(
            failing_since=peer.failing_since or now, failed_at=now, failing_days=days, not_before=not_before
        )
    )
    return days


def hold_back(session: Session, peer_id: int, not_before: datetime) -> None:
    """Send a peer nothing before a moment that it named; it is not failing for that."""
    session.execute(update(_TABLE).where(_TABLE.id == peer_id).values(not_before=not_before))


def list_held_back(session: Session) -> tuple[str, ...]:
    """Return the hosts of all peers that failed when they were last asked."""
    held_back = or_(_TABLE.parked_at.is_not(None), _TABLE.failing_since.is_not(None))
    return tuple(session.scalars(select(_TABLE.host).where(held_back)))


def record_parked(session: Session, peer_id: int, now: datetime) -> None:
    """Stop trying to reach a peer until it shows that it is alive."""
    session.execute(update(_TABLE).where(_TABLE.id == peer_id).values(parked_at=now))


def skews(session: Session) -> tuple[int, ...]:
    """Return by how many seconds each peer's clock was ahead of ours when it last answered."""
    return tuple(session.scalars(select(_TABLE.clock_skew_s).where(_TABLE.clock_skew_s.is_not(None))))


def record_rfc9421_shown(session: Session, host: str, now: datetime) -> None:
    """Note that a peer signs in RFC 9421 itself: that counts as one success of the dialect."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == ensure(session, host, now), _TABLE.rfc9421_successes == 0)
        .values(rfc9421_successes=1)
    )
