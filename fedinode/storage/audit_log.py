"""Rows of the audit: who did what when, each chained to the one before by its hash. No addresses.

`audit_chain` looks whether the chain is whole, and takes off its oldest end when its time is over.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, insert, or_, select

from fedinode.errors import DatabaseError
from fedinode.storage import models, sealing, upserts
from fedinode.storage.columns import to_microseconds
from fedinode.storage.database import Session

_TABLE = models.AuditEntry
_COLUMNS = _TABLE.__table__.columns
_PLACE = "audit.details"
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One deed. `account_id` is empty for what was done at the machine itself, or by the node."""

    id: int
    at: datetime
    account_id: int | None
    action: str
    subject: str
    #: None where the key that opened them is gone.
    details: Mapping[str, str] | None
    previous: str | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries somebody wants to see; empty fields ask for all."""

    account_id: int | None = None
    #: Entries that no member signed for: the machine's and the node's own.
    is_machine: bool = False
    #: What the name of the deed begins with, as "member."; several are tried.
    beginnings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


def add(
    session: Session,
    action: str,
    subject: str,
    *,
    now: datetime,
    account_id: int | None = None,
    details: Mapping[str, str] | None = None,
) -> str:
    """Append a deed to the chain and return its hash."""
    upserts.lock_name(session, "audit")
    previous = head(session)
    body = json.dumps(details or {}, ensure_ascii=False, sort_keys=True).encode("utf-8")
    link = link_of(previous, now, account_id, action, subject, body)
    session.execute(
        insert(_TABLE).values(
            at=now,
            account_id=account_id,
            action=action,
            subject=subject,
            details=sealing.seal(session, _PLACE, link, body),
            previous=previous,
            hash=link,
        )
    )
    return link


def head(session: Session) -> str | None:
    """Return the hash of the newest entry, which stands for all before it."""
    return session.scalar(select(_TABLE.hash).order_by(_TABLE.id.desc()).limit(1))


def entries(session: Session, *, after_id: int = 0) -> Iterator[AuditRow]:
    """Return all deeds, first to last, a page at a time."""
    while rows := page_after(session, after_id):
        yield from rows
        after_id = rows[-1].id


def page_after(session: Session, after_id: int, limit: int = _PAGE) -> list[AuditRow]:
    """Return the deeds that follow one, the oldest first."""
    return _rows(session, select(*_COLUMNS).where(_TABLE.id > after_id).order_by(_TABLE.id).limit(limit))


def of_subject(session: Session, subject: str, beginning: str, limit: int = 50) -> list[AuditRow]:
    """Return what was done to something by deeds whose names begin so, the newest first."""
    is_meant = (_TABLE.subject == subject, _TABLE.action.startswith(beginning, autoescape=True))
    return _rows(session, select(*_COLUMNS).where(*is_meant).order_by(_TABLE.id.desc()).limit(limit))


def page_before(session: Session, wanted: Wanted, before_id: int | None, limit: int) -> list[AuditRow]:
    """Return the deeds that somebody wants to see before one, the newest first."""
    query = select(*_COLUMNS).order_by(_TABLE.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(_TABLE.id < before_id)
    if wanted.is_machine:
        query = query.where(_TABLE.account_id.is_(None))
    if wanted.account_id is not None:
        query = query.where(_TABLE.account_id == wanted.account_id)
    if wanted.since is not None:
        query = query.where(_TABLE.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(_TABLE.at < wanted.until)
    if wanted.beginnings:
        starts = [_TABLE.action.startswith(each, autoescape=True) for each in wanted.beginnings]
        query = query.where(or_(*starts))
    return _rows(session, query)


def link_of(
    previous: str | None, at: datetime, account_id: int | None, action: str, subject: str, body: bytes
) -> str:
    """Return the hash of an entry: it covers the one before, and so all before it."""
    fields = [previous, to_microseconds(at), account_id, action, subject, body.decode("utf-8")]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode("utf-8")).hexdigest()


def _rows(session: Session, query: Select[Any]) -> list[AuditRow]:
    return [
        AuditRow(
            id=row.id,
            at=row.at,
            account_id=row.account_id,
            action=row.action,
            subject=row.subject,
            details=_details(session, row),
            previous=row.previous,
            hash=row.hash,
        )
        for row in session.execute(query)
    ]


def _details(session: Session, row: Row[Any]) -> Mapping[str, str] | None:
    try:
        opened = sealing.unseal(session, _PLACE, row.hash, row.details or b"{}")
    except DatabaseError:
        return None
    details: Mapping[str, str] = json.loads(opened)
    return details
