"""Page addresses: what stands, or stood, where; and the pages that a collective wrote for the node."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from fedinode.storage import models
from fedinode.storage.database import Session

_POSTS = models.Post
_TEXTS = models.Text
_SLUGS = models.Slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What stands, or stood, at the address of a page."""

    post_id: int
    collective: str
    language: str
    #: The slug that the page has now.
    slug: str


def find_place(session: Session, collective: str, language: str, slug: str) -> Place | None:
    """Return what a page address leads to; old addresses lead on to the present slug."""
    current = aliased(_SLUGS)
    row = session.execute(
        select(_TEXTS.post_id, _TEXTS.language, func.coalesce(current.slug, _SLUGS.slug))
        .join(_SLUGS, _SLUGS.text_id == _TEXTS.id)
        .outerjoin(current, and_(current.text_id == _TEXTS.id, current.is_current))
        .join(models.Collective, models.Collective.id == _SLUGS.collective_id)
        .where(models.Collective.name == collective, _SLUGS.language == language, _SLUGS.slug == slug)
    ).one_or_none()
    return None if row is None else Place(post_id=row[0], collective=collective, language=row[1], slug=row[2])


def find_page_place(session: Session, post_id: int, language: str) -> Place | None:
    """Return where the page of a post in a language stands."""
    row = session.execute(
        select(models.Collective.name, _SLUGS.slug)
        .join(_SLUGS, _SLUGS.collective_id == models.Collective.id)
        .join(_TEXTS, _TEXTS.id == _SLUGS.text_id)
        .where(_TEXTS.post_id == post_id, _TEXTS.language == language, _SLUGS.is_current)
    ).one_or_none()
    return None if row is None else Place(post_id=post_id, collective=row[0], language=language, slug=row[1])


def list_of_post(session: Session, post_id: int) -> tuple[Place, ...]:
    """Return where the pages of a post stand, one for each language."""
    rows = session.execute(
        select(models.Collective.name, _TEXTS.language, _SLUGS.slug)
        .join(_SLUGS, _SLUGS.collective_id == models.Collective.id)
        .join(_TEXTS, _TEXTS.id == _SLUGS.text_id)
        .where(_TEXTS.post_id == post_id, _SLUGS.is_current)
        .order_by(_TEXTS.language)
    )
    return tuple(Place(post_id=post_id, collective=row[0], language=row[1], slug=row[2]) for row in rows)


def find_page(session: Session, slug: str) -> int | None:
    """Return the post that is the node's about, imprint or privacy page: the oldest collective's."""
    return session.execute(
        select(_POSTS.id)
        .join(_TEXTS, _TEXTS.post_id == _POSTS.id)
        .join(_SLUGS, _SLUGS.text_id == _TEXTS.id)
        .where(_POSTS.kind == "page", _POSTS.state == "public", _SLUGS.slug == slug, _SLUGS.is_current)
        .order_by(_POSTS.collective_id, _POSTS.id)
        .limit(1)
    ).scalar_one_or_none()


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedPage:
    """The page of a public text, for the sitemap."""

    post_id: int
    collective: str
    language: str
    slug: str
    written_at: datetime


def count_public(session: Session) -> int:
    """Return how many posts have pages that anybody may read."""
    return session.execute(
        select(func.count()).select_from(_POSTS).where(_POSTS.state == "public")
    ).scalar_one()


def list_public(session: Session, *, offset: int, limit: int) -> tuple[MappedPage, ...]:
    """Return the pages of a stretch of the public posts, the oldest first, in all languages."""
    stretch = (
        select(_POSTS.id).where(_POSTS.state == "public").order_by(_POSTS.id).offset(offset).limit(limit)
    )
    objects, revisions = models.FederatedObject, models.Revision
    carried, states = models.RevisionText, models.TextRevision
    rows = session.execute(
        select(
            _TEXTS.post_id,
            models.Collective.name.label("collective"),
            _SLUGS.language,
            _SLUGS.slug,
            states.created_at.label("written_at"),
        )
        .join(_SLUGS, and_(_SLUGS.text_id == _TEXTS.id, _SLUGS.is_current))
        .join(models.Collective, models.Collective.id == _SLUGS.collective_id)
        .join(states, states.text_id == _TEXTS.id)
        .join(carried, carried.text_revision_id == states.id)
        .join(revisions, and_(revisions.id == carried.revision_id, revisions.state == "public"))
        .join(objects, and_(objects.current_revision_id == revisions.id, objects.superseded_at.is_(None)))
        .where(_TEXTS.post_id.in_(stretch.scalar_subquery()), models.Collective.closed_at.is_(None))
        .order_by(_TEXTS.post_id, _SLUGS.language)
    )
    return tuple(MappedPage(**row._mapping) for row in rows)
