"""Lists of public posts: which, how many, in which languages. Nothing here writes."""

from dataclasses import dataclass

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


def count_posts(session: Session, wanted: Filter) -> int:
    """Return how many posts a list holds."""
    return session.execute(select(func.count()).select_from(_POSTS).where(*_conditions(wanted))).scalar_one()


def list_posts(session: Session, wanted: Filter, *, offset: int, limit: int) -> tuple[ListedPost, ...]:
    """Return a stretch of a list, the newest first."""
    query = (
        select(_POSTS)
        .where(*_conditions(wanted))
        .order_by(_POSTS.published_at.desc(), _POSTS.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return public_posts.with_texts(session, query)


def list_languages(session: Session, wanted: Filter) -> tuple[str, ...]:
    """Return the languages that the posts of a list can be read in, the most used first."""
    rows = session.execute(
        select(_TEXTS.language, func.count())
        .join(_POSTS, _POSTS.id == _TEXTS.post_id)
        .where(*_conditions(wanted), _is_public_text())
        .group_by(_TEXTS.language)
        .order_by(func.count().desc(), _TEXTS.language)
    )
    return tuple(language for language, _ in rows)


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        _POSTS.state == "public",
        _POSTS.kind != "page",
        _POSTS.in_reply_to_uri.is_(None),
    ]
    if wanted.collective_id is not None:
        found.append(_POSTS.collective_id == wanted.collective_id)
    if wanted.kind is not None:
        found.append(_POSTS.kind == wanted.kind)
    if wanted.language is not None:
        in_language = and_(_TEXTS.post_id == _POSTS.id, _TEXTS.language == wanted.language, _is_public_text())
        found.append(exists().where(in_language))
    return found


def _is_public_text() -> ColumnElement[bool]:
    """Tell texts that a public revision carries from those that still wait."""
    return exists().where(
        _TEXT_REVISIONS.text_id == _TEXTS.id,
        _REVISION_TEXTS.text_revision_id == _TEXT_REVISIONS.id,
        _REVISIONS.id == _REVISION_TEXTS.revision_id,
        _REVISIONS.state == "public",
        _OBJECTS.current_revision_id == _REVISIONS.id,
        _OBJECTS.superseded_at.is_(None),
    )
