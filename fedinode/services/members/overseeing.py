"""What waits for a member at the desk, in the collectives where their role allows them to decide about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedinode.capabilities import Capabilities
from fedinode.services import correcting
from fedinode.services.cosigning import corresponding, vetting
from fedinode.services.members import weighing
from fedinode.services.members.signing_in import Member
from fedinode.services.members.weighing import Question
from fedinode.services.moderation import queueing
from fedinode.services.network import passing_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What waits for one member: questions, and how much of each kind waits in the moderators' queue."""

    decisions: tuple[Question, ...]
    moderation: Mapping[str, int]
    #: What others bring about: 'proposed', 'corrections', 'asked', 'consents', 'mismatches'.
    network: Mapping[str, int]

    @property
    def is_clear(self) -> bool:
        """Whether nothing waits."""
        return not (self.decisions or self.moderation or self.network)


async def look(cap: Capabilities, member: Member) -> Desk:
    """Return all that waits for a member."""
    board = await weighing.board(cap, member)
    return Desk(
        decisions=(*board.waiting, *board.open),
        moderation=await queueing.count(cap, member),
        network=await _count_network(cap, member),
    )


async def _count_network(cap: Capabilities, member: Member) -> Mapping[str, int]:
    """Return how much waits of what others bring about; nothing for what does not wait."""
    network, sign = member.where("network"), member.where("sign")
    # Who moderates finds these in the queue.
    unseen = set(sign) - set(member.where("moderate"))
    corrections = await correcting.list_proposals(cap) if network else ()
    signed = await corresponding.list_signed(cap, sign) if sign else ()
    found = {
        "proposed": len(await passing_on.list_proposed(cap, network)) if network else 0,
        "corrections": sum(each.collective in network for each in corrections),
        "asked": len(await corresponding.list_asked(cap, sign)) if sign else 0,
        "consents": len(await vetting.list_pending(cap, unseen)) if unseen else 0,
        "mismatches": sum(each.state == "mismatch" for each in signed),
    }
    return {kind: count for kind, count in found.items() if count}
