"""What waits for a member at the desk, in the collectives where their role allows them to decide about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedinode.capabilities import Capabilities
from fedinode.services import queueing, voting
from fedinode.services.signing_in import Member
from fedinode.services.voting import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What waits for one member: questions, and how much of each kind waits in the moderators' queue."""

    decisions: tuple[Waiting, ...]
    moderation: Mapping[str, int]

    @property
    def is_clear(self) -> bool:
        """Whether nothing waits."""
        return not (self.decisions or self.moderation)


async def look(cap: Capabilities, member: Member) -> Desk:
    """Return all that waits for a member."""
    own = member.where("enter")
    return Desk(
        decisions=tuple(each for each in await voting.list_waiting(cap) if each.collective in own),
        moderation=await queueing.count(cap, member),
    )
