"""How much there is of what: counted for the overview, from rows that are kept anyway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, func, or_, select, text, type_coerce

from fedinode.storage import models
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """What waits to be worked through."""

    deliveries: Mapping[str, int]
    #: When the oldest delivery that waits was due.
    oldest_due_at: datetime | None
    parked_peers: int
    journal_waiting: int
    journal_parked: int
    mail_waiting: int
    mail_failed: int
    #: When the oldest letter that waits was due.
    mail_due_at: datetime | None
    open_forms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """The members who may sign in."""

    members: int
    #: Names of those who were not seen for so long that they no longer count.
    asleep: tuple[str, ...]
    without_factor: int
    sessions: int
    #: Owners of the node's first collective who would count today.
    owners_awake: int


def queues(session: Session, now: datetime) -> Queues:
    """Count what waits."""
    deliveries, journal, mail = models.Delivery, models.JournalEntry, models.Mail
    by_state = session.execute(
        select(deliveries.state, func.count().label("number")).group_by(deliveries.state)
    )
    form = models.SignForm
    return Queues(
        deliveries={row.state: row.number for row in by_state},
        oldest_due_at=session.scalar(
            select(func.min(deliveries.due_at)).where(deliveries.state == "waiting")
        ),
        parked_peers=_count(session, models.Peer, models.Peer.parked_at.is_not(None)),
        journal_waiting=_count(session, journal, journal.state == "waiting"),
        journal_parked=_count(session, journal, journal.state == "parked"),
        mail_waiting=_count(session, mail, mail.state == "waiting"),
        mail_failed=_count(session, mail, mail.state == "failed"),
        mail_due_at=session.scalar(select(func.min(mail.due_at)).where(mail.state == "waiting")),
        open_forms=_count(session, form, form.is_open, or_(form.ends_at.is_(None), form.ends_at > now)),
    )


def people(session: Session, home: str, asleep_before: datetime, now: datetime) -> People:
    """Count the members; those seen before `asleep_before` sleep."""
    account, membership, collective = models.Account, models.Membership, models.Collective
    enrolled = select(membership.account_id)
    rows = session.execute(
        select(account.id, account.name, account.totp_since, _seen().label("seen"))
        .where(account.closed_at.is_(None), account.id.in_(enrolled))
        .order_by(account.name)
    ).all()
    asleep = {row.id: row.name for row in rows if row.seen < asleep_before}
    owners = session.scalars(
        select(membership.account_id)
        .join(collective, collective.id == membership.collective_id)
        .where(membership.role == "owner", collective.name == home)
    )
    known = {row.id for row in rows}
    sessions = models.SignInSession
    return People(
        members=len(rows),
        asleep=tuple(asleep.values()),
        without_factor=sum(row.totp_since is None for row in rows),
        sessions=_count(session, sessions, sessions.expires_at > now, sessions.is_complete),
        owners_awake=len({owner for owner in owners if owner in known and owner not in asleep}),
    )


def database_bytes(session: Session) -> int:
    """Return how large the database is."""
    if session.get_bind().dialect.name == "postgresql":
        return int(session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    pages, size = (session.scalar(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
    return int(pages or 0) * int(size or 0)


def lease_until(session: Session, name: str) -> datetime | None:
    """Return until when the process that plays a part holds it."""
    return session.scalar(select(models.Lease.until).where(models.Lease.name == name))


# -- over time


def delivered(session: Session, since: datetime, step: timedelta) -> dict[datetime, int]:
    """Count deliveries that succeeded, by the beginning of each step of time."""
    table = models.Delivery
    return _by_step(session, table.finished_at, since, step, table.state == "delivered")


def replied(session: Session, since: datetime, step: timedelta) -> dict[datetime, int]:
    """Count replies that came in."""
    return _by_step(session, models.Reply.received_at, since, step)


def signed(session: Session, since: datetime, step: timedelta) -> dict[datetime, int]:
    """Count signatures of people that were confirmed."""
    return _by_step(session, models.Supporter.confirmed_at, since, step)


def _by_step(
    session: Session, column: Any, since: datetime, step: timedelta, *which: ColumnElement[bool]
) -> dict[datetime, int]:
    length = round(step.total_seconds()) * 1_000_000
    moment = type_coerce(column, BigInteger)
    number = (moment - to_microseconds(since)) // length
    rows = session.execute(
        select(number.label("number"), func.count()).where(column >= since, *which).group_by(text("number"))
    )
    return {from_microseconds(to_microseconds(since) + int(each) * length): count for each, count in rows}


def _seen() -> ColumnElement[datetime]:
    return func.coalesce(models.Account.last_seen_at, models.Account.created_at)


def _count(session: Session, table: Any, *which: Any) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*which)) or 0
