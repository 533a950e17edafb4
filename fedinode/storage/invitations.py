"""Rows of invitations to co-sign: what an author asked of a cell, and what came of it. For both sides."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE = models.Invitation
_BODY, _REASON = "invitations.body", "invitations.reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation as it was sent or received; `body` is the whole Invite with the draft in it."""

    uri: str
    statement_uri: str
    revision: int
    text_digest: str
    author_uri: str
    cell_uri: str
    role: str
    body: bytes
    ends_at: datetime
    publish_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRow(NewInvitation):
    """An invitation, unsealed; `reason` is what the cell said when it declined."""

    id: int
    state: str
    reason: str | None
    created_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFile:
    """A file of a draft of ours, and a cell that was shown the draft and may still sign it."""

    digest: str
    media_type: str
    cell_uri: str


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(InvitationRow))


def add(session: Session, new: NewInvitation, now: datetime) -> bool:
    """Keep an open invitation; False if this cell was invited to this revision before."""
    values = {each.name: getattr(new, each.name) for each in fields(NewInvitation)}
    values["body"] = sealing.seal(session, _BODY, new.uri, new.body)
    return upserts.add_new(session, _TABLE, [{**values, "state": "open", "created_at": now}]) == 1


def renew(session: Session, known: InvitationRow, new: NewInvitation) -> None:
    """Open an invitation again, or for longer, under the id of the later Invite."""
    values = {each.name: getattr(new, each.name) for each in fields(NewInvitation)}
    values["body"] = sealing.seal(session, _BODY, new.uri, new.body)
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == known.id)
        .values(**values, state="open", reason=None, decided_at=None)
    )


def find(session: Session, uri: str) -> InvitationRow | None:
    """Return the invitation with this id."""
    return _one(session, select(*_COLUMNS).where(_TABLE.uri == uri))


def find_newest(session: Session, statement_uri: str, cell_uri: str) -> InvitationRow | None:
    """Return the invitation of a cell to the newest text of a statement that it was shown."""
    query = select(*_COLUMNS).where(_TABLE.statement_uri == statement_uri, _TABLE.cell_uri == cell_uri)
    return _one(session, query.order_by(_TABLE.revision.desc()).limit(1))


def list_of_statement(session: Session, statement_uri: str) -> tuple[InvitationRow, ...]:
    """Return all invitations to a statement, in the order in which they were made."""
    return _all(session, select(*_COLUMNS).where(_TABLE.statement_uri == statement_uri))


def list_of_cell(session: Session, cell_uri: str, *, states: Collection[str]) -> tuple[InvitationRow, ...]:
    """Return what a cell of ours was asked, in some states."""
    return _all(session, select(*_COLUMNS).where(_TABLE.cell_uri == cell_uri, _TABLE.state.in_(states)))


def list_over(session: Session, now: datetime) -> tuple[InvitationRow, ...]:
    """Return the open invitations whose time is over."""
    return _all(session, select(*_COLUMNS).where(_TABLE.state == "open", _TABLE.ends_at <= now))


def cells_shown(session: Session, media_path: str) -> tuple[ShownFile, ...]:
    """Return the cells that were shown a draft of ours with this file, and may still sign it."""
    media, used, revisions = models.MediaFile, models.RevisionMedia, models.Revision
    rows = session.execute(
        select(media.digest, media.type.label("media_type"), _TABLE.cell_uri)
        .join(used, used.media_id == media.id)
        .join(revisions, revisions.id == used.revision_id)
        .join(_TABLE, _TABLE.text_digest == revisions.text_digest)
        .where(media.path == media_path, _TABLE.state.in_(("open", "answered")))
    )
    return tuple(ShownFile(**row._mapping) for row in rows)


def count_open_of(session: Session, author_uri: str) -> int:
    """Return how many invitations of an author wait for an answer."""
    query = select(func.count()).where(_TABLE.author_uri == author_uri, _TABLE.state == "open")
    return session.execute(query).scalar_one()


def set_state(
    session: Session, invitation: InvitationRow, state: str, now: datetime, *, reason: str | None = None
) -> None:
    """Record what came of an invitation."""
    sealed = (
        None if reason is None else sealing.seal(session, _REASON, invitation.uri, reason.encode("utf-8"))
    )
    session.execute(
        update(_TABLE).where(_TABLE.id == invitation.id).values(state=state, decided_at=now, reason=sealed)
    )


def _one(session: Session, query: Select[*tuple[Any, ...]]) -> InvitationRow | None:
    row = session.execute(query).one_or_none()
    return _read(session, row) if row else None


def _all(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[InvitationRow, ...]:
    return tuple(_read(session, row) for row in session.execute(query.order_by(_TABLE.id)))


def _read(session: Session, row: Row[Any]) -> InvitationRow:
    reason = row.reason and sealing.unseal(session, _REASON, row.uri, row.reason).decode("utf-8")
    body = sealing.unseal(session, _BODY, row.uri, row.body)
    return InvitationRow(**{**row._mapping, "body": body, "reason": reason})
