"""Rows of co-signatures: one for both sides, since author and signer may live on this node.

What is listed is always asked of the rows, never counted up: accepted, verified, under the text asked for,
neither withdrawn nor removed.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.CoSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoSignature:
    """A consent as it was made or received: the signed document, and what it says."""

    uri: str
    statement_uri: str
    revision: int
    text_digest: str
    signer_uri: str
    role: str
    name: str
    body: bytes
    digest: str
    request_uri: str | None = None
    author_state: str | None = None
    signer_state: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoSignatureRow(NewCoSignature):
    """A consent and what became of it."""

    id: int
    verified_at: datetime | None
    ended_at: datetime | None
    stamp_uri: str | None
    stamp_body: bytes | None
    withdrawal_body: bytes | None
    removal_body: bytes | None
    reason: str | None
    checked_live_at: datetime | None
    unseen_at: datetime | None


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(CoSignatureRow))
_LISTED: tuple[ColumnElement[bool], ...] = (
    _TABLE.author_state == "accepted",
    _TABLE.ended_at.is_(None),
    _TABLE.verified_at.is_not(None),
    _TABLE.stamp_body.is_not(None),
)


def add(session: Session, new: NewCoSignature) -> bool:
    """Keep a consent; False if its id is known already."""
    values = {each.name: getattr(new, each.name) for each in fields(NewCoSignature)}
    return upserts.add_new(session, _TABLE, [values]) == 1


def find(session: Session, uri: str) -> CoSignatureRow | None:
    """Return the consent with this id, locked until the commit."""
    return _one(session, locked(session, select(*_COLUMNS).where(_TABLE.uri == uri)))


def find_by_number(session: Session, number: int) -> CoSignatureRow | None:
    """Return a consent by the number that commands show, locked until the commit."""
    return _one(session, locked(session, select(*_COLUMNS).where(_TABLE.id == number)))


def find_by_stamp(session: Session, stamp_uri: str) -> CoSignatureRow | None:
    """Return the consent that a stamp lists."""
    return _one(session, locked(session, select(*_COLUMNS).where(_TABLE.stamp_uri == stamp_uri)))


def find_standing(session: Session, statement_uri: str, signer_uri: str) -> CoSignatureRow | None:
    """Return a cell's consent to a statement that its author accepted and that has not ended."""
    query = select(*_COLUMNS).where(_TABLE.statement_uri == statement_uri, _TABLE.signer_uri == signer_uri)
    return _one(session, query.where(_TABLE.author_state == "accepted", _TABLE.ended_at.is_(None)))


def list_of_statement(session: Session, statement_uri: str) -> tuple[CoSignatureRow, ...]:
    """Return every consent to a statement, whatever became of it."""
    return _all(session, select(*_COLUMNS).where(_TABLE.statement_uri == statement_uri))


def list_of_signer(session: Session, signer_uri: str) -> tuple[CoSignatureRow, ...]:
    """Return every consent of a cell."""
    return _all(session, select(*_COLUMNS).where(_TABLE.signer_uri == signer_uri))


def has_signed_public(session: Session, signer_uri: str) -> bool:
    """Tell whether a cell has a consent, ended or not, that was listed under a text which is public here."""
    versions = models.StatementVersion
    query = (
        select(_TABLE.id)
        .join(
            versions,
            (versions.statement_uri == _TABLE.statement_uri) & (versions.text_digest == _TABLE.text_digest),
        )
        .where(_TABLE.signer_uri == signer_uri, _TABLE.stamp_body.is_not(None))
        .where(versions.public_at.is_not(None))
    )
    return session.execute(query.limit(1)).first() is not None


def list_in_state(
    session: Session, *, author: Collection[str] = (), signer: Collection[str] = ()
) -> tuple[CoSignatureRow, ...]:
    """Return the consents in some states of the author's side, or of the signer's."""
    condition = _TABLE.author_state.in_(author) | _TABLE.signer_state.in_(signer)
    return _all(session, select(*_COLUMNS).where(condition))


def listed(session: Session, statement_uri: str, text_digest: str) -> tuple[CoSignatureRow, ...]:
    """Return what is listed under one text of a statement, in the order of the rows."""
    query = select(*_COLUMNS).where(
        _TABLE.statement_uri == statement_uri, _TABLE.text_digest == text_digest, *_LISTED
    )
    return _all(session, query)


def ever_stamped(session: Session, statement_uri: str, text_digest: str) -> tuple[CoSignatureRow, ...]:
    """Return every consent under a text that the author ever stamped, ended ones too."""
    query = select(*_COLUMNS).where(
        _TABLE.statement_uri == statement_uri,
        _TABLE.text_digest == text_digest,
        _TABLE.stamp_body.is_not(None),
    )
    return _all(session, query)


def set_requested(session: Session, uri: str, request_uri: str) -> None:
    """Note that a consent of ours to a statement of ours reached its author."""
    session.execute(
        update(_TABLE).where(_TABLE.uri == uri).values(author_state="pending", request_uri=request_uri)
    )


def set_author_state(
    session: Session, row_id: int, state: str, *, reason: str | None = None, ended_at: datetime | None = None
) -> None:
    """Move the author's side on."""
    session.execute(
        update(_TABLE).where(_TABLE.id == row_id).values(author_state=state, reason=reason, ended_at=ended_at)
    )


def set_signer_state(session: Session, row_id: int, state: str, *, reason: str | None = None) -> None:
    """Move the signer's side on."""
    session.execute(update(_TABLE).where(_TABLE.id == row_id).values(signer_state=state, reason=reason))


def record_stamp(session: Session, row_id: int, stamp_uri: str, stamp_body: bytes, now: datetime) -> None:
    """Keep the author's stamp: from now on the consent is listed."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == row_id)
        .values(author_state="accepted", stamp_uri=stamp_uri, stamp_body=stamp_body, verified_at=now)
    )


def forget_stamp(session: Session, row_id: int) -> None:
    """Treat a consent that ended as if it had never been listed: nobody saw the list that it was on."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == row_id, _TABLE.ended_at.is_not(None))
        .values(stamp_uri=None, stamp_body=None)
    )


def record_withdrawal(session: Session, row_id: int, body: bytes, now: datetime) -> None:
    """Keep a signer's Undo: from now on the consent is not listed, and never again under this id."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == row_id, _TABLE.withdrawal_body.is_(None))
        .values(author_state="withdrawn", withdrawal_body=body, ended_at=now)
    )


def record_removal(session: Session, row_id: int, body: bytes, now: datetime) -> None:
    """Keep the author's removal: from now on the consent is not listed."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == row_id, _TABLE.removal_body.is_(None))
        .values(author_state="removed", removal_body=body, ended_at=now)
    )


def record_live_check(session: Session, row_id: int, now: datetime) -> None:
    """Note that the consent was seen at its own address."""
    session.execute(update(_TABLE).where(_TABLE.id == row_id).values(checked_live_at=now, unseen_at=None))


def record_unseen(session: Session, row_id: int, now: datetime) -> None:
    """Note that nobody answered at the consent's own address."""
    session.execute(update(_TABLE).where(_TABLE.id == row_id).values(unseen_at=now))


def _one(session: Session, query: Select[*tuple[Any, ...]]) -> CoSignatureRow | None:
    row = session.execute(query).one_or_none()
    return CoSignatureRow(**row._mapping) if row else None


def _all(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[CoSignatureRow, ...]:
    return tuple(CoSignatureRow(**row._mapping) for row in session.execute(query.order_by(_TABLE.id)))
