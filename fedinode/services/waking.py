"""Peers that were given up and show that they are alive: they get what is news, not the history of it."""

from collections.abc import Sequence
from datetime import datetime

from federation import activities, jsonld
from fedinode.services import sending
from fedinode.services.sending import Outgoing
from fedinode.storage import (
    collectives,
    deliveries,
    federated_objects,
    outgoing_activities,
    parked_deliveries,
    peers,
)
from fedinode.storage.database import Session
from fedinode.storage.parked_deliveries import ParkedDelivery
from fedinode.urls import Urls

_SUPERSEDED = "something newer is sent instead"


def wake_peer(session: Session, urls: Urls, host: str, now: datetime) -> bool:
    """Resume deliveries to a peer that showed it is alive; return whether they had been held back.

    Called in the transaction that keeps a verified request from that host; cheap where nothing was held back.
    """
    peer = peers.find(session, host)
    if peer is None or (peer.failing_since is None and peer.parked_at is None):
        return False
    peers.record_alive(session, peer.id, now)
    parked_deliveries.hurry(session, peer.id, now)
    by_subject: dict[tuple[int, str], list[ParkedDelivery]] = {}
    for row in parked_deliveries.list_of(session, peer.id):
        by_subject.setdefault((row.inbox_id, row.object_uri), []).append(row)
    for rows in by_subject.values():
        _resume(session, urls, rows, now)
    return True


def _resume(session: Session, urls: Urls, rows: Sequence[ParkedDelivery], now: datetime) -> None:
    """Send the newest about one object to one inbox, and drop the rest."""
    newest = rows[-1]
    types = {row.activity_type for row in rows}
    document_rows = [row for row in rows if row.activity_type in (activities.CREATE, activities.UPDATE)]
    # An Update of what it never saw would be ignored there.
    is_unseen = newest.activity_type == activities.UPDATE and activities.CREATE in types
    if is_unseen and _send_as_new(session, urls, newest, now):
        parked_deliveries.drop(session, [row.id for row in rows], _SUPERSEDED, now)
        return
    outdated = {row.id for row in document_rows if row.id != newest.id}
    kept = [row.id for row in rows if row.id not in outdated]
    parked_deliveries.drop(session, sorted(outdated), _SUPERSEDED, now)
    parked_deliveries.resume(session, kept, now)


def _send_as_new(session: Session, urls: Urls, row: ParkedDelivery, now: datetime) -> bool:
    """Queue a Create of an object as it is today; False if it is gone meanwhile."""
    subject = federated_objects.find_by_uri(session, row.object_uri)
    if subject is None or subject.deleted_at is not None or row.collective_id is None:
        return False
    newest = federated_objects.newest_document(session, subject.id)
    if newest is None:
        return False
    document = jsonld.load(newest.body)
    collective = collectives.get(session, row.collective_id)
    cause_key = f"create-again:{newest.id}"
    outgoing = Outgoing(
        type=activities.CREATE,
        actor_uri=collective.uri,
        collective_id=collective.id,
        object_uri=row.object_uri,
        cause_key=cause_key,
        make=lambda envelope: activities.create(envelope, document),
        to=tuple(document["to"]),
        cc=tuple(document["cc"]),
        # The outbox lists the first Create and not this one.
        is_public=False,
        inbox_ids=(row.inbox_id,),
    )
    if sending.send(session, urls, outgoing, now) is None:
        known = outgoing_activities.find_by_cause(session, cause_key)
        assert known is not None
        deliveries.enqueue(session, known.id, row.object_uri, [row.inbox_id], now)
    return True
