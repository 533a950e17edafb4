"""What others published and we keep: reshared by our collectives, or by those whom they follow."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import aliased

from fedinode.storage import models
from fedinode.storage.database import Session

_OBJECTS = models.RemoteObject
_ACTORS = models.RemoteActor
_FOLLOWS = models.Follow
_RESHARES = models.Reshare
_PEERS = models.Peer
_SHARES = models.RemoteShare


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPost:
    """A post of somebody else with its author. `html` was cleaned when it came."""

    uri: str
    url: str | None
    type: str
    name: str | None
    html: str
    #: The document as it came; empty only where the post is deleted.
    body: bytes | None
    language: str | None
    published_at: datetime
    actor_uri: str
    actor_name: str | None
    actor_handle: str | None
    actor_username: str | None
    actor_url: str | None


def list_reshared(session: Session, collective_id: int, limit: int) -> tuple[KeptPost, ...]:
    """Return what a collective reshared of others, the latest first."""
    query = (
        _posts()
        .join(_RESHARES, _RESHARES.object_uri == _OBJECTS.uri)
        .where(_RESHARES.collective_id == collective_id, _RESHARES.undone_at.is_(None))
        .order_by(_RESHARES.id.desc())
        .limit(limit)
    )
    return _kept(session, query)


def count_network(session: Session) -> int:
    """Return how many posts of the network are kept."""
    query = select(func.count()).select_from(_OBJECTS).join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
    query = query.join(_PEERS, _PEERS.id == _ACTORS.peer_id)
    return session.execute(query.where(*is_shown(), _is_in_network())).scalar_one()


def list_network(session: Session, *, offset: int, limit: int) -> tuple[KeptPost, ...]:
    """Return what those whom our collectives follow published or shared, each text once, the newest first."""
    newest_first = (func.coalesce(_OBJECTS.published_at, _OBJECTS.fetched_at).desc(), _OBJECTS.id.desc())
    query = _posts().where(_is_in_network()).order_by(*newest_first).offset(offset).limit(limit)
    return _kept(session, query)


def list_resharers(session: Session, uris: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """Return the ids of our collectives that reshared each of these posts."""
    rows = session.execute(
        select(_RESHARES.object_uri, _RESHARES.collective_id)
        .where(_RESHARES.object_uri.in_(uris), _RESHARES.undone_at.is_(None))
        .order_by(_RESHARES.id)
    )
    found: dict[str, tuple[int, ...]] = {}
    for uri, collective_id in rows:
        found[uri] = (*found.get(uri, ()), collective_id)
    return found


def list_sharers(session: Session, uris: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return what those are called whom our collectives follow and who shared each of these posts."""
    rows = session.execute(
        select(_SHARES.object_uri, _ACTORS.name, _ACTORS.preferred_username, _PEERS.host)
        .join(_ACTORS, _ACTORS.id == _SHARES.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_SHARES.object_uri.in_(uris), _ACTORS.level == "none", _PEERS.level == "none", _is_followed())
        .order_by(_SHARES.id)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        found[row.object_uri] = (
            *found.get(row.object_uri, ()),
            row.name or row.preferred_username or row.host,
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCell:
    """Somebody whom a collective of ours follows. `published_at` is when they last wrote what we keep."""

    uri: str
    name: str | None
    handle: str | None
    username: str | None
    url: str | None
    country: str | None
    published_at: datetime | None


def list_cells(session: Session, limit: int) -> tuple[KnownCell, ...]:
    """Return those whom our collectives follow, in order of name."""
    newest = (
        select(func.max(_OBJECTS.published_at))
        .where(_OBJECTS.actor_id == _ACTORS.id, _OBJECTS.deleted_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            _ACTORS.uri,
            _ACTORS.name,
            _ACTORS.handle,
            _ACTORS.preferred_username.label("username"),
            _ACTORS.url,
            _ACTORS.country,
            newest.label("published_at"),
        )
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_ACTORS.level == "none", _PEERS.level == "none", _ACTORS.gone_at.is_(None), _is_followed())
        .order_by(func.lower(func.coalesce(_ACTORS.name, _ACTORS.handle, _ACTORS.uri)), _ACTORS.id)
        .limit(limit)
    )
    return tuple(KnownCell(**row._mapping) for row in rows)


def _posts() -> Select[models.RemoteObject, models.RemoteActor]:
    return (
        select(_OBJECTS, _ACTORS)
        .join(_ACTORS, _ACTORS.id == _OBJECTS.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(*is_shown())
    )


def is_shown() -> tuple[ColumnElement[bool], ...]:
    """Return what a post of others has to be to stand in a list: there, and of nobody who is limited."""
    return (_OBJECTS.deleted_at.is_(None), _ACTORS.level == "none", _PEERS.level == "none")


def _is_in_network() -> ColumnElement[bool]:
    sharer, peer = aliased(_ACTORS), aliased(_PEERS)
    is_shared = exists().where(
        _SHARES.object_uri == _OBJECTS.uri,
        sharer.id == _SHARES.actor_id,
        sharer.level == "none",
        peer.id == sharer.peer_id,
        peer.level == "none",
        _FOLLOWS.actor_id == sharer.id,
        _FOLLOWS.direction == "out",
        _FOLLOWS.state == "accepted",
    )
    return or_(_is_followed(), is_shared)


def _is_followed() -> ColumnElement[bool]:
    return exists().where(
        _FOLLOWS.actor_id == _ACTORS.id, _FOLLOWS.direction == "out", _FOLLOWS.state == "accepted"
    )


def _kept(session: Session, query: Select[models.RemoteObject, models.RemoteActor]) -> tuple[KeptPost, ...]:
    return tuple(
        KeptPost(
            uri=post.uri,
            url=post.url,
            type=post.type,
            name=post.name,
            html=post.html_clean or "",
            body=post.body,
            language=post.language,
            published_at=post.published_at or post.fetched_at,
            actor_uri=actor.uri,
            actor_name=actor.name,
            actor_handle=actor.handle,
            actor_username=actor.preferred_username,
            actor_url=actor.url,
        )
        for post, actor in session.execute(query)
    )
