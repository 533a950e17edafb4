"""Rows of working copies and their versions. Titles and texts are sealed.

The newest version that was not set aside is how the text stands. What is deleted is deleted for good.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, insert, select, update

from fedinode.storage import models, sealing
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_COPIES = models.WorkingCopy
_VERSIONS = models.WorkingVersion
_TITLE: Final = "manuscripts.title"
_SOURCE: Final = "manuscript_versions.source"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRow:
    """A working copy, with the title that lists show."""

    id: int
    uid: str
    collective_id: int
    post_id: int | None
    kind: str
    language: str
    title: str
    state: str
    created_by: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What lists say of a text, taken from its source."""

    kind: str
    language: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCopy:
    """A working copy to be kept."""

    uid: str
    collective_id: int
    heading: Heading
    post_id: int | None
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A state of a text that is to be kept."""

    source: str
    account_id: int | None
    base_number: int | None = None
    is_auto: bool = False
    is_aside: bool = False
    page: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version without its text."""

    number: int
    base_number: int | None
    account_id: int | None
    saved_at: datetime
    is_auto: bool
    is_aside: bool
    page: str | None


_LINE_COLUMNS = tuple(getattr(_VERSIONS, each.name) for each in fields(VersionLine))


# -- working copies


def add(session: Session, new: NewCopy, now: datetime) -> CopyRow:
    """Insert a working copy, without a version yet."""
    row = {
        "uid": new.uid,
        "collective_id": new.collective_id,
        "post_id": new.post_id,
        "kind": new.heading.kind,
        "language": new.heading.language,
        "title": _sealed_title(session, new.uid, new.heading),
        "state": "open",
        "created_by": new.account_id,
        "created_at": now,
        "updated_at": now,
    }
    session.execute(insert(_COPIES).values(**row))
    found = find(session, new.uid)
    assert found is not None, new.uid
    return found


def find(session: Session, uid: str) -> CopyRow | None:
    """Return a working copy, in whatever state; locked where the session may change it."""
    return _find(session, _COPIES.uid == uid)


def find_open_of_post(session: Session, post_id: int) -> CopyRow | None:
    """Return the working copy in which a post is being changed."""
    return _find(session, _COPIES.post_id == post_id, _COPIES.state == "open")


def list_of(session: Session, collective_ids: Collection[int], states: Collection[str]) -> list[CopyRow]:
    """Return the working copies of collectives, what was changed last first."""
    query = select(_COPIES).where(_COPIES.collective_id.in_(collective_ids), _COPIES.state.in_(states))
    rows = session.scalars(query.order_by(_COPIES.updated_at.desc(), _COPIES.id.desc()))
    return [_copy(session, row) for row in rows]


def describe(session: Session, copy: CopyRow, heading: Heading, now: datetime) -> None:
    """Note what a text is now, and that it was changed."""
    _change(
        session,
        copy.id,
        kind=heading.kind,
        language=heading.language,
        title=_sealed_title(session, copy.uid, heading),
        updated_at=now,
    )


def set_state(session: Session, copy_id: int, state: str, now: datetime) -> None:
    """Close a working copy, or open it again."""
    _change(session, copy_id, state=state, updated_at=now)


def close_if_newest(session: Session, uid: str, number: int, now: datetime) -> None:
    """Close a working copy whose newest version went out; who has written on meanwhile goes on."""
    copy = find(session, uid)
    if copy is not None and copy.state == "open" and newest(session, copy).number == number:
        set_state(session, copy.id, "released", now)


def set_post(session: Session, copy_id: int, post_id: int) -> None:
    """Tie a working copy to the post that was made of it."""
    _change(session, copy_id, post_id=post_id)


def _change(session: Session, copy_id: int, **values: Any) -> None:
    session.execute(update(_COPIES).where(_COPIES.id == copy_id).values(**values))


def _find(session: Session, *conditions: ColumnElement[bool]) -> CopyRow | None:
    query: Select[Any] = locked(session, select(_COPIES).where(*conditions))
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    return None if row is None else _copy(session, row)


def _copy(session: Session, row: models.WorkingCopy) -> CopyRow:
    title = "" if row.title is None else sealing.unseal(session, _TITLE, row.uid, row.title).decode("utf-8")
    names = (each.name for each in fields(CopyRow) if each.name != "title")
    return CopyRow(title=title, **{name: getattr(row, name) for name in names})


def _sealed_title(session: Session, uid: str, heading: Heading) -> bytes | None:
    return sealing.seal(session, _TITLE, uid, heading.title.encode("utf-8")) if heading.title else None


# -- versions


def add_version(session: Session, copy: CopyRow, new: NewVersion, now: datetime) -> int:
    """Keep a state of a text under the next number; return it."""
    newest = session.scalar(select(func.max(_VERSIONS.number)).where(_VERSIONS.manuscript_id == copy.id))
    number = (newest or 0) + 1
    sealed = sealing.seal(session, _SOURCE, f"{copy.uid}.{number}", new.source.encode("utf-8"))
    values = {each.name: getattr(new, each.name) for each in fields(NewVersion)} | {"source": sealed}
    session.execute(insert(_VERSIONS).values(manuscript_id=copy.id, number=number, saved_at=now, **values))
    return number


def newest(session: Session, copy: CopyRow) -> VersionLine:
    """Return how the text stands: the newest version that was not set aside."""
    query = _lines(copy).where(~_VERSIONS.is_aside).order_by(_VERSIONS.number.desc()).limit(1)
    return VersionLine(**session.execute(query).one()._mapping)


def newest_of(session: Session, copy_ids: Collection[int]) -> dict[int, VersionLine]:
    """Return by working copy how each stands."""
    last = select(_VERSIONS.manuscript_id, func.max(_VERSIONS.number).label("number"))
    last = last.where(_VERSIONS.manuscript_id.in_(copy_ids), ~_VERSIONS.is_aside)
    found = last.group_by(_VERSIONS.manuscript_id).subquery()
    rows = session.execute(
        select(_VERSIONS.manuscript_id, *_LINE_COLUMNS).join(
            found,
            (found.c.manuscript_id == _VERSIONS.manuscript_id) & (found.c.number == _VERSIONS.number),
        )
    )
    return {
        row.manuscript_id: VersionLine(**{each.name: row._mapping[each.name] for each in fields(VersionLine)})
        for row in rows
    }


def find_line(session: Session, copy: CopyRow, number: int) -> VersionLine | None:
    """Return a version without its text."""
    row = session.execute(_lines(copy).where(_VERSIONS.number == number)).one_or_none()
    return None if row is None else VersionLine(**row._mapping)


def find_source(session: Session, copy: CopyRow, number: int) -> str | None:
    """Return the text of a version."""
    query = select(_VERSIONS.source).where(_VERSIONS.manuscript_id == copy.id, _VERSIONS.number == number)
    sealed = session.scalar(query)
    if sealed is None:
        return None
    return sealing.unseal(session, _SOURCE, f"{copy.uid}.{number}", sealed).decode("utf-8")


def list_versions(session: Session, copy: CopyRow) -> tuple[VersionLine, ...]:
    """Return all versions, the newest first."""
    rows = session.execute(_lines(copy).order_by(_VERSIONS.number.desc()))
    return tuple(VersionLine(**row._mapping) for row in rows)


def delete_versions(session: Session, copy: CopyRow, numbers: Collection[int]) -> None:
    """Delete some versions."""
    session.execute(
        delete(_VERSIONS).where(_VERSIONS.manuscript_id == copy.id, _VERSIONS.number.in_(numbers))
    )


def drop_asides(session: Session, copy: CopyRow, *, account_id: int | None, base_number: int) -> None:
    """Delete what the page of somebody had set aside itself, of the same version."""
    session.execute(
        delete(_VERSIONS).where(
            _VERSIONS.manuscript_id == copy.id,
            _VERSIONS.is_aside,
            _VERSIONS.is_auto,
            _VERSIONS.account_id == account_id,
            _VERSIONS.base_number == base_number,
        )
    )


def set_by_hand(session: Session, copy: CopyRow, number: int) -> None:
    """Note that somebody wanted a version to be kept."""
    session.execute(
        update(_VERSIONS)
        .where(_VERSIONS.manuscript_id == copy.id, _VERSIONS.number == number)
        .values(is_auto=False)
    )


def _lines(copy: CopyRow) -> Select[Any]:
    return select(*_LINE_COLUMNS).where(_VERSIONS.manuscript_id == copy.id)


# -- the end


def list_open(session: Session) -> list[CopyRow]:
    """Return all working copies that are being written."""
    query = select(_COPIES).where(_COPIES.state == "open").order_by(_COPIES.id)
    return [_copy(session, row) for row in session.scalars(query)]


def list_closed(session: Session, before: datetime, limit: int) -> list[CopyRow]:
    """Return working copies that were released or dropped before a moment."""
    query = select(_COPIES).where(_COPIES.state != "open", _COPIES.updated_at < before)
    return [_copy(session, row) for row in session.scalars(query.order_by(_COPIES.id).limit(limit))]


def forget(session: Session, copy_id: int) -> None:
    """Delete a working copy with all its versions."""
    session.execute(delete(_VERSIONS).where(_VERSIONS.manuscript_id == copy_id))
    session.execute(delete(_COPIES).where(_COPIES.id == copy_id))
