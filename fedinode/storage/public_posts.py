"""Public posts with their texts, and the files that belong to them.

Every query here asks for `state = 'public'`: a draft, or a text that waits beside a public one, is never
found. Nothing here writes.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from fedinode.storage import models
from fedinode.storage.database import Session

_POSTS = models.Post
_TEXTS = models.Text
_OBJECTS = models.FederatedObject
_REVISIONS = models.Revision
_REVISION_TEXTS = models.RevisionText
_TEXT_REVISIONS = models.TextRevision
_SLUGS = models.Slug


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRow:
    """A picture made smaller."""

    path: str
    type: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRow:
    """A media file, with its words in one language where it belongs to a text."""

    path: str
    type: str
    width: int | None
    height: int | None
    size_bytes: int
    #: The smallest first.
    sizes: tuple[SizeRow, ...] = ()
    alt: str = ""
    caption: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow:
    """The public text of a post in one language; `number` counts its revisions from 1."""

    post_id: int
    language: str
    slug: str | None
    status: str
    translator: str | None
    title: str | None
    summary: str | None
    html: str
    text_revision_id: int
    translated_from_id: int | None
    object_uri: str
    revision_id: int
    number: int
    written_at: datetime
    #: When the present revision of its object was made: it may say more than this text.
    revised_at: datetime
    #: What its own object says beside the prose, as a JSON document.
    facts: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPost:
    """A public post with its texts, the primary language first; `facts` is a JSON document."""

    id: int
    uid: str
    kind: str
    state: str
    collective_id: int
    primary_language: str
    category: str | None
    published_at: datetime
    withdrawn_at: datetime | None
    first_public_at: datetime | None
    uri: str = ""
    facts: bytes | None = None
    texts: tuple[TextRow, ...] = field(default=())


def find_post(session: Session, post_id: int) -> ListedPost | None:
    """Return a public or withdrawn post, whole; a withdrawn one has no texts."""
    query = select(_POSTS).where(_POSTS.id == post_id, _POSTS.state.in_(("public", "withdrawn")))
    found = with_texts(session, query)
    return found[0] if found else None


def list_own_answers(session: Session, uris: Collection[str]) -> tuple[tuple[str, ListedPost], ...]:
    """Return our public answers to any of these objects, each with the id of what it answers."""
    query = (
        select(_POSTS).where(_POSTS.state == "public", _POSTS.in_reply_to_uri.in_(uris)).order_by(_POSTS.id)
    )
    answered = {post.id: post.in_reply_to_uri or "" for post in session.scalars(query)}
    return tuple((answered[post.id], post) for post in with_texts(session, query))


def list_tags(session: Session, post_id: int) -> tuple[str, ...]:
    """Return the tags of a post as they were written, in order."""
    table = models.PostTag
    return tuple(session.scalars(select(table.tag).where(table.post_id == post_id).order_by(table.position)))


def list_media(session: Session, revision_id: int, language: str) -> tuple[MediaRow, ...]:
    """Return the files of a revision, described in this language or else in any."""
    media, used, alts = models.MediaFile, models.RevisionMedia, models.MediaAlt
    rows = session.execute(
        select(media, used.licence, used.position)
        .join(used, used.media_id == media.id)
        .where(used.revision_id == revision_id)
        .order_by(used.position)
    ).all()
    words: dict[int, models.MediaAlt] = {}
    for alt in session.scalars(select(alts).where(alts.revision_id == revision_id).order_by(alts.language)):
        if alt.position not in words or alt.language == language:
            words[alt.position] = alt
    sizes = sizes_of(session, [file.id for file, _, _ in rows])
    return tuple(
        _described(media_row(file, sizes.get(file.id, ())), licence, words.get(position))
        for file, licence, position in rows
    )


def sizes_of(session: Session, media_ids: Collection[int]) -> dict[int, tuple[SizeRow, ...]]:
    """Return the sizes in which there are these pictures, the smallest first."""
    table = models.MediaSize
    found: dict[int, tuple[SizeRow, ...]] = {}
    if not media_ids:
        return found
    for row in session.scalars(select(table).where(table.media_id.in_(media_ids)).order_by(table.width)):
        size = SizeRow(path=row.path, type=row.type, width=row.width)
        found[row.media_id] = (*found.get(row.media_id, ()), size)
    return found


def _described(file: MediaRow, licence: str | None, words: models.MediaAlt | None) -> MediaRow:
    return replace(
        file,
        alt=words.alt if words else "",
        caption=words.caption if words else None,
        licence=licence,
    )


def with_texts(session: Session, query: Select[Any]) -> tuple[ListedPost, ...]:
    """Return the posts that a query selects, in its order, with all their public texts."""
    posts = session.scalars(query).all()
    by_post: dict[int, list[tuple[TextRow, bytes | None]]] = {}
    for text, facts in _texts_of(session, [post.id for post in posts]):
        by_post.setdefault(text.post_id, []).append((text, facts))
    return tuple(_listed(post, by_post.get(post.id, [])) for post in posts)


def _listed(post: models.Post, found: list[tuple[TextRow, bytes | None]]) -> ListedPost:
    found.sort(key=lambda pair: (pair[0].language != post.primary_language, pair[0].language))
    ordered = tuple(text for text, _ in found)
    return ListedPost(
        id=post.id,
        uid=post.uid,
        kind=post.kind,
        state=post.state,
        collective_id=post.collective_id,
        primary_language=post.primary_language,
        category=post.category,
        published_at=post.published_at or post.created_at,
        withdrawn_at=post.withdrawn_at,
        first_public_at=post.first_public_at,
        uri=ordered[0].object_uri if ordered else "",
        facts=found[0][1] if found else None,
        texts=ordered,
    )


def _texts_of(session: Session, post_ids: list[int]) -> list[tuple[TextRow, bytes | None]]:
    slug = select(_SLUGS.slug).where(_SLUGS.text_id == _TEXTS.id, _SLUGS.is_current).scalar_subquery()
    rows = session.execute(
        select(
            _TEXTS.post_id,
            _TEXTS.language,
            _TEXTS.status,
            _TEXTS.translator,
            slug.label("slug"),
            _TEXT_REVISIONS.id,
            _TEXT_REVISIONS.title,
            _TEXT_REVISIONS.summary,
            _TEXT_REVISIONS.translated_from_id,
            _TEXT_REVISIONS.html,
            _TEXT_REVISIONS.number,
            _TEXT_REVISIONS.created_at,
            _OBJECTS.uri,
            _REVISIONS.id.label("revision_id"),
            _REVISIONS.created_at.label("revised_at"),
            _REVISIONS.facts,
        )
        .join(_TEXT_REVISIONS, _TEXT_REVISIONS.text_id == _TEXTS.id)
        .join(_REVISION_TEXTS, _REVISION_TEXTS.text_revision_id == _TEXT_REVISIONS.id)
        .join(_REVISIONS, _REVISIONS.id == _REVISION_TEXTS.revision_id)
        .join(_OBJECTS, _OBJECTS.current_revision_id == _REVISIONS.id)
        .where(
            _TEXTS.post_id.in_(post_ids),
            _REVISIONS.state == "public",
            _OBJECTS.superseded_at.is_(None),
            _OBJECTS.deleted_at.is_(None),
            or_(_OBJECTS.language.is_(None), _OBJECTS.language == _REVISION_TEXTS.language),
        )
        .order_by(_TEXTS.post_id, _TEXTS.language, _OBJECTS.id)
    )
    return [(_text_row(row), row.facts) for row in rows]


def _text_row(row: Any) -> TextRow:
    return TextRow(
        post_id=row.post_id,
        language=row.language,
        slug=row.slug,
        status=row.status,
        translator=row.translator,
        title=_decoded(row.title),
        summary=_decoded(row.summary),
        html=row.html.decode(),
        text_revision_id=row.id,
        translated_from_id=row.translated_from_id,
        object_uri=row.uri,
        revision_id=row.revision_id,
        number=row.number,
        written_at=row.created_at,
        revised_at=row.revised_at,
        facts=row.facts,
    )


def _decoded(stored: bytes | None) -> str | None:
    return None if stored is None else stored.decode()


def media_row(file: models.MediaFile, sizes: tuple[SizeRow, ...] = ()) -> MediaRow:
    """Return a file without words."""
    return MediaRow(
        path=file.path,
        type=file.type,
        width=file.width,
        height=file.height,
        size_bytes=file.size_bytes,
        sizes=sizes,
    )


def find_public_media(session: Session, path: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the type of a file that a public post or a collective shows, and the uids of the posts that do.

    Whoever may see a picture may see it smaller.
    """
    media, size, used = models.MediaFile, models.MediaSize, models.RevisionMedia
    smaller = session.scalars(select(size).where(size.path == path)).one_or_none()
    of = media.path == path if smaller is None else media.id == smaller.media_id
    file = session.scalars(select(media).where(of)).one_or_none()
    if file is None:
        return None
    uids = session.scalars(
        select(_POSTS.uid)
        .join(_OBJECTS, _OBJECTS.post_id == _POSTS.id)
        .join(used, used.revision_id == _OBJECTS.current_revision_id)
        .where(used.media_id == file.id, _POSTS.state == "public", _OBJECTS.deleted_at.is_(None))
        .distinct()
    ).all()
    collective = models.Collective
    is_worn = session.scalars(
        select(collective.id).where(
            or_(collective.avatar_media_id == file.id, collective.header_media_id == file.id)
        )
    ).first()
    shown_type = file.type if smaller is None else smaller.type
    return (shown_type, tuple(uids)) if uids or is_worn is not None else None
