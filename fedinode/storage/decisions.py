"""Rows of decisions and votes: a question that k of n members answer, and who may answer it."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

#: An account that nobody used for so long does not count as a member who can decide.
LAPSES_AFTER = timedelta(days=60)

_TABLE = models.Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDecision:
    """A question to put to the members; `digest` is what their answers are bound to."""

    collective_id: int
    action: str
    subject_uri: str
    parameters: bytes
    digest: str
    needed: int
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """A question and what became of it."""

    id: int
    uid: str
    collective_id: int
    action: str
    subject_uri: str
    parameters: bytes
    digest: str
    needed: int
    not_before: datetime | None
    expires_at: datetime | None
    state: str
    reason: str | None
    opened_at: datetime
    executed_at: datetime | None
    #: When enough had agreed, and for how many minutes any member can stop it from then on.
    agreed_at: datetime | None
    cooling_minutes: int
    ended_at: datetime | None
    stopped_by: int | None

    @property
    def ripe_at(self) -> datetime | None:
        """When it is done, if enough have agreed and nobody stops it."""
        if self.agreed_at is None:
            return None
        cooled = self.agreed_at + timedelta(minutes=self.cooling_minutes)
        return cooled if self.not_before is None else max(cooled, self.not_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """Somebody who may answer. `has_lapsed`: not seen for so long that they no longer count."""

    account_id: int
    name: str
    has_lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRow:
    """One member's answer, bound to the digest of what they saw."""

    account_id: int
    choice: str
    digest: str
    at: datetime


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(DecisionRow))


def add(session: Session, new: NewDecision, now: datetime) -> DecisionRow:
    """Insert an open decision and return it."""
    values = {each.name: getattr(new, each.name) for each in fields(NewDecision)}
    row = session.execute(
        insert(_TABLE)
        .values(**values, uid=models.new_uid(), state="open", opened_at=now)
        .returning(*_COLUMNS)
    ).one()
    return DecisionRow(**row._mapping)


def find(session: Session, uid: str) -> DecisionRow | None:
    """Return a decision by its uid, locked until the commit: last votes are counted one by one."""
    row = session.execute(locked(session, select(*_COLUMNS).where(_TABLE.uid == uid))).one_or_none()
    return DecisionRow(**row._mapping) if row else None


def find_open(session: Session, collective_id: int, action: str, subject_uri: str) -> DecisionRow | None:
    """Return the open decision of a collective about this, locked until the commit."""
    query = (
        select(*_COLUMNS)
        .where(_TABLE.collective_id == collective_id, _TABLE.state == "open")
        .where(_TABLE.action == action, _TABLE.subject_uri == subject_uri)
    )
    row = session.execute(locked(session, query)).one_or_none()
    return DecisionRow(**row._mapping) if row else None


def find_executed(session: Session, collective_id: int, action: str, subject_uri: str) -> DecisionRow | None:
    """Return the newest decision about this that was acted on."""
    row = session.execute(
        select(*_COLUMNS)
        .where(_TABLE.collective_id == collective_id, _TABLE.state == "executed")
        .where(_TABLE.action == action, _TABLE.subject_uri == subject_uri)
        .order_by(_TABLE.id.desc())
        .limit(1)
    ).one_or_none()
    return DecisionRow(**row._mapping) if row else None


def list_newest(
    session: Session, *, states: Collection[str], collective_id: int | None = None, limit: int = 100
) -> tuple[DecisionRow, ...]:
    """Return decisions in some states, newest first."""
    query = select(*_COLUMNS).where(_TABLE.state.in_(states))
    if collective_id is not None:
        query = query.where(_TABLE.collective_id == collective_id)
    rows = session.execute(query.order_by(_TABLE.id.desc()).limit(limit))
    return tuple(DecisionRow(**row._mapping) for row in rows)


def list_expired(session: Session, now: datetime, agreed_before: datetime) -> tuple[DecisionRow, ...]:
    """Return the open decisions whose time is over, also those agreed to before a moment and never done."""
    is_left = and_(
        _TABLE.agreed_at <= agreed_before, or_(_TABLE.not_before.is_(None), _TABLE.not_before <= now)
    )
    query = select(*_COLUMNS).where(_TABLE.state == "open", _TABLE.expires_at <= now)
    query = query.where(or_(_TABLE.agreed_at.is_(None), is_left))
    rows = session.execute(locked(session, query))
    return tuple(DecisionRow(**row._mapping) for row in rows)


def list_ripe(session: Session, now: datetime) -> tuple[DecisionRow, ...]:
    """Return the open decisions that were agreed to or had to wait, and are to be looked at by now."""
    query = select(*_COLUMNS).where(
        _TABLE.state == "open",
        or_(_TABLE.not_before.is_(None), _TABLE.not_before <= now),
        or_(_TABLE.not_before.is_not(None), _TABLE.agreed_at.is_not(None)),
    )
    rows = session.execute(locked(session, query.order_by(_TABLE.id)))
    return tuple(DecisionRow(**row._mapping) for row in rows)


def list_ended(session: Session, collective_id: int, since: datetime, limit: int) -> tuple[DecisionRow, ...]:
    """Return what a collective's members decided since a moment, the latest first."""
    query = (
        select(*_COLUMNS)
        .where(_TABLE.collective_id == collective_id, _TABLE.state != "open")
        .where(func.coalesce(_TABLE.ended_at, _TABLE.opened_at) >= since)
    )
    latest = func.coalesce(_TABLE.ended_at, _TABLE.opened_at).desc()
    rows = session.execute(query.order_by(latest, _TABLE.id.desc()).limit(limit))
    return tuple(DecisionRow(**row._mapping) for row in rows)


def set_state(
    session: Session, decision_id: int, state: str, now: datetime, *, reason: str | None = None
) -> None:
    """Move a decision on; approved is on its way, every other state is its end."""
    values: dict[str, object] = {"state": state, "reason": reason}
    if state != "approved":
        values["ended_at"] = now
    if state == "executed":
        values["executed_at"] = now
    session.execute(update(_TABLE).where(_TABLE.id == decision_id).values(**values))


def set_agreed(session: Session, decision_id: int, at: datetime | None, cooling_minutes: int) -> None:
    """Note when enough had agreed and how long it waits, or that it is not enough any more."""
    values = {"agreed_at": at, "cooling_minutes": cooling_minutes}
    session.execute(update(_TABLE).where(_TABLE.id == decision_id).values(**values))


def set_stopped(session: Session, decision_id: int, account_id: int | None, now: datetime) -> None:
    """End a decision that a member stopped, or the machine itself."""
    values = {"state": "stopped", "stopped_by": account_id, "ended_at": now}
    session.execute(update(_TABLE).where(_TABLE.id == decision_id).values(**values))


def put_vote(session: Session, decision_id: int, vote: VoteRow) -> None:
    """Keep a member's answer, in place of an earlier one."""
    row = {"decision_id": decision_id, **{each.name: getattr(vote, each.name) for each in fields(VoteRow)}}
    upserts.put(
        session,
        models.Vote,
        [row],
        keys=("decision_id", "account_id"),
        update=("choice", "digest", "at"),
    )


def votes_of(session: Session, decision_id: int) -> tuple[VoteRow, ...]:
    """Return the answers to a question, first to last."""
    table = models.Vote
    rows = session.execute(
        select(table.account_id, table.choice, table.digest, table.at)
        .where(table.decision_id == decision_id)
        .order_by(table.at, table.account_id)
    )
    return tuple(VoteRow(**row._mapping) for row in rows)


def members(
    session: Session, collective_id: int, roles: Collection[str], now: datetime
) -> tuple[MemberRow, ...]:
    """Return the open accounts that hold one of the roles in a collective, in order of name."""
    account, membership = models.Account, models.Membership
    rows = session.execute(
        select(account.id, account.name, _has_lapsed(now).label("has_lapsed"))
        .join(membership, membership.account_id == account.id)
        .where(
            membership.collective_id == collective_id,
            membership.role.in_(roles),
            account.closed_at.is_(None),
        )
        .group_by(account.id, account.name, account.last_seen_at, account.created_at)
        .order_by(account.name, account.id)
    )
    return tuple(MemberRow(account_id=row.id, name=row.name, has_lapsed=bool(row.has_lapsed)) for row in rows)


def is_asleep(session: Session, account_id: int, now: datetime) -> bool:
    """Tell whether an account was not seen for so long that it no longer counts."""
    table = models.Account
    return bool(session.scalar(select(_has_lapsed(now)).where(table.id == account_id)))


def _has_lapsed(now: datetime) -> ColumnElement[bool]:
    seen = func.coalesce(models.Account.last_seen_at, models.Account.created_at)
    return seen < now - LAPSES_AFTER


def was_seen(session: Session, account_id: int) -> bool:
    """Tell whether an account was used before."""
    table = models.Account
    return session.scalar(select(table.last_seen_at).where(table.id == account_id)) is not None


def record_seen(session: Session, account_id: int, now: datetime) -> None:
    """Note that a member was here; never earlier than before."""
    table = models.Account
    session.execute(
        update(table)
        .where(table.id == account_id, or_(table.last_seen_at.is_(None), table.last_seen_at < now))
        .values(last_seen_at=now)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """How many members it takes for what; what was not set follows another one."""

    publish: int
    cosign: int
    #: Empty: as many as it takes to publish.
    edit: int | None = None
    delete: int | None = None
    #: Empty: as many as it takes to co-sign.
    withdraw: int | None = None
    #: Empty: one member suspends a whole domain.
    block: int | None = None
    #: Minutes that what was agreed to waits before it is done.
    cooling: int = 0

    def effective(self) -> dict[str, int]:
        """Return the number that counts for each, in the order in which they are shown."""
        return {
            "publish": self.publish,
            "edit": self.edit or self.publish,
            "delete": self.delete or self.publish,
            "cosign": self.cosign,
            "withdraw": self.withdraw or self.cosign,
            "block": self.block or 1,
        }


def _columns_of_thresholds() -> dict[str, str]:
    """Return the column of each number."""
    named = {each.name: f"{each.name}_k" for each in fields(Thresholds)}
    return named | {"cooling": "cooling_minutes"}


def thresholds(session: Session, collective_id: int) -> Thresholds:
    """Return how many members of a collective it takes."""
    table = models.Collective
    named = _columns_of_thresholds().items()
    columns = [getattr(table, column).label(name) for name, column in named]
    query = locked(session, select(*columns).where(table.id == collective_id))
    return Thresholds(**session.execute(query).one()._mapping)


def set_thresholds(session: Session, collective_id: int, wanted: Thresholds) -> None:
    """Set how many members it takes from now on."""
    table = models.Collective
    values = {column: getattr(wanted, name) for name, column in _columns_of_thresholds().items()}
    session.execute(update(table).where(table.id == collective_id).values(**values))
