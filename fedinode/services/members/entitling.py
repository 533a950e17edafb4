"""What a role lets a member do at the desk: one table. How many must agree to a deed is `gating`'s.

A right holds in the collectives where the member has one of its roles. What concerns the whole node belongs
to the members of its first collective, the one that `fedinode init` made.
"""

from collections.abc import Mapping
from typing import Final, Literal

Right = Literal[
    "enter", "write", "translate", "release", "sign", "network", "moderate", "levels", "members", "node"
]

_EVERYBODY: Final = frozenset({"owner", "editor", "author", "translator", "moderator", "signer", "reader"})

RIGHTS: Final[Mapping[Right, frozenset[str]]] = {
    #: See what the members are asked, and stop what was decided.
    "enter": _EVERYBODY,
    #: Begin texts and change them.
    "write": frozenset({"owner", "editor", "author"}),
    #: Put texts into another language.
    "translate": frozenset({"owner", "editor", "author", "translator"}),
    #: Publish, schedule, delete, or ask the members to.
    "release": frozenset({"owner", "editor"}),
    #: Co-sign, withdraw, take signatures off a list, or ask the members to.
    "sign": frozenset({"owner", "signer"}),
    #: Follow, reshare, take over, invite; followers; deliveries.
    "network": frozenset({"owner", "editor"}),
    #: Replies, requests to follow, people's signatures, reports.
    "moderate": frozenset({"owner", "editor", "moderator"}),
    #: Who is kept out of the whole node, and by which rules.
    "levels": frozenset({"owner", "editor", "moderator"}),
    #: Members of a collective, how many must agree, its keys.
    "members": frozenset({"owner"}),
    #: How the node is, its audit, panic.
    "node": frozenset({"owner"}),
}
#: What concerns every collective of the node.
NODE_WIDE: Final[frozenset[Right]] = frozenset({"levels", "node"})


def collectives_of(right: Right, roles: Mapping[str, frozenset[str]], home: str) -> tuple[str, ...]:
    """Return where a member with these roles (collective -> roles) has a right.

    `home` is the node's first collective.
    """
    found = tuple(name for name, held in roles.items() if held & RIGHTS[right])
    return tuple(name for name in found if name == home) if right in NODE_WIDE else found
