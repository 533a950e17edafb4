"""Rows of actors of other servers as last seen at their origin, and of their keys, old ones included."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update
from sqlalchemy.orm import aliased

from fedinode.errors import NotFound
from fedinode.storage import covered_hosts, inboxes, level_marks, levels, models, peers, upserts
from fedinode.storage.database import Session
from fedinode.storage.levels import Rank, Subject

_TABLE = models.RemoteActor
_KEYS = models.RemoteActorKey
_PEERS = models.Peer
_OWN_INBOX = aliased(models.Inbox)
_SHARED_INBOX = aliased(models.Inbox)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteActor:
    """An actor as we know it. `handle` is user@host and set only once it was confirmed."""

    id: int
    uri: str
    host: str
    type: str
    name: str | None
    preferred_username: str | None
    handle: str | None
    url: str | None
    followers_uri: str | None
    inbox_id: int | None
    inbox_url: str | None
    shared_inbox_id: int | None
    shared_inbox_url: str | None
    capabilities: frozenset[str]
    also_known_as: frozenset[str]
    #: What was decided about this actor itself, as far as lists need it.
    level: str
    made_at: datetime | None
    first_seen_at: datetime | None
    #: Empty for one that was never fetched.
    fetched_at: datetime | None
    gone_at: datetime | None
    moved_to: str | None
    moved_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """A public key as the actor's document lists it; `public` is PEM for RSA, Multikey for Ed25519."""

    key_id: str
    public: str
    algorithm: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorFacts:
    """What an actor's document says. Hosts are lower-case ASCII, with a port where there is one."""

    uri: str
    host: str
    type: str
    name: str | None
    preferred_username: str | None
    url: str | None
    icon_url: str | None
    followers_uri: str | None
    inbox_url: str
    inbox_host: str
    shared_inbox_url: str | None
    capabilities: frozenset[str]
    also_known_as: tuple[str, ...]
    moved_to: str | None
    keys: tuple[KeyFacts, ...]
    country: str | None = None
    #: When the account was made, where it says so.
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key that was seen at its owner's origin, and the owner."""

    key_id: str
    public: str
    algorithm: str
    actor_id: int
    actor_uri: str
    level: str
    fetched_at: datetime


# -- finding


def find(session: Session, uri: str) -> RemoteActor | None:
    """Return the actor with this id, if it is known."""
    return next(iter(_all(session, _select().where(_TABLE.uri == uri))), None)


def get(session: Session, uri: str) -> RemoteActor:
    """Return the actor with this id. Raises NotFound."""
    found = find(session, uri)
    if found is None:
        raise NotFound(f"Nobody is known here as {uri}.")
    return found


def find_by_handle(session: Session, user: str, host: str) -> RemoteActor | None:
    """Return the actor with this handle: a confirmed one, or a name on the actor's own host."""
    own_name = (_TABLE.preferred_username == user) & (_PEERS.host == host)
    query = _select().where(or_(_TABLE.handle == f"{user}@{host}", own_name)).order_by(_TABLE.id).limit(1)
    return next(iter(_all(session, query)), None)


def find_many(session: Session, uris: Iterable[str]) -> dict[str, RemoteActor]:
    """Return the known ones of some actors, by id."""
    return {actor.uri: actor for actor in _all(session, _select().where(_TABLE.uri.in_(set(uris))))}


def places(session: Session, actor_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return id and host of some actors, by their numbers."""
    found: dict[int, tuple[str, str]] = {}
    for chunk in covered_hosts.chunks(list(actor_ids)):
        query = select(_TABLE.id, _TABLE.uri, _PEERS.host).join(_PEERS, _PEERS.id == _TABLE.peer_id)
        rows = session.execute(query.where(_TABLE.id.in_(chunk)))
        found |= {row.id: (row.uri, row.host) for row in rows}
    return found


def find_key(session: Session, key_id: str) -> KnownKey | None:
    """Return the key that an actor listed under this id when it was last fetched."""
    row = session.execute(
        select(
            _KEYS.key_id,
            _KEYS.public,
            _KEYS.algorithm,
            _KEYS.actor_id,
            _TABLE.uri.label("actor_uri"),
            _TABLE.level,
            _TABLE.fetched_at,
        )
        .join(_TABLE, _TABLE.id == _KEYS.actor_id)
        .where(_KEYS.key_id == key_id, _KEYS.replaced_at.is_(None), _TABLE.fetched_at.is_not(None))
        # Two actors of one server may claim the same key id.
        .order_by(_KEYS.last_seen_at.desc(), _KEYS.id.desc())
        .limit(1)
    ).one_or_none()
    return KnownKey(**row._mapping) if row else None


def keys_ever_seen(session: Session, uri: str) -> tuple[tuple[str, str, datetime], ...]:
    """Return key id, key and first sight of every key that an actor ever listed, the oldest first."""
    rows = session.execute(
        select(_KEYS.key_id, _KEYS.public, _KEYS.first_seen_at)
        .join(_TABLE, _TABLE.id == _KEYS.actor_id)
        .where(_TABLE.uri == uri)
        .order_by(_KEYS.id)
    )
    return tuple((row.key_id, row.public, row.first_seen_at) for row in rows)


def with_key_named(session: Session, fragment: str) -> tuple[str, ...]:
    """Return the actors that ever listed a key whose id has a fragment that begins so, by id."""
    query = (
        select(_TABLE.uri)
        .join(_KEYS, _TABLE.id == _KEYS.actor_id)
        .where(_KEYS.key_id.contains(f"#{fragment}", autoescape=True))
        .distinct()
    )
    return tuple(sorted(session.scalars(query)))


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _TABLE,
            _PEERS.host,
            _OWN_INBOX.url.label("inbox_url"),
            _SHARED_INBOX.url.label("shared_inbox_url"),
        )
        .join(_PEERS, _PEERS.id == _TABLE.peer_id)
        .outerjoin(_OWN_INBOX, _OWN_INBOX.id == _TABLE.inbox_id)
        .outerjoin(_SHARED_INBOX, _SHARED_INBOX.id == _TABLE.shared_inbox_id)
        .execution_options(populate_existing=True)
    )


def _all(session: Session, query: Select[*tuple[Any, ...]]) -> tuple[RemoteActor, ...]:
    return tuple(_read(*row) for row in session.execute(query))


def _read(
    row: models.RemoteActor, host: str, inbox_url: str | None, shared_inbox_url: str | None
) -> RemoteActor:
    return RemoteActor(
        id=row.id,
        uri=row.uri,
        host=host,
        type=row.type,
        name=row.name,
        preferred_username=row.preferred_username,
        handle=row.handle,
        url=row.url,
        followers_uri=row.followers_uri,
        inbox_id=row.inbox_id,
        inbox_url=inbox_url,
        shared_inbox_id=row.shared_inbox_id,
        shared_inbox_url=shared_inbox_url,
        capabilities=frozenset((row.capabilities or "").split()),
        also_known_as=frozenset((row.also_known_as or "").split()),
        level=row.level,
        made_at=row.made_at,
        first_seen_at=row.first_seen_at,
        fetched_at=row.fetched_at,
        gone_at=row.gone_at,
        moved_to=row.moved_to,
        moved_at=row.moved_at,
    )


# -- recording


def record(session: Session, facts: ActorFacts, now: datetime) -> int:
    """Keep an actor as its origin just described it, with its keys; return its number."""
    peer_id = peers.ensure(session, facts.host, now)
    inbox_peer_id = peers.ensure(session, facts.inbox_host, now)
    values: dict[str, Any] = {
        "peer_id": peer_id,
        "type": facts.type,
        "name": facts.name,
        "preferred_username": facts.preferred_username,
        "url": facts.url,
        "icon_url": None if _rejects_media(session, facts) else facts.icon_url,
        "followers_uri": facts.followers_uri,
        "inbox_id": inboxes.ensure(session, facts.inbox_url, inbox_peer_id, is_shared=False),
        "shared_inbox_id": _shared_inbox_id(session, facts, peer_id),
        "capabilities": " ".join(sorted(facts.capabilities)) or None,
        "also_known_as": " ".join(facts.also_known_as) or None,
        "moved_to": facts.moved_to,
        "country": facts.country,
        "made_at": facts.made_at,
        "fetched_at": now,
        # Whoever answers is not gone.
        "gone_seen_at": None,
        "gone_at": None,
    }
    actor_id = upserts.put_id(
        session, _TABLE, {**_first_facts(session, facts, now), **values}, keys=("uri",), update=tuple(values)
    )
    _record_keys(session, actor_id, facts.keys, now)
    return actor_id


def _first_facts(session: Session, facts: ActorFacts, now: datetime) -> dict[str, Any]:
    """Return what is written when an actor is met for the first time."""
    return {"uri": facts.uri, "level": level_marks.of_actor(session, facts.uri), "first_seen_at": now}


def _rejects_media(session: Session, facts: ActorFacts) -> bool:
    place = Subject(host=facts.host, uri=facts.uri)
    return levels.said_of(session, [place]).get(place, Rank()).rejects_media


def _shared_inbox_id(session: Session, facts: ActorFacts, peer_id: int) -> int | None:
    if facts.shared_inbox_url is None:
        return None
    return inboxes.ensure(session, facts.shared_inbox_url, peer_id, is_shared=True)


def _record_keys(session: Session, actor_id: int, keys: Sequence[KeyFacts], now: datetime) -> None:
    rows = [
        {
            "actor_id": actor_id,
            "key_id": key.key_id,
            "public": key.public,
            "algorithm": key.algorithm,
            "first_seen_at": now,
            "last_seen_at": now,
            "replaced_at": None,
        }
        for key in keys
    ]
    upserts.put(
        session,
        _KEYS,
        rows,
        keys=("key_id", "public"),
        update=("actor_id", "algorithm", "last_seen_at", "replaced_at"),
    )
    # What the actor no longer lists stays in the history and verifies nothing any more.
    listed = [key.public for key in keys]
    session.execute(
        update(_KEYS)
        .where(_KEYS.actor_id == actor_id, _KEYS.replaced_at.is_(None), _KEYS.public.not_in(listed))
        .values(replaced_at=now)
    )


def set_handle(session: Session, actor_id: int, handle: str, now: datetime) -> None:
    """Keep the handle (user@host) that both servers confirmed; no other actor has it any longer."""
    session.execute(update(_TABLE).where(_TABLE.handle == handle, _TABLE.id != actor_id).values(handle=None))
    session.execute(update(_TABLE).where(_TABLE.id == actor_id).values(handle=handle, handle_checked_at=now))


def record_gone(session: Session, actor_ids: Sequence[int], now: datetime) -> None:
    """Note that actors were deleted at their origin."""
    session.execute(
        update(_TABLE).where(_TABLE.id.in_(actor_ids)).values(gone_at=now, gone_seen_at=now, name=None)
    )


def record_moved(session: Session, actor_id: int, target_uri: str, now: datetime) -> None:
    """Note where an actor went."""
    session.execute(update(_TABLE).where(_TABLE.id == actor_id).values(moved_to=target_uri, moved_at=now))
