"""Rows of what authors set about people who sign: whether they may, until when, how they are shown."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select

from fedinode.storage import alarms, models, upserts
from fedinode.storage.database import Session

_TABLE = models.SignForm


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFormRow:
    """What an author set about people who sign a statement; `listing` is list, numbers or hidden."""

    object_id: int
    is_open: bool
    ends_at: datetime | None
    goal: int | None
    listing: str
    smallest_group: int
    #: Until then nobody signs anything: the node is under attack.
    paused_until: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Tell whether people could sign, were the node not under attack."""
        return self._lasts(now) and self.paused_until is not None and now < self.paused_until

    def admits(self, now: datetime) -> bool:
        """Tell whether people may sign now."""
        return self._lasts(now) and not self.is_paused(now)

    def _lasts(self, now: datetime) -> bool:
        return self.is_open and (self.ends_at is None or now < self.ends_at)


_NAMES = tuple(each.name for each in fields(SignFormRow) if each.name != "paused_until")


def find(session: Session, object_id: int) -> SignFormRow | None:
    """Return what is set about people who sign an object; None if nobody is asked to."""
    query = select(*(getattr(_TABLE, name) for name in _NAMES)).where(_TABLE.object_id == object_id)
    found = session.execute(query).one_or_none()
    alarm = None if found is None else alarms.find(session)
    until = None if alarm is None else alarm.until
    return None if found is None else SignFormRow(**found._mapping, paused_until=until)


def list_objects(session: Session) -> tuple[int, ...]:
    """Return all objects that people were ever asked to sign."""
    return tuple(session.scalars(select(_TABLE.object_id)))


def list_ended(session: Session, after: datetime, until: datetime) -> tuple[int, ...]:
    """Return the objects whose form ended after a moment and until another."""
    query = select(_TABLE.object_id).where(_TABLE.is_open, _TABLE.ends_at > after, _TABLE.ends_at <= until)
    return tuple(session.scalars(query))


def put(session: Session, row: SignFormRow) -> None:
    """Set it, or set it anew."""
    values = {name: getattr(row, name) for name in _NAMES}
    upserts.put(session, _TABLE, [values], keys=("object_id",), update=_NAMES[1:])
