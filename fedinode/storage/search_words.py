"""Rows of the search index: replaced with each text, asked by stems."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from fedinode.storage import models
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter, conditions

_WORDS = models.SearchWord
_TEXTS = models.Text
_POSTS = models.Post


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A post whose text in this language holds every stem that was asked for."""

    post_id: int
    language: str
    score: int


def drop_post(session: Session, post_id: int) -> None:
    """Forget all words of a post."""
    texts = select(_TEXTS.id).where(_TEXTS.post_id == post_id)
    session.execute(
        delete(_WORDS).where(_WORDS.text_id.in_(texts)).execution_options(synchronize_session=False)
    )


def add_text(session: Session, post_id: int, language: str, weights: Mapping[str, int]) -> None:
    """Keep the stems of a post's text in a language, which has none yet."""
    text_id = session.execute(
        select(_TEXTS.id).where(_TEXTS.post_id == post_id, _TEXTS.language == language)
    ).scalar_one()
    rows = [{"stem": stem, "text_id": text_id, "weight": weight} for stem, weight in weights.items()]
    if rows:
        session.execute(insert(_WORDS), rows)


def list_public_posts(session: Session, after: int, limit: int) -> tuple[int, ...]:
    """Return the public posts with a number above `after`, in order."""
    query = select(_POSTS.id).where(_POSTS.state == "public", _POSTS.id > after).order_by(_POSTS.id)
    return tuple(session.scalars(query.limit(limit)))


def find(
    session: Session, language: str, stems: Collection[str], wanted: Filter, limit: int
) -> tuple[Hit, ...]:
    """Return the posts whose public text in a language holds all stems, the weightiest first."""
    score = func.sum(_WORDS.weight)
    rows = session.execute(
        select(_TEXTS.post_id, score)
        .join(_TEXTS, _TEXTS.id == _WORDS.text_id)
        .join(_POSTS, _POSTS.id == _TEXTS.post_id)
        .where(_WORDS.stem.in_(stems), _TEXTS.language == language, *conditions(wanted))
        .group_by(_TEXTS.post_id)
        .having(func.count() == len(set(stems)))
        .order_by(score.desc(), _TEXTS.post_id.desc())
        .limit(limit)
    )
    return tuple(Hit(post_id=row[0], language=language, score=int(row[1])) for row in rows)
