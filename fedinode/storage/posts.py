"""Rows of posts: works of a collective, in one or more languages."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update

from fedinode.storage import models, texts
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """A post as services need it."""

    id: int
    uid: str
    collective_id: int
    kind: str
    primary_language: str
    import_key: str
    state: str
    comments: str
    show: str
    category: str | None
    in_reply_to_uri: str | None
    published_at: datetime | None
    first_public_at: datetime | None
    withdrawn_at: datetime | None
    pinned_at: datetime | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """A post to be kept; `published_at` is what its manuscript says, if anything."""

    collective_id: int
    kind: str
    primary_language: str
    import_key: str
    comments: str
    show: str
    category: str | None = None
    in_reply_to_uri: str | None = None
    published_at: datetime | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


_TABLE = models.Post
_COLUMNS = tuple(getattr(_TABLE, each.name) for each in fields(PostRow))


def add(session: Session, post: NewPost, now: datetime) -> PostRow:
    """Insert a draft. The same key of the same collective a second time is an IntegrityError."""
    values: dict[str, Any] = {each.name: getattr(post, each.name) for each in fields(NewPost)}
    post_id = session.execute(
        insert(_TABLE)
        .values(uid=models.new_uid(), state="draft", created_at=now, **values)
        .returning(_TABLE.id)
    ).scalar_one()
    return get(session, post_id)


def get(session: Session, post_id: int) -> PostRow:
    """Return a post that is known to exist."""
    row = session.execute(select(*_COLUMNS).where(_TABLE.id == post_id)).one()
    return PostRow(**row._mapping)


def lock(session: Session, post_id: int) -> PostRow:
    """Return a post that nobody else can change until this transaction ends."""
    row = session.execute(select(*_COLUMNS).where(_TABLE.id == post_id).with_for_update()).one()
    return PostRow(**row._mapping)


def find_by_key(session: Session, collective_id: int, import_key: str) -> PostRow | None:
    """Return the post that was made from this key, whatever became of it."""
    return _find(session, select(*_COLUMNS).where(_by_key(collective_id, import_key)))


def find_by_object_uri(session: Session, uri: str) -> PostRow | None:
    """Return the post that an object of ours belongs to."""
    objects = models.FederatedObject
    return _find(
        session, select(*_COLUMNS).join(objects, objects.post_id == _TABLE.id).where(objects.uri == uri)
    )


def find_by_slug(session: Session, collective_name: str, language: str, slug: str) -> PostRow | None:
    """Return the post whose page has this address, or once had it, or the draft that is to have it."""
    slugs, collectives = models.Slug, models.Collective
    query = (
        select(slugs.text_id)
        .join(collectives, collectives.id == slugs.collective_id)
        .where(collectives.name == collective_name, slugs.language == language, slugs.slug == slug)
    )
    text_id = session.scalar(query) or texts.find_sealed_slug(session, collective_name, language, slug)
    of_text = select(models.Text.post_id).where(models.Text.id == text_id)
    return _find(session, select(*_COLUMNS).where(_TABLE.id == of_text.scalar_subquery()))


def update_facts(session: Session, post_id: int, post: NewPost) -> None:
    """Change what an edit may change: never the kind or the key."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == post_id)
        .values(
            comments=post.comments,
            category=post.category,
            starts_at=post.starts_at,
            ends_at=post.ends_at,
        )
    )


def set_category(session: Session, post_id: int, category: str | None) -> None:
    """Put a post under a category, or under none."""
    session.execute(update(_TABLE).where(_TABLE.id == post_id).values(category=category))


def set_public(session: Session, post_id: int, *, published_at: datetime, now: datetime) -> None:
    """Mark a draft as public; the moment it first was stays for ever."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == post_id, _TABLE.state == "draft")
        .values(state="public", published_at=published_at, first_public_at=now)
    )


def set_withdrawn(session: Session, post_id: int, now: datetime) -> None:
    """Mark a post as withdrawn by its collective."""
    session.execute(update(_TABLE).where(_TABLE.id == post_id).values(state="withdrawn", withdrawn_at=now))


def set_pinned(session: Session, post_id: int, at: datetime | None) -> None:
    """Put a post first on its collective's page, or let it stand where its date puts it."""
    session.execute(update(_TABLE).where(_TABLE.id == post_id).values(pinned_at=at))


def list_pinned(session: Session, collective_id: int) -> tuple[PostRow, ...]:
    """Return the public posts that a collective has pinned, the one that was pinned first first."""
    query = select(*_COLUMNS).where(
        _TABLE.collective_id == collective_id, _TABLE.state == "public", _TABLE.pinned_at.is_not(None)
    )
    return tuple(PostRow(**row._mapping) for row in session.execute(query.order_by(_TABLE.pinned_at)))


def set_tags(session: Session, post_id: int, tags: tuple[tuple[str, str], ...]) -> None:
    """Replace the tags by these pairs of folded and written form, in order."""
    table = models.PostTag
    session.execute(delete(table).where(table.post_id == post_id))
    rows = [
        {"post_id": post_id, "tag_folded": folded, "tag": written, "position": position}
        for position, (folded, written) in enumerate(dict(tags).items())
    ]
    if rows:
        session.execute(insert(table), rows)


def list_tags(session: Session, post_id: int) -> tuple[str, ...]:
    """Return the tags of a post as written, in order."""
    table = models.PostTag
    return tuple(session.scalars(select(table.tag).where(table.post_id == post_id).order_by(table.position)))


def list_newest(session: Session, collective_id: int | None, limit: int) -> tuple[PostRow, ...]:
    """Return the posts made last, drafts and withdrawn ones too."""
    query = select(*_COLUMNS).order_by(_TABLE.id.desc()).limit(limit)
    if collective_id is not None:
        query = query.where(_TABLE.collective_id == collective_id)
    return tuple(PostRow(**row._mapping) for row in session.execute(query))


def list_in(
    session: Session, collective_ids: Collection[int], state: str, *, limit: int, offset: int
) -> tuple[PostRow, ...]:
    """Return posts of some collectives in a state, what was made last first."""
    query = select(*_COLUMNS).where(_TABLE.collective_id.in_(collective_ids), _TABLE.state == state)
    rows = session.execute(query.order_by(_TABLE.id.desc()).limit(limit).offset(offset))
    return tuple(PostRow(**row._mapping) for row in rows)


def count_in(session: Session, collective_ids: Collection[int], state: str) -> int:
    """Return how many posts of some collectives are in a state."""
    query = select(func.count()).where(_TABLE.collective_id.in_(collective_ids), _TABLE.state == state)
    return session.execute(query).scalar_one()


def find_by_uid(session: Session, uid: str) -> PostRow | None:
    """Return the post with this random name."""
    return _find(session, select(*_COLUMNS).where(_TABLE.uid == uid))


def count_public(session: Session, collective_id: int) -> int:
    """Return how many posts of a collective are public."""
    query = select(func.count()).where(_TABLE.collective_id == collective_id, _TABLE.state == "public")
    return session.execute(query).scalar_one()


def count_keys_like(session: Session, collective_id: int, import_key: str) -> int:
    """Return how often this key was published, repetitions (`KEY#2`, `KEY#3`) included."""
    repeated = _TABLE.import_key.startswith(f"{import_key}#", autoescape=True)
    query = select(_TABLE.id).where(_TABLE.collective_id == collective_id)
    return len(session.execute(query.where((_TABLE.import_key == import_key) | repeated)).all())


def _by_key(collective_id: int, import_key: str) -> Any:
    return (_TABLE.collective_id == collective_id) & (_TABLE.import_key == import_key)


def _find(session: Session, query: Select[Any]) -> PostRow | None:
    row = session.execute(query).one_or_none()
    return PostRow(**row._mapping) if row else None
