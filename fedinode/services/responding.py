"""The table of reactions: what is done about each type of activity. `reacting` runs it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from federation import activities
from fedinode.capabilities import Capabilities
from fedinode.services import befriending, commenting, counting, departing, reporting
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
from fedinode.storage.database import Session


def _announce(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    return counting.count_reactions(session, world, group) | commenting.take_objects(session, world, group)


def _undo(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    return counting.retract_reactions(session, group) | befriending.end_follows(session, world, group)


# -- Update and Delete are about the actor itself, or about something that it wrote


def _split(of_actors: Apply, of_objects: Apply) -> Apply:
    def apply(session: Session, world: World, group: Sequence[Pending]) -> Keys:
        selves = [pending for pending in group if departing.is_about_itself(pending)]
        others = [pending for pending in group if not departing.is_about_itself(pending)]
        about_selves = of_actors(session, world, selves) if selves else NOTHING
        return about_selves | (of_objects(session, world, others) if others else NOTHING)

    return apply


def _needs(of_objects: Callable[[Session, World, Sequence[Pending]], frozenset[int]] | None) -> Needs:
    def needs(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
        selves = [pending for pending in group if departing.is_about_itself(pending)]
        others = [pending for pending in group if not departing.is_about_itself(pending)]
        found = departing.all_need(session, world, selves)
        return found | of_objects(session, world, others) if of_objects and others else found

    return needs


async def _gather(cap: Capabilities, pending: Pending) -> Facts:
    fetch = departing.fetch_self if departing.is_about_itself(pending) else commenting.fetch_object
    return await fetch(cap, pending)


REACTIONS: Final[Mapping[str, Reaction]] = {
    activities.FOLLOW: Reaction(apply=befriending.take_requests),
    activities.ACCEPT: Reaction(apply=befriending.take_acceptances),
    activities.REJECT: Reaction(apply=befriending.take_refusals),
    activities.BLOCK: Reaction(apply=befriending.take_blocks),
    activities.UNDO: Reaction(apply=_undo),
    activities.LIKE: Reaction(apply=counting.count_reactions),
    activities.ANNOUNCE: Reaction(
        apply=_announce, needs=commenting.needs_announced, gather=commenting.fetch_object
    ),
    activities.CREATE: Reaction(
        apply=commenting.take_objects, needs=commenting.needs_object, gather=commenting.fetch_object
    ),
    activities.UPDATE: Reaction(
        apply=_split(departing.take_updates, commenting.take_objects),
        needs=_needs(commenting.needs_object),
        gather=_gather,
    ),
    activities.DELETE: Reaction(
        apply=_split(departing.take_deaths, commenting.delete_objects), needs=_needs(None), gather=_gather
    ),
    activities.MOVE: Reaction(
        apply=departing.take_moves, needs=departing.needs_target, gather=departing.fetch_target
    ),
    activities.FLAG: Reaction(apply=reporting.take_reports),
    FORWARDED: Reaction(
        apply=commenting.take_forwarded, needs=commenting.needs_origin, gather=commenting.fetch_object
    ),
}
