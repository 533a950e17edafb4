"""Rows of our activities: exact bytes, made once for each cause; sealed where they are for few."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity to be kept; `uid` and `uri` were minted before, because the bytes name them."""

    uid: str
    uri: str
    collective_id: int | None
    actor_uri: str
    type: str
    object_uri: str
    body: bytes
    cause_key: str
    is_public: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """An activity of ours as it was kept."""

    id: int
    uid: str
    uri: str
    collective_id: int | None
    actor_uri: str
    type: str
    object_uri: str
    body: bytes
    is_public: bool
    created_at: datetime


_BODY = "activities.body"
_TABLE = models.OutgoingActivity
_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(ActivityRow))


def add(session: Session, activity: NewActivity, now: datetime) -> int | None:
    """Keep an activity and return its id; None if its cause has had one already."""
    values = {each.name: getattr(activity, each.name) for each in fields(NewActivity)}
    if not activity.is_public:
        values["body"] = sealing.seal(session, _BODY, activity.uid, activity.body)
    return upserts.add_new_id(session, _TABLE, {**values, "created_at": now})


def find_by_cause(session: Session, cause_key: str) -> ActivityRow | None:
    """Return the activity that was made for a cause."""
    row = session.execute(select(*_COLUMNS).where(_TABLE.cause_key == cause_key)).one_or_none()
    return _read(session, row) if row else None


def find_by_uri(session: Session, uri: str) -> ActivityRow | None:
    """Return an activity of ours by its id."""
    row = session.execute(select(*_COLUMNS).where(_TABLE.uri == uri)).one_or_none()
    return _read(session, row) if row else None


def get(session: Session, activity_id: int) -> ActivityRow:
    """Return an activity that is known to exist."""
    return _read(session, session.execute(select(*_COLUMNS).where(_TABLE.id == activity_id)).one())


def bodies(session: Session, activity_ids: Iterable[int]) -> dict[int, bytes]:
    """Return the exact bytes of some activities."""
    query = select(_TABLE.id, _TABLE.uid, _TABLE.body).where(_TABLE.id.in_(tuple(activity_ids)))
    return {row.id: sealing.unseal(session, _BODY, row.uid, row.body) for row in session.execute(query)}


def page_of_outbox(
    session: Session, collective_id: int, *, before_id: int | None, limit: int
) -> tuple[ActivityRow, ...]:
    """Return the public activities of a collective that others may list, newest first."""
    query = (
        select(*_COLUMNS)
        .where(_TABLE.collective_id == collective_id, _TABLE.is_public)
        .where(_TABLE.type.in_(("Create", "Announce")))
        .order_by(_TABLE.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(_TABLE.id < before_id)
    return tuple(_read(session, row) for row in session.execute(query))


def count_outbox(session: Session, collective_id: int) -> int:
    """Return how many activities the outbox of a collective lists."""
    query = select(func.count()).where(_TABLE.collective_id == collective_id, _TABLE.is_public)
    return session.execute(query.where(_TABLE.type.in_(("Create", "Announce")))).scalar_one()


def _read(session: Session, row: Row[Any]) -> ActivityRow:
    body = sealing.unseal(session, _BODY, row.uid, row.body)
    return ActivityRow(**{**row._mapping, "body": body})
