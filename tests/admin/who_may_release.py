"""Who may ask what about one text beside its words, written from what the desk is for."""

from typing import Final

WRITERS: Final = frozenset({"owner", "editor", "author"})
#: Whoever may publish, schedule, delete, or ask the members to.
RELEASERS: Final = frozenset({"owner", "editor"})
TRANSLATORS: Final = WRITERS | {"translator"}

EVERYBODY: Final = TRANSLATORS | {"moderator", "signer", "reader"}

MEMBERS: Final = {
    # Whoever is asked has to be able to see what about.
    ("/desk/decisions/{uid}/preview", "GET"): EVERYBODY,
    ("/desk/decisions/{uid}/preview/mastodon", "GET"): EVERYBODY,
    ("/desk/decisions/{uid}/pictures/{name}", "GET"): EVERYBODY,
    # Whoever writes or translates sees what comes of it.
    ("/desk/texts/{uid}/preview", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}/preview/mastodon", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}/release", "GET"): RELEASERS,
    ("/desk/texts/{uid}/release", "POST"): RELEASERS,
    ("/desk/texts/{uid}/release/call-off", "POST"): RELEASERS,
    ("/desk/texts/{uid}/release/amend", "POST"): RELEASERS,
    ("/desk/texts/{uid}/release/draft", "POST"): RELEASERS,
    ("/desk/texts/{uid}/delete", "GET"): RELEASERS,
    ("/desk/texts/{uid}/delete", "POST"): RELEASERS,
    ("/desk/texts/{uid}/translations", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}/translations", "POST"): TRANSLATORS,
    ("/desk/texts/{uid}/translations/remove", "POST"): WRITERS,
    ("/desk/texts/{uid}/translate/{language}", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}/translate/{language}", "POST"): TRANSLATORS,
    ("/desk/texts/{uid}/pictures", "GET"): WRITERS,
    ("/desk/texts/{uid}/pictures", "POST"): WRITERS,
    ("/desk/texts/{uid}/pictures/{name}", "GET"): TRANSLATORS,
    ("/desk/texts/{uid}/pictures/{name}", "POST"): WRITERS,
}
