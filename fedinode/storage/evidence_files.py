"""Rows of evidence: signed documents that prove a key, a text, a signature or its end, by their digest."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRow:
    """A document as it was seen at `source_uri`, first at `first_seen_at`."""

    digest: str
    kind: str
    body: bytes
    source_uri: str
    first_seen_at: datetime


def add(session: Session, digest: str, kind: str, body: bytes, *, source_uri: str, now: datetime) -> bool:
    """Keep a document; False if it is kept already: the first time it was seen stays."""
    row = {"digest": digest, "kind": kind, "body": body, "source_uri": source_uri, "first_seen_at": now}
    return upserts.add_new(session, _TABLE, [row]) == 1


def list_from(session: Session, source_uri: str, kinds: Collection[str]) -> tuple[EvidenceRow, ...]:
    """Return what was seen at an address, the oldest first."""
    columns = (_TABLE.digest, _TABLE.kind, _TABLE.body, _TABLE.source_uri, _TABLE.first_seen_at)
    query = select(*columns).where(_TABLE.source_uri == source_uri, _TABLE.kind.in_(kinds))
    rows = session.execute(query.order_by(_TABLE.first_seen_at, _TABLE.digest))
    return tuple(EvidenceRow(**row._mapping) for row in rows)


def drop(session: Session, digest: str) -> None:
    """Forget a document that a newer one says better."""
    session.execute(delete(_TABLE).where(_TABLE.digest == digest))
