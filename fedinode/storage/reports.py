"""Rows of complaints (Flag) that other servers sent us about something of ours."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.Report


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A complaint as it arrived; `words` is plain text."""

    activity_uri: str
    actor_uri: str
    object_uris: tuple[str, ...]
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A complaint as it was kept."""

    id: int
    #: Empty for what came through the form of this site.
    actor_uri: str | None
    object_uris: tuple[str, ...]
    words: str | None
    received_at: datetime


def add(session: Session, new: NewReport, now: datetime) -> bool:
    """Keep a complaint; False if it is here already."""
    row = {
        "uid": models.new_uid(),
        "activity_uri": new.activity_uri,
        "actor_uri": new.actor_uri,
        "object_uris": "\n".join(new.object_uris),
        "words": new.words,
        "received_at": now,
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def list_newest(session: Session, limit: int) -> tuple[ReportRow, ...]:
    """Return complaints, the newest first."""
    query = select(_TABLE).order_by(_TABLE.id.desc()).limit(limit)
    return tuple(
        ReportRow(
            id=row.id,
            actor_uri=row.actor_uri,
            object_uris=tuple(row.object_uris.split("\n")),
            words=row.words,
            received_at=row.received_at,
        )
        for row in session.scalars(query)
    )
