"""Like, Announce and their Undo: what others do with our posts, counted there."""

from collections.abc import Mapping, Sequence

from federation import activities
from fedinode.cache import post_key
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.storage import reactions
from fedinode.storage.database import Session
from fedinode.storage.reactions import NewReaction, ReactionKind, Retraction

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


def retract_reactions(session: Session, group: Sequence[Pending]) -> Keys:
    """Delete the likes and boosts that these Undos take back, if they are the sender's own."""
    uids = reactions.remove(session, [_retraction(pending) for pending in group])
    return frozenset(post_key(uid) for uid in uids)


def _retraction(pending: Pending) -> Retraction:
    undone = pending.activity.object_document or {}
    target = undone.get("object")
    return Retraction(
        actor_uri=pending.sender_uri,
        activity_uri=pending.activity.object_uri,
        kind=_KINDS.get(str(undone.get("type"))),
        object_uri=target if isinstance(target, str) else None,
    )
