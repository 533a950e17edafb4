"""Rows of what members are told, and how they want to be told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE, _CHOICES = models.Notice, models.NoticeChoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What members are told; `cause` tells one from the next and is kept as a digest alone."""

    kind: str
    cause: str
    collective_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeRow:
    """Something that a member is told."""

    id: int
    kind: str
    collective_id: int | None
    at: datetime


def add(session: Session, account_id: int, told: Told, now: datetime, mailed_at: datetime | None) -> bool:
    """Keep that a member is told; False if the same cause was told before."""
    row = {
        "account_id": account_id,
        "kind": told.kind,
        "collective_id": told.collective_id,
        "cause": sealing.fingerprint(session, "notices.cause", told.cause.encode("utf-8"))[:32],
        "at": now,
        "mailed_at": mailed_at,
    }
    return upserts.add_new(session, _TABLE, [row]) > 0


def newest(session: Session, account_id: int, kinds: Collection[str], limit: int) -> tuple[NoticeRow, ...]:
    """Return what a member was told last, of some kinds."""
    query = select(_TABLE.id, _TABLE.kind, _TABLE.collective_id, _TABLE.at).where(
        _TABLE.account_id == account_id, _TABLE.kind.in_(tuple(kinds))
    )
    rows = session.execute(query.order_by(_TABLE.at.desc(), _TABLE.id.desc()).limit(limit))
    return tuple(NoticeRow(**row._mapping) for row in rows)


def take_unmailed(session: Session, account_id: int, now: datetime) -> Mapping[str, int]:
    """Count by kind what was not mailed to a member yet, and note that it is now."""
    query = select(_TABLE.kind, func.count()).where(
        _TABLE.account_id == account_id, _TABLE.mailed_at.is_(None)
    )
    found = {row[0]: row[1] for row in session.execute(query.group_by(_TABLE.kind).order_by(_TABLE.kind))}
    session.execute(
        update(_TABLE)
        .where(_TABLE.account_id == account_id, _TABLE.mailed_at.is_(None))
        .values(mailed_at=now)
    )
    return found


def drop_old(session: Session, before: datetime) -> int:
    """Forget what was told long ago."""
    return session.connection().execute(delete(_TABLE).where(_TABLE.at < before)).rowcount


def choices(session: Session, account_id: int) -> dict[str, str]:
    """Return how a member wants to be told, by kind, where they chose."""
    query = select(_CHOICES.kind, _CHOICES.pace).where(_CHOICES.account_id == account_id)
    return {row.kind: row.pace for row in session.execute(query)}


def choose(session: Session, account_id: int, wanted: Mapping[str, str]) -> None:
    """Keep how a member wants to be told."""
    rows: Sequence[dict[str, object]] = [
        {"account_id": account_id, "kind": kind, "pace": pace} for kind, pace in wanted.items()
    ]
    upserts.put(session, _CHOICES, rows, keys=("account_id", "kind"), update=("pace",))


def held_since(session: Session, collective_ids: Collection[int], since: datetime) -> int:
    """Count the replies to posts of some collectives that came since then and are held."""
    replies, objects, posts = models.Reply, models.FederatedObject, models.Post
    query = (
        select(func.count())
        .select_from(replies)
        .join(objects, objects.id == replies.object_id)
        .join(posts, posts.id == objects.post_id)
        .where(replies.state == "held", replies.received_at >= since)
        .where(posts.collective_id.in_(tuple(collective_ids)))
    )
    return session.scalar(query) or 0


def undelivered_since(session: Session, since: datetime) -> int:
    """Count the deliveries that were given up or parked since then."""
    table = models.Delivery
    given_up = select(func.count()).where(table.state == "abandoned", table.finished_at >= since)
    parked = (
        select(func.count())
        .select_from(table)
        .join(models.Peer, models.Peer.id == table.peer_id)
        .where(table.state == "parked", models.Peer.parked_at >= since)
    )
    return (session.scalar(given_up) or 0) + (session.scalar(parked) or 0)
