"""The collectives that publish here, with their names in each language and their pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fedinode.storage import models, public_posts
from fedinode.storage.database import Session
from fedinode.storage.public_posts import MediaRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveTextRow:
    """A collective's name and description in one language."""

    language: str
    name: str
    about_html: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCollective:
    """A collective with its names, the primary language first."""

    id: int
    name: str
    uri: str
    primary_language: str
    created_at: datetime
    icon: MediaRow | None
    #: The colour of its pages, #rrggbb.
    accent: str | None
    texts: tuple[CollectiveTextRow, ...]


def list_public(session: Session) -> tuple[PublicCollective, ...]:
    """Return the collectives that publish here, the oldest first."""
    table = models.Collective
    rows = session.scalars(select(table).where(table.closed_at.is_(None)).order_by(table.id)).all()
    texts, icons = _collective_texts(session), _icons(session, rows)
    return tuple(
        PublicCollective(
            id=row.id,
            name=row.name,
            uri=row.uri,
            primary_language=row.primary_language,
            created_at=row.created_at,
            accent=row.accent,
            icon=icons.get(row.avatar_media_id or 0),
            texts=_primary_first(texts.get(row.id, []), row.primary_language),
        )
        for row in rows
    )


def _icons(session: Session, rows: Sequence[models.Collective]) -> dict[int, MediaRow]:
    media_ids = [row.avatar_media_id for row in rows if row.avatar_media_id is not None]
    if not media_ids:
        return {}
    media = models.MediaFile
    sizes = public_posts.sizes_of(session, media_ids)
    return {
        file.id: public_posts.media_row(file, sizes.get(file.id, ()))
        for file in session.scalars(select(media).where(media.id.in_(media_ids)))
    }


def _collective_texts(session: Session) -> dict[int, list[CollectiveTextRow]]:
    found: dict[int, list[CollectiveTextRow]] = {}
    for text in session.scalars(select(models.CollectiveText).order_by(models.CollectiveText.language)):
        row = CollectiveTextRow(language=text.language, name=text.name, about_html=text.about_html)
        found.setdefault(text.collective_id, []).append(row)
    return found


def _primary_first(texts: list[CollectiveTextRow], primary: str) -> tuple[CollectiveTextRow, ...]:
    return tuple(sorted(texts, key=lambda text: (text.language != primary, text.language)))
