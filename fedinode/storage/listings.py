"""Lists of public posts: which, how many, in which languages. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select

from fedinode.storage import models, public_posts
from fedinode.storage.database import Session
from fedinode.storage.public_posts import ListedPost

_POSTS = models.Post
_TEXTS = models.Text
_OBJECTS = models.FederatedObject
_REVISIONS = models.Revision
_REVISION_TEXTS = models.RevisionText
_TEXT_REVISIONS = models.TextRevision


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which posts a list holds; what is None does not narrow it."""

    collective_id: int | None = None
    language: str | None = None
    kind: str | None = None
    #: Folded, as tags are compared.
    tag: str | None = None
    category: str | None = None
    #: Published at or after, and before.
    since: datetime | None = None
    until: datetime | None = None


def count_posts(session: Session, wanted: Filter) -> int:
    """Return how many posts a list holds."""
    return session.execute(select(func.count()).select_from(_POSTS).where(*conditions(wanted))).scalar_one()


def list_posts(session: Session, wanted: Filter, *, offset: int, limit: int) -> tuple[ListedPost, ...]:
    """Return a stretch of a list, the newest first."""
    query = (
        select(_POSTS)
        .where(*conditions(wanted))
        .order_by(_POSTS.published_at.desc(), _POSTS.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return public_posts.with_texts(session, query)


def list_pinned(session: Session, wanted: Filter, *, limit: int) -> tuple[ListedPost, ...]:
    """Return the pinned posts of a list, the one that was pinned last first."""
    query = (
        select(_POSTS)
        .where(*conditions(wanted), _POSTS.pinned_at.is_not(None))
        .order_by(_POSTS.pinned_at.desc(), _POSTS.id.desc())
        .limit(limit)
    )
    return public_posts.with_texts(session, query)


def list_events(session: Session, wanted: Filter, *, since: datetime, limit: int) -> tuple[ListedPost, ...]:
    """Return the events that begin after a moment, in order of time."""
    query = (
        select(_POSTS)
        .where(*conditions(wanted), _POSTS.starts_at >= since)
        .order_by(_POSTS.starts_at, _POSTS.id)
        .limit(limit)
    )
    return public_posts.with_texts(session, query)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnEvent:
    """What is left of an event that was taken back: calendars that have it must learn of it."""

    uid: str
    starts_at: datetime
    withdrawn_at: datetime


def list_withdrawn_events(
    session: Session, collective_id: int | None, *, since: datetime, limit: int
) -> tuple[WithdrawnEvent, ...]:
    """Return the withdrawn events that would begin after a moment."""
    query = select(_POSTS.uid, _POSTS.starts_at, _POSTS.withdrawn_at).where(
        _POSTS.state == "withdrawn", _POSTS.kind == "event", _POSTS.first_public_at.is_not(None)
    )
    if collective_id is not None:
        query = query.where(_POSTS.collective_id == collective_id)
    rows = session.execute(query.where(_POSTS.starts_at >= since).order_by(_POSTS.starts_at).limit(limit))
    return tuple(WithdrawnEvent(**row._mapping) for row in rows)


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what a post must fulfil to stand in a list; pages and answers never do."""
    found: list[ColumnElement[bool]] = [
        _POSTS.state == "public",
        _POSTS.kind != "page",
        _POSTS.in_reply_to_uri.is_(None),
    ]
    same = {
        _POSTS.collective_id: wanted.collective_id,
        _POSTS.kind: wanted.kind,
        _POSTS.category: wanted.category,
    }
    found += [column == value for column, value in same.items() if value is not None]
    if wanted.since is not None:
        found.append(_POSTS.published_at >= wanted.since)
    if wanted.until is not None:
        found.append(_POSTS.published_at < wanted.until)
    if wanted.tag is not None:
        tags = models.PostTag
        found.append(exists().where(tags.post_id == _POSTS.id, tags.tag_folded == wanted.tag))
    if wanted.language is not None:
        in_language = and_(_TEXTS.post_id == _POSTS.id, _TEXTS.language == wanted.language, is_public_text())
        found.append(exists().where(in_language))
    return found


def is_public_text() -> ColumnElement[bool]:
    """Tell texts that a public revision carries from those that still wait."""
    return exists().where(
        _TEXT_REVISIONS.text_id == _TEXTS.id,
        _REVISION_TEXTS.text_revision_id == _TEXT_REVISIONS.id,
        _REVISIONS.id == _REVISION_TEXTS.revision_id,
        _REVISIONS.state == "public",
        _OBJECTS.current_revision_id == _REVISIONS.id,
        _OBJECTS.superseded_at.is_(None),
    )
