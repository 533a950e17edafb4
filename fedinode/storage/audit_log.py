"""Rows of the audit: who did what when, each chained to the one before by its hash. No addresses.

The chain shows that a row was changed or taken out; it cannot show that its end was cut off, which is why the
last hash belongs on paper or with another cell.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.columns import to_microseconds
from fedinode.storage.database import Session

_TABLE = models.AuditEntry
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One deed. `account_id` is empty for what was done at the machine itself."""

    id: int
    at: datetime
    account_id: int | None
    action: str
    subject: str
    details: Mapping[str, str]
    previous: str | None
    hash: str


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
    previous = session.scalar(select(_TABLE.hash).order_by(_TABLE.id.desc()).limit(1))
    body = json.dumps(details or {}, ensure_ascii=False, sort_keys=True).encode("utf-8")
    link = _hash(previous, now, account_id, action, subject, body)
    session.execute(
        insert(_TABLE).values(
            at=now,
            account_id=account_id,
            action=action,
            subject=subject,
            details=sealing.seal(session, "audit.details", link, body),
            previous=previous,
            hash=link,
        )
    )
    return link


def entries(session: Session, *, after_id: int = 0) -> Iterator[AuditRow]:
    """Return all deeds, first to last, a page at a time."""
    while rows := _page(session, after_id):
        yield from rows
        after_id = rows[-1].id


def first_broken(session: Session) -> int | None:
    """Return the number of the first deed that does not fit the chain, or None."""
    previous = None
    for row in entries(session):
        body = json.dumps(dict(row.details), ensure_ascii=False, sort_keys=True).encode("utf-8")
        expected = _hash(previous, row.at, row.account_id, row.action, row.subject, body)
        if row.previous != previous or row.hash != expected:
            return row.id
        previous = row.hash
    return None


def _page(session: Session, after_id: int) -> list[AuditRow]:
    rows = session.scalars(select(_TABLE).where(_TABLE.id > after_id).order_by(_TABLE.id).limit(_PAGE)).all()
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
        for row in rows
    ]


def _details(session: Session, row: models.AuditEntry) -> Mapping[str, str]:
    details: Mapping[str, str] = json.loads(
        sealing.unseal(session, "audit.details", row.hash, row.details or b"{}")
    )
    return details


def _hash(
    previous: str | None, at: datetime, account_id: int | None, action: str, subject: str, body: bytes
) -> str:
    fields = [previous, to_microseconds(at), account_id, action, subject, body.decode("utf-8")]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode("utf-8")).hexdigest()
