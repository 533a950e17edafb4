"""What is known of the cells under a list: their pages, their servers, their keys, who is called alike."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fedinode.storage import models
from fedinode.storage.database import Session

_ACTORS = models.RemoteActor
_KEYS = models.RemoteActorKey
_PEERS = models.Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFacts:
    """A cell of another server as it was last seen, and whether its server answers."""

    uri: str
    host: str
    name: str | None
    url: str | None
    moved_to: str | None
    #: When a Move was followed; without it `moved_to` is the cell's word alone.
    moved_at: datetime | None
    gone_at: datetime | None
    failing_since: datetime | None
    failed_at: datetime | None
    #: Two letters, where its document says so.
    country: str | None


def of_actors(session: Session, uris: Collection[str]) -> dict[str, SignerFacts]:
    """Return what is known of some cells, by id; those that were never fetched are left out."""
    query = (
        select(
            _ACTORS.uri,
            _PEERS.host,
            _ACTORS.name,
            _ACTORS.url,
            _ACTORS.moved_to,
            _ACTORS.moved_at,
            _ACTORS.gone_at,
            _PEERS.failing_since,
            _PEERS.failed_at,
            _ACTORS.country,
        )
        .join(_PEERS, _PEERS.id == _ACTORS.peer_id)
        .where(_ACTORS.uri.in_(set(uris)), _ACTORS.fetched_at.is_not(None))
    )
    return {row.uri: SignerFacts(**row._mapping) for row in session.execute(query)}


def first_keys_of(session: Session, uris: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the key that some cells first listed under each id of a key, by the cell and that id."""
    query = (
        select(_ACTORS.uri, _KEYS.key_id, _KEYS.public)
        .join(_ACTORS, _ACTORS.id == _KEYS.actor_id)
        .where(_ACTORS.uri.in_(set(uris)))
        .order_by(_KEYS.id)
    )
    found: dict[tuple[str, str], str] = {}
    for row in session.execute(query):
        found.setdefault((row.uri, row.key_id), row.public)
    return found


def names_of_cells(session: Session, marker: str) -> tuple[tuple[str, str], ...]:
    """Return id and name of everybody of other servers who says that they can co-sign."""
    query = select(_ACTORS.uri, _ACTORS.name).where(
        _ACTORS.capabilities.contains(marker, autoescape=True), _ACTORS.name.is_not(None)
    )
    return tuple((row.uri, row.name) for row in session.execute(query.order_by(_ACTORS.id)))
