"""Taking a boost of ours back, inside the caller's transaction."""

from datetime import datetime

from federation import activities, jsonld
from fedinode.cache import collective_key
from fedinode.services import sending
from fedinode.services.sending import Outgoing
from fedinode.storage import audit_log, collectives, inboxes, invalidations, reshares, sharing_rules
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.reshares import ReshareRow
from fedinode.urls import Urls


def take_back(session: Session, urls: Urls, row: CollectiveRow, object_uri: str, now: datetime) -> int | None:
    """Take the standing boost of an object back; return how many are told, None if there is no boost."""
    found = reshares.find_standing(session, row.id, object_uri)
    return None if found is None else _undo(session, urls, row, found, now)


def end_everywhere(
    session: Session, urls: Urls, object_uri: str, now: datetime, *, deed: str = "reshare.ended"
) -> frozenset[str]:
    """Take back every boost of ours of a post that is gone, and what was proposed of it.

    Returns the cache keys that this made stale; `deed` is what the audit says of it.
    """
    sharing_rules.end_of_object(session, object_uri, now)
    rows = [collectives.get(session, number) for number in reshares.list_standing(session, object_uri)]
    for row in rows:
        take_back(session, urls, row, object_uri, now)
        audit_log.add(session, deed, object_uri, now=now, details={"collective": row.name})
    return frozenset(collective_key(row.name) for row in rows)


def _undo(session: Session, urls: Urls, row: CollectiveRow, found: ReshareRow, now: datetime) -> int:
    reshares.mark_undone(session, found.id, now)
    undone = jsonld.load(found.activity_body)
    outgoing = Outgoing(
        type=activities.UNDO,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=found.object_uri,
        cause_key=f"undo:{found.activity_uri}",
        make=lambda envelope: activities.undo(envelope, undone),
        to=(jsonld.PUBLIC,),
        cc=(urls.collective_followers(row.name),),
        to_followers=True,
        inbox_ids=inboxes.of_activity(session, found.activity_id),
    )
    sent = sending.send(session, urls, outgoing, now)
    invalidations.record(session, [collective_key(row.name)], now)
    return sent.deliveries if sent else 0
