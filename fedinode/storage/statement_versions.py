"""Rows of the texts of statements as seen here: sealed while they are drafts, plain once they are public.

Two texts under one number stay side by side: that is the proof that somebody showed two.
"""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import delete, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_TABLE = models.StatementVersion
_BODY, _TEXT = "statement_versions.body", "statement_versions.signed_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """A text as it was seen: the document it came in, and its canonical SignedText."""

    statement_uri: str
    text_digest: str
    revision: int
    author_uri: str
    signed_text: bytes
    body: bytes
    #: The page that the document names, once it is public.
    page_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow(NewVersion):
    """A text that is kept; drafts have no `public_at`."""

    first_seen_at: datetime
    public_at: datetime | None


_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(VersionRow))


def put_draft(session: Session, new: NewVersion, now: datetime) -> None:
    """Keep a text that is not public yet, sealed; what is known already stays as it is."""
    seal = sealing.seal
    values = _values(new) | {
        "signed_text": seal(session, _TEXT, new.text_digest, new.signed_text),
        "body": seal(session, _BODY, new.text_digest, new.body),
    }
    upserts.add_new(session, _TABLE, [{**values, "first_seen_at": now, "public_at": None}])


def put_public(session: Session, new: NewVersion, now: datetime) -> None:
    """Keep a text that is public, in the bytes in which it is, in place of the draft of the same text."""
    values = {**_values(new), "first_seen_at": now, "public_at": now}
    upserts.add_new(session, _TABLE, [values])
    session.execute(
        update(_TABLE)
        .where(_TABLE.statement_uri == new.statement_uri, _TABLE.text_digest == new.text_digest)
        .where(_TABLE.public_at.is_(None))
        .values(signed_text=new.signed_text, body=new.body, page_url=new.page_url, public_at=now)
    )


def find(session: Session, statement_uri: str, text_digest: str) -> VersionRow | None:
    """Return one text of a statement."""
    rows = _list(session, _TABLE.statement_uri == statement_uri, _TABLE.text_digest == text_digest)
    return rows[0] if rows else None


def find_by_digest(session: Session, text_digest: str) -> VersionRow | None:
    """Return a public text by its digest."""
    rows = _list(session, _TABLE.text_digest == text_digest, _TABLE.public_at.is_not(None))
    return rows[0] if rows else None


def find_by_address(session: Session, url: str) -> tuple[VersionRow, ...]:
    """Return the texts of the statement with this id, or of the public one whose page this is."""
    by_id = list_of(session, url)
    return by_id or _list(session, _TABLE.public_at.is_not(None), _TABLE.page_url == url)


def list_of(session: Session, statement_uri: str) -> tuple[VersionRow, ...]:
    """Return all texts of a statement, in the order of their numbers."""
    return _list(session, _TABLE.statement_uri == statement_uri)


def list_public_of_author(session: Session, author_uri: str) -> tuple[VersionRow, ...]:
    """Return the public texts of an author, in the order of their numbers."""
    return _list(session, _TABLE.author_uri == author_uri, _TABLE.public_at.is_not(None))


def drop(session: Session, statement_uri: str) -> None:
    """Forget all texts of a statement."""
    session.execute(delete(_TABLE).where(_TABLE.statement_uri == statement_uri))


def list_everything(session: Session) -> tuple[VersionRow, ...]:
    """Return all texts of all statements, drafts too."""
    return _list(session)


def _list(session: Session, *conditions: object) -> tuple[VersionRow, ...]:
    query = select(*_COLUMNS).where(*conditions).order_by(_TABLE.revision, _TABLE.first_seen_at)  # type: ignore[arg-type]  # conditions are column expressions
    found = []
    for row in session.execute(query):
        opened = {
            "signed_text": sealing.unseal(session, _TEXT, row.text_digest, row.signed_text),
            "body": sealing.unseal(session, _BODY, row.text_digest, row.body),
        }
        found.append(VersionRow(**{**row._mapping, **opened}))
    return tuple(found)


def _values(new: NewVersion) -> dict[str, object]:
    return {each.name: getattr(new, each.name) for each in fields(NewVersion)}
