"""Who follows us and whom we follow.

Incoming Follow, Accept, Reject and Undo are reacting's; it calls `answer_request` to answer by policy.
"""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from federation import activities, jsonld
from fedinode.cache import follows_key
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.services import registering, resolving, sending
from fedinode.services.members import halting
from fedinode.services.sending import Outgoing
from fedinode.storage import audit_log, follows, inboxes, invalidations
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.follows import FollowRow, NewFollow
from fedinode.storage.remote_actors import RemoteActor
from fedinode.urls import Urls

#: A request of ours that waits for an answer is called so; theirs to us are "pending".
REQUESTED = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A follower, or somebody we follow. `id` is what `accept` and `reject` take."""

    id: int
    collective: str
    actor_uri: str
    handle: str
    name: str
    state: str
    since: datetime


# -- whom we follow


async def follow(cap: Capabilities, handle: str, *, collective: str | None = None) -> Relation:
    """Ask an actor to let one of our collectives follow it; asking again while it waits sends nothing.

    Raises HandleUnknown, PeerUnavailable, Blocked, Conflict.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    actor = await resolving.resolve_handle(cap, handle)
    if actor.uri == row.uri:
        raise Conflict("A collective cannot follow itself.")

    def write(session: Session) -> Relation:
        halting.require_running(session)
        known = follows.find_between(session, "out", row.id, actor.id)
        if known is None or known.state not in ("pending", "accepted"):
            send_request(session, cap.urls, row, actor, cap.clock())
        return _standing(session, row.id, actor.id)

    relation = await cap.database.write(write)
    cap.bells.deliver.set()
    return relation


async def unfollow(cap: Capabilities, handle: str, *, collective: str | None = None) -> Relation:
    """Stop following an actor. Raises NotFound if we do not follow it."""
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    known = await cap.database.read(lambda session: _find_followed(session, row.id, handle))
    if known is None:
        raise NotFound(f"{row.name} does not follow {handle}.")

    def write(session: Session) -> Relation:
        halting.require_running(session)
        send_end(session, cap.urls, known, cap.clock())
        return _standing(session, row.id, known.actor_id)

    relation = await cap.database.write(write)
    cap.bells.deliver.set()
    return relation


def send_request(session: Session, urls: Urls, row: CollectiveRow, actor: RemoteActor, now: datetime) -> None:
    """Ask to follow an actor, in the caller's transaction."""
    before = follows.find_between(session, "out", row.id, actor.id)
    outgoing = Outgoing(
        type=activities.FOLLOW,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=actor.uri,
        # Asked again after the last request was answered or taken back, never twice for the same reason.
        cause_key=f"follow:{row.uri}:{actor.uri}:after:{before.follow_uri if before else ''}",
        make=lambda envelope: activities.follow(envelope, actor.uri),
        to=(actor.uri,),
        inbox_ids=inboxes.of_actors(session, [actor.id]),
    )
    sent = sending.send(session, urls, outgoing, now)
    if sent is not None:
        new = NewFollow(
            direction="out", collective_id=row.id, actor_id=actor.id, follow_uri=sent.uri, body=sent.body
        )
        follows.put(session, new, now)


def send_end(session: Session, urls: Urls, known: FollowRow, now: datetime) -> None:
    """Stop following an actor, in the caller's transaction."""
    follows.set_state(session, known.id, "ended", now)
    undone = jsonld.load(known.body or b"{}")
    outgoing = Outgoing(
        type=activities.UNDO,
        actor_uri=known.collective_uri,
        collective_id=known.collective_id,
        object_uri=known.actor_uri,
        cause_key=f"undo:{known.follow_uri}",
        make=lambda envelope: activities.undo(envelope, undone),
        to=(known.actor_uri,),
        inbox_ids=inboxes.of_actors(session, [known.actor_id]),
    )
    sending.send(session, urls, outgoing, now)
    invalidations.record(session, [follows_key(known.collective_name)], now)


def _find_followed(session: Session, collective_id: int, handle: str) -> FollowRow | None:
    """Find whom we follow by handle, id or page, without asking anybody: they may be gone."""
    wanted = handle.removeprefix("@").lower()
    rows = follows.list_of(session, "out", ("pending", "accepted"), collective_id=collective_id)
    for row in rows:
        if handle == row.actor_uri or wanted == handle_of(row).removeprefix("@").lower():
            return row
    return None


# -- who follows us


async def followers(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return the accepted followers, newest first."""
    return await _list(cap, "in", ("accepted",), collective)


async def following(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return whom we follow or asked to follow, newest first."""
    return await _list(cap, "out", ("pending", "accepted", "rejected"), collective)


async def requests(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return the follow requests that wait for a decision, oldest first."""
    return await _list(cap, "in", ("pending",), collective, newest=False)


async def accept(cap: Capabilities, request_id: int) -> Relation:
    """Let a requesting actor follow us. Raises NotFound, Conflict."""
    return await _decide(cap, request_id, accepted=True)


async def reject(cap: Capabilities, request_id: int) -> Relation:
    """Refuse a follow request, or remove a follower. Raises NotFound, Conflict."""
    return await _decide(cap, request_id, accepted=False)


async def _decide(cap: Capabilities, request_id: int, *, accepted: bool) -> Relation:
    def write(session: Session) -> Relation:
        halting.require_running(session)
        found = follows.find(session, request_id)
        if found is None or found.direction != "in":
            raise NotFound(f"There is no follow request {request_id}.")
        decidable = ("pending",) if accepted else ("pending", "accepted")
        if found.state not in decidable:
            raise Conflict(f"Follow request {request_id} was decided already: {found.state}.")
        now = cap.clock()
        answer_request(session, cap.urls, request_id, accepted=accepted, now=now)
        # Who it was stays out of the audit: it would keep a list of those who follow.
        deed = "accept" if accepted else "reject"
        audit_log.add(session, f"follower.{deed}", urlsplit(found.actor_uri).netloc, now=now)
        return _relation(_known(session, request_id))

    relation = await cap.database.write(write)
    cap.bells.deliver.set()
    return relation


def answer_request(session: Session, urls: Urls, follow_id: int, *, accepted: bool, now: datetime) -> None:
    """Record the decision about an incoming follow and queue the answer, in the caller's transaction."""
    found = _known(session, follow_id)
    follows.set_state(session, follow_id, "accepted" if accepted else "rejected", now)
    asked = jsonld.load(found.body or b"{}")
    make = activities.accept if accepted else activities.reject
    outgoing = Outgoing(
        type=activities.ACCEPT if accepted else activities.REJECT,
        actor_uri=found.collective_uri,
        collective_id=found.collective_id,
        object_uri=found.follow_uri,
        # The same request may come again, and is answered again.
        cause_key=f"{make.__name__}:{follow_id}:{found.follow_uri}:{now.isoformat()}",
        make=lambda envelope: make(envelope, asked),
        to=(found.actor_uri,),
        is_public=False,
        inbox_ids=inboxes.of_actors(session, [found.actor_id]),
    )
    sending.send(session, urls, outgoing, now)
    invalidations.record(session, [follows_key(found.collective_name)], now)


# -- steps


async def _list(
    cap: Capabilities, direction: str, states: tuple[str, ...], collective: str | None, *, newest: bool = True
) -> tuple[Relation, ...]:
    def read(session: Session) -> tuple[Relation, ...]:
        wanted = registering.require_collective(session, collective).id if collective else None
        rows = follows.list_of(session, direction, states, collective_id=wanted, newest=newest)
        return tuple(_relation(row) for row in rows)

    return await cap.database.read(read)


def _known(session: Session, follow_id: int) -> FollowRow:
    found = follows.find(session, follow_id)
    if found is None:
        raise NotFound(f"There is no follow request {follow_id}.")
    return found


def _standing(session: Session, collective_id: int, actor_id: int) -> Relation:
    found = follows.find_between(session, "out", collective_id, actor_id)
    assert found is not None
    return _relation(found)


def _relation(row: FollowRow) -> Relation:
    is_request_of_ours = row.direction == "out" and row.state == "pending"
    return Relation(
        id=row.id,
        collective=row.collective_name,
        actor_uri=row.actor_uri,
        handle=handle_of(row),
        name=row.actor_name or row.preferred_username or "",
        state=REQUESTED if is_request_of_ours else row.state,
        since=row.decided_at or row.requested_at,
    )


def handle_of(row: FollowRow) -> str:
    """Return the confirmed handle; else the name that the actor gives itself, at its own host."""
    if row.handle:
        return f"@{row.handle}"
    return f"@{row.preferred_username or ''}@{urlsplit(row.actor_uri).netloc}"
