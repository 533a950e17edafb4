"""A node with a site to look at: in this process, in a thread and an event loop of its own, over HTTP.

Its texts lie in `texts/`: German, English, Russian, Arabic, Georgian, Armenian. Nothing is delivered.
"""

import asyncio
import contextlib
import queue
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
from PIL import Image
from sqlalchemy import select

from federation.net import client
from federation.net.egress import EgressPolicy
from fedinode import app, clocks, frontmatter
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Keyring
from fedinode.cli import processes
from fedinode.config import Settings
from fedinode.services import campaigning, pinning, publishing, registering
from fedinode.services.campaigning import Banner
from fedinode.services.cosigning import keeping_lists
from fedinode.services.publishing import Published
from fedinode.services.supporting import paper
from fedinode.storage import models
from fedinode.storage.database import Database, Session, open_url
from fedinode.storage.sealing import Sealer
from fedinode.urls import Urls
from tests.federation.cosigning.cells import BREMEN, KOELN
from tests.ports import free_port
from tests.storage.sample_rows import add
from tests.web.signing_cells import sign

T = TypeVar("T")

TEXTS = Path(__file__).with_name("texts")
COLLECTIVES = (("berlin", "Berliner Zelle", "de"), ("tbilisi", "თბილისის უჯრედი", "ka"))
#: What is published, in this order, and by whom.
POSTS = {
    "about": "berlin",
    "article": "berlin",
    "tram": "tbilisi",
    "event": "berlin",
    "note": "berlin",
    "statement": "berlin",
}
#: What the campaign says on every page.
CAMPAIGN = {"de": "Alle vors Rathaus: Samstag, 14 Uhr", "ru": "Все к ратуше: суббота, 14:00"}
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site that answers at `origin`, and what stands there."""

    origin: str
    port: int
    cap: Capabilities
    posts: dict[str, Published]
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the node do something, as a command would, and return what came of it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(_PATIENCE_SECONDS)

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Ask for a page or path without a browser; redirects are not followed."""
        path = address.removeprefix(self.origin)
        with httpx.Client(trust_env=False, timeout=20.0) as asker:
            url = f"http://127.0.0.1:{self.port}{path}"
            return asker.get(url, headers={"host": self.origin.partition("//")[2], **headers})


@contextlib.contextmanager
def serving(folder: Path, template: Path) -> Iterator[Site]:
    """Serve a node with all texts until the end of the block; `template` is an empty SQLite database."""
    opened: queue.Queue[tuple[Site, asyncio.Event] | BaseException] = queue.Queue()

    async def main() -> None:
        end = asyncio.Event()
        async with _open_site(folder, template) as site:
            opened.put((site, end))
            await end.wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for the site
            opened.put(error)

    thread = threading.Thread(target=run)
    thread.start()
    first = opened.get(timeout=_PATIENCE_SECONDS)
    if isinstance(first, BaseException):
        raise first
    site, end = first
    try:
        yield site
    finally:
        site.loop.call_soon_threadsafe(end.set)
        thread.join(_PATIENCE_SECONDS)


@contextlib.asynccontextmanager
async def _open_site(folder: Path, template: Path) -> AsyncIterator[Site]:
    listener = processes.bind("127.0.0.1", free_port())
    port = listener.getsockname()[1]
    origin = f"http://berlin.localhost:{port}"
    database = open_url(f"sqlite:///{shutil.copyfile(template, folder / 'fedinode.db')}", Sealer(bytes(32)))
    try:
        async with _capabilities(database, folder, origin) as cap:
            posts = await _publish_all(cap, folder)
            server = processes.Server(app.create_app(cap))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            yield Site(origin=origin, port=port, cap=cap, posts=posts, loop=asyncio.get_running_loop())
            server.should_exit = True
            await task
    finally:
        listener.close()
        await asyncio.to_thread(database.close)


@contextlib.asynccontextmanager
async def _capabilities(database: Database, folder: Path, origin: str) -> AsyncIterator[Capabilities]:
    settings = Settings(data_dir=folder, origin=origin, database_url="unused")
    urls, clock = Urls(origin), clocks.clock_of({})
    policy = EgressPolicy.of(origin, [])
    async with client.open_client(policy, user_agent="test", clock=clock, connections=4) as opened:
        yield Capabilities(
            settings=settings,
            urls=urls,
            database=database,
            client=opened,
            clock=clock,
            keyring=Keyring(database, urls.node_actor()),
            cache=Cache(settings.limits.cache_bytes),
        )


async def _publish_all(cap: Capabilities, folder: Path) -> dict[str, Published]:
    keys = registering.generate_keys()

    def found(session: Session) -> None:
        registering.record_keys(session, cap.urls, cap.urls.node_actor(), keys, cap.clock())
        for name, title, language in COLLECTIVES:
            new = registering.new_collective(cap.urls, name, title, language, "automatic")
            registering.record_collective(session, cap.urls, new, keys, cap.clock())

    await cap.database.write(found)
    texts = shutil.copytree(TEXTS, folder / "texts")
    Image.new("RGB", (1200, 700), "#b3131b").save(texts / "kitchen.png")
    posts = {
        name: await publishing.post(
            cap, frontmatter.parse_manuscript(texts / f"{name}.md"), collective=collective
        )
        for name, collective in POSTS.items()
    }
    for cell in (KOELN, BREMEN):
        await sign(cap, posts["statement"].uri, cell)
    await pinning.pin(cap, posts["article"].uri)
    await campaigning.set_banner(cap, Banner(texts=CAMPAIGN, until=cap.clock() + timedelta(days=1)))
    sheet = paper.read((texts / "signers.csv").read_bytes())
    await paper.add(cap, posts["statement"].uri, sheet.lines)
    await cap.database.write(lambda session: _answer(session, cap, posts["statement"]))
    return posts


def _answer(session: Session, cap: Capabilities, post: Published) -> None:
    """Let somebody far away answer a post, and publish something; count who signed."""
    now = cap.clock()
    keeping_lists.count_due(session, cap.urls, now + timedelta(minutes=2))
    peer = add(session, models.Peer, host="lisbon.example", level="none")
    facts = {"uri": "https://lisbon.example/actor", "url": "https://lisbon.example/@lisbon", "level": "none"}
    names = {"name": "Célula de Lisboa", "handle": "lisbon@lisbon.example", "peer_id": peer.id}
    lisbon = add(session, models.RemoteActor, **facts, **names)
    berlin = session.scalars(select(models.Collective).where(models.Collective.name == "berlin")).one()
    add(
        session,
        models.Follow,
        direction="out",
        collective_id=berlin.id,
        actor_id=lisbon.id,
        state="accepted",
    )
    answered = session.scalars(
        select(models.FederatedObject).where(models.FederatedObject.uri == post.uri)
    ).one()
    words = {"html_clean": "<p>Estamos convosco.</p>", "language": "pt", "published_at": now}
    first = add(
        session,
        models.Reply,
        uri="https://lisbon.example/1",
        object_id=answered.id,
        in_reply_to_uri=post.uri,
        actor_id=lisbon.id,
        state="shown",
        **words,
    )
    add(
        session,
        models.Reply,
        uri="https://lisbon.example/2",
        object_id=answered.id,
        in_reply_to_uri=first.uri,
        actor_id=lisbon.id,
        state="shown",
        **words,
    )
    add(
        session,
        models.RemoteObject,
        uri="https://lisbon.example/3",
        url="https://lisbon.example/3",
        type="Article",
        actor_id=lisbon.id,
        name="Três meses de cozinha comum",
        fetched_at=now,
        **words,
    )
