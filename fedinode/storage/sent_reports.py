"""Rows of complaints that our node actor sent to other servers, and how far each has got."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fedinode.storage import models, upserts
from fedinode.storage.database import Session

_TABLE = models.SentReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A complaint of ours; without an account it was sent from the machine itself."""

    id: int
    collective: str
    activity_id: int
    actor_uri: str
    account: str | None
    created_at: datetime
    host: str | None
    #: Of its delivery: waiting, leased, delivered, abandoned, parked; empty if it had nowhere to go.
    state: str | None
    last_words: str | None


def add(
    session: Session,
    activity_id: int,
    *,
    collective_id: int,
    actor_uri: str,
    account_id: int | None,
    now: datetime,
) -> None:
    """Note that a complaint was sent, and by whom."""
    row = {
        "activity_id": activity_id,
        "collective_id": collective_id,
        "actor_uri": actor_uri,
        "account_id": account_id,
        "created_at": now,
    }
    upserts.add_new(session, _TABLE, [row])


def list_newest(session: Session, collectives: Sequence[str] | None, limit: int) -> tuple[SentRow, ...]:
    """Return the complaints of some collectives, or all, the newest first."""
    deliveries, peers = models.Delivery, models.Peer
    query = (
        select(
            _TABLE.id,
            models.Collective.name.label("collective"),
            _TABLE.activity_id,
            _TABLE.actor_uri,
            models.Account.name.label("account"),
            _TABLE.created_at,
            peers.host,
            deliveries.state,
            deliveries.last_words,
        )
        .join(models.Collective, models.Collective.id == _TABLE.collective_id)
        .outerjoin(models.Account, models.Account.id == _TABLE.account_id)
        .outerjoin(deliveries, deliveries.activity_id == _TABLE.activity_id)
        .outerjoin(peers, peers.id == deliveries.peer_id)
        .order_by(_TABLE.id.desc())
        .limit(limit)
    )
    if collectives is not None:
        query = query.where(models.Collective.name.in_(collectives))
    return tuple(SentRow(**row._mapping) for row in session.execute(query))
