"""Rows of what belongs to a working copy beside its text: pictures, and what translators had before them.

Both are sealed, and deleted with the working copy.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session
from fedinode.storage.desk_texts import CopyRow

_FILES = models.WorkingFile
_TRANSLATIONS = models.WorkingTranslation
_CONTENT: Final = "manuscript_files.content"
_ORIGINAL: Final = "manuscript_translations.original"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A picture of a working copy, without its bytes."""

    name: str
    type: str
    width: int
    height: int
    size_bytes: int
    shows_faces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A picture that was cleaned."""

    name: str
    type: str
    width: int
    height: int
    content: bytes
    shows_faces: bool
    account_id: int | None


# -- pictures


def add(session: Session, copy: CopyRow, new: NewFile, now: datetime) -> None:
    """Keep a picture."""
    session.execute(
        insert(_FILES).values(
            manuscript_id=copy.id,
            name=new.name,
            type=new.type,
            width=new.width,
            height=new.height,
            size_bytes=len(new.content),
            content=sealing.seal(session, _CONTENT, f"{copy.uid}.{new.name}", new.content),
            shows_faces=new.shows_faces,
            account_id=new.account_id,
            added_at=now,
        )
    )


def list_of(session: Session, copy: CopyRow) -> tuple[FileRow, ...]:
    """Return the pictures of a working copy, the oldest first."""
    columns = [getattr(_FILES, each.name) for each in fields(FileRow)]
    query = select(*columns).where(_FILES.manuscript_id == copy.id).order_by(_FILES.id)
    return tuple(FileRow(**row._mapping) for row in session.execute(query))


def count(session: Session, copy: CopyRow) -> int:
    """Return how many pictures a working copy has."""
    return session.scalar(select(func.count()).where(_FILES.manuscript_id == copy.id)) or 0


def find_content(session: Session, copy: CopyRow, name: str) -> bytes | None:
    """Return the bytes of a picture."""
    query = select(_FILES.content).where(_FILES.manuscript_id == copy.id, _FILES.name == name)
    sealed = session.scalar(query)
    return None if sealed is None else sealing.unseal(session, _CONTENT, f"{copy.uid}.{name}", sealed)


def set_faces(session: Session, copy: CopyRow, name: str, *, shows_faces: bool) -> None:
    """Note whether faces are to be seen of people who did not agree."""
    session.execute(
        update(_FILES)
        .where(_FILES.manuscript_id == copy.id, _FILES.name == name)
        .values(shows_faces=shows_faces)
    )


def remove(session: Session, copy: CopyRow, name: str) -> None:
    """Delete a picture, for good."""
    session.execute(delete(_FILES).where(_FILES.manuscript_id == copy.id, _FILES.name == name))


# -- translations


def put_original(
    session: Session,
    copy: CopyRow,
    language: str,
    original: Mapping[str, object],
    *,
    account_id: int | None,
    now: datetime,
) -> None:
    """Note what a translation into a language was made of."""
    document = json.dumps(original, ensure_ascii=False).encode("utf-8")
    row = {
        "manuscript_id": copy.id,
        "language": language,
        "original": sealing.seal(session, _ORIGINAL, f"{copy.uid}.{language}", document),
        "account_id": account_id,
        "saved_at": now,
    }
    upserts.put(
        session,
        _TRANSLATIONS,
        [row],
        keys=("manuscript_id", "language"),
        update=("original", "account_id", "saved_at"),
    )


def originals(session: Session, copy: CopyRow) -> dict[str, dict[str, object]]:
    """Return by language what each translation was made of."""
    query = select(_TRANSLATIONS.language, _TRANSLATIONS.original)
    rows = session.execute(query.where(_TRANSLATIONS.manuscript_id == copy.id))
    return {
        row.language: json.loads(
            sealing.unseal(session, _ORIGINAL, f"{copy.uid}.{row.language}", row.original)
        )
        for row in rows
    }


def forget_original(session: Session, copy: CopyRow, language: str) -> None:
    """Forget what a translation was made of, because it is gone."""
    session.execute(
        delete(_TRANSLATIONS).where(
            _TRANSLATIONS.manuscript_id == copy.id, _TRANSLATIONS.language == language
        )
    )
