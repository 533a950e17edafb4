"""The desk, asked over ASGI as a browser would: with cookies, and saying where a form comes from."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from fedinode.app import create_app
from fedinode.capabilities import Capabilities
from fedinode.config import Settings
from fedinode.services import registering
from fedinode.services.registering import ActorKeys
from fedinode.storage.database import Database, Session
from tests.web.conftest import ORIGIN, Clock, two_collectives

_SEAL = re.compile(r'name="seal" value="([0-9a-f]{64})"')
FROM_HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def actor_keys() -> ActorKeys:
    return registering.generate_keys()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, origin=ORIGIN, database_url="unused")


@pytest.fixture
async def cap(
    database: Database, settings: Settings, clock: Clock, actor_keys: ActorKeys
) -> AsyncIterator[Capabilities]:
    """A node whose collectives answer each request to follow themselves."""
    async with two_collectives(database, settings, clock, actor_keys, "manual") as opened:
        yield opened


@dataclass
class Browser:
    """A browser: it keeps its cookies, and puts the seal of the last page into forms."""

    client: httpx.AsyncClient
    seal: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        answer = await self.client.get(path, headers={"accept": "text/html", **headers})
        found = _SEAL.search(answer.text)
        self.seal = found[1] if found else self.seal
        return answer

    async def post(
        self, path: str, headers: dict[str, str] | None = None, **fields: str | list[str]
    ) -> httpx.Response:
        sent = {"accept": "text/html", **(FROM_HERE if headers is None else headers)}
        return await self.client.post(path, data={"seal": self.seal, **fields}, headers=sent)

    async def sign_in(self, cap: Capabilities, email: str, role: str, collective: str = "berlin") -> None:
        """Become a member with a role, by a one-time link."""

        def write(session: Session) -> str:
            row = registering.require_collective(session, collective)
            return registering.record_account(session, cap.urls, row, email, role, cap.clock()).url

        link = (await cap.database.write(write)).removeprefix(ORIGIN)
        answer = await self.post(link)
        assert answer.headers["location"] == "/desk"
        await self.get("/desk/account")


@asynccontextmanager
async def open_browser(cap: Capabilities) -> AsyncIterator[Browser]:
    """Open a browser with cookies of its own."""
    transport = httpx.ASGITransport(app=create_app(cap), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as opened:
        yield Browser(opened)


@pytest.fixture
async def browser(cap: Capabilities) -> AsyncIterator[Browser]:
    async with open_browser(cap) as opened:
        yield opened


@pytest.fixture
async def other(cap: Capabilities) -> AsyncIterator[Browser]:
    async with open_browser(cap) as opened:
        yield opened
