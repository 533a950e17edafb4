"""One activity on its way out: minted, written down with its exact bytes, queued for every inbox it is for.

All of it happens in the caller's transaction: the activity exists if and only if what caused it does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation import jsonld, proofs
from federation.activities import Envelope
from federation.jsonld import Document
from federation.net.client import SigningKey
from fedinode.storage import deliveries, inboxes, outgoing_activities
from fedinode.storage.database import Session
from fedinode.storage.models import new_uid
from fedinode.storage.outgoing_activities import NewActivity
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An activity to be sent, before it has an id."""

    type: str
    actor_uri: str
    #: Empty for the node's own actor.
    collective_id: int | None
    object_uri: str
    #: A second activity for the same cause is not made.
    cause_key: str
    #: Writes the document once the id is known.
    make: Callable[[Envelope], Document]
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    is_public: bool = True
    #: Puts an object integrity proof on the activity itself.
    proof_key: SigningKey | None = None
    #: Whether the collective's followers get it, beside the inboxes named.
    to_followers: bool = False
    inbox_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An activity as it was kept."""

    id: int
    uri: str
    deliveries: int
    body: bytes


def send(session: Session, urls: Urls, outgoing: Outgoing, now: datetime) -> Sent | None:
    """Keep an activity and queue its deliveries; None if its cause had one already."""
    uid = new_uid()
    uri = urls.activity(uid)
    envelope = Envelope(
        uri=uri, actor_uri=outgoing.actor_uri, to=outgoing.to, cc=outgoing.cc, published=_whole_second(now)
    )
    document = outgoing.make(envelope)
    if outgoing.proof_key is not None:
        key = outgoing.proof_key
        document = proofs.sign_document(document, key.key, key.key_id, _whole_second(now))
    body = jsonld.dump(document)
    activity = NewActivity(
        uid=uid,
        uri=uri,
        collective_id=outgoing.collective_id,
        actor_uri=outgoing.actor_uri,
        type=outgoing.type,
        object_uri=outgoing.object_uri,
        body=body,
        cause_key=outgoing.cause_key,
        is_public=outgoing.is_public,
    )
    activity_id = outgoing_activities.add(session, activity, now)
    if activity_id is None:
        return None
    queued = queue(session, activity_id, outgoing, now)
    return Sent(id=activity_id, uri=uri, deliveries=queued, body=body)


def queue(session: Session, activity_id: int, outgoing: Outgoing, now: datetime) -> int:
    """Queue an activity for its inboxes, each once."""
    queued = 0
    if outgoing.to_followers and outgoing.collective_id is not None:
        followers = inboxes.follower_inboxes(outgoing.collective_id)
        queued += deliveries.enqueue(session, activity_id, outgoing.object_uri, followers, now)
    return queued + _queue_named(session, activity_id, outgoing.object_uri, outgoing.inbox_ids, now)


def _queue_named(
    session: Session, activity_id: int, object_uri: str, inbox_ids: Sequence[int], now: datetime
) -> int:
    return deliveries.enqueue(session, activity_id, object_uri, inbox_ids, now) if inbox_ids else 0


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
