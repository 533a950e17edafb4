"""A node without web, and real peers on loopback that it publishes to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import anyio
import pytest
from PIL import Image

from federation.net import client
from fedinode import node
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Keyring
from fedinode.config import FederationSettings, LimitSettings, Settings
from fedinode.frontmatter import parse_manuscript
from fedinode.manuscripts import Manuscript
from fedinode.services import registering, resolving
from fedinode.services.registering import ActorKeys
from fedinode.storage import collectives, follows
from fedinode.storage.database import Database, Session
from fedinode.storage.follows import NewFollow
from fedinode.urls import Urls
from tests.peer_server import Peer, PeerActor, PeerServer, peer_server

ORIGIN = "https://berlin.localhost"
DEADLINE_SECONDS = 40.0


class Clock:
    """A clock that tests set; it begins at the present, so that peers believe our signatures."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **passed: float) -> None:
        self.now += timedelta(**passed)


Befriend = Callable[..., Awaitable[PeerActor]]
Write = Callable[..., Manuscript]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def actor_keys() -> ActorKeys:
    """One set of keys for all actors of all tests: making them takes longer than the test."""
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
async def cap(
    database: Database, settings: Settings, clock: Clock, actor_keys: ActorKeys
) -> AsyncIterator[Capabilities]:
    """A node with one collective, berlin, that writes German."""
    urls = Urls(settings.origin)

    def furnish(session: Session) -> None:
        registering.record_keys(session, urls, urls.node_actor(), actor_keys, clock())
        new = registering.new_collective(urls, "berlin", "Berliner Zelle", "de", "automatic")
        registering.record_collective(session, urls, new, actor_keys, clock())

    await database.write(furnish)
    async with client.open_client(
        node.egress_policy(settings), user_agent="test", clock=clock, connections=16, exchange_seconds=5.0
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
def server() -> Iterator[PeerServer]:
    with peer_server() as running:
        yield running


@pytest.fixture
def koeln(server: PeerServer) -> Peer:
    return server.peer("koeln")


@pytest.fixture
def befriend(cap: Capabilities) -> Befriend:
    """Make somebody on a peer a follower of our collective."""

    async def befriend_one(
        peer: Peer, name: str = "mira", collective: str = "berlin", **members: object
    ) -> PeerActor:
        actor = peer.actor(name, **members)
        known = await resolving.resolve_actor(cap, actor.uri)

        def write(session: Session) -> None:
            row = collectives.find_by_name(session, collective)
            assert row is not None
            new = NewFollow(
                direction="in",
                collective_id=row.id,
                actor_id=known.id,
                follow_uri=f"{actor.uri}/follow",
                body=b"{}",
                state="accepted",
            )
            follows.put(session, new, cap.clock())

        await cap.database.write(write)
        return actor

    return befriend_one


@pytest.fixture
def manuscript(tmp_path: Path) -> Write:
    """Write a file with front matter and read it as the command line does."""

    def write(front_matter: str, body: str = "Text.") -> Manuscript:
        path = tmp_path / "manuscript.md"
        path.write_text(f"+++\n{front_matter}\n+++\n\n{body}\n", "utf-8")
        return parse_manuscript(path)

    return write


async def until(is_so: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until something is so, and fail after some seconds."""
    with anyio.fail_after(seconds):
        while True:
            if is_so():
                return
            # Other tasks, and the threads of the database, have their turn.
            await anyio.sleep(0.01)


@pytest.fixture
def picture(tmp_path: Path) -> None:
    """Lay a picture beside the manuscripts."""
    Image.new("RGB", (8, 6), "red").save(tmp_path / "bild.png")
