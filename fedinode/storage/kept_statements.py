"""Rows of kept statements: public texts whose list this node keeps, as author or as signer."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.KeptStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKept:
    """A text to keep the list of."""

    statement_uri: str
    text_digest: str
    author_uri: str
    collective_id: int
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow(NewKept):
    """A text whose list is kept, and when to do what about it."""

    checkpoint_body: bytes | None
    tally_body: bytes | None
    checkpoint_due_at: datetime | None
    pull_due_at: datetime | None
    pulled_at: datetime | None
    silent_since: datetime | None
    alarm: str | None
    retracted_at: datetime | None
    names_total: int | None
    names_published_at: datetime | None
    names_at: datetime | None


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(KeptRow))


def add(session: Session, new: NewKept) -> bool:
    """Keep the list of a text from now on; False if it is kept already."""
    values = {each.name: getattr(new, each.name) for each in fields(NewKept)}
    return upserts.add_new(session, _TABLE, [values]) == 1


def find(session: Session, statement_uri: str) -> KeptRow | None:
    """Return what is kept of a statement, locked until the commit."""
    return _one(session, _TABLE.statement_uri == statement_uri)


def find_by_digest(session: Session, text_digest: str) -> KeptRow | None:
    """Return what is kept of the statement with this text."""
    return _one(session, _TABLE.text_digest == text_digest)


def list_due(session: Session, now: datetime, limit: int) -> tuple[KeptRow, ...]:
    """Return the lists that want a checkpoint or a pull now."""
    condition = or_(_TABLE.checkpoint_due_at <= now, _TABLE.pull_due_at <= now)
    rows = session.execute(select(*_COLUMNS).where(condition).order_by(_TABLE.statement_uri).limit(limit))
    return tuple(KeptRow(**row._mapping) for row in rows)


def list_all(session: Session) -> tuple[KeptRow, ...]:
    """Return everything that is kept, by id."""
    rows = session.execute(select(*_COLUMNS).order_by(_TABLE.statement_uri))
    return tuple(KeptRow(**row._mapping) for row in rows)


def change(session: Session, statement_uri: str, **values: Any) -> None:
    """Set some columns of a kept statement."""
    session.execute(update(_TABLE).where(_TABLE.statement_uri == statement_uri).values(**values))


def drop(session: Session, statement_uri: str) -> None:
    """Keep nothing of a statement any more."""
    session.execute(delete(_TABLE).where(_TABLE.statement_uri == statement_uri))


def _one(session: Session, condition: Any) -> KeptRow | None:
    row = session.execute(locked(session, select(*_COLUMNS).where(condition))).first()
    return KeptRow(**row._mapping) if row else None
