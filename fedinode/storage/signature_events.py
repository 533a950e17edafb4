"""Rows of the signature log: what happened to signatures, each chained to the one before. No names.

The subject stands as a keyed digest, so that the log can be shown to auditors, and somebody who is erased is
erased without breaking the chain.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.columns import to_microseconds
from fedinode.storage.database import Session

_TABLE = models.SignatureLogEntry
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """Something that happened to a signature under a statement of ours."""

    id: int
    object_id: int
    event: str
    subject_hmac: str
    at: datetime
    previous: str | None
    hash: str


def add(session: Session, object_id: int, event: str, subject: str, now: datetime) -> str:
    """Append an event about a subject (an id or address, which is not kept) and return its hash."""
    upserts.lock_name(session, "signature_log")
    previous = session.scalar(select(_TABLE.hash).order_by(_TABLE.id.desc()).limit(1))
    subject_hmac = sealing.fingerprint(session, "signature_log", subject.encode("utf-8"))
    link = _hash(previous, object_id, event, subject_hmac, now)
    session.execute(
        insert(_TABLE).values(
            object_id=object_id, event=event, subject_hmac=subject_hmac, at=now, previous=previous, hash=link
        )
    )
    return link


def entries(session: Session, *, after_id: int = 0) -> Iterator[EventRow]:
    """Return all events, first to last, a page at a time."""
    columns = (
        _TABLE.id,
        _TABLE.object_id,
        _TABLE.event,
        _TABLE.subject_hmac,
        _TABLE.at,
        _TABLE.previous,
        _TABLE.hash,
    )
    while True:
        query = select(*columns).where(_TABLE.id > after_id).order_by(_TABLE.id).limit(_PAGE)
        rows = [EventRow(**row._mapping) for row in session.execute(query)]
        if not rows:
            return
        yield from rows
        after_id = rows[-1].id


def first_broken(session: Session) -> int | None:
    """Return the number of the first event that does not fit the chain, or None."""
    previous = None
    for row in entries(session):
        expected = _hash(previous, row.object_id, row.event, row.subject_hmac, row.at)
        if row.previous != previous or row.hash != expected:
            return row.id
        previous = row.hash
    return None


def as_document(row: EventRow) -> dict[str, Any]:
    """Return an event as auditors get it: everything that its hash is made of, and the hash."""
    return {
        "number": row.id,
        "statement": row.object_id,
        "event": row.event,
        "subject": row.subject_hmac,
        "at": to_microseconds(row.at),
        "previous": row.previous,
        "hash": row.hash,
    }


def _hash(previous: str | None, object_id: int, event: str, subject_hmac: str, at: datetime) -> str:
    fields = [previous, object_id, event, subject_hmac, to_microseconds(at)]
    return hashlib.sha256(json.dumps(fields).encode("utf-8")).hexdigest()
