"""Who looks after the node: its owners alone, and owners of other collectives not."""

from typing import Final

_OWNERS: Final = frozenset({"owner"})

_EVERYBODY: Final = frozenset({"owner", "editor", "author", "translator", "moderator", "signer", "reader"})

_NODE: Final = {
    ("/desk/node", "GET"): _OWNERS,
    ("/desk/node/look", "POST"): _OWNERS,
    ("/desk/node/panic", "GET"): _OWNERS,
    ("/desk/node/panic", "POST"): _OWNERS,
    ("/desk/audit", "GET"): _OWNERS,
    ("/desk/audit/export", "GET"): _OWNERS,
}
NODE_WIDE: Final = frozenset(_NODE)
MEMBERS: Final = {
    **_NODE,
    ("/desk/account/notices", "GET"): _EVERYBODY,
    ("/desk/account/notices", "POST"): _EVERYBODY,
    ("/desk/account/notices/feed", "POST"): _EVERYBODY,
}
#: The link in a letter is all that is asked for; it ends letters of one kind and opens nothing.
OPEN: Final = frozenset({("/notices/{uid}/{kind}/{token}", "GET"), ("/notices/{uid}/{kind}/{token}", "POST")})
