"""Rows of replies by others to our posts, and to replies to them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from fedinode.errors import NotFound
from fedinode.storage import models, upserts
from fedinode.storage.database import Session
from fedinode.storage.locking import locked

_TABLE = models.Reply
_OBJECTS = models.FederatedObject
_POSTS = models.Post
_ACTORS = models.RemoteActor
_PEERS = models.Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """What a reply answers: an object of ours, or a reply that belongs to one."""

    object_id: int
    post_uid: str
    #: Of the post: held, open or closed.
    comments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReply:
    """A reply as it arrived."""

    uri: str
    object_id: int
    in_reply_to_uri: str
    actor_id: int
    html_clean: str
    language: str | None
    url: str | None
    state: str
    decision: str | None
    published_at: datetime | None
    updated_at: datetime | None
    #: Which rule or level lets it wait.
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReply:
    """A reply that is kept already, as far as a change of it must know."""

    id: int
    uri: str
    actor_uri: str
    html_clean: str | None
    state: str
    decision: str | None
    published_at: datetime | None
    updated_at: datetime | None
    post_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDetails:
    """A reply with its author and what it answers, for those who decide about it."""

    id: int
    uri: str
    object_uri: str
    post_uid: str
    collective: str
    actor_uri: str
    actor_name: str | None
    handle: str | None
    preferred_username: str | None
    host: str
    html_clean: str | None
    language: str | None
    state: str
    published_at: datetime | None
    received_at: datetime


# -- arriving


def find_parents(session: Session, uris: Iterable[str]) -> dict[str, Parent]:
    """Return what can be answered under each of these ids: our public objects, and replies to them."""
    asked = set(uris)
    columns = (_OBJECTS.id.label("object_id"), _POSTS.uid.label("post_uid"), _POSTS.comments)
    is_public = (_OBJECTS.deleted_at.is_(None), _POSTS.state == "public")
    own = (
        select(_OBJECTS.uri, *columns)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_OBJECTS.uri.in_(asked), *is_public)
    )
    answered = (
        select(_TABLE.uri, *columns)
        .join(_OBJECTS, _OBJECTS.id == _TABLE.object_id)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_TABLE.uri.in_(asked), _TABLE.state.in_(("held", "shown")), *is_public)
    )
    rows = [*session.execute(answered), *session.execute(own)]
    return {row[0]: Parent(object_id=row[1], post_uid=row[2], comments=row[3]) for row in rows}


def add(session: Session, replies: Sequence[NewReply], now: datetime) -> int:
    """Keep replies; one that is there already is left alone. Return how many were new."""
    return upserts.add_new(session, _TABLE, [asdict(reply) | {"received_at": now} for reply in replies])


def find_known(session: Session, uris: Iterable[str]) -> dict[str, KnownReply]:
    """Return those of these replies that are kept, deleted ones too."""
    rows = session.execute(
        select(
            _TABLE.id,
            _TABLE.uri,
            _ACTORS.uri.label("actor_uri"),
            _TABLE.html_clean,
            _TABLE.state,
            _TABLE.decision,
            _TABLE.published_at,
            _TABLE.updated_at,
            _POSTS.uid.label("post_uid"),
        )
        .join(_ACTORS, _ACTORS.id == _TABLE.actor_id)
        .join(_OBJECTS, _OBJECTS.id == _TABLE.object_id)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(_TABLE.uri.in_(set(uris)))
    )
    return {row.uri: KnownReply(**row._mapping) for row in rows}


def change(session: Session, reply_id: int, new: NewReply, now: datetime) -> None:
    """Give a reply the text and state of its new version, which came now.

    Whoever decides about all that waited at a moment does not decide about words that came later.
    """
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == reply_id)
        .values(
            html_clean=new.html_clean,
            language=new.language,
            url=new.url,
            state=new.state,
            decision=new.decision,
            reason=new.reason,
            updated_at=new.updated_at,
            received_at=now,
        )
    )


# -- leaving


def delete_by_owner(session: Session, uri: str, actor_uri: str) -> frozenset[str]:
    """Empty a reply that its own author deleted; return the uid of the post concerned, if any."""
    return _empty(session, _TABLE.uri == uri, _ACTORS.uri == actor_uri)


def delete_of_actors(session: Session, actor_ids: Iterable[int]) -> frozenset[str]:
    """Empty all replies of actors that are gone; return the uids of the posts concerned."""
    return _empty(session, _TABLE.actor_id.in_(set(actor_ids)))


def count_of_actors(session: Session, actor_ids: Iterable[int]) -> int:
    """Return how many replies of some actors are held or shown."""
    query = select(_TABLE.id).where(_TABLE.actor_id.in_(set(actor_ids)), _TABLE.state.in_(("held", "shown")))
    return len(session.scalars(query).all())


def _empty(session: Session, *conditions: ColumnElement[bool]) -> frozenset[str]:
    found = session.execute(
        select(_TABLE.id, _POSTS.uid)
        .join(_ACTORS, _ACTORS.id == _TABLE.actor_id)
        .join(_OBJECTS, _OBJECTS.id == _TABLE.object_id)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .where(*conditions, _TABLE.state != "deleted")
    ).all()
    emptied = update(_TABLE).where(_TABLE.id.in_([row.id for row in found]))
    session.execute(emptied.values(state="deleted", decision=None, html_clean=None))
    return frozenset(row.uid for row in found)


# -- deciding


def list_held(session: Session, *, collective_id: int | None, limit: int) -> tuple[ReplyDetails, ...]:
    """Return the replies that wait for a decision, the oldest first."""
    query = _details().where(_TABLE.state == "held").order_by(_TABLE.id).limit(limit)
    if collective_id is not None:
        query = query.where(_POSTS.collective_id == collective_id)
    return tuple(ReplyDetails(**row._mapping) for row in session.execute(query))


def find_details(session: Session, reply_id: int) -> ReplyDetails | None:
    """Return a reply by its number."""
    row = session.execute(_details().where(_TABLE.id == reply_id)).one_or_none()
    return ReplyDetails(**row._mapping) if row else None


def list_details(session: Session, ids: Sequence[int]) -> tuple[ReplyDetails, ...]:
    """Return replies by their numbers, in the order in which they came."""
    rows = session.execute(_details().where(_TABLE.id.in_(ids)).order_by(_TABLE.id))
    return tuple(ReplyDetails(**row._mapping) for row in rows)


def lock_held(session: Session, ids: Sequence[int]) -> tuple[ReplyDetails, ...]:
    """Return those of these replies that wait for a decision, and hold them."""
    query = select(_TABLE.id).where(_TABLE.id.in_(ids), _TABLE.state == "held").order_by(_TABLE.id)
    return list_details(session, session.scalars(locked(session, query)).all())


def lock(session: Session, reply_id: int) -> ReplyDetails:
    """Return a reply that nobody else can change until this transaction ends. Raises NotFound."""
    session.execute(locked(session, select(_TABLE.id).where(_TABLE.id == reply_id)))
    found = find_details(session, reply_id)
    if found is None:
        raise NotFound(f"There is no reply {reply_id}.")
    return found


def decide(session: Session, reply_id: int, state: str, decision: str, now: datetime) -> None:
    """Show or hide a reply."""
    session.execute(
        update(_TABLE).where(_TABLE.id == reply_id).values(state=state, decision=decision, decided_at=now)
    )


def _details() -> Select[*tuple[Any, ...]]:
    return (
        select(
            _TABLE.id,
            _TABLE.uri,
            _OBJECTS.uri.label("object_uri"),
            _POSTS.uid.label("post_uid"),
            models.Collective.name.label("collective"),
            _ACTORS.uri.label("actor_uri"),
            _ACTORS.name.label("actor_name"),
            _ACTORS.handle,
            _ACTORS.preferred_username,
            _PEERS.host,
            _TABLE.html_clean,
            _TABLE.language,
            _TABLE.state,
            _TABLE.published_at,
            _TABLE.received_at,
        )
        .join(_ACTORS, _ACTORS.id == _TABLE.actor_id)
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .join(_OBJECTS, _OBJECTS.id == _TABLE.object_id)
        .join(_POSTS, _POSTS.id == _OBJECTS.post_id)
        .join(models.Collective, models.Collective.id == _POSTS.collective_id)
    )
