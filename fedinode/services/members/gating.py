"""The gates: which acts of a collective its members decide about, who of them, and how many it takes.

One table. `deciding` lets nobody through without it; `vouching` uses the co-sign key for no act that is not
marked here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedinode.storage import decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import MemberRow

Action = Literal[
    "publish",
    "publish-joint",
    "edit",
    "edit-joint",
    "delete",
    "cosign",
    "withdraw",
    "remove",
    "keep-copy",
    "drop-copy",
    "threshold",
    "member",
    "block",
    "keys",
    "resume",
]

#: What a collective can set a number for, in the order of `Thresholds.effective`.
THRESHOLDS: Final = ("publish", "edit", "delete", "cosign", "withdraw", "block")
_WRITERS: Final = frozenset({"owner", "editor", "signer"})
_SIGNERS: Final = frozenset({"owner", "signer"})
_MODERATORS: Final = frozenset({"owner", "editor", "moderator"})
#: Who takes in voters of these roles could outvote the others.
VOTING_ROLES: Final = _WRITERS | _SIGNERS
#: Half an hour is offered where a collective lets several members decide.
OFFERED_COOLING: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who answers, and which numbers of the collective count: the highest of them."""

    voters: frozenset[str]
    thresholds: tuple[str, ...]
    uses_cosign_key: bool = False
    #: It neither goes out nor changes what is public: it is done while everything is stopped, too.
    while_stopped: bool = False
    #: Waits for the cooling-off time of the collective.
    cools: bool = True


#: A statement that others can sign is joint: it goes out under the co-sign key, as co-signatures do.
GATES: Final[Mapping[str, Gate]] = {
    "publish": Gate(voters=_WRITERS, thresholds=("publish",)),
    "publish-joint": Gate(voters=_WRITERS, thresholds=("publish", "cosign"), uses_cosign_key=True),
    "edit": Gate(voters=_WRITERS, thresholds=("edit",)),
    "edit-joint": Gate(voters=_WRITERS, thresholds=("edit", "cosign"), uses_cosign_key=True),
    "delete": Gate(voters=_WRITERS, thresholds=("delete",)),
    "cosign": Gate(voters=_SIGNERS, thresholds=("cosign",), uses_cosign_key=True),
    "withdraw": Gate(voters=_SIGNERS, thresholds=("withdraw",), uses_cosign_key=True),
    # The author takes a co-signature of somebody else off its list.
    "remove": Gate(voters=_SIGNERS, thresholds=("withdraw",), uses_cosign_key=True),
    # The copy of somebody else's statement: published as a post of ours, or dropped.
    "keep-copy": Gate(voters=_SIGNERS, thresholds=("publish", "cosign")),
    "drop-copy": Gate(voters=_SIGNERS, thresholds=("withdraw",)),
    # Whoever may change these two alone could get round all others.
    "threshold": Gate(voters=_SIGNERS, thresholds=THRESHOLDS, while_stopped=True),
    "member": Gate(voters=_SIGNERS, thresholds=THRESHOLDS, while_stopped=True),
    # Suspending a whole domain, and lifting that; the node's first collective decides.
    "block": Gate(voters=_MODERATORS, thresholds=("block",), while_stopped=True),
    # New keys: whoever makes them alone could speak as the collective.
    "keys": Gate(voters=_SIGNERS, thresholds=THRESHOLDS),
    # After somebody stopped everything; again the first collective.
    "resume": Gate(voters=_WRITERS, thresholds=("publish",), while_stopped=True, cools=False),
}


def needed(session: Session, collective_id: int, action: str) -> int:
    """Return how many members of a collective it takes."""
    numbers = decisions.thresholds(session, collective_id).effective()
    return max(numbers[name] for name in GATES[action].thresholds)


def cooling(session: Session, collective_id: int, action: str) -> int:
    """Return how many minutes pass between agreeing and doing, in which any member can stop it."""
    return decisions.thresholds(session, collective_id).cooling if GATES[action].cools else 0


def is_immediate(session: Session, collective_id: int, action: str) -> bool:
    """Tell whether one person does it at once: nobody else is asked, and nothing waits."""
    is_alone = needed(session, collective_id, action) == 1
    return is_alone and cooling(session, collective_id, action) == 0


def has_vote(session: Session, collective_id: int, role: str) -> bool:
    """Tell whether who has a role could outvote others: a moderator where several block a domain."""
    if role in GATES["block"].voters - VOTING_ROLES:
        return needed(session, collective_id, "block") > 1
    return role in VOTING_ROLES


def members(session: Session, collective_id: int, action: str, now: datetime) -> tuple[MemberRow, ...]:
    """Return who may answer, those who lapsed too."""
    return decisions.members(session, collective_id, GATES[action].voters, now)


def count_awake(session: Session, collective_id: int, action: str, now: datetime) -> int:
    """Return how many could answer now."""
    return sum(not member.has_lapsed for member in members(session, collective_id, action, now))
