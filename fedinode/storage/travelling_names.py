"""Rows of names that travel: pages of names under statements of ours, and copies of those of others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE = models.Supporter
_PAGES = models.SignerListPage
_COPIES = models.CopiedSigner
_ERASED = models.ErasedSigner
_ACTORS = models.RemoteActor
_PEERS = models.Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class TravellingName:
    """Somebody who is named wherever a statement is published, by an id that means nothing elsewhere."""

    id: str
    name: str
    #: "person" or "group".
    kind: str
    role: str | None
    place: str | None
    country: str | None
    handle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedName:
    """A name under a copy, as it is shown."""

    id: int
    statement_uri: str
    position: int
    name: str
    kind: str
    role: str | None
    place: str | None
    country: str | None
    handle: str | None
    asked_at: datetime | None


_COPY = tuple(getattr(_COPIES, each.name) for each in fields(CopiedName))


# -- names under our own statements


def list_travelling(session: Session, object_id: int, text_digest: str) -> Iterator[TravellingName]:
    """Yield who signed and wants to be named wherever the statement is published, in order."""
    query = (
        select(
            _TABLE.uid,
            _TABLE.name,
            _TABLE.kind,
            _TABLE.role,
            _TABLE.city,
            _TABLE.country,
            _ACTORS.preferred_username,
            _PEERS.host,
        )
        .outerjoin(_ACTORS, _ACTORS.uri == _TABLE.actor_uri)
        .outerjoin(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_travels(object_id, text_digest))
        .order_by(_TABLE.confirmed_at, _TABLE.id)
    )
    for row in session.execute(query):
        is_account = row.preferred_username is not None and row.host is not None
        yield TravellingName(
            id=sealing.fingerprint(session, "signer-lists.entry", row.uid.encode())[:32],
            name=row.name,
            kind="person" if row.kind == "person" else "group",
            role=row.role,
            place=row.city,
            country=row.country,
            handle=f"@{row.preferred_username}@{row.host}" if is_account else None,
        )


def count_travelling(session: Session, object_id: int, text_digest: str, until: datetime) -> int:
    """Return how many of them there are that confirmed before then."""
    query = select(func.count()).where(_travels(object_id, text_digest), _TABLE.confirmed_at < until)
    return session.scalar(query) or 0


def _travels(object_id: int, text_digest: str) -> ColumnElement[bool]:
    # Groups that the author wrote down stand in the count; those that signed the form themselves stand here.
    is_own_word = or_(_TABLE.kind == "person", _TABLE.token_hash.is_not(None))
    return and_(
        _TABLE.object_id == object_id,
        _TABLE.text_digest == text_digest,
        _TABLE.state == "confirmed",
        _TABLE.shown == "everywhere",
        _TABLE.name.is_not(None),
        is_own_word,
    )


def find_page(session: Session, statement_uri: str, number: int) -> bytes | None:
    """Return a page of names, signed."""
    return session.scalar(
        select(_PAGES.body).where(_PAGES.statement_uri == statement_uri, _PAGES.number == number)
    )


def list_pages(session: Session, statement_uri: str) -> list[bytes]:
    """Return all pages of names under a statement, in order."""
    query = select(_PAGES.body).where(_PAGES.statement_uri == statement_uri).order_by(_PAGES.number)
    return list(session.scalars(query))


def replace_pages(session: Session, statement_uri: str, bodies: Sequence[bytes]) -> None:
    """Keep these pages, and none of those before."""
    session.execute(delete(_PAGES).where(_PAGES.statement_uri == statement_uri))
    rows = [
        {"statement_uri": statement_uri, "number": number, "body": body}
        for number, body in enumerate(bodies, 1)
    ]
    upserts.add_new(session, _PAGES, rows)


# -- copies


def replace_copies(session: Session, statement_uri: str, names: Sequence[TravellingName]) -> int:
    """Keep these names and none of those before, less those that were erased here; return how many."""
    erased = set(session.scalars(select(_ERASED.entry_hmac).where(_ERASED.statement_uri == statement_uri)))
    query = select(_COPIES.entry_hmac, _COPIES.asked_at).where(
        _COPIES.statement_uri == statement_uri, _COPIES.asked_at.is_not(None)
    )
    asked = {row.entry_hmac: row.asked_at for row in session.execute(query)}
    session.execute(delete(_COPIES).where(_COPIES.statement_uri == statement_uri))
    rows = []
    for position, each in enumerate(names, 1):
        entry_hmac = _entry(session, statement_uri, each.id)
        if entry_hmac not in erased:
            rows.append(
                {
                    "statement_uri": statement_uri,
                    "entry_hmac": entry_hmac,
                    "position": position,
                    "name": each.name,
                    "kind": each.kind,
                    "role": each.role,
                    "place": each.place,
                    "country": each.country,
                    "handle": each.handle,
                    "asked_at": asked.get(entry_hmac),
                }
            )
    upserts.add_new(session, _COPIES, rows)
    return len(rows)


def count_copies(session: Session, statement_uri: str) -> int:
    """Return how many names a copy has."""
    query = select(func.count()).select_from(_COPIES).where(_COPIES.statement_uri == statement_uri)
    return session.scalar(query) or 0


def list_copies(session: Session, statement_uri: str, *, offset: int, limit: int) -> tuple[CopiedName, ...]:
    """Return a page of the names under a copy, in their author's order."""
    query = (
        select(*_COPY)
        .where(_COPIES.statement_uri == statement_uri)
        .order_by(_COPIES.position)
        .offset(offset)
        .limit(limit)
    )
    return tuple(CopiedName(**row._mapping) for row in session.execute(query))


def find_copies(session: Session, statement_uri: str, name: str) -> tuple[CopiedName, ...]:
    """Return the entries with exactly this name."""
    query = (
        select(*_COPY)
        .where(_COPIES.statement_uri == statement_uri, _COPIES.name == name)
        .order_by(_COPIES.position)
    )
    return tuple(CopiedName(**row._mapping) for row in session.execute(query))


def list_asked(session: Session, statement_uri: str) -> tuple[CopiedName, ...]:
    """Return the entries whose removal somebody asked for here, the oldest request first."""
    query = (
        select(*_COPY)
        .where(_COPIES.statement_uri == statement_uri, _COPIES.asked_at.is_not(None))
        .order_by(_COPIES.asked_at, _COPIES.id)
    )
    return tuple(CopiedName(**row._mapping) for row in session.execute(query))


def note_asked(session: Session, statement_uri: str, name: str, now: datetime) -> int:
    """Note that the removal of a name was asked for; return for how many entries for the first time."""
    asked = (
        update(_COPIES)
        .where(_COPIES.statement_uri == statement_uri, _COPIES.name == name, _COPIES.asked_at.is_(None))
        .values(asked_at=now)
        .returning(_COPIES.id)
    )
    return len(session.scalars(asked).all())


def erase(session: Session, copied_id: int, now: datetime) -> None:
    """Remove a name, and remember by its digest alone that it stays removed."""
    gone = session.execute(
        delete(_COPIES).where(_COPIES.id == copied_id).returning(_COPIES.statement_uri, _COPIES.entry_hmac)
    ).one_or_none()
    if gone is not None:
        row = {"statement_uri": gone.statement_uri, "entry_hmac": gone.entry_hmac, "at": now}
        upserts.add_new(session, _ERASED, [row])


def drop_copies(session: Session, statement_uri: str) -> None:
    """Keep no name under a copy; what was erased stays erased, should the names come back."""
    session.execute(delete(_COPIES).where(_COPIES.statement_uri == statement_uri))


def _entry(session: Session, statement_uri: str, entry_id: str) -> str:
    return sealing.fingerprint(session, "copied-signers.entry", f"{statement_uri} {entry_id}".encode())
