"""Rows of the rules that let something wait for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from fedinode.storage import models
from fedinode.storage.database import Session

_TABLE = models.HoldingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule: its kind, and the word, domain or number that it is about."""

    id: int
    kind: str
    value: str


def list_all(session: Session) -> tuple[RuleRow, ...]:
    """Return all rules, by kind and value."""
    rows = session.execute(
        select(_TABLE.id, _TABLE.kind, _TABLE.value).order_by(_TABLE.kind, _TABLE.value, _TABLE.id)
    )
    return tuple(RuleRow(**row._mapping) for row in rows)


def add(session: Session, kind: str, values: Sequence[str], *, now: datetime, account_id: int | None) -> None:
    """Add rules of one kind."""
    for value in values:
        session.add(models.HoldingRule(kind=kind, value=value, added_at=now, account_id=account_id))
    session.flush()


def remove(session: Session, rule_id: int) -> bool:
    """Drop a rule; return whether there was one."""
    return session.connection().execute(delete(_TABLE).where(_TABLE.id == rule_id)).rowcount > 0


def remove_kind(session: Session, kind: str) -> None:
    """Drop all rules of a kind, where one at most makes sense."""
    session.execute(delete(_TABLE).where(_TABLE.kind == kind))
