"""Who looks after the node: its owners alone, and owners of other collectives not."""

from typing import Final

_OWNERS: Final = frozenset({"owner"})

MEMBERS: Final = {
    ("/desk/node", "GET"): _OWNERS,
    ("/desk/node/look", "POST"): _OWNERS,
    ("/desk/node/panic", "GET"): _OWNERS,
    ("/desk/node/panic", "POST"): _OWNERS,
    ("/desk/audit", "GET"): _OWNERS,
    ("/desk/audit/export", "GET"): _OWNERS,
}
NODE_WIDE: Final = frozenset(MEMBERS)
