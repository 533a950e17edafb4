"""Rows of texts, their saved states, and the slugs that lead to them.

Drafts are sealed; `open_revision` turns a state plain when it becomes public. After that nothing changes it.
The slug of a draft is sealed too, for it says what the title says; `open_slugs` makes it an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select, update

from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_PLACE = "text_revisions."
_SLUG = "slugs.slug"
_SEALED_COLUMNS = ("title", "summary", "markdown", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """A post in one language."""

    id: int
    post_id: int
    language: str
    translator: str | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTextRevision:
    """A state of a text to be kept."""

    title: str | None
    summary: str | None
    markdown: str
    html: str
    renderer: str
    translated_from_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRevisionRow:
    """A state of a text, unsealed, with the text it belongs to."""

    id: int
    text_id: int
    number: int
    language: str
    translator: str | None
    status: str
    title: str | None
    summary: str | None
    markdown: str
    html: str


def put_text(session: Session, post_id: int, language: str, *, translator: str | None, status: str) -> int:
    """Return the id of the text in this language, inserted or changed as need be."""
    return upserts.put_id(
        session,
        models.Text,
        {"post_id": post_id, "language": language, "translator": translator, "status": status},
        keys=("post_id", "language"),
        update=("translator", "status"),
    )


def list_of_post(session: Session, post_id: int) -> tuple[TextRow, ...]:
    """Return a post's texts in order of their making."""
    table = models.Text
    columns = (table.id, table.post_id, table.language, table.translator, table.status)
    rows = session.execute(select(*columns).where(table.post_id == post_id).order_by(table.id))
    return tuple(TextRow(**row._mapping) for row in rows)


# -- saved states


def add_revision(session: Session, text_id: int, new: NewTextRevision, now: datetime) -> int:
    """Keep a state of a text, sealed, under the next number; return its id."""
    table = models.TextRevision
    uid = models.new_uid()
    number = (session.scalar(select(func.max(table.number)).where(table.text_id == text_id)) or 0) + 1

    def sealed(column: str, value: str | None) -> bytes | None:
        if value is None:
            return None
        return sealing.seal(session, _PLACE + column, uid, value.encode("utf-8"))

    row = table(
        uid=uid,
        text_id=text_id,
        number=number,
        title=sealed("title", new.title),
        summary=sealed("summary", new.summary),
        markdown=sealed("markdown", new.markdown),
        html=sealed("html", new.html),
        renderer=new.renderer,
        translated_from_id=new.translated_from_id,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def get_revisions(session: Session, revision_ids: Sequence[int]) -> dict[int, TextRevisionRow]:
    """Return states of texts by id, unsealed."""
    revisions, texts = models.TextRevision, models.Text
    rows = session.execute(
        select(
            revisions.id,
            revisions.uid,
            revisions.text_id,
            revisions.number,
            revisions.title,
            revisions.summary,
            revisions.markdown,
            revisions.html,
            texts.language,
            texts.translator,
            texts.status,
        )
        .join(texts, texts.id == revisions.text_id)
        .where(revisions.id.in_(revision_ids))
    )

    def plain(uid: str, column: str, stored: bytes | None) -> str | None:
        return (
            None if stored is None else sealing.unseal(session, _PLACE + column, uid, stored).decode("utf-8")
        )

    return {
        row.id: TextRevisionRow(
            id=row.id,
            text_id=row.text_id,
            number=row.number,
            language=row.language,
            translator=row.translator,
            status=row.status,
            title=plain(row.uid, "title", row.title),
            summary=plain(row.uid, "summary", row.summary),
            markdown=plain(row.uid, "markdown", row.markdown) or "",
            html=plain(row.uid, "html", row.html) or "",
        )
        for row in rows
    }


def open_revision(session: Session, revision_id: int) -> None:
    """Store a sealed state in plain, because it becomes public. Done once; again changes nothing."""
    table = models.TextRevision
    row = session.execute(
        select(table.uid, table.title, table.summary, table.markdown, table.html).where(
            table.id == revision_id
        )
    ).one()
    opened = {
        column: sealing.unseal(session, _PLACE + column, row.uid, stored)
        for column, stored in row._mapping.items()
        if column in _SEALED_COLUMNS and stored is not None and sealing.is_sealed(stored)
    }
    if opened:
        session.execute(update(table).where(table.id == revision_id).values(**opened))


def forget_unused(session: Session, post_id: int) -> None:
    """Delete the states of a post's texts that no revision carries any more."""
    revisions, texts, carried = models.TextRevision, models.Text, models.RevisionText
    of_post = revisions.text_id.in_(select(texts.id).where(texts.post_id == post_id))
    is_carried = exists().where(carried.text_revision_id == revisions.id)
    session.execute(
        delete(revisions).where(of_post, ~is_carried).execution_options(synchronize_session=False)
    )


# -- slugs


def current_slugs(session: Session, post_id: int) -> dict[str, str]:
    """Return the present slug of each language of a post."""
    return {row.language: _plain_slug(session, row) for row in _current_slugs(session, post_id)}


def _current_slugs(session: Session, post_id: int) -> Sequence[models.Slug]:
    slugs, texts = models.Slug, models.Text
    query = select(slugs).join(texts, texts.id == slugs.text_id)
    return session.scalars(query.where(texts.post_id == post_id, slugs.is_current)).all()


def _plain_slug(session: Session, row: models.Slug) -> str:
    return sealing.unseal_text(session, _SLUG, str(row.text_id), row.slug)


def keep_slug(session: Session, collective_id: int, language: str, text_id: int, wanted: str) -> None:
    """Keep the slug that a draft is to have, sealed, in place of the one that it was to have."""
    _forget_sealed_slugs(session, text_id)
    sealed = sealing.seal_text(session, _SLUG, str(text_id), wanted)
    session.add(
        models.Slug(
            collective_id=collective_id, language=language, slug=sealed, text_id=text_id, is_current=True
        )
    )
    session.flush()


def _forget_sealed_slugs(session: Session, text_id: int) -> None:
    table = models.Slug
    is_sealed = table.slug.startswith(sealing.TEXT_MARK)
    session.execute(delete(table).where(table.text_id == text_id, is_sealed))


def open_slugs(session: Session, post_id: int) -> None:
    """Give the texts of a post that becomes public the addresses that were kept for them."""
    for row in _current_slugs(session, post_id):
        if row.slug.startswith(sealing.TEXT_MARK):
            wanted, holder = _plain_slug(session, row), (row.collective_id, row.language, row.text_id)
            _forget_sealed_slugs(session, row.text_id)
            give_slug(session, *holder, wanted)


def find_sealed_slug(session: Session, collective_name: str, language: str, slug: str) -> int | None:
    """Return the text of a draft that is to have this address."""
    slugs, collectives = models.Slug, models.Collective
    rows = session.scalars(
        select(slugs)
        .join(collectives, collectives.id == slugs.collective_id)
        .where(collectives.name == collective_name, slugs.language == language)
        .where(slugs.slug.startswith(sealing.TEXT_MARK))
    )
    return next((row.text_id for row in rows if _plain_slug(session, row) == slug), None)


def is_taken(session: Session, collective_id: int, language: str, text_id: int, slug: str) -> bool:
    """Tell whether an address leads to another text, or did once: then it leads on to that one for ever."""
    table = models.Slug
    here = select(table.text_id).where(table.collective_id == collective_id, table.language == language)
    return session.scalar(here.where(table.slug == slug)) not in (None, text_id)


def give_slug(session: Session, collective_id: int, language: str, text_id: int, wanted: str) -> str:
    """Give a text a slug, `wanted` or the first of `wanted-2`, `wanted-3` .. that is free; return it.

    The old one stays and leads to the same text.
    """
    table = models.Slug
    here = select(table.text_id).where(table.collective_id == collective_id, table.language == language)
    slug, number = wanted, 1
    while (holder := session.scalar(here.where(table.slug == slug))) not in (None, text_id):
        number += 1
        slug = f"{wanted}-{number}"
    session.execute(update(table).where(table.text_id == text_id, table.is_current).values(is_current=False))
    if holder is None:
        session.add(
            table(collective_id=collective_id, language=language, slug=slug, text_id=text_id, is_current=True)
        )
        session.flush()
    else:
        session.execute(
            update(table)
            .where(table.collective_id == collective_id, table.language == language, table.slug == slug)
            .values(is_current=True)
        )
    return slug
