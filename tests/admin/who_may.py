"""Who may ask what at the desk: every route, verb and role, written from what the desk is for.

A route that is missing here fails a test. `EVERYBODY` is whoever has any role. What concerns the whole node
is reached by members of its first collective alone.
"""

from typing import Final

from tests.admin import (
    who_may_let_in,
    who_may_look_after,
    who_may_moderate,
    who_may_reach_others,
    who_may_release,
)

OWNER, EDITOR, AUTHOR, TRANSLATOR = "owner", "editor", "author", "translator"
MODERATOR, SIGNER, READER = "moderator", "signer", "reader"
ROLES: Final = (OWNER, EDITOR, AUTHOR, TRANSLATOR, MODERATOR, SIGNER, READER)

EVERYBODY: Final = frozenset(ROLES)
OWNERS: Final = frozenset({OWNER})
WRITERS: Final = frozenset({OWNER, EDITOR, AUTHOR})
TRANSLATORS: Final = WRITERS | {TRANSLATOR}

#: Reached without being signed in.
OPEN: Final = frozenset(
    {
        ("/sign-in", "GET"),
        ("/sign-in", "POST"),
        ("/sign-in/code", "GET"),
        ("/sign-in/code", "POST"),
        ("/sign-in/{token}", "GET"),
        ("/sign-in/{token}", "POST"),
        *who_may_look_after.OPEN,
    }
)
#: Sent by mail programs, too, which say nothing of where from: the address alone is the proof.
BY_LETTER: Final = who_may_look_after.OPEN
#: Reached by members with one of these roles in a collective.
MEMBERS: Final = {
    ("/sign-out", "POST"): EVERYBODY,
    ("/desk", "GET"): EVERYBODY,
    ("/desk/decisions", "GET"): EVERYBODY,
    ("/desk/decisions", "POST"): EVERYBODY,
    ("/desk/decisions/{uid}", "GET"): EVERYBODY,
    ("/desk/decisions/stop", "POST"): EVERYBODY,
    ("/desk/members", "GET"): OWNERS,
    ("/desk/members/invite", "POST"): OWNERS,
    ("/desk/members/link", "POST"): OWNERS,
    ("/desk/members/give", "POST"): OWNERS,
    ("/desk/members/take", "POST"): OWNERS,
    ("/desk/members/wake", "POST"): OWNERS,
    ("/desk/members/numbers", "POST"): OWNERS,
    ("/desk/members/keys", "POST"): OWNERS,
    ("/desk/account/leave", "POST"): EVERYBODY,
    ("/desk/stop", "GET"): EVERYBODY,
    ("/desk/stop", "POST"): EVERYBODY,
    ("/desk/stop/end", "POST"): EVERYBODY,
    **who_may_moderate.MEMBERS,
    # Drafts are nobody's business but those who write, release or translate them.
    ("/desk/texts", "GET"): TRANSLATORS,
    ("/desk/texts/new", "GET"): WRITERS,
    ("/desk/texts/new", "POST"): WRITERS,
    ("/desk/texts/of-post", "POST"): WRITERS,
    ("/desk/texts/{uid}", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}", "POST"): WRITERS,
    ("/desk/texts/{uid}/autosave", "POST"): WRITERS,
    ("/desk/texts/{uid}/catch-up", "POST"): WRITERS,
    ("/desk/texts/{uid}/drop", "POST"): WRITERS,
    ("/desk/texts/{uid}/take-back", "POST"): WRITERS,
    ("/desk/texts/{uid}/versions", "GET"): WRITERS,
    ("/desk/texts/{uid}/versions", "POST"): WRITERS,
    ("/desk/texts/{uid}/versions/compare", "GET"): WRITERS,
    **who_may_let_in.MEMBERS,
    **who_may_reach_others.MEMBERS,
    **who_may_look_after.MEMBERS,
    **who_may_release.MEMBERS,
    ("/desk/account", "GET"): EVERYBODY,
    ("/desk/account/password", "POST"): EVERYBODY,
    ("/desk/account/second-factor", "POST"): EVERYBODY,
    ("/desk/account/second-factor/end", "POST"): EVERYBODY,
    ("/desk/account/recovery-codes", "POST"): EVERYBODY,
    ("/desk/account/sessions", "POST"): EVERYBODY,
}
#: Nobody who is signed out is led away from these: they get back what they wrote, as a page.
GIVEN_BACK: Final = frozenset(
    {
        ("/desk/texts/new", "POST"),
        ("/desk/texts/{uid}", "POST"),
        ("/desk/texts/{uid}/autosave", "POST"),
        ("/desk/texts/{uid}/translate/{language}", "POST"),
    }
)
#: What concerns the whole node: the same roles in any other collective are not enough.
NODE_WIDE: Final[frozenset[tuple[str, str]]] = frozenset(
    who_may_look_after.NODE_WIDE | set(who_may_let_in.MEMBERS)
)
