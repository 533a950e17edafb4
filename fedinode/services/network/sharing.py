"""Boosting what others published, inside the caller's transaction. Taking it back is `unsharing`'s."""

from dataclasses import dataclass
from datetime import datetime

from federation import activities, jsonld
from fedinode.cache import collective_key
from fedinode.services import sending
from fedinode.services.answering import Answered
from fedinode.services.sending import Outgoing
from fedinode.storage import collectives, invalidations, remote_objects, reshares
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.reshares import NewReshare
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A boost of ours that stands; `already` if it did before."""

    activity_uri: str
    already: bool
    deliveries: int
    #: What was to be said beside it.
    comment: str | None


def share(
    session: Session,
    urls: Urls,
    row: CollectiveRow,
    subject: Answered,
    now: datetime,
    *,
    comment: str | None = None,
) -> Shared:
    """Announce an object to our followers and its author, once."""
    collectives.lock(session, row.id)
    standing = reshares.find_standing(session, row.id, subject.uri)
    if standing is not None:
        return Shared(
            activity_uri=standing.activity_uri,
            already=True,
            deliveries=0,
            comment=standing.comment_markdown,
        )
    outgoing = Outgoing(
        type=activities.ANNOUNCE,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=subject.uri,
        cause_key=f"announce:{row.uri}:{subject.uri}:{reshares.count(session, row.id, subject.uri)}",
        make=lambda envelope: activities.announce(envelope, subject.uri),
        to=(jsonld.PUBLIC,),
        cc=(
            urls.collective_followers(row.name),
            *(mention.actor_uri for mention in subject.mentions),
        ),
        to_followers=True,
        inbox_ids=subject.inbox_ids,
    )
    sent = sending.send(session, urls, outgoing, now)
    assert sent is not None
    if subject.fetched is not None:
        remote_objects.put(session, subject.fetched, now)
    new = NewReshare(
        collective_id=row.id, object_uri=subject.uri, activity_id=sent.id, comment_markdown=comment
    )
    reshares.add(session, new, now)
    invalidations.record(session, [collective_key(row.name)], now)
    return Shared(activity_uri=sent.uri, already=False, deliveries=sent.deliveries, comment=comment)
