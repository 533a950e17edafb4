"""Who may ask what of the pages about others, written from what the desk is for. A part of `who_may`."""

from typing import Final

_EDITORS: Final = frozenset({"owner", "editor"})
_SIGNERS: Final = frozenset({"owner", "signer"})
_MODERATORS: Final = frozenset({"owner", "editor", "moderator"})

MEMBERS: Final = {
    ("/desk/network", "GET"): _EDITORS,
    ("/desk/network/elsewhere", "POST"): _EDITORS,
    ("/desk/network/proposed", "POST"): _EDITORS,
    ("/desk/network/posts/{number}", "GET"): _EDITORS,
    ("/desk/network/posts/{number}/reshare", "POST"): _EDITORS,
    ("/desk/network/posts/{number}/take-over", "POST"): _EDITORS,
    ("/desk/network/posts/{number}/co-sign", "POST"): _SIGNERS,
    ("/desk/network/corrections", "GET"): _EDITORS,
    ("/desk/network/corrections", "POST"): _EDITORS,
    ("/desk/network/following", "GET"): _EDITORS,
    ("/desk/network/followers", "GET"): _MODERATORS,
    ("/desk/network/followers", "POST"): _MODERATORS,
    ("/desk/network/accounts", "GET"): _EDITORS,
    ("/desk/network/accounts/follow", "POST"): _EDITORS,
    ("/desk/network/accounts/rule", "POST"): _EDITORS,
    ("/desk/signatures", "GET"): _SIGNERS,
    ("/desk/signatures/chosen", "POST"): _SIGNERS,
    ("/desk/signatures/answer", "POST"): _SIGNERS,
    ("/desk/signatures/withdraw", "POST"): _SIGNERS,
    ("/desk/network/statements", "GET"): _EDITORS,
    ("/desk/network/statements/{uid}", "GET"): _EDITORS,
    ("/desk/network/statements/{uid}", "POST"): _EDITORS,
    ("/desk/network/statements/{uid}/take-back", "POST"): _EDITORS,
    ("/desk/deliveries", "GET"): _EDITORS,
    ("/desk/deliveries/retry", "POST"): _EDITORS,
    ("/desk/deliveries/wake", "POST"): _EDITORS,
    ("/desk/deliveries/servers/{number}", "GET"): _EDITORS,
    ("/desk/deliveries/{number}", "GET"): _EDITORS,
}
