"""What waits for a member at the desk, and their answers, in the collectives where their role allows it.

What somebody may not decide about is not there for them: it is not found, rather than forbidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services import following, moderating, voting
from fedinode.services.following import Relation
from fedinode.services.moderating import Reply
from fedinode.services.signing_in import Member
from fedinode.services.voting import Waiting

#: As many replies stand on one page.
REPLIES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What waits for one member."""

    decisions: tuple[Waiting, ...]
    replies: tuple[Reply, ...]
    requests: tuple[Relation, ...]

    @property
    def is_clear(self) -> bool:
        """Whether nothing waits."""
        return not (self.decisions or self.replies or self.requests)


async def look(cap: Capabilities, member: Member) -> Desk:
    """Return all that waits for a member."""
    own, moderated = member.where("enter"), member.where("moderate")
    return Desk(
        decisions=tuple(each for each in await voting.list_waiting(cap) if each.collective in own),
        replies=await _replies(cap, moderated),
        requests=tuple(each for each in await following.requests(cap) if each.collective in moderated),
    )


async def _replies(cap: Capabilities, collectives: Sequence[str]) -> tuple[Reply, ...]:
    found = [
        reply for name in collectives for reply in await moderating.held(cap, collective=name, limit=REPLIES)
    ]
    return tuple(sorted(found, key=lambda reply: reply.id)[:REPLIES])


async def settle_replies(
    cap: Capabilities, member: Member, reply_ids: Sequence[int], *, is_shown: bool
) -> int:
    """Show or hide replies, all or none; return how many. Raises NotFound."""
    allowed = member.where("moderate")
    return await moderating.settle(cap, reply_ids, is_shown=is_shown, collectives=allowed)


async def settle_requests(
    cap: Capabilities, member: Member, request_ids: Sequence[int], *, is_accepted: bool
) -> int:
    """Answer requests to follow, all or none; return how many were open. Raises NotFound."""
    allowed = member.where("moderate")
    return await following.settle(cap, request_ids, is_accepted=is_accepted, collectives=allowed)
