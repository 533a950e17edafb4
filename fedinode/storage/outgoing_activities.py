"""Rows of our activities: exact bytes, made once for each cause; sealed where they are for few."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

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


def bodies(session: Session, activity_ids: Iterable[int]) -> dict[int, bytes]:
    """Return the exact bytes of some activities."""
    query = select(_TABLE.id, _TABLE.uid, _TABLE.body).where(_TABLE.id.in_(tuple(activity_ids)))
    return {row.id: sealing.unseal(session, _BODY, row.uid, row.body) for row in session.execute(query)}


def _read(session: Session, row: Row[Any]) -> ActivityRow:
    body = sealing.unseal(session, _BODY, row.uid, row.body)
    return ActivityRow(**{**row._mapping, "body": body})
