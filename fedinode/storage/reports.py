"""Rows of complaints about something of ours: Flags of other servers, and what came through our form.

What somebody writes about people is sealed.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.Report
_WORDS, _NAME = "reports.words", "reports.about_name"
#: With so many of one sender about the same things another one is compared.
_COMPARED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A complaint as it arrived; `words` is plain text."""

    collective_id: int
    object_uris: tuple[str, ...]
    words: str | None
    #: Both empty for what came through the form.
    activity_uri: str | None = None
    actor_uri: str | None = None
    about_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A complaint as it was kept."""

    id: int
    uid: str
    collective_id: int | None
    #: Empty for what came through the form of this site.
    actor_uri: str | None
    object_uris: tuple[str, ...]
    words: str | None
    about_name: str | None
    repeats: int
    state: str
    received_at: datetime
    decided_at: datetime | None
    decided_by: int | None
    deed: str | None


def add(session: Session, new: NewReport, now: datetime) -> bool:
    """Keep a complaint; False if it is here already."""
    uid = models.new_uid()
    row = {
        "uid": uid,
        "collective_id": new.collective_id,
        "activity_uri": new.activity_uri,
        "actor_uri": new.actor_uri,
        "object_uris": "\n".join(new.object_uris),
        "words": _sealed(session, _WORDS, uid, new.words),
        "about_name": _sealed(session, _NAME, uid, new.about_name),
        "received_at": now,
    }
    return upserts.add_new(session, _TABLE, [row]) == 1


def is_known(session: Session, activity_uri: str) -> bool:
    """Tell whether a Flag was kept before."""
    return session.scalar(select(_TABLE.id).where(_TABLE.activity_uri == activity_uri)) is not None


def open_of_host(session: Session, host: str) -> tuple[int, ...]:
    """Return the open complaints from a server, the oldest first."""
    actors, peers = models.RemoteActor, models.Peer
    query = (
        select(_TABLE.id)
        .join(actors, actors.uri == _TABLE.actor_uri)
        .join(peers, peers.id == actors.peer_id)
        .where(_TABLE.state == "open", peers.host == host)
    )
    return tuple(session.scalars(query.order_by(_TABLE.id)))


def count_open_of_form(session: Session) -> int:
    """Return how many open complaints came through the form of this site."""
    is_theirs = (_TABLE.state == "open", _TABLE.actor_uri.is_(None))
    return session.execute(select(func.count()).select_from(_TABLE).where(*is_theirs)).scalar_one()


def find_same(session: Session, new: NewReport) -> int | None:
    """Return the open complaint of the same sender that says the same about the same things."""
    named = "\n".join(new.object_uris)
    is_theirs = _TABLE.actor_uri.is_not_distinct_from(new.actor_uri)
    query = select(_TABLE).where(_TABLE.state == "open", is_theirs, _TABLE.object_uris == named)
    rows = _rows(session, query.order_by(_TABLE.id).limit(_COMPARED))
    said = (new.words, new.about_name)
    return next((row.id for row in rows if (row.words, row.about_name) == said), None)


def note_repeat(session: Session, report_id: int) -> None:
    """Count that the same came again."""
    session.execute(update(_TABLE).where(_TABLE.id == report_id).values(repeats=_TABLE.repeats + 1))


def find(session: Session, report_id: int) -> ReportRow | None:
    """Return a complaint by its number; a session that may change anything holds it."""
    return next(iter(_rows(session, locked(session, select(_TABLE).where(_TABLE.id == report_id)))), None)


def by_ids(session: Session, ids: Collection[int]) -> tuple[ReportRow, ...]:
    """Return complaints by their numbers."""
    return _rows(session, select(_TABLE).where(_TABLE.id.in_(set(ids))).order_by(_TABLE.id))


def list_answered(session: Session, names: Collection[str], limit: int) -> tuple[ReportRow, ...]:
    """Return the answered complaints of these collectives, the last answered first."""
    query = (
        select(_TABLE)
        .join(models.Collective, models.Collective.id == _TABLE.collective_id)
        .where(_TABLE.state != "open", models.Collective.name.in_(names))
        .order_by(_TABLE.decided_at.desc(), _TABLE.id.desc())
    )
    return _rows(session, query.limit(limit))


def list_newest(session: Session, limit: int, *, state: str | None = None) -> tuple[ReportRow, ...]:
    """Return complaints, the newest first."""
    query = select(_TABLE).order_by(_TABLE.id.desc()).limit(limit)
    if state is not None:
        query = query.where(_TABLE.state == state)
    return _rows(session, query)


def close(
    session: Session, report_id: int, state: str, deed: str, *, account_id: int | None, now: datetime
) -> None:
    """Say what became of a complaint."""
    values = {"state": state, "deed": deed, "decided_at": now, "decided_by": account_id}
    session.execute(update(_TABLE).where(_TABLE.id == report_id).values(**values))


def _rows(session: Session, query: Select[Any]) -> tuple[ReportRow, ...]:
    found = session.scalars(query.execution_options(populate_existing=True))
    return tuple(_opened(session, row) for row in found)


def _opened(session: Session, row: models.Report) -> ReportRow:
    plain = ReportRow(
        id=row.id,
        uid=row.uid,
        collective_id=row.collective_id,
        actor_uri=row.actor_uri,
        object_uris=tuple(row.object_uris.split("\n")),
        words=None,
        about_name=None,
        repeats=row.repeats,
        state=row.state,
        received_at=row.received_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
        deed=row.deed,
    )
    words = _unsealed(session, _WORDS, row.uid, row.words)
    return replace(plain, words=words, about_name=_unsealed(session, _NAME, row.uid, row.about_name))


def _sealed(session: Session, place: str, uid: str, plain: str | None) -> str | None:
    return None if plain is None else sealing.seal_text(session, place, uid, plain)


def _unsealed(session: Session, place: str, uid: str, stored: str | None) -> str | None:
    return None if stored is None else sealing.unseal_text(session, place, uid, stored)
