"""People and groups under a statement as lists: pages of names, counts, days, and rows to look through.

A name is in a list only where its owner agreed to that; all others are counted. What changes a state is in
`supporters`; here are only the changes that moderators make to many rows at once.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, delete, func, select, type_coerce, update

from fedinode.storage import models
from fedinode.storage.columns import from_microseconds
from fedinode.storage.database import Session
from fedinode.storage.locking import locked
from fedinode.storage.supporters import SupporterRow

_TABLE = models.Supporter
_DAY_MICROSECONDS = timedelta(days=1) // timedelta(microseconds=1)
_PAGE = 500

#: Under their names at the author's, and wherever the statement is published.
HERE = ("here", "everywhere")
EVERYWHERE = ("everywhere",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which confirmed names a list shows."""

    object_id: int
    shown: tuple[str, ...] = HERE
    kind: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Somebody who agreed to be named."""

    name: str
    kind: str
    role: str | None
    city: str | None
    country: str | None
    method: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How many confirmed that have all this in common."""

    kind: str
    method: str
    shown: str
    country: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What moderators compare two rows by."""

    id: int
    name: str
    city: str | None
    country: str | None
    kind: str
    confirmed_at: datetime


_NAMED = tuple(getattr(_TABLE, each.name) for each in fields(Named))
_LIKENESS = tuple(getattr(_TABLE, each.name) for each in fields(Likeness))
_ROW = tuple(getattr(_TABLE, each.name) for each in fields(SupporterRow))


# -- what pages show


def list_named(session: Session, wanted: Wanted, *, offset: int, limit: int) -> list[Named]:
    """Return a page of names in the order in which they confirmed."""
    query = (
        select(*_NAMED)
        .where(*_named(wanted))
        .order_by(_TABLE.confirmed_at, _TABLE.id)
        .offset(offset)
        .limit(limit)
    )
    return [Named(**row._mapping) for row in session.execute(query)]


def count_named(session: Session, wanted: Wanted) -> int:
    """Return how many names a list has."""
    return session.scalar(select(func.count()).select_from(_TABLE).where(*_named(wanted))) or 0


def counts(session: Session, object_id: int) -> list[GroupCount]:
    """Return how many confirmed, by kind, way, what they agreed to, and country."""
    groups = (_TABLE.kind, _TABLE.method, _TABLE.shown, _TABLE.country)
    query = select(*groups, func.count().label("count")).where(*_confirmed(object_id)).group_by(*groups)
    return [
        GroupCount(
            kind=row.kind,
            method=row.method,
            shown=row.shown,
            country=row.country,
            count=row._mapping["count"],
        )
        for row in session.execute(query)
    ]


def days(session: Session, object_id: int) -> list[tuple[date, int]]:
    """Return how many of those that stand confirmed on each day (UTC), the first day first."""
    day = (type_coerce(_TABLE.confirmed_at, BigInteger) // _DAY_MICROSECONDS).label("day")
    query = (
        select(day, func.count().label("number")).where(*_confirmed(object_id)).group_by(day).order_by(day)
    )
    return [
        (from_microseconds(row.day * _DAY_MICROSECONDS).date(), row.number) for row in session.execute(query)
    ]


def _confirmed(object_id: int) -> tuple[ColumnElement[bool], ...]:
    return (_TABLE.object_id == object_id, _TABLE.state == "confirmed")


def _named(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    narrowed = [
        column == value
        for column, value in ((_TABLE.kind, wanted.kind), (_TABLE.country, wanted.country))
        if value is not None
    ]
    is_named = (_TABLE.shown.in_(wanted.shown), _TABLE.name.is_not(None))
    return (*_confirmed(wanted.object_id), *is_named, *narrowed)


# -- what moderators look through


def rows(session: Session, object_id: int, *, state: str | None = None) -> Iterator[SupporterRow]:
    """Return everybody under a statement, or those in a state, in the order in which they came."""
    after_id = 0
    while True:
        query = select(*_ROW).where(_TABLE.object_id == object_id, _TABLE.id > after_id)
        if state is not None:
            query = query.where(_TABLE.state == state)
        found = _rows(session, query.order_by(_TABLE.id).limit(_PAGE))
        if not found:
            return
        yield from found
        after_id = found[-1].id


def by_ids(session: Session, object_id: int, ids: Collection[int]) -> list[SupporterRow]:
    """Return rows of a statement by their numbers; a session that may change anything holds them."""
    query = select(*_ROW).where(_TABLE.object_id == object_id, _TABLE.id.in_(ids)).order_by(_TABLE.id)
    return _rows(session, locked(session, query))


def with_objects(session: Session, ids: Collection[int]) -> list[tuple[SupporterRow, str]]:
    """Return rows of any statement by their numbers, each with the id of what was signed."""
    objects = models.FederatedObject
    uris = select(_TABLE.id, objects.uri).join(objects, objects.id == _TABLE.object_id)
    signed = {row.id: row.uri for row in session.execute(uris.where(_TABLE.id.in_(set(ids))))}
    query = select(*_ROW).where(_TABLE.id.in_(set(ids))).order_by(_TABLE.id)
    return [(row, signed[row.id]) for row in _rows(session, locked(session, query))]


def collective_of(session: Session, row_id: int) -> str | None:
    """Return the name of the collective whose statement somebody signed; None for what is only pending."""
    objects, posts, collectives = models.FederatedObject, models.Post, models.Collective
    query = (
        select(collectives.name)
        .join(posts, posts.collective_id == collectives.id)
        .join(objects, objects.post_id == posts.id)
        .join(_TABLE, _TABLE.object_id == objects.id)
        .where(_TABLE.id == row_id, _TABLE.state != "pending")
    )
    return session.scalar(query)


def likenesses(session: Session, object_id: int) -> list[Likeness]:
    """Return what can be compared of everybody confirmed who left a name, in the order they confirmed."""
    query = (
        select(*_LIKENESS)
        .where(*_confirmed(object_id), _TABLE.name.is_not(None))
        .order_by(_TABLE.confirmed_at, _TABLE.id)
    )
    return [Likeness(**row._mapping) for row in session.execute(query)]


def restore(session: Session, ids: Collection[int]) -> None:
    """Let rows count again that were suspect or invalidated."""
    values = {"state": "confirmed", "reason": None, "ended_at": None}
    session.execute(update(_TABLE).where(_TABLE.id.in_(ids)).values(**values))


# -- one person under all statements


def objects_signed(session: Session) -> list[int]:
    """Return the objects under which anybody stands."""
    return list(session.scalars(select(_TABLE.object_id).distinct()))


def by_identities(session: Session, identities: Sequence[str]) -> list[SupporterRow]:
    """Return everything under these identities, in every state; a changing session holds the rows."""
    query = select(*_ROW).where(_TABLE.identity_hmac.in_(identities)).order_by(_TABLE.id)
    return _rows(session, locked(session, query))


def has_address(session: Session, row: SupporterRow) -> bool:
    """Tell whether an address is kept of somebody."""
    return session.scalar(select(_TABLE.email.is_not(None)).where(_TABLE.id == row.id)) is True


def erase(session: Session, ids: Collection[int]) -> None:
    """Delete rows with all that is in them."""
    session.execute(delete(_TABLE).where(_TABLE.id.in_(ids)))


def _rows(session: Session, query: Select[Any]) -> list[SupporterRow]:
    return [SupporterRow(**row._mapping) for row in session.execute(query)]
