"""What our collectives' friends publish, as the desk lists it: sifted by sender, kind and language."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased

from fedinode.storage import kept_posts, models
from fedinode.storage.database import Session

_OBJECTS = models.RemoteObject
_ACTORS = models.RemoteActor
_PEERS = models.Peer
_FOLLOWS = models.Follow
_SHARES = models.RemoteShare
_MOMENT = func.coalesce(_OBJECTS.published_at, _OBJECTS.fetched_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sieve:
    """Which posts are wanted: of whom these collectives follow; the rest narrows that."""

    collective_ids: Collection[int]
    actor_id: int | None = None
    types: Collection[str] | None = None
    other_than: Collection[str] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedPost:
    """A post of somebody else, with its author. `html` was cleaned when it came."""

    id: int
    uri: str
    url: str | None
    type: str
    name: str | None
    html: str
    body: bytes | None
    language: str | None
    published_at: datetime
    actor_id: int
    actor_uri: str
    actor_name: str | None
    handle: str | None
    username: str | None
    actor_url: str | None
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Somebody whom a collective follows."""

    id: int
    uri: str
    name: str | None
    handle: str | None
    username: str | None
    host: str


_COLUMNS = (
    _OBJECTS.id,
    _OBJECTS.uri,
    _OBJECTS.url,
    _OBJECTS.type,
    _OBJECTS.name,
    func.coalesce(_OBJECTS.html_clean, "").label("html"),
    _OBJECTS.body,
    _OBJECTS.language,
    _MOMENT.label("published_at"),
    _OBJECTS.actor_id,
    _ACTORS.uri.label("actor_uri"),
    _ACTORS.name.label("actor_name"),
    _ACTORS.handle,
    _ACTORS.preferred_username.label("username"),
    _ACTORS.url.label("actor_url"),
    _PEERS.host,
)


def list_page(session: Session, sieve: Sieve, *, offset: int, limit: int) -> tuple[FollowedPost, ...]:
    """Return posts, the newest first."""
    query = (
        select(*_COLUMNS)
        .join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(*_conditions(sieve))
        .order_by(_MOMENT.desc(), _OBJECTS.id.desc())
    )
    return tuple(FollowedPost(**row._mapping) for row in session.execute(query.offset(offset).limit(limit)))


def count(session: Session, sieve: Sieve) -> int:
    """Return how many posts there are."""
    query = (
        select(func.count())
        .select_from(_OBJECTS)
        .join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
    )
    return session.execute(query.where(*_conditions(sieve))).scalar_one()


def find(session: Session, number: int) -> FollowedPost | None:
    """Return a post that is kept here, whoever wrote it, unless it is deleted or its author kept out."""
    return next(iter(find_many(session, [number])), None)


def find_many(session: Session, numbers: Sequence[int]) -> tuple[FollowedPost, ...]:
    """Return those of some posts that are kept here, as `find` does."""
    query = (
        select(*_COLUMNS)
        .join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_OBJECTS.id.in_(numbers), *kept_posts.is_shown())
    )
    return tuple(FollowedPost(**row._mapping) for row in session.execute(query.order_by(_OBJECTS.id)))


def languages(session: Session, collective_ids: Collection[int]) -> tuple[str, ...]:
    """Return the languages of what is listed."""
    query = (
        select(_OBJECTS.language)
        .join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(*_conditions(Sieve(collective_ids=collective_ids)), _OBJECTS.language.is_not(None))
        .distinct()
    )
    return tuple(sorted(each for each in session.scalars(query) if each))


def senders(session: Session, collective_ids: Collection[int], limit: int) -> tuple[Sender, ...]:
    """Return whom these collectives follow, in order of name."""
    query = (
        select(
            _ACTORS.id,
            _ACTORS.uri,
            _ACTORS.name,
            _ACTORS.handle,
            _ACTORS.preferred_username.label("username"),
            _PEERS.host,
        )
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_is_followed(_ACTORS.id, collective_ids))
        .order_by(func.lower(func.coalesce(_ACTORS.name, _ACTORS.handle, _ACTORS.uri)), _ACTORS.id)
        .limit(limit)
    )
    return tuple(Sender(**row._mapping) for row in session.execute(query))


def _conditions(sieve: Sieve) -> tuple[ColumnElement[bool], ...]:
    sharer, peer = aliased(_ACTORS), aliased(_PEERS)
    is_shared = exists().where(
        _SHARES.object_uri == _OBJECTS.uri,
        sharer.id == _SHARES.actor_id,
        sharer.level == "none",
        peer.id == sharer.peer_id,
        peer.level == "none",
        _is_followed(sharer.id, sieve.collective_ids),
    )
    found = [*kept_posts.is_shown(), or_(_is_followed(_ACTORS.id, sieve.collective_ids), is_shared)]
    if sieve.actor_id is not None:
        found.append(_ACTORS.id == sieve.actor_id)
    if sieve.types is not None:
        found.append(_OBJECTS.type.in_(sieve.types))
    if sieve.other_than:
        found.append(_OBJECTS.type.not_in(sieve.other_than))
    if sieve.language is not None:
        found.append(_OBJECTS.language == sieve.language)
    return tuple(found)


def _is_followed(actor_id: Any, collective_ids: Collection[int]) -> ColumnElement[bool]:
    return exists().where(
        _FOLLOWS.actor_id == actor_id,
        _FOLLOWS.direction == "out",
        _FOLLOWS.state == "accepted",
        _FOLLOWS.collective_id.in_(collective_ids),
    )
