"""Follow, Accept, Reject, Undo of a Follow, Block: who follows whom, as others decide it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from federation import activities, jsonld
from fedinode.cache import follows_key
from fedinode.services import following, handling
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.moderation import withholding
from fedinode.storage import collectives, follows
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.follows import FollowRow, NewFollow
from fedinode.storage.levels import Rank
from fedinode.storage.remote_actors import RemoteActor

#: From the most open to the strictest: of the node's and the collective's, the stricter one counts.
_POLICIES: Final = ("automatic", "known", "manual")


def take_requests(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep requests to follow our collectives, and answer those that the policy decides."""
    actors = handling.senders(session, group)
    ranks = handling.ranks(session, tuple(actors.values()))
    sieve = withholding.open_sieve(session, world.now)
    keys: set[str] = set()
    for pending in group:
        actor = actors.get(pending.sender_uri)
        collective = _open_collective(session, pending.activity.object_uri)
        if actor is None or collective is None:
            continue
        rank = ranks[actor.uri]
        reason = sieve.reason(rank, withholding.piece_of_actor(actor))
        is_welcome = reason is None and _is_welcome(session, world, collective, actor, rank)
        request = _Request(actor=actor, pending=pending, reason=reason, is_welcome=is_welcome)
        _take_request(session, world, collective, request)
        keys.add(follows_key(collective.name))
    return frozenset(keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A request to follow, and what the policy, levels and rules say about it."""

    actor: RemoteActor
    pending: Pending
    #: Why it waits, whatever the policy says.
    reason: str | None
    is_welcome: bool


def _take_request(session: Session, world: World, collective: CollectiveRow, request: _Request) -> None:
    actor, pending = request.actor, request.pending
    known = follows.find_between(session, "in", collective.id, actor.id)
    # Who lost our answer asks again, and gets it again.
    is_follower = known is not None and known.state == "accepted"
    new = NewFollow(
        direction="in",
        collective_id=collective.id,
        actor_id=actor.id,
        follow_uri=pending.activity.uri,
        body=jsonld.dump(pending.activity.document),
        reason=request.reason,
    )
    follow_id = follows.put(session, new, world.now)
    if is_follower or request.is_welcome:
        following.answer_request(session, world.urls, follow_id, accepted=True, now=world.now)


def _is_welcome(
    session: Session, world: World, collective: CollectiveRow, actor: RemoteActor, rank: Rank
) -> bool:
    policies = (collective.follow_policy, world.settings.federation.accept_follows)
    policy = max(policies, key=_POLICIES.index)
    if policy == "known":
        return rank.level == "trusted" or follows.is_peer_known(session, actor.id)
    return policy == "automatic"


def _open_collective(session: Session, uri: str) -> CollectiveRow | None:
    found = collectives.find_by_uri(session, uri)
    return found if found is not None and found.closed_at is None else None


# -- answers to our requests


def take_acceptances(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Note who agreed to be followed by us; only what we asked and waits counts."""
    return _take_answers(session, world, group, "accepted", ("pending",))


def take_refusals(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Note who does not want to be followed by us, or no longer."""
    return _take_answers(session, world, group, "rejected", ("pending", "accepted"))


def _take_answers(
    session: Session, world: World, group: Sequence[Pending], state: str, from_states: tuple[str, ...]
) -> Keys:
    actors = handling.senders(session, group)
    found = [_asked(session, actors.get(pending.sender_uri), pending) for pending in group]
    answered = [row for row in found if row is not None and row.state in from_states]
    for row in answered:
        follows.set_state(session, row.id, state, world.now)
    return frozenset(follows_key(row.collective_name) for row in answered)


def _asked(session: Session, actor: RemoteActor | None, pending: Pending) -> FollowRow | None:
    """Return the request of ours that this answers: by its id, or by who asked whom."""
    if actor is None:
        return None
    by_id = follows.find_by_uri(session, "out", actor.id, pending.activity.object_uri)
    embedded = pending.activity.object_document
    if by_id is not None or embedded is None or embedded.get("type") != activities.FOLLOW:
        return by_id
    collective = collectives.find_by_uri(session, jsonld.get_uri(embedded, "actor") or "")
    return None if collective is None else follows.find_between(session, "out", collective.id, actor.id)


# -- ends


def end_follows(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """End the follows that these Undos take back, if they are the sender's own."""
    actors = handling.senders(session, group)
    keys: set[str] = set()
    for pending in group:
        actor = actors.get(pending.sender_uri)
        row = None if actor is None else _undone(session, actor, pending)
        if row is not None and row.state in ("pending", "accepted"):
            follows.set_state(session, row.id, "ended", world.now)
            keys.add(follows_key(row.collective_name))
    return frozenset(keys)


def _undone(session: Session, actor: RemoteActor, pending: Pending) -> FollowRow | None:
    by_id = follows.find_by_uri(session, "in", actor.id, pending.activity.object_uri)
    embedded = pending.activity.object_document
    if by_id is not None or embedded is None:
        return by_id
    # The Follow may have come under another id: some servers make a new one for the Undo.
    collective = collectives.find_by_uri(session, jsonld.get_uri(embedded, "object") or "")
    return None if collective is None else follows.find_between(session, "in", collective.id, actor.id)


def take_blocks(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """End what is between a collective and who blocks it, both ways."""
    actors = handling.senders(session, group)
    keys: Keys = NOTHING
    for pending in group:
        actor = actors.get(pending.sender_uri)
        collective = collectives.find_by_uri(session, pending.activity.object_uri)
        if actor is not None and collective is not None:
            names = follows.end_of_actors(session, [actor.id], world.now, collective_id=collective.id)
            keys |= frozenset(follows_key(name) for name in names)
    return keys
