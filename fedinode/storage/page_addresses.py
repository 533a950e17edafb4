"""Page addresses: what stands, or stood, where; and the pages that a collective wrote for the node."""

from dataclasses import dataclass

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
