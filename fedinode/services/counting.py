"""Like, Announce and their Undo: what others do with our posts, counted there."""

from collections.abc import Mapping, Sequence

from federation import activities
from fedinode.cache import NETWORK_KEY, post_key
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.storage import reactions, remote_actors, remote_objects, remote_shares
from fedinode.storage.database import Session
from fedinode.storage.reactions import NewReaction, ReactionKind, Retraction
from fedinode.storage.remote_shares import NewShare

_KINDS: Mapping[str, ReactionKind] = {activities.LIKE: "like", activities.ANNOUNCE: "announce"}


def count_reactions(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep likes and boosts of our public objects; of anything else nothing is kept."""
    objects = reactions.find_objects(session, {pending.activity.object_uri for pending in group})
    ours = [pending for pending in group if pending.activity.object_uri in objects]
    if not ours:
        return NOTHING
    rows = [
        NewReaction(
            object_id=objects[pending.activity.object_uri].id,
            actor_uri=pending.sender_uri,
            kind=_KINDS[pending.activity.type],
            activity_uri=pending.activity.uri,
        )
        for pending in ours
    ]
    reactions.add(session, rows, world.now)
    return frozenset(post_key(objects[pending.activity.object_uri].post_uid) for pending in ours)


def note_shares(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep who of those whom we follow boosted what of others: readers see it beside the text."""
    followed = remote_objects.followed_by_us(session, {pending.sender_uri for pending in group})
    shared = [
        pending
        for pending in group
        if pending.sender_uri in followed and not world.urls.is_ours(pending.activity.object_uri)
    ]
    actors = remote_actors.find_many(session, {pending.sender_uri for pending in shared})
    rows = [
        NewShare(
            object_uri=pending.activity.object_uri,
            actor_id=actors[pending.sender_uri].id,
            activity_uri=pending.activity.uri,
        )
        for pending in shared
    ]
    return frozenset({NETWORK_KEY}) if remote_shares.add(session, rows, world.now) else NOTHING


def retract_reactions(session: Session, group: Sequence[Pending]) -> Keys:
    """Delete the likes and boosts that these Undos take back, if they are the sender's own."""
    retractions = [_retraction(pending) for pending in group]
    uids = reactions.remove(session, retractions)
    were_shared = [
        remote_shares.remove(session, each.actor_uri, each.activity_uri, each.object_uri)
        for each in retractions
        if each.kind in (None, "announce")
    ]
    keys = frozenset(post_key(uid) for uid in uids)
    return keys | {NETWORK_KEY} if any(were_shared) else keys


def _retraction(pending: Pending) -> Retraction:
    undone = pending.activity.object_document or {}
    target = undone.get("object")
    return Retraction(
        actor_uri=pending.sender_uri,
        activity_uri=pending.activity.object_uri,
        kind=_KINDS.get(str(undone.get("type"))),
        object_uri=target if isinstance(target, str) else None,
    )
