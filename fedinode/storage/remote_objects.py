"""Rows of other people's posts that we keep, because a collective follows their author or reshared them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.RemoteObject
_ACTORS = models.RemoteActor
_FOLLOWS = models.Follow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRemoteObject:
    """A post of somebody else, with the document that says so."""

    uri: str
    actor_id: int
    type: str
    body: bytes
    name: str | None
    html_clean: str
    language: str | None
    url: str | None
    digest: str
    published_at: datetime | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptObject:
    """A post that is kept, as far as a change of it must know."""

    id: int
    uri: str
    actor_uri: str
    published_at: datetime | None
    updated_at: datetime | None
    deleted_at: datetime | None


def put(session: Session, new: NewRemoteObject, now: datetime) -> int:
    """Keep a post, in place of an earlier version by the same author; return its number.

    Whether the author is the same, and the version newer, is checked before.
    """
    values = asdict(new) | {"fetched_at": now, "deleted_at": None}
    update_names = tuple(name for name in values if name not in ("uri", "actor_id"))
    return upserts.put_id(session, _TABLE, values, keys=("uri",), update=update_names)


def find_kept(session: Session, uris: Iterable[str]) -> dict[str, KeptObject]:
    """Return those of these posts that are kept, deleted ones too."""
    rows = session.execute(
        select(
            _TABLE.id,
            _TABLE.uri,
            _ACTORS.uri.label("actor_uri"),
            _TABLE.published_at,
            _TABLE.updated_at,
            _TABLE.deleted_at,
        )
        .join(_ACTORS, _ACTORS.id == _TABLE.actor_id)
        .where(_TABLE.uri.in_(set(uris)))
    )
    return {row.uri: KeptObject(**row._mapping) for row in rows}


def delete_by_owner(session: Session, uri: str, actor_uri: str, now: datetime) -> bool:
    """Empty a post that its own author deleted; the row stays, so that it does not come back."""
    owners = select(_ACTORS.id).where(_ACTORS.uri == actor_uri)
    return _empty(session, _TABLE.uri == uri, _TABLE.actor_id.in_(owners), now=now) > 0


def delete_of_actors(session: Session, actor_ids: Iterable[int], now: datetime) -> int:
    """Empty all posts of some actors; return how many."""
    return _empty(session, _TABLE.actor_id.in_(set(actor_ids)), now=now)


def _empty(session: Session, *conditions: ColumnElement[bool], now: datetime) -> int:
    statement = update(_TABLE).where(*conditions, _TABLE.deleted_at.is_(None))
    values = {"body": None, "name": None, "html_clean": None, "digest": None, "deleted_at": now}
    return session.connection().execute(statement.values(**values)).rowcount


def followed_by_us(session: Session, actor_uris: Iterable[str]) -> frozenset[str]:
    """Return which of these actors a collective of ours follows."""
    query = (
        select(_ACTORS.uri)
        .join(_FOLLOWS, _FOLLOWS.actor_id == _ACTORS.id)
        .where(_FOLLOWS.direction == "out", _FOLLOWS.state == "accepted")
        .where(_ACTORS.uri.in_(set(actor_uris)))
    )
    return frozenset(session.scalars(query))
