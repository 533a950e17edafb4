"""Rows of supporters: people, and groups without a node, that sign a statement of ours.

A state changes through `confirm` and `end` alone. Whoever calls them tells the author's count and the pages
(`services/supporting/standing.py`), in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.Supporter
_IDENTITY = "supporters.identity"
_EMAIL = "supporters.email"
#: What is known of somebody, and forgotten when they leave.
_PERSONAL = (
    "name", "role", "city", "country", "language", "email", "actor_uri", "evidence_uri", "reason"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSupporter:
    """Somebody who signs, by mail, from the fediverse, or on paper; of a mere number no name is kept."""

    object_id: int
    text_digest: str
    method: str
    identity_hmac: str
    shown: str
    kind: str
    name: str | None = None
    role: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    wants_updates: bool = False
    email: str | None = None
    actor_uri: str | None = None
    evidence_uri: str | None = None
    token_hash: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupporterRow:
    """Somebody who signs or signed, without the address."""

    id: int
    uid: str
    object_id: int
    text_digest: str
    method: str
    identity_hmac: str
    shown: str
    name: str | None
    kind: str
    role: str | None
    city: str | None
    country: str | None
    language: str | None
    state: str
    created_at: datetime
    sent_at: datetime | None
    wants_updates: bool
    actor_uri: str | None
    evidence_uri: str | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    reason: str | None


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(SupporterRow))


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """An organisation that supports a text; `method` is how its word was received: mail, fediverse, paper."""

    name: str
    place: str | None
    country: str | None
    method: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCount:
    """How many people of a country confirmed in one way."""

    method: str
    country: str | None
    count: int


# -- who it is


def identity_of_address(session: Session, object_id: int, address: str) -> str:
    """Return what knows a normalised address again under one statement.

    Under another statement it is another: equal ones would say that one person signed both.
    """
    return sealing.fingerprint(session, _IDENTITY, f"mail {object_id} {address}".encode())


def identity_of_actor(session: Session, object_id: int, actor_uri: str) -> str:
    """Return what knows a fediverse account again under one statement."""
    return sealing.fingerprint(session, _IDENTITY, f"actor {object_id} {actor_uri}".encode())


def identity_of_line(session: Session, object_id: int, line: str) -> str:
    """Return what knows a line of a paper list again under one statement."""
    return sealing.fingerprint(session, _IDENTITY, f"paper {object_id} {line}".encode())


# -- how they come and go


def add_pending(session: Session, new: NewSupporter, now: datetime) -> str:
    """Keep somebody who has yet to confirm, beside others of the same identity; return the uid."""
    row = _values(session, new) | {"state": "pending", "created_at": now}
    upserts.add_new(session, _TABLE, [row])
    return str(row["uid"])


def add_confirmed(session: Session, new: NewSupporter, now: datetime, *, state: str = "confirmed") -> bool:
    """Keep somebody who need not confirm any more; False if their identity is there already."""
    row = _values(session, new) | {"state": state, "created_at": now, "confirmed_at": now}
    return upserts.add_new(session, _TABLE, [row]) == 1


def confirm(session: Session, row: SupporterRow, state: str, now: datetime) -> bool:
    """Let a pending one be `confirmed` or `suspect`; other pending ones of the identity leave.

    The address stays only where news are wanted. False if the identity signed meanwhile.
    """
    upserts.lock_name(session, f"supporter {row.identity_hmac}")
    if find_signed(session, row.object_id, row.identity_hmac) is not None:
        return False
    values = {"state": state, "confirmed_at": now}
    email = {} if row.wants_updates else {"email": None}
    session.execute(update(_TABLE).where(_TABLE.id == row.id).values(**values, **email))
    drop_pending(session, row.object_id, row.identity_hmac)
    return True


def set_state(session: Session, row: SupporterRow, state: str, reason: str | None = None) -> None:
    """Let one that was looked at be `confirmed` or `suspect`."""
    session.execute(update(_TABLE).where(_TABLE.id == row.id).values(state=state, reason=reason))


def withdraw(session: Session, row: SupporterRow, now: datetime) -> None:
    """Forget who somebody was who leaves: what stays is that somebody left. They may sign again."""
    wiped = dict.fromkeys(_PERSONAL)
    values = {
        "state": "withdrawn",
        "identity_hmac": f"withdrawn {row.uid}",
        "shown": "number",
        "wants_updates": False,
        "ended_at": now,
    }
    session.execute(update(_TABLE).where(_TABLE.id == row.id).values(**wiped, **values))


def invalidate(session: Session, row: SupporterRow, reason: str, now: datetime) -> None:
    """Count somebody no longer, for a reason. The identity stays, so that it cannot sign again."""
    values = {
        "state": "invalidated",
        "reason": reason,
        "ended_at": now,
        "email": None,
        "wants_updates": False,
    }
    session.execute(update(_TABLE).where(_TABLE.id == row.id).values(**values))


def count_pending(session: Session, object_id: int, identity_hmac: str) -> int:
    """Return how many letters an identity was asked to confirm by, and has not."""
    query = select(func.count()).where(
        _TABLE.object_id == object_id, _TABLE.identity_hmac == identity_hmac, _TABLE.state == "pending"
    )
    return session.scalar(query) or 0


def drop_pending(session: Session, object_id: int, identity_hmac: str) -> int:
    """Delete the pending ones of an identity; return how many."""
    doomed = delete(_TABLE).where(
        _TABLE.object_id == object_id, _TABLE.identity_hmac == identity_hmac, _TABLE.state == "pending"
    )
    return len(session.scalars(doomed.returning(_TABLE.id)).all())


def drop_unconfirmed(session: Session, sent_before: datetime, made_before: datetime) -> int:
    """Delete the pending ones whose mail went out long ago, or whose mail never went out; return how many."""
    doomed = delete(_TABLE).where(
        _TABLE.state == "pending",
        or_(_TABLE.sent_at < sent_before, and_(_TABLE.sent_at.is_(None), _TABLE.created_at < made_before)),
    )
    return len(session.scalars(doomed.returning(_TABLE.id)).all())


def drop_of_deleted(session: Session) -> int:
    """Delete all who signed what was taken back; return how many."""
    objects = models.FederatedObject
    gone = select(objects.id).where(objects.deleted_at.is_not(None))
    doomed = delete(_TABLE).where(_TABLE.object_id.in_(gone))
    return len(session.scalars(doomed.returning(_TABLE.id)).all())


def mark_sent(session: Session, uid: str, now: datetime) -> None:
    """Note that the mail with the link to confirm went out."""
    session.execute(update(_TABLE).where(_TABLE.uid == uid, _TABLE.state == "pending").values(sent_at=now))


def stop_updates(session: Session, row: SupporterRow) -> None:
    """Send no more news to somebody, and forget the address."""
    session.execute(update(_TABLE).where(_TABLE.id == row.id).values(wants_updates=False, email=None))


# -- finding them


def find_by_token(session: Session, token_hash: str) -> SupporterRow | None:
    """Return whom a link to confirm was made for; a session that may change anything holds the row."""
    return _find(session, _TABLE.token_hash == token_hash)


def find_by_uid(session: Session, uid: str) -> SupporterRow | None:
    """Return somebody by the uid; a session that may change anything holds the row."""
    return _find(session, _TABLE.uid == uid)


def find_signed(session: Session, object_id: int, identity_hmac: str) -> SupporterRow | None:
    """Return who signed with an identity: confirmed, suspect or invalidated."""
    return _find(
        session,
        and_(
            _TABLE.object_id == object_id,
            _TABLE.identity_hmac == identity_hmac,
            _TABLE.state != "pending",
        ),
    )


def address_of(session: Session, uid: str) -> str | None:
    """Return the address of somebody whose address is kept: until confirmed, or for news."""
    sealed = session.scalar(select(_TABLE.email).where(_TABLE.uid == uid))
    return None if sealed is None else sealing.unseal(session, _EMAIL, uid, sealed).decode("utf-8")


def list_wanting_updates(
    session: Session, object_id: int, *, after_id: int, limit: int
) -> list[SupporterRow]:
    """Return confirmed ones who want news about a statement, a page at a time."""
    query = (
        select(*_COLUMNS)
        .where(
            _TABLE.object_id == object_id,
            _TABLE.state == "confirmed",
            _TABLE.wants_updates,
            _TABLE.id > after_id,
        )
        .order_by(_TABLE.id)
        .limit(limit)
    )
    return [SupporterRow(**row._mapping) for row in session.execute(query)]


def count_wanting_updates(session: Session, object_id: int) -> int:
    """Return how many confirmed ones want news about a statement."""
    query = select(func.count()).where(
        _TABLE.object_id == object_id, _TABLE.state == "confirmed", _TABLE.wants_updates
    )
    return session.scalar(query) or 0


def count_confirmed(session: Session, object_id: int) -> int:
    """Return how many confirmed, people and groups, in whatever way."""
    query = select(func.count()).where(_TABLE.object_id == object_id, _TABLE.state == "confirmed")
    return session.scalar(query) or 0


def _find(session: Session, which: ColumnElement[bool]) -> SupporterRow | None:
    found = session.execute(locked(session, select(*_COLUMNS).where(which))).one_or_none()
    return None if found is None else SupporterRow(**found._mapping)


def _values(session: Session, new: NewSupporter) -> dict[str, Any]:
    uid = models.new_uid()
    values = {each.name: getattr(new, each.name) for each in fields(new)} | {"uid": uid}
    if new.email is not None:
        values["email"] = sealing.seal(session, _EMAIL, uid, new.email.encode("utf-8"))
    if new.shown == "number":
        values |= {"name": None, "role": None, "city": None}
    return values


# -- organisations that the author writes down


def add_organisation(session: Session, object_id: int, text_digest: str, new: Organisation) -> bool:
    """Keep a confirmed organisation; False if one of this name is there already."""
    row = {
        "uid": models.new_uid(),
        "object_id": object_id,
        "text_digest": text_digest,
        "method": new.method,
        "identity_hmac": _identity(session, new.name),
        "shown": "everywhere",
        "name": new.name,
        "kind": "organisation",
        "city": new.place,
        "country": new.country,
        "state": "confirmed",
        "created_at": new.confirmed_at,
        "confirmed_at": new.confirmed_at,
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def remove_organisation(session: Session, object_id: int, name: str) -> bool:
    """Forget an organisation; False if there is none of this name."""
    found = session.scalar(
        select(_TABLE.id).where(
            _TABLE.object_id == object_id, _TABLE.identity_hmac == _identity(session, name)
        )
    )
    if found is None:
        return False
    session.execute(delete(_TABLE).where(_TABLE.id == found))
    return True


def list_organisations(session: Session, object_id: int, text_digest: str) -> tuple[Organisation, ...]:
    """Return the confirmed organisations that are shown by name, by their names."""
    query = select(
        _TABLE.name, _TABLE.city.label("place"), _TABLE.country, _TABLE.method, _TABLE.confirmed_at
    ).where(
        _TABLE.object_id == object_id,
        _TABLE.text_digest == text_digest,
        _TABLE.kind == "organisation",
        _TABLE.state == "confirmed",
        _TABLE.shown == "everywhere",
        # Those that signed the form themselves stand in pages of names, where they can be taken out again.
        _TABLE.token_hash.is_(None),
    )
    found = [Organisation(**row._mapping) for row in session.execute(query)]
    # Sorted here: the two databases sort letters differently, and the order is signed.
    return tuple(sorted(found, key=lambda each: each.name))


def count_persons(session: Session, object_id: int, text_digest: str) -> Sequence[PersonCount]:
    """Return how many people confirmed, by way and country."""
    query = (
        select(_TABLE.method, _TABLE.country, func.count().label("count"))
        .where(
            _TABLE.object_id == object_id,
            _TABLE.text_digest == text_digest,
            _TABLE.kind == "person",
            _TABLE.state == "confirmed",
        )
        .group_by(_TABLE.method, _TABLE.country)
    )
    return [
        PersonCount(method=row.method, country=row.country, count=row._mapping["count"])
        for row in session.execute(query)
    ]


def _identity(session: Session, name: str) -> str:
    return sealing.fingerprint(session, _IDENTITY, f"organisation {name.casefold()}".encode())
