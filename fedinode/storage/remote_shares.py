"""Rows of boosts, by those whom our collectives follow, of what is not ours."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, delete, or_, select

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.RemoteShare
_ACTORS = models.RemoteActor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewShare:
    """A boost; `actor_id` is our number of who made it."""

    object_uri: str
    actor_id: int
    activity_uri: str


def add(session: Session, shares: Sequence[NewShare], now: datetime) -> int:
    """Keep boosts; one that is there already is left alone. Return how many were new."""
    return upserts.add_new(session, _TABLE, [asdict(each) | {"created_at": now} for each in shares])


def remove(session: Session, actor_uri: str, activity_uri: str | None, object_uri: str | None) -> bool:
    """Delete a boost that its own actor takes back, by the id of its activity or by what was boosted."""
    owners = select(_ACTORS.id).where(_ACTORS.uri == actor_uri)
    is_meant = or_(_TABLE.activity_uri == activity_uri, _TABLE.object_uri == object_uri)
    query = delete(_TABLE).where(and_(_TABLE.actor_id.in_(owners), is_meant))
    return session.connection().execute(query).rowcount > 0


def remove_of_actors(session: Session, actor_ids: Iterable[int]) -> None:
    """Delete all boosts of some actors."""
    session.connection().execute(delete(_TABLE).where(_TABLE.actor_id.in_(set(actor_ids))))
