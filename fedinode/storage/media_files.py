"""Rows of media files of ours, and of what each shows in a revision.

What a picture of a draft shows is sealed; `open_descriptions` turns it plain when the draft becomes public.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_MEDIA = models.MediaFile
_SIZES = models.MediaSize
_ALT, _CAPTION = "media_alt.alt", "media_alt.caption"


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """A file in a revision, with its descriptions by language."""

    media_id: int
    uid: str
    digest: str
    type: str
    path: str
    width: int | None
    height: int | None
    licence: str | None
    alts: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file of ours. `path` is relative to the media folder, and the end of its address."""

    id: int
    digest: str
    type: str
    path: str
    width: int | None
    height: int | None
    #: Whether smaller pictures were made of it.
    has_sizes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSize:
    """A smaller picture of a file, whose bytes lie in the media folder already."""

    width: int
    height: int
    type: str
    path: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMedia:
    """A file whose bytes lie in the media folder already. `path` is relative to it."""

    digest: str
    type: str
    path: str
    size_bytes: int
    width: int | None
    height: int | None
    licence: str | None = None
    alts: Mapping[str, str] = field(default_factory=dict)
    captions: Mapping[str, str] = field(default_factory=dict)
    sizes: tuple[NewSize, ...] = ()


def get(session: Session, media_id: int) -> FileRow:
    """Return a file that is known to exist."""
    return FileRow(**session.execute(select(*_file_columns()).where(_MEDIA.id == media_id)).one()._mapping)


def find_by_digest(session: Session, digest: str) -> FileRow | None:
    """Return the file with exactly these bytes, if we have it."""
    row = session.execute(select(*_file_columns()).where(_MEDIA.digest == digest)).one_or_none()
    return FileRow(**row._mapping) if row else None


def _file_columns() -> tuple[ColumnElement[Any], ...]:
    has_sizes = exists().where(_SIZES.media_id == _MEDIA.id).label("has_sizes")
    names = [each.name for each in fields(FileRow) if each.name != "has_sizes"]
    return (*(getattr(_MEDIA, name) for name in names), has_sizes)


def ensure(session: Session, new: NewMedia, now: datetime) -> int:
    """Return the id of the file with these bytes, inserted if need be."""
    found = session.scalar(select(_MEDIA.id).where(_MEDIA.digest == new.digest))
    if found is not None:
        _add_sizes(session, found, new.sizes)
        return found
    row = {
        "uid": models.new_uid(),
        "digest": new.digest,
        "type": new.type,
        "path": new.path,
        "size_bytes": new.size_bytes,
        "width": new.width,
        "height": new.height,
        "created_at": now,
    }
    upserts.add_new(session, _MEDIA, [row])
    media_id = session.execute(select(_MEDIA.id).where(_MEDIA.digest == new.digest)).scalar_one()
    _add_sizes(session, media_id, new.sizes)
    return media_id


def _add_sizes(session: Session, media_id: int, sizes: Sequence[NewSize]) -> None:
    upserts.add_new(session, _SIZES, [{"media_id": media_id, **asdict(each)} for each in sizes])


def set_of_revision(session: Session, revision_id: int, files: Sequence[NewMedia], now: datetime) -> None:
    """Attach files to a draft revision, in order, in place of those it had."""
    attached, descriptions = models.RevisionMedia, models.MediaAlt
    session.execute(delete(descriptions).where(descriptions.revision_id == revision_id))
    session.execute(delete(attached).where(attached.revision_id == revision_id))
    for position, new in enumerate(files):
        media_id = ensure(session, new, now)
        session.add(
            attached(revision_id=revision_id, position=position, media_id=media_id, licence=new.licence)
        )
        session.add_all(
            descriptions(
                revision_id=revision_id,
                position=position,
                language=language,
                **_sealed(session, f"{revision_id}.{position}.{language}", alt, new.captions.get(language)),
            )
            for language, alt in new.alts.items()
        )
    session.flush()


def _sealed(session: Session, uid: str, alt: str, caption: str | None) -> dict[str, str | None]:
    sealed = None if caption is None else sealing.seal_text(session, _CAPTION, uid, caption)
    return {"alt": sealing.seal_text(session, _ALT, uid, alt), "caption": sealed}


def _plain(session: Session, row: models.MediaAlt) -> tuple[str, str | None]:
    """Return what a description says: the words, and the caption."""
    uid = f"{row.revision_id}.{row.position}.{row.language}"
    caption = None if row.caption is None else sealing.unseal_text(session, _CAPTION, uid, row.caption)
    return sealing.unseal_text(session, _ALT, uid, row.alt), caption


def open_descriptions(session: Session, revision_id: int) -> None:
    """Store what the pictures of a revision show in plain, because it becomes public."""
    table = models.MediaAlt
    for row in session.scalars(select(table).where(table.revision_id == revision_id)):
        row.alt, row.caption = _plain(session, row)
    session.flush()


def list_of_revision(session: Session, revision_id: int) -> tuple[MediaRow, ...]:
    """Return the files of a revision in order, with all their descriptions."""
    attached, descriptions = models.RevisionMedia, models.MediaAlt
    told: dict[int, list[tuple[str, str, str | None]]] = {}
    for each in session.scalars(select(descriptions).where(descriptions.revision_id == revision_id)):
        told.setdefault(each.position, []).append((each.language, *_plain(session, each)))
    rows = session.execute(
        select(
            attached.position,
            attached.licence,
            _MEDIA.id,
            _MEDIA.uid,
            _MEDIA.digest,
            _MEDIA.type,
            _MEDIA.path,
            _MEDIA.width,
            _MEDIA.height,
        )
        .join(_MEDIA, _MEDIA.id == attached.media_id)
        .where(attached.revision_id == revision_id)
        .order_by(attached.position)
    )
    return tuple(
        MediaRow(
            media_id=row.id,
            uid=row.uid,
            digest=row.digest,
            type=row.type,
            path=row.path,
            width=row.width,
            height=row.height,
            licence=row.licence,
            alts={language: alt for language, alt, _ in told.get(row.position, ())},
            captions={language: caption for language, _, caption in told.get(row.position, ()) if caption},
        )
        for row in rows
    )


def as_new(session: Session, revision_id: int) -> tuple[NewMedia, ...]:
    """Return the files of a revision as another revision takes them."""
    files = list_of_revision(session, revision_id)
    ids = [each.media_id for each in files]
    found = session.execute(select(_MEDIA.id, _MEDIA.size_bytes).where(_MEDIA.id.in_(ids)))
    sizes = {row.id: row.size_bytes for row in found}
    return tuple(
        NewMedia(
            digest=each.digest,
            type=each.type,
            path=each.path,
            size_bytes=sizes[each.media_id],
            width=each.width,
            height=each.height,
            licence=each.licence,
            alts=each.alts,
            captions=each.captions,
        )
        for each in files
    )


def known_paths(session: Session) -> frozenset[str]:
    """Return the names of all files that rows refer to."""
    return frozenset(session.scalars(select(_MEDIA.path).union(select(_SIZES.path))))
