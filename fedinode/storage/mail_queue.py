"""Rows of mails to send: recipient and contents sealed, both wiped once the mail was sent or given up."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

#: A mail that was taken up is left alone for so long; then its sender is taken for dead.
LEASE = timedelta(minutes=5)

#: Nobody wants to be told of what waited a week ago, should a server be named then.
KEEP_OVERDUE = timedelta(days=7)

_TABLE = models.Mail
_RECIPIENT, _PARAMETERS = "mail.recipient", "mail.parameters"
_WIPED = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMail:
    """A mail to send once per `dedupe_key`, however often it is asked for."""

    dedupe_key: str
    recipient: str
    template: str
    language: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMail:
    """A mail that was taken up for sending; `attempts` counts this one."""

    id: int
    dedupe_key: str
    recipient: str
    template: str
    language: str
    parameters: Mapping[str, str]
    attempts: int


def add(session: Session, new: NewMail, due_at: datetime) -> bool:
    """Queue a mail; False if one with its key was queued before."""
    key = new.dedupe_key
    parameters = json.dumps(dict(new.parameters), ensure_ascii=False).encode("utf-8")
    row = {
        "dedupe_key": key,
        "recipient": sealing.seal(session, _RECIPIENT, key, new.recipient.encode("utf-8")),
        "template": new.template,
        "language": new.language,
        "parameters": sealing.seal(session, _PARAMETERS, key, parameters),
        "due_at": due_at,
        "state": "waiting",
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def take_due(session: Session, now: datetime, limit: int) -> tuple[DueMail, ...]:
    """Take up the mails that are due, oldest first; nobody else takes them before `LEASE` is over."""
    rows = session.scalars(
        select(_TABLE)
        .where(_TABLE.state == "waiting", _TABLE.due_at <= now)
        .order_by(_TABLE.due_at, _TABLE.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    mails = tuple(_read(session, row) for row in rows)
    session.execute(
        update(_TABLE)
        .where(_TABLE.id.in_([mail.id for mail in mails]))
        .values(attempts=_TABLE.attempts + 1, due_at=now + LEASE)
    )
    return mails


def list_waiting(session: Session, limit: int) -> tuple[DueMail, ...]:
    """Return mails that wait, oldest first, and leave them as they are."""
    query = select(_TABLE).where(_TABLE.state == "waiting").order_by(_TABLE.id).limit(limit)
    return tuple(_read(session, row) for row in session.scalars(query))


def waiting(session: Session, now: datetime) -> tuple[int, datetime | None]:
    """Return how many mails are due now, and since when the oldest is."""
    query = select(func.count(), func.min(_TABLE.due_at)).where(
        _TABLE.state == "waiting", _TABLE.due_at <= now
    )
    count, oldest = session.execute(query).one()
    return count, oldest


def record_end(session: Session, mail_id: int, state: str) -> None:
    """Note that a mail was sent or given up, and wipe to whom and what."""
    session.execute(
        update(_TABLE).where(_TABLE.id == mail_id).values(state=state, recipient=_WIPED, parameters=_WIPED)
    )


def put_off(session: Session, mail_id: int, due_at: datetime, *, was_tried: bool = True) -> None:
    """Try a mail again later; one that was only held back is not counted as tried."""
    attempts = _TABLE.attempts if was_tried else _TABLE.attempts - 1
    session.execute(update(_TABLE).where(_TABLE.id == mail_id).values(due_at=due_at, attempts=attempts))


def drop_about(session: Session, uid: str) -> None:
    """Delete every letter whose key names a signature, waiting or sent."""
    session.execute(delete(_TABLE).where(_TABLE.dedupe_key.contains(f":{uid}", autoescape=True)))


def drop_finished(session: Session, before: datetime) -> int:
    """Delete what was finished and last due before a moment; its key may be used again then."""
    finished = delete(_TABLE).where(_TABLE.state != "waiting", _TABLE.due_at < before)
    return len(session.scalars(finished.returning(_TABLE.id)).all())


def drop_overdue(session: Session, before: datetime) -> int:
    """Delete what nobody sent although it was due long ago: there was no server for it."""
    overdue = delete(_TABLE).where(_TABLE.state == "waiting", _TABLE.due_at < before)
    return len(session.scalars(overdue.returning(_TABLE.id)).all())


def _read(session: Session, row: models.Mail) -> DueMail:
    key = row.dedupe_key
    return DueMail(
        id=row.id,
        dedupe_key=key,
        recipient=sealing.unseal(session, _RECIPIENT, key, row.recipient).decode("utf-8"),
        template=row.template,
        language=row.language,
        parameters=json.loads(sealing.unseal(session, _PARAMETERS, key, row.parameters)),
        attempts=row.attempts + 1,
    )
