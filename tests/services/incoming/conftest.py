"""A node with one collective, asked over HTTP in this process, and real peers on loopback that speak to it.

Made without the command line: each test has an empty database of its own.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from federation import keys
from federation.net import client
from federation.signatures import HttpMessage
from fedinode import node
from fedinode.app import create_app
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Keyring
from fedinode.config import FederationSettings, LimitSettings, Settings
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing, reacting, registering
from fedinode.services.registering import ActorKeys
from fedinode.storage import models
from fedinode.storage.database import Database, Session
from fedinode.urls import Urls
from tests.peer_server import Document, Peer, PeerActor, PeerServer, peer_server

ORIGIN = "https://berlin.localhost"
INBOX = f"{ORIGIN}/inbox"
COLLECTIVE = f"{ORIGIN}/collectives/berlin"
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "full"'


class Clock:
    """A clock that tests set; it begins at the present, so that peers believe our signatures."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **passed: float) -> None:
        self.now += timedelta(**passed)


@cache
def key_of(name: str) -> keys.PrivateKey:
    """Return a key that belongs to no actor of a peer, made once."""
    return keys.generate_rsa()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A node as peers meet it, and as a test looks into it."""

    cap: Capabilities
    http: httpx.AsyncClient
    clock: Clock

    async def post(self, message: HttpMessage) -> httpx.Response:
        """Send a request as it is."""
        headers = [pair for pair in message.headers if pair[0].lower() != "content-length"]
        return await self.http.request(
            message.method, message.target_uri, headers=headers, content=message.body
        )

    async def deliver(
        self, actor: PeerActor, activity: Document | bytes, *, inbox: str = INBOX, **options: Any
    ) -> httpx.Response:
        """Deliver an activity, signed by an actor at this moment."""
        return await self.post(actor.signed(inbox, activity, **{"now": self.clock(), **options}))

    async def take(self, actor: PeerActor, *activities: Document) -> None:
        """Deliver activities, which must be accepted, and let the node react to all of them."""
        for activity in activities:
            answer = await self.deliver(actor, activity)
            assert answer.status_code == 202, answer.text
        await self.settle()

    async def settle(self) -> None:
        """Let the node do all that is due."""
        while await reacting.react_once(self.cap) or await reacting.fetch_once(self.cap):
            pass

    async def rows(self, table: type[models.Base], **values: object) -> list[Any]:
        """Return the rows of a table with these values, the oldest first."""

        def read(session: Session) -> list[Any]:
            return list(session.scalars(select(table).filter_by(**values).order_by("id")))

        return await self.cap.database.read(read)

    async def row(self, table: type[models.Base], **values: object) -> Any:
        """Return the only row of a table with these values."""
        (row,) = await self.rows(table, **values)
        return row

    async def count(self, table: type[models.Base]) -> int:
        """Return how many rows a table has."""
        return await self.cap.database.read(
            lambda session: session.execute(select(func.count()).select_from(table)).scalar_one()
        )

    async def sent(self, kind: str) -> list[models.OutgoingActivity]:
        """Return the activities of ours of one type."""
        return await self.rows(models.OutgoingActivity, type=kind)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def actor_keys() -> ActorKeys:
    return registering.generate_keys()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        origin=ORIGIN,
        database_url="unused",
        federation=FederationSettings(allow_addresses=(ip_network("127.0.0.0/8"),)),
        limits=LimitSettings(connections=16),
    )


@pytest.fixture
async def visited(
    database: Database, settings: Settings, clock: Clock, actor_keys: ActorKeys
) -> AsyncIterator[Visited]:
    """A node with one collective, berlin, that writes German and lets everybody follow."""
    urls = Urls(ORIGIN)

    def furnish(session: Session) -> None:
        registering.record_keys(session, urls, urls.node_actor(), actor_keys, clock())
        new = registering.new_collective(urls, "berlin", "Berliner Zelle", "de", "automatic")
        registering.record_collective(session, urls, new, actor_keys, clock())

    await database.write(furnish)
    async with client.open_client(
        node.egress_policy(settings), user_agent="test", clock=clock, connections=16
    ) as opened:
        cap = Capabilities(
            settings=settings,
            urls=urls,
            database=database,
            client=opened,
            clock=clock,
            keyring=Keyring(database, urls.node_actor()),
            cache=Cache(settings.limits.cache_bytes),
        )
        transport = httpx.ASGITransport(app=create_app(cap), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            yield Visited(cap=cap, http=http, clock=clock)


Publish = Callable[..., Awaitable[str]]


@pytest.fixture
def publish(visited: Visited, tmp_path: Path) -> Publish:
    """Publish a news item and return the id of its object."""

    async def publish_one(key: str = "one", *, comments: str = "held") -> str:
        path = tmp_path / "manuscript.md"
        path.write_text(f'+++\n{NEWS}\nkey = "{key}"\ncomments = "{comments}"\n+++\n\nText.\n', "utf-8")
        return (await publishing.post(visited.cap, parse_manuscript(path))).uri

    return publish_one


@pytest.fixture
def with_settings(visited: Visited) -> Callable[..., Visited]:
    """Return the same node with other settings of federation or limits."""

    def changed(**values: Any) -> Visited:
        settings = replace(visited.cap.settings, **values)
        return replace(visited, cap=replace(visited.cap, settings=settings))

    return changed


@pytest.fixture
def server() -> Iterator[PeerServer]:
    with peer_server() as running:
        yield running


@pytest.fixture
def koeln(server: PeerServer) -> Peer:
    return server.peer("koeln")


@pytest.fixture
def mira(koeln: Peer) -> PeerActor:
    """Somebody on another server."""
    return koeln.actor("mira")
