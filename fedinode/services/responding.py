"""The table of reactions: what is done about each type of activity. `reacting` runs it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from federation import activities
from fedinode.capabilities import Capabilities
from fedinode.services import befriending, commenting, correcting, counting, departing
from fedinode.services.cosigning import (
    attaching,
    consenting,
    heeding,
    inviting,
    keeping_lists,
    retracting,
    stamping,
    surfacing,
    trusting,
    withdrawing,
)
from fedinode.services.handling import (
    FORWARDED,
    NOTHING,
    Apply,
    Facts,
    Keys,
    Needs,
    Pending,
    Reaction,
    World,
)
from fedinode.services.moderation import reporting
from fedinode.services.supporting import departures, mentions
from fedinode.storage.database import Session


def _announce(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    counted = counting.count_reactions(session, world, group) | counting.note_shares(session, world, group)
    return counted | commenting.take_objects(session, world, group)


def _undo(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    retracted = counting.retract_reactions(session, group) | befriending.end_follows(session, world, group)
    return retracted | withdrawing.take_withdrawals(session, world, group)


def _accept(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    stamps = [pending for pending in group if _is_about_consent(pending)]
    consenting.take_acceptances(session, world, stamps)
    return befriending.take_acceptances(session, world, group)


def _reject(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    inviting.take_refusals(session, world, group)
    consenting.take_refusals(session, world, group)
    return befriending.take_refusals(session, world, group)


def _delete_objects(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    retracting.take_deletions(session, world, group)
    correcting.note_deletions(session, group, world.now)
    departures.take_deletions(session, world, group)
    return commenting.delete_objects(session, world, group) | withdrawing.take_removals(session, world, group)


def _take_deaths(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    departures.take_deaths(session, world, group)
    return departing.take_deaths(session, world, group)


def _take_blocks(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    departures.take_blocks(session, world, group)
    return befriending.take_blocks(session, world, group)


def _needs_target(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    followed = departing.needs_target(session, world, group)
    return followed | departures.needs_target(session, world, group)


def _take_moves(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    departures.take_moves(session, world, group)
    return departing.take_moves(session, world, group)


def _is_about_consent(pending: Pending) -> bool:
    embedded = pending.activity.object_document
    return embedded is not None and embedded.get("type") == activities.CO_SIGN_REQUEST


# -- what is published may be a statement that waits to be compared with what was signed


def _take_objects(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    surfacing.take_publications(session, world, group)
    keeping_lists.take_checkpoints(session, world, group)
    others = [pending for pending in group if not keeping_lists.is_checkpoint(pending)]
    mentions.take_messages(session, world, others)
    correcting.note_updates(session, others, world.now)
    return commenting.take_objects(session, world, others)


def _needs_object(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    others = [pending for pending in group if not keeping_lists.is_checkpoint(pending)]
    found = commenting.needs_object(session, world, others) | trusting.needs_keys(session, world, group)
    found |= correcting.needs_object(session, others)
    return found | surfacing.needs_author(session, world, group)


async def _gather_object(cap: Capabilities, pending: Pending) -> Facts:
    if keeping_lists.is_checkpoint(pending) or pending.activity.type == activities.DELETE:
        return await trusting.see_keys(cap, pending)
    if surfacing.is_statement(pending):
        await surfacing.see_author(cap, pending)
    return await commenting.fetch_object(cap, pending)


# -- Update and Delete are about the actor itself, or about something that it wrote


def _split(of_actors: Apply, of_objects: Apply) -> Apply:
    def apply(session: Session, world: World, group: Sequence[Pending]) -> Keys:
        selves = [pending for pending in group if departing.is_about_itself(pending)]
        others = [pending for pending in group if not departing.is_about_itself(pending)]
        about_selves = of_actors(session, world, selves) if selves else NOTHING
        return about_selves | (of_objects(session, world, others) if others else NOTHING)

    return apply


def _needs(of_objects: Callable[[Session, World, Sequence[Pending]], frozenset[int]]) -> Needs:
    def needs(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
        selves = [pending for pending in group if departing.is_about_itself(pending)]
        others = [pending for pending in group if not departing.is_about_itself(pending)]
        found = departing.all_need(session, world, selves)
        return found | of_objects(session, world, others) if others else found

    return needs


async def _gather(cap: Capabilities, pending: Pending) -> Facts:
    fetch = departing.fetch_self if departing.is_about_itself(pending) else _gather_object
    return await fetch(cap, pending)


REACTIONS: Final[Mapping[str, Reaction]] = {
    activities.FOLLOW: Reaction(apply=befriending.take_requests),
    activities.ACCEPT: Reaction(apply=_accept, needs=trusting.needs_keys, gather=trusting.see_keys),
    activities.REJECT: Reaction(apply=_reject),
    activities.INVITE: Reaction(
        apply=heeding.take_invites, needs=attaching.needs_files, gather=attaching.fetch_invited
    ),
    activities.CO_SIGN_REQUEST: Reaction(
        apply=stamping.take_requests, needs=stamping.all_need, gather=stamping.fetch_signer
    ),
    activities.BLOCK: Reaction(apply=_take_blocks),
    activities.UNDO: Reaction(apply=_undo, needs=trusting.needs_keys, gather=trusting.see_keys),
    activities.LIKE: Reaction(apply=counting.count_reactions),
    activities.ANNOUNCE: Reaction(
        apply=_announce, needs=commenting.needs_announced, gather=commenting.fetch_object
    ),
    activities.CREATE: Reaction(apply=_take_objects, needs=_needs_object, gather=_gather_object),
    activities.UPDATE: Reaction(
        apply=_split(departing.take_updates, _take_objects),
        needs=_needs(_needs_object),
        gather=_gather,
    ),
    activities.DELETE: Reaction(
        apply=_split(_take_deaths, _delete_objects),
        needs=_needs(trusting.needs_keys),
        gather=_gather,
    ),
    activities.MOVE: Reaction(apply=_take_moves, needs=_needs_target, gather=departing.fetch_target),
    activities.FLAG: Reaction(apply=reporting.take_reports),
    FORWARDED: Reaction(
        apply=commenting.take_forwarded, needs=commenting.needs_origin, gather=commenting.fetch_object
    ),
}
