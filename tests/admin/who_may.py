"""Who may ask what at the desk: every route, verb and role, written from what the desk is for.

A route that is missing here fails a test. `EVERYBODY` is whoever has any role. What concerns the whole node
is reached by members of its first collective alone.
"""

from typing import Final

from tests.admin import who_may_reach_others

OWNER, EDITOR, AUTHOR, TRANSLATOR = "owner", "editor", "author", "translator"
MODERATOR, SIGNER, READER = "moderator", "signer", "reader"
ROLES: Final = (OWNER, EDITOR, AUTHOR, TRANSLATOR, MODERATOR, SIGNER, READER)

EVERYBODY: Final = frozenset(ROLES)
OWNERS: Final = frozenset({OWNER})
MODERATORS: Final = frozenset({OWNER, EDITOR, MODERATOR})

#: Reached without being signed in.
OPEN: Final = frozenset(
    {
        ("/sign-in", "GET"),
        ("/sign-in", "POST"),
        ("/sign-in/code", "GET"),
        ("/sign-in/code", "POST"),
        ("/sign-in/{token}", "GET"),
        ("/sign-in/{token}", "POST"),
    }
)
#: Reached by members with one of these roles in a collective.
MEMBERS: Final = {
    ("/sign-out", "POST"): EVERYBODY,
    ("/desk", "GET"): EVERYBODY,
    ("/desk/decisions", "POST"): EVERYBODY,
    ("/desk/replies", "POST"): MODERATORS,
    ("/desk/requests", "POST"): MODERATORS,
    ("/desk/audit", "GET"): OWNERS,
    ("/desk/audit/export", "GET"): OWNERS,
    ("/desk/moderation", "GET"): MODERATORS,
    ("/desk/moderation/chosen", "POST"): MODERATORS,
    ("/desk/moderation/all", "POST"): MODERATORS,
    **who_may_reach_others.MEMBERS,
    ("/desk/account", "GET"): EVERYBODY,
    ("/desk/account/password", "POST"): EVERYBODY,
    ("/desk/account/second-factor", "POST"): EVERYBODY,
    ("/desk/account/second-factor/end", "POST"): EVERYBODY,
    ("/desk/account/recovery-codes", "POST"): EVERYBODY,
    ("/desk/account/sessions", "POST"): EVERYBODY,
}
#: What concerns the whole node: the same roles in any other collective are not enough.
NODE_WIDE: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("/desk/audit", "GET"),
        ("/desk/audit/export", "GET"),
    }
)
