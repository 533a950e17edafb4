"""Rows of objects, their revisions and the documents that peers get.

A revision is a draft, then frozen, then public, then superseded; from frozen on nothing of it changes but its
state. A document is exact bytes; a new one of the same object is at least a second newer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update

from fedinode.storage import models, sealing
from fedinode.storage.database import Session

_OBJECTS = models.FederatedObject
_REVISIONS = models.Revision
_DOCUMENTS = models.ServedDocument
_SEALED_COLUMNS = ("facts", "salt", "signed_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """What the protocol sees of a post. `language` is None where one object carries all languages."""

    id: int
    uid: str
    uri: str
    post_id: int
    as_type: str
    language: str | None
    current_revision_id: int | None
    last_updated_at: datetime | None
    deleted_at: datetime | None
    #: The object whose text this one amends.
    supersedes_id: int | None
    #: The original, if this object is a translation that federates by itself.
    translation_of_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """An object to be kept; its uid is part of its uri."""

    uid: str
    uri: str
    post_id: int
    as_type: str
    language: str | None = None
    translation_of_id: int | None = None
    supersedes_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRow:
    """One state of an object, unsealed."""

    id: int
    object_id: int
    number: int
    state: str
    facts: bytes
    salt: bytes | None
    signed_text: bytes | None
    text_digest: str | None
    public_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """The exact bytes that peers get."""

    id: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What freezing binds a revision to."""

    salt: bytes
    signed_text: bytes
    text_digest: str


_OBJECT_COLUMNS = tuple(getattr(_OBJECTS, each.name) for each in fields(ObjectRow))


# -- objects


def add(session: Session, new: NewObject, now: datetime) -> int:
    """Insert an object and return its id."""
    row = _OBJECTS(**{each.name: getattr(new, each.name) for each in fields(NewObject)}, created_at=now)
    session.add(row)
    session.flush()
    return row.id


def list_of_post(session: Session, post_id: int) -> tuple[ObjectRow, ...]:
    """Return the objects of a post that stand, the oldest first."""
    query = select(*_OBJECT_COLUMNS).where(_OBJECTS.post_id == post_id, _OBJECTS.superseded_at.is_(None))
    return tuple(ObjectRow(**row._mapping) for row in session.execute(query.order_by(_OBJECTS.id)))


def get(session: Session, object_id: int) -> ObjectRow:
    """Return an object that is known to exist."""
    return ObjectRow(
        **session.execute(select(*_OBJECT_COLUMNS).where(_OBJECTS.id == object_id)).one()._mapping
    )


def find_by_uri(session: Session, uri: str) -> ObjectRow | None:
    """Return the object with this id, deleted ones too."""
    row = session.execute(select(*_OBJECT_COLUMNS).where(_OBJECTS.uri == uri)).one_or_none()
    return ObjectRow(**row._mapping) if row else None


def set_amended(session: Session, object_id: int, amended_id: int) -> None:
    """Note of a new object which one it amends."""
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(supersedes_id=amended_id))


def find_amendment(session: Session, object_id: int) -> ObjectRow | None:
    """Return the object that amends this one, a draft too, and not one that was taken back."""
    query = select(*_OBJECT_COLUMNS).where(_OBJECTS.supersedes_id == object_id, _OBJECTS.deleted_at.is_(None))
    row = session.execute(query.order_by(_OBJECTS.id.desc()).limit(1)).one_or_none()
    return ObjectRow(**row._mapping) if row else None


def translations_of(session: Session, object_id: int) -> tuple[str, ...]:
    """Return the ids of the translations of an object that federate by themselves."""
    query = select(_OBJECTS.uri).where(
        _OBJECTS.translation_of_id == object_id,
        _OBJECTS.deleted_at.is_(None),
        _OBJECTS.superseded_at.is_(None),
    )
    return tuple(session.scalars(query.order_by(_OBJECTS.id)))


def first_uri_of(session: Session, subject: ObjectRow) -> str | None:
    """Return the id of the first text of the work that this one amends; None if it amends nothing."""
    first = subject
    while first.supersedes_id is not None:
        first = get(session, first.supersedes_id)
    return None if first.id == subject.id else first.uri


def mark_deleted(session: Session, object_id: int, now: datetime) -> None:
    """Leave a tombstone: the documents are gone, the address stays."""
    session.execute(delete(_DOCUMENTS).where(_DOCUMENTS.object_id == object_id))
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(deleted_at=now))


def supersede(session: Session, object_id: int, now: datetime) -> None:
    """Note that an object stands for its post no longer; its address keeps answering."""
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(superseded_at=now))


def forget_revisions(session: Session, object_id: int) -> None:
    """Delete all states of a deleted object."""
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(current_revision_id=None))
    session.execute(delete(_REVISIONS).where(_REVISIONS.object_id == object_id))


# -- revisions


def add_revision(session: Session, object_id: int, facts: bytes, now: datetime) -> int:
    """Add a draft under the next number, its facts sealed; return its id.

    The first one of an amendment counts on from the object that it amends.
    """
    amended = select(_OBJECTS.supersedes_id).where(_OBJECTS.id == object_id).scalar_subquery()
    numbers = select(func.max(_REVISIONS.number)).where(
        or_(_REVISIONS.object_id == object_id, _REVISIONS.object_id == amended)
    )
    number = session.scalar(numbers) or 0
    uid = models.new_uid()
    row = _REVISIONS(
        uid=uid,
        object_id=object_id,
        number=number + 1,
        state="draft",
        facts=sealing.seal(session, "revisions.facts", uid, facts),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def replace_facts(session: Session, revision_id: int, facts: bytes) -> None:
    """Give a draft other facts."""
    uid = session.execute(select(_REVISIONS.uid).where(_REVISIONS.id == revision_id)).scalar_one()
    session.execute(
        update(_REVISIONS)
        .where(_REVISIONS.id == revision_id, _REVISIONS.state == "draft")
        .values(facts=sealing.seal(session, "revisions.facts", uid, facts))
    )


def get_revision(session: Session, revision_id: int) -> RevisionRow:
    """Return a revision that is known to exist, unsealed."""
    return _revision(session, select(_REVISIONS).where(_REVISIONS.id == revision_id))


def newest_revision(session: Session, object_id: int) -> RevisionRow:
    """Return the revision with the highest number: the draft if there is one, else what is public."""
    query = select(_REVISIONS).where(_REVISIONS.object_id == object_id).order_by(_REVISIONS.number.desc())
    return _revision(session, query.limit(1))


def set_texts(session: Session, revision_id: int, texts: Sequence[tuple[str, int]]) -> None:
    """Say which text revision stands for each language in a draft; the first is the primary one."""
    table = models.RevisionText
    session.execute(delete(table).where(table.revision_id == revision_id))
    session.add_all(
        table(
            revision_id=revision_id, language=language, text_revision_id=text_revision_id, position=position
        )
        for position, (language, text_revision_id) in enumerate(texts)
    )
    session.flush()


def texts_of(session: Session, revision_id: int) -> tuple[int, ...]:
    """Return the text revisions of a revision, the primary one first."""
    table = models.RevisionText
    query = select(table.text_revision_id).where(table.revision_id == revision_id).order_by(table.position)
    return tuple(session.scalars(query))


def freeze(session: Session, revision_id: int, signature: Signature | None, now: datetime) -> None:
    """Bind a draft to its exact text: from here on nothing of it changes."""
    values: dict[str, Any] = {"state": "frozen", "frozen_at": now}
    if signature is not None:
        uid = session.execute(select(_REVISIONS.uid).where(_REVISIONS.id == revision_id)).scalar_one()
        values |= {
            "salt": sealing.seal(session, "revisions.salt", uid, signature.salt),
            "signed_text": sealing.seal(session, "revisions.signed_text", uid, signature.signed_text),
            "text_digest": signature.text_digest,
        }
    session.execute(
        update(_REVISIONS).where(_REVISIONS.id == revision_id, _REVISIONS.state == "draft").values(**values)
    )


def drop(session: Session, revision_id: int) -> None:
    """Note that a frozen revision will not become public."""
    session.execute(
        update(_REVISIONS)
        .where(_REVISIONS.id == revision_id, _REVISIONS.state == "frozen")
        .values(state="dropped")
    )


def make_public(session: Session, object_id: int, revision_id: int, now: datetime) -> None:
    """Open a frozen revision and make it the object's current one; the one before is superseded."""
    row = session.execute(
        select(_REVISIONS.uid, _REVISIONS.facts, _REVISIONS.salt, _REVISIONS.signed_text).where(
            _REVISIONS.id == revision_id
        )
    ).one()
    opened = {
        column: sealing.unseal(session, f"revisions.{column}", row.uid, row._mapping[column])
        for column in _SEALED_COLUMNS
        if row._mapping[column] is not None
    }
    session.execute(
        update(_REVISIONS)
        .where(_REVISIONS.object_id == object_id, _REVISIONS.state == "public", _REVISIONS.id != revision_id)
        .values(state="superseded")
    )
    session.execute(
        update(_REVISIONS).where(_REVISIONS.id == revision_id).values(state="public", public_at=now, **opened)
    )
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(current_revision_id=revision_id))


# -- documents


def next_updated_at(last: datetime | None, now: datetime) -> datetime:
    """Return the time of an object's next document: whole seconds, and always later than the last.

    So it survives a clock that was set back and a restored backup.
    """
    whole = now.replace(microsecond=0)
    return whole if last is None else max(whole, last + timedelta(seconds=1))


def add_document(
    session: Session, object_id: int, revision_id: int | None, body: bytes, updated_at: datetime
) -> int:
    """Keep the exact bytes that peers get from now on; return the document's id."""
    row = _DOCUMENTS(object_id=object_id, revision_id=revision_id, body=body, updated_at=updated_at)
    session.add(row)
    session.flush()
    session.execute(update(_OBJECTS).where(_OBJECTS.id == object_id).values(last_updated_at=updated_at))
    return row.id


def newest_document(session: Session, object_id: int) -> DocumentRow | None:
    """Return what is served for an object; None if it was never public."""
    row = session.execute(
        select(_DOCUMENTS.id, _DOCUMENTS.body)
        .where(_DOCUMENTS.object_id == object_id)
        .order_by(_DOCUMENTS.updated_at.desc())
        .limit(1)
    ).one_or_none()
    return DocumentRow(**row._mapping) if row else None


def _revision(session: Session, query: Select[models.Revision]) -> RevisionRow:
    row = session.scalars(query.execution_options(populate_existing=True)).one()

    def plain(column: str, stored: bytes | None) -> bytes | None:
        return None if stored is None else sealing.unseal(session, f"revisions.{column}", row.uid, stored)

    return RevisionRow(
        id=row.id,
        object_id=row.object_id,
        number=row.number,
        state=row.state,
        facts=plain("facts", row.facts) or b"",
        salt=plain("salt", row.salt),
        signed_text=plain("signed_text", row.signed_text),
        text_digest=row.text_digest,
        public_at=row.public_at,
    )
