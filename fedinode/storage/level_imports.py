"""Rows of lists of domains that were brought, between their preview and their end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from fedinode.storage import models, retention
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.LevelImport


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """A list as it came, whose it is, and how far it is done."""

    uid: str
    account_id: int | None
    body: bytes
    digest: str
    done_rows: int
    created_at: datetime
    expires_at: datetime
    finished_at: datetime | None


def add(session: Session, row: ImportRow) -> None:
    """Keep a list for a while."""
    session.add(models.LevelImport(**{name: getattr(row, name) for name in ImportRow.__dataclass_fields__}))
    session.flush()


def find(session: Session, uid: str) -> ImportRow | None:
    """Return a list; held where it may change."""
    row = session.scalars(locked(session, select(_TABLE).where(_TABLE.uid == uid))).one_or_none()
    if row is None:
        return None
    return ImportRow(**{name: getattr(row, name) for name in ImportRow.__dataclass_fields__})


def set_done(session: Session, uid: str, done_rows: int, finished_at: datetime | None) -> None:
    """Note how many rows are done, and when all were."""
    session.execute(
        update(_TABLE).where(_TABLE.uid == uid).values(done_rows=done_rows, finished_at=finished_at)
    )


def extend(session: Session, uid: str, expires_at: datetime) -> None:
    """Keep a list for longer, because members are asked about it."""
    session.execute(update(_TABLE).where(_TABLE.uid == uid).values(expires_at=expires_at))


def forget(session: Session, before: datetime) -> int:
    """Delete lists whose time is over; return how many."""
    ids = session.scalars(
        select(_TABLE.uid).where(_TABLE.expires_at < before).limit(retention.BATCH_ROWS)
    ).all()
    session.execute(delete(_TABLE).where(_TABLE.uid.in_(ids)))
    return len(ids)
