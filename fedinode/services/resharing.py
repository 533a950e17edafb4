"""Announcing what others published, and taking it back.

A comment is a Note of its own that links to what is reshared: an Announce carries no words.
"""

from dataclasses import dataclass

from federation import activities, jsonld
from fedinode.cache import collective_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.manuscripts import Facts, Kind, Manuscript, TextVersion, Wording
from fedinode.services import answering, publishing, registering, sending, unsharing
from fedinode.services.answering import Answered
from fedinode.services.sending import Outgoing
from fedinode.storage import collectives, invalidations, remote_objects, reshares
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.reshares import NewReshare


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshared:
    """An announcement of ours; `comment_uri` is the Note that goes with it, if any."""

    activity_uri: str
    object_uri: str
    already: bool
    deliveries: int
    comment_uri: str | None = None


async def reshare(
    cap: Capabilities, url: str, *, collective: str | None = None, comment: str | None = None
) -> Reshared:
    """Announce an object to our followers and its author; with a comment, also publish a Note about it.

    Raises NotFound, PeerUnavailable, NotAllowed for a comment where several members decide what is published.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    if comment is not None:
        await cap.database.read(lambda session: publishing.require_alone(session, row))
    subject = await answering.find_answered(cap, url)
    reshared = await cap.database.write(lambda session: _announce(session, cap, row, subject, comment))
    cap.bells.deliver.set()
    if comment is None or reshared.already:
        return reshared
    note = await publishing.post(cap, _comment(row, reshared, comment), collective=row.name)
    return Reshared(
        activity_uri=reshared.activity_uri,
        object_uri=reshared.object_uri,
        already=False,
        deliveries=reshared.deliveries,
        comment_uri=note.uri,
    )


async def unreshare(cap: Capabilities, url: str, *, collective: str | None = None) -> Reshared:
    """Take an announcement back. Raises NotFound if there is none."""
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    standing = await cap.database.read(lambda session: reshares.find_standing(session, row.id, url))
    uri = url if standing else (await answering.find_answered(cap, url)).uri

    def write(session: Session) -> Reshared:
        found = reshares.find_standing(session, row.id, uri)
        if found is None:
            raise NotFound(f"{row.name} did not reshare {url}.")
        told = unsharing.take_back(session, cap.urls, row, uri, cap.clock())
        return Reshared(activity_uri=found.activity_uri, object_uri=uri, already=False, deliveries=told or 0)

    reshared = await cap.database.write(write)
    cap.bells.deliver.set()
    return reshared


def _announce(
    session: Session, cap: Capabilities, row: CollectiveRow, subject: Answered, comment: str | None
) -> Reshared:
    collectives.lock(session, row.id)
    standing = reshares.find_standing(session, row.id, subject.uri)
    if standing is not None:
        return Reshared(
            activity_uri=standing.activity_uri, object_uri=subject.uri, already=True, deliveries=0
        )
    now = cap.clock()
    outgoing = Outgoing(
        type=activities.ANNOUNCE,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=subject.uri,
        cause_key=f"announce:{row.uri}:{subject.uri}:{reshares.count(session, row.id, subject.uri)}",
        make=lambda envelope: activities.announce(envelope, subject.uri),
        to=(jsonld.PUBLIC,),
        cc=(
            cap.urls.collective_followers(row.name),
            *(mention.actor_uri for mention in subject.mentions),
        ),
        to_followers=True,
        inbox_ids=subject.inbox_ids,
    )
    sent = sending.send(session, cap.urls, outgoing, now)
    assert sent is not None
    if subject.fetched is not None:
        remote_objects.put(session, subject.fetched, now)
    new = NewReshare(
        collective_id=row.id, object_uri=subject.uri, activity_id=sent.id, comment_markdown=comment
    )
    reshares.add(session, new, now)
    invalidations.record(session, [collective_key(row.name)], now)
    return Reshared(activity_uri=sent.uri, object_uri=subject.uri, already=False, deliveries=sent.deliveries)


def _comment(row: CollectiveRow, reshared: Reshared, comment: str) -> Manuscript:
    language = row.primary_language
    markdown = f"{comment}\n\n<{reshared.object_uri}>"
    text = TextVersion(language=language, title=None, slug=None, summary=None, markdown=markdown)
    return Manuscript(
        kind=Kind.NEWS,
        key=f"reshare:{reshared.activity_uri}",
        texts=(text,),
        facts=Facts(wordings=(Wording(language=language),)),
    )
