"""Update, Delete and Move of actors: who somebody is now, whether they still are, and where they went.

Nothing of this is believed from the activity alone: the actor is asked again at its origin.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from federation import authority, objects
from federation.actors import parse_actor
from federation.errors import Gone, NotFound
from federation.net import discovery
from fedinode.cache import NETWORK_KEY, follows_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.services import following, handling, resolving
from fedinode.services.handling import NOTHING, Facts, Keys, Pending, World
from fedinode.services.network import unsharing
from fedinode.storage import (
    collectives,
    follows,
    reactions,
    remote_actors,
    remote_objects,
    remote_shares,
    replies,
    reshares,
)
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor

#: An actor that moves more often is followed once; Mastodon's own limit.
MOVE_PAUSE: Final = timedelta(days=30)


def is_about_itself(pending: Pending) -> bool:
    """Whether an Update or Delete is about the actor itself, not about something it wrote."""
    return authority.is_same_uri(pending.activity.object_uri, pending.activity.actor_uri)


def all_need(_session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return all entries: each is asked at its origin."""
    return frozenset(pending.id for pending in group)


async def fetch_self(cap: Capabilities, pending: Pending) -> Facts:
    """Fetch the actor; it may be gone."""
    client, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    try:
        document = await discovery.fetch_document(client, pending.sender_uri, signer)
    except (Gone, NotFound):
        return Facts(is_gone=True)
    if objects.is_tombstone(document):
        return Facts(is_gone=True)
    return Facts(actor=parse_actor(document))


# -- Update


def take_updates(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep actors as they describe themselves now."""
    for pending in group:
        if pending.facts is not None and pending.facts.actor is not None:
            remote_actors.record(session, resolving.actor_facts(pending.facts.actor), world.now)
    return NOTHING


# -- Delete


def take_deaths(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Forget actors who said that they are deleted and are no longer found; who is still there stays."""
    actors = handling.senders(session, group)
    dead = [
        actors[pending.sender_uri].id
        for pending in group
        if pending.sender_uri in actors and pending.facts is not None and pending.facts.is_gone
    ]
    if not dead:
        return NOTHING
    remote_actors.record_gone(session, dead, world.now)
    boosted = frozenset[str]()
    for uri in reshares.uris_of_actors(session, dead):
        boosted |= unsharing.end_everywhere(session, world.urls, uri, world.now)
    remote_objects.delete_of_actors(session, dead, world.now)
    remote_shares.remove_of_actors(session, dead)
    uids = replies.delete_of_actors(session, dead) | reactions.remove_of_actors(session, dead)
    names = follows.end_of_actors(session, dead, world.now)
    return boosted | {NETWORK_KEY, *map(post_key, uids), *map(follows_key, names)}


# -- Move


def needs_target(session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the moves of those whom we follow; others move without us."""
    followed = remote_objects.followed_by_us(session, {pending.sender_uri for pending in group})
    return frozenset(pending.id for pending in group if pending.sender_uri in followed)


async def fetch_target(cap: Capabilities, pending: Pending) -> Facts:
    """Fetch where an actor goes."""
    return Facts(actor=await resolving.fetch_actor(cap, pending.activity.target_uri or ""))


def take_moves(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Follow those who moved to where they went, if the target says that it is them."""
    movers = handling.senders(session, group)
    keys: Keys = NOTHING
    for pending in group:
        mover = movers.get(pending.sender_uri)
        target = None if pending.facts is None else pending.facts.actor
        if mover is None or target is None or mover.uri not in target.also_known_as:
            continue
        if mover.moved_at is not None and world.now - mover.moved_at < MOVE_PAUSE:
            continue
        remote_actors.record(session, resolving.actor_facts(target), world.now)
        remote_actors.record_moved(session, mover.id, target.uri, world.now)
        keys |= _follow_along(session, world, mover, remote_actors.get(session, target.uri))
    return keys


def _follow_along(session: Session, world: World, mover: RemoteActor, target: RemoteActor) -> Keys:
    left = follows.list_followed(session, mover.id)
    for row in left:
        following.send_end(session, world.urls, row, world.now)
        known = follows.find_between(session, "out", row.collective_id, target.id)
        if known is None or known.state not in ("pending", "accepted"):
            collective = collectives.get(session, row.collective_id)
            following.send_request(session, world.urls, collective, target, world.now)
    return frozenset(follows_key(row.collective_name) for row in left)
