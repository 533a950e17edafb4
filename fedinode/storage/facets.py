"""How many posts of a list fall under each month, tag, category, kind, language and collective."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from fedinode.storage import models
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter, conditions, is_public_text

_POSTS = models.Post
_TAGS = models.PostTag
_TEXTS = models.Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TagCount:
    """A tag as it is compared and as it is written, and how many posts have it."""

    folded: str
    written: str
    count: int


def count_months(session: Session, wanted: Filter) -> dict[tuple[int, int], int]:
    """Return the number of posts by year and month (UTC), the newest first."""
    # Counted here: the two databases have no function of dates in common.
    moments = session.scalars(select(_POSTS.published_at).where(*conditions(wanted)))
    counted = Counter((moment.year, moment.month) for moment in moments if moment is not None)
    return dict(sorted(counted.items(), reverse=True))


def count_tags(session: Session, wanted: Filter, limit: int) -> tuple[TagCount, ...]:
    """Return the most used tags, the most used first."""
    rows = session.execute(
        select(_TAGS.tag_folded, func.min(_TAGS.tag), func.count())
        .join(_POSTS, _POSTS.id == _TAGS.post_id)
        .where(*conditions(wanted))
        .group_by(_TAGS.tag_folded)
        .order_by(func.count().desc(), _TAGS.tag_folded)
        .limit(limit)
    )
    return tuple(TagCount(folded=row[0], written=row[1], count=row[2]) for row in rows)


def count_categories(session: Session, wanted: Filter) -> dict[str, int]:
    """Return the number of posts by category, the most used first."""
    return _count_by(session, wanted, _POSTS.category)


def count_kinds(session: Session, wanted: Filter) -> dict[str, int]:
    """Return the number of posts by kind, the most frequent first."""
    return _count_by(session, wanted, _POSTS.kind)


def count_collectives(session: Session, wanted: Filter) -> dict[int, int]:
    """Return the number of posts by the id of their collective, the busiest first."""
    return _count_by(session, wanted, _POSTS.collective_id)


def count_languages(session: Session, wanted: Filter) -> dict[str, int]:
    """Return the number of posts by the languages they can be read in, the most used first."""
    rows = session.execute(
        select(_TEXTS.language, func.count())
        .join(_POSTS, _POSTS.id == _TEXTS.post_id)
        .where(*conditions(wanted), is_public_text())
        .group_by(_TEXTS.language)
        .order_by(func.count().desc(), _TEXTS.language)
    )
    return {row[0]: row[1] for row in rows}


def _count_by(session: Session, wanted: Filter, column: Any) -> dict[Any, int]:
    rows = session.execute(
        select(column, func.count())
        .where(*conditions(wanted), column.is_not(None))
        .group_by(column)
        .order_by(func.count().desc(), column)
    )
    return {row[0]: row[1] for row in rows}
