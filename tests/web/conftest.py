"""A site with two collectives, asked over ASGI; its posts are published as an author would."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import httpx
import pytest

from federation.net import client
from federation.net.egress import EgressPolicy
from fedinode.app import create_app
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Keyring
from fedinode.config import Settings
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing, registering, revising
from fedinode.services.publishing import Published
from fedinode.services.registering import ActorKeys
from fedinode.storage.database import Database, Session
from fedinode.urls import Urls

#: So long a test waits for a change; on a machine with nothing else to do it is shown within one second.
STALE_SECONDS = 40.0

ORIGIN = "https://berlin.example"
DOCUMENT = {"accept": "application/activity+json"}
HTML = {"accept": "text/html"}

#: What asks the database in words of its own is tested on both.
ON_BOTH_DATABASES = frozenset({"test_archive", "test_cache", "test_network_pages", "test_search"})

Publish = Callable[..., Awaitable[Published]]
Get = Callable[..., Awaitable[httpx.Response]]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a page on one of the databases: half of the tests on each find what neither does alone."""
    chosen = [
        mark for mark in metafunc.definition.iter_markers("parametrize") if "database_kind" in mark.args
    ]
    is_free = "database_kind" in metafunc.fixturenames and not chosen
    if is_free and metafunc.definition.path.stem not in ON_BOTH_DATABASES:
        number = zlib.crc32(metafunc.definition.name.encode()) % 2
        kind = ("sqlite", "postgresql")[number]
        metafunc.definition.add_marker(pytest.mark.parametrize("database_kind", [kind], indirect=True))


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def actor_keys() -> ActorKeys:
    """One set of keys for all actors of all tests: making them takes longer than the test."""
    return registering.generate_keys()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, origin=ORIGIN, database_url="unused")


@asynccontextmanager
async def two_collectives(
    database: Database, settings: Settings, clock: Clock, actor_keys: ActorKeys, follow_policy: str
) -> AsyncIterator[Capabilities]:
    """Open a node with the collectives berlin and tbilisi."""
    urls = Urls(ORIGIN)

    def furnish(session: Session) -> None:
        registering.record_keys(session, urls, urls.node_actor(), actor_keys, clock())
        for name, title, language in (("berlin", "Berliner Zelle", "de"), ("tbilisi", "თბილისი", "ka")):
            new = registering.new_collective(urls, name, title, language, follow_policy)
            registering.record_collective(session, urls, new, actor_keys, clock())

    await database.write(furnish)
    async with client.open_client(
        EgressPolicy.of(ORIGIN, []), user_agent="test", clock=clock, connections=1
    ) as opened:
        yield Capabilities(
            settings=settings,
            urls=urls,
            database=database,
            client=opened,
            clock=clock,
            keyring=Keyring(database, urls.node_actor()),
            cache=Cache(settings.limits.cache_bytes),
        )


@pytest.fixture
async def cap(
    database: Database, settings: Settings, clock: Clock, actor_keys: ActorKeys
) -> AsyncIterator[Capabilities]:
    async with two_collectives(database, settings, clock, actor_keys, "automatic") as opened:
        yield opened


@pytest.fixture
def publish(cap: Capabilities, tmp_path: Path) -> Publish:
    """Publish a manuscript: its front matter, its text."""

    async def publish_it(
        front_matter: str, body: str = "Text.", *, collective: str = "berlin", draft: bool = False
    ) -> Published:
        path = tmp_path / "manuscript.md"
        path.write_text(f"+++\n{front_matter}\n+++\n\n{body}\n", "utf-8")
        return await publishing.post(cap, parse_manuscript(path), collective=collective, draft=draft)

    return publish_it


@pytest.fixture
def edit(cap: Capabilities, tmp_path: Path) -> Publish:
    """Give the post at an address another text."""

    async def edit_it(url: str, front_matter: str, body: str = "Text.") -> Published:
        path = tmp_path / "manuscript.md"
        path.write_text(f"+++\n{front_matter}\n+++\n\n{body}\n", "utf-8")
        return await revising.edit(cap, url, parse_manuscript(path))

    return edit_it


@pytest.fixture
async def get(cap: Capabilities) -> AsyncIterator[Get]:
    """Ask the site for a path."""
    transport = httpx.ASGITransport(app=create_app(cap), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as asker:

        async def get_it(path: str, **headers: str) -> httpx.Response:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await asker.get(path.removeprefix(ORIGIN), headers=named)

        yield get_it


async def fresh(
    get: Get, path: str, is_new: Callable[[httpx.Response], bool], **headers: str
) -> httpx.Response:
    """Ask until the answer shows a change, and fail if it does not within the time that is promised."""
    with anyio.fail_after(STALE_SECONDS):
        while True:
            response = await get(path, **headers)
            if is_new(response):
                return response
            # Other tasks, and the threads of the database, have their turn.
            await anyio.sleep(0.01)
