"""A person in front of the form, and their mailbox: signs, opens the links of letters, presses buttons."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from fedinode.app import create_app
from fedinode.capabilities import Capabilities
from fedinode.services import mailing
from fedinode.services.mailing import Pace
from tests.mail_server import Mailbox
from tests.web.conftest import ORIGIN

FILLED = {
    "language": "de",
    "shown": "here",
    "kind": "person",
    "name": "Ana Lovelace",
    "role": "Setzerin",
    "city": "Halle",
    "country": "DE",
    "email": "ana@reader.example",
    "agrees": "1",
}
_NUMBERS = ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_LINK = re.compile(r"https?://[^\s>]+/sign/(confirm|leave|updates-off)/[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Sends forms to a site, from a network, and reads the mail that arrives."""

    cap: Capabilities
    browser: httpx.AsyncClient
    mailbox: Mailbox

    async def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return await self.browser.get(path.removeprefix(ORIGIN))

    async def sign(self, statement_uri: str, network: str = "", **typed: str) -> httpx.Response:
        """Fill in the form and send it; an empty value leaves the field out."""
        fields = {name: value for name, value in (FILLED | typed).items() if value}
        headers = {"x-forwarded-for": network} if network else {}
        return await self.browser.post(
            f"{statement_uri}/sign".removeprefix(ORIGIN), data=fields, headers=headers
        )

    async def press(self, path: str, do: str = "confirm") -> httpx.Response:
        """Press a button behind a link."""
        return await self.browser.post(path.removeprefix(ORIGIN), data={"do": do})

    async def read_mail(self) -> str:
        """Let the node send what is due, and return the newest letter."""
        await mailing.send_due(self.cap, Pace(per_minute=10_000, per_domain=10_000))
        return str(self.mailbox.message().get_content())

    async def mailbox_is_quiet(self, count: int) -> None:
        """Let the node send what is due, and see that no letter arrived beyond those."""
        await mailing.send_due(self.cap, Pace(per_minute=10_000, per_domain=10_000))
        assert len(self.mailbox.envelopes) == count

    def solve(self, page: str) -> dict[str, str]:
        """Answer the question of a form in German."""
        token = re.search(r'name="question" value="([^"]+)"', page)
        numbers = re.search(r"Wie viel ist (\w+) plus (\w+)\?", page)
        assert token is not None
        assert numbers is not None
        answer = sum(_NUMBERS.index(word) + 1 for word in numbers.groups())
        return {"question": token[1], "answer": str(answer)}

    async def link(self, kind: str) -> str:
        """Return the link of a kind in the newest letter with one; letters may arrive in any order."""
        await self.read_mail()
        letters = [self.mailbox.message(number) for number in range(len(self.mailbox.envelopes))]
        links = [match for each in letters for match in _LINK.finditer(str(each.get_content()))]
        return next(match[0] for match in reversed(links) if match[1] == kind)

    async def confirmed(self, statement_uri: str, **typed: str) -> str:
        """Sign and confirm; return the link to confirm."""
        assert (await self.sign(statement_uri, **typed)).status_code == 200
        link = await self.link("confirm")
        assert (await self.press(link)).status_code == 200
        return link


@asynccontextmanager
async def signer(cap: Capabilities, mailbox: Mailbox) -> AsyncIterator[Signer]:
    """Open a browser that speaks English where the site asks."""
    transport = httpx.ASGITransport(app=create_app(cap), raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
        yield Signer(cap=cap, browser=browser, mailbox=mailbox)
