"""Lays on the desk what members find there: rows of each kind that a page of the desk can show."""

from dataclasses import dataclass
from datetime import timedelta

from fedinode.capabilities import Capabilities
from fedinode.services import registering
from fedinode.services.publishing import Published
from fedinode.storage.database import Session
from tests.admin.test_waiting import request_of
from tests.browser.sample_site import Site
from tests.web.test_network_pages import actor, reply

OWNER, EDITOR = "mira@example.org", "ben@example.org"
#: Names as they come from afar: long, in other letters, in the other direction, in one word.
NAMES = ("Ana", "Донка Петкова-Стоянова из Софии", "لجنة الدفاع عن المستأجرين", "A" * 60)
LANGUAGES = ("en", "ru", "ar", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledDesk:
    """A desk with work on it, the link by which its owner comes in, and real values for parts of paths."""

    site: Site
    link: str
    parts: dict[str, dict[str, str]]


def fill(site: Site) -> FilledDesk:
    """Put work on the desk of a site; nothing of it shows on public pages."""
    link = site.run(_fill(site.cap, site.posts))
    return FilledDesk(site=site, link=link, parts={})


async def _fill(cap: Capabilities, posts: dict[str, Published]) -> str:
    def write(session: Session) -> str:
        berlin = registering.require_collective(session, "berlin")
        registering.record_account(session, cap.urls, berlin, EDITOR, "editor", cap.clock())
        for number in range(60):
            _hold_reply(session, cap, posts["article"], number)
        return registering.record_account(session, cap.urls, berlin, OWNER, "owner", cap.clock()).url

    link = await cap.database.write(write)
    await request_of(cap, "berlin")
    return link


def _hold_reply(session: Session, cap: Capabilities, post: Published, number: int) -> None:
    name = NAMES[number % len(NAMES)]
    sender = actor(session, f"reader{number}")
    sender.name = name
    reply(
        session,
        post,
        f"sender{number}",
        actor_id=sender.id,
        state="held",
        decision="policy",
        html_clean=f"<p>Words of {name}: {'no ' * (number % 40)} https://spam.example/{'x' * 70}</p>",
        language=LANGUAGES[number % len(LANGUAGES)],
        published_at=cap.clock() - timedelta(minutes=number),
    )
