"""An author and a cell: two nodes in this process, each with a database of its own.

What one sends is taken to the other by hand, so that a test decides what arrives, when, and how often.
"""

import shutil
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from federation import jsonld, signatures
from federation.jsonld import Document
from federation.net import client
from federation.signatures import Dialect, HttpMessage
from fedinode import node
from fedinode.app import create_app
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Keyring
from fedinode.config import CosigningSettings, FederationSettings, LimitSettings, Settings
from fedinode.frontmatter import parse_manuscript
from fedinode.manuscripts import Manuscript
from fedinode.services import publishing, reacting, registering
from fedinode.services.cosigning import consenting, exposing, inviting, ticking
from fedinode.services.cosigning.inviting import Ask
from fedinode.services.registering import ActorKeys
from fedinode.storage import audit_log, cosignatures, models, outgoing_activities
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Database, Session, open_url
from fedinode.storage.sealing import Sealer
from fedinode.urls import Urls
from tests.conftest import DatabaseKind
from tests.peer_server import ACTIVITY_JSON, Peer, PeerServer, Reply, peer_server

States = tuple[str | None, str | None]


class Clock:
    """The time of both nodes."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Side:
    """One of the two nodes, with one collective that is called as the node."""

    name: str
    cap: Capabilities
    http: httpx.AsyncClient
    peer: Peer
    sent: int = 0
    lost: list[Document] = field(default_factory=list)

    @property
    def actor_uri(self) -> str:
        return self.cap.urls.collective(self.name)

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.peer.host}"

    async def show(self, url: str) -> Document:
        """Let others fetch a document of ours as it is now."""
        answer = await self.http.get(url, headers={"accept": ACTIVITY_JSON})
        assert answer.status_code == 200, answer.text
        document: Document = answer.json()
        self.peer.answer(url.removeprefix(self.peer.origin), Reply.json(document))
        return document

    async def outgoing(self, to: "Side") -> list[Document]:
        """Return what was sent to the other since the last time, in its order."""

        def read(session: Session) -> list[tuple[int, bytes]]:
            activities, deliveries, inboxes = models.OutgoingActivity, models.Delivery, models.Inbox
            query = (
                select(activities.id)
                .join(deliveries, deliveries.activity_id == activities.id)
                .join(inboxes, inboxes.id == deliveries.inbox_id)
                .where(activities.id > self.sent, inboxes.url.startswith(to.peer.origin))
            )
            ids = sorted(set(session.scalars(query)))
            return sorted(outgoing_activities.bodies(session, ids).items())

        found = await self.cap.database.read(read)
        self.sent = max([self.sent, *(number for number, _ in found)])
        return [jsonld.load(body) for _, body in found]

    async def take(self, sender: "Side", *activities: Document) -> None:
        """Take activities of the other in, and do what follows from them."""
        for activity in activities:
            answer = await self._post(sender, activity)
            assert answer.status_code == 202, answer.text
        while await reacting.react_once(self.cap) or await reacting.fetch_once(self.cap):
            pass

    async def take_own(self) -> None:
        """Take in what collectives of this node sent to each other."""
        while activities := await self.outgoing(self):
            for activity in activities:
                await self.take(self, activity)

    async def _post(self, sender: "Side", activity: Document) -> httpx.Response:
        key = await sender.cap.keyring.signer(activity["actor"])
        message = HttpMessage(
            method="POST",
            target_uri=f"{self.peer.origin}/inbox",
            headers=(("Content-Type", ACTIVITY_JSON),),
            body=jsonld.dump(activity),
        )
        signed = signatures.sign(message, key.key, key.key_id, self.cap.clock(), Dialect.CAVAGE)
        headers = [pair for pair in signed.headers if pair[0].lower() != "content-length"]
        return await self.http.post(signed.target_uri, headers=headers, content=signed.body)

    async def consents(self, statement: str) -> list[CoSignatureRow]:
        return list(
            await self.cap.database.read(lambda session: cosignatures.list_of_statement(session, statement))
        )

    async def states(self, statement: str) -> list[States]:
        """Return the states of all consents, as the author sees each and as the signer does."""
        return [(each.author_state, each.signer_state) for each in await self.consents(statement)]

    async def invitation_states(self) -> list[str]:
        """Return what became of all invitations, the oldest first."""

        def read(session: Session) -> list[str]:
            return list(session.scalars(select(models.Invitation.state).order_by(models.Invitation.id)))

        return await self.cap.database.read(read)

    async def listed(self, digest: str) -> list[str]:
        """Return the ids of the consents that the node lists under a text."""
        exposed = await exposing.bundle(self.cap, exposing.by_digest(digest), None)
        return [entry["coSignature"]["id"] for entry in exposed.document["entries"]]

    async def audited(self, action: str) -> list[Mapping[str, str]]:
        """Return what the admins read about one kind of event."""

        def read(session: Session) -> list[Mapping[str, str]]:
            return [each.details or {} for each in audit_log.entries(session) if each.action == action]

        return await self.cap.database.read(read)


@dataclass(frozen=True, slots=True)
class Parties:
    """The author of a statement, and a cell that is asked to sign it."""

    author: Side
    cell: Side
    clock: Clock
    folder: Path

    def manuscript(
        self, body: str = "Eight hours are enough.", key: str = "one", more: str = ""
    ) -> Manuscript:
        path = self.folder / "statement.md"
        head = 'type = "statement"\ntitle = "For the eight hour day"\nlanguage = "en"\ncosign = "anyone"'
        path.write_text(f'+++\n{head}\nkey = "{key}"\n{more}\n+++\n\n{body}\n', "utf-8")
        return parse_manuscript(path)

    async def pass_on(self) -> None:
        """Take everything that was sent to where it goes, until nobody says anything more."""
        while True:
            for sender, receiver in ((self.author, self.cell), (self.cell, self.author)):
                if activities := await sender.outgoing(receiver):
                    await receiver.take(sender, *activities)
                    break
            else:
                return

    async def draft(self, key: str = "one") -> str:
        """Make a draft and ask the cell to sign it within a week; return its id."""
        manuscript = self.manuscript(key=key)
        statement = (await publishing.post(self.author.cap, manuscript, draft=True)).uri
        await self.invite(statement)
        return statement

    async def invite(self, statement: str) -> None:
        await inviting.invite(self.author.cap, statement, [self.cell.handle], Ask())
        await self.pass_on()

    async def sign(self, statement: str) -> str:
        """Let the cell sign; return the id of the consent."""
        consented = await consenting.cosign(self.cell.cap, statement)
        assert consented.co_signature_uri is not None
        return consented.co_signature_uri

    async def publish(self, statement: str) -> str:
        """Publish a draft, and tell the cell; return the digest of the text."""
        await publishing.publish(self.author.cap, statement)
        document = await self.author.show(statement)
        await self.pass_on()
        return str(document["textDigest"])

    async def signed_and_public(self) -> tuple[str, str]:
        """Return the id and the digest of a public statement that the cell has signed and shows."""
        statement = await self.draft()
        await self.sign(statement)
        await self.pass_on()
        return statement, await self.publish(statement)

    async def wait(self, **passed: float) -> None:
        """Let time pass, and both nodes do what is due then."""
        self.clock.now += timedelta(**passed)
        for side in (self.author, self.cell):
            await ticking.tick(side.cap)
        await self.pass_on()


@pytest.fixture(scope="session")
def party_keys() -> tuple[ActorKeys, ActorKeys]:
    """Keys of the two: making them takes longer than a test."""
    return registering.generate_keys(), registering.generate_keys()


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> DatabaseKind:
    """One kind for each test: these are long, and half of them on each database find what one does not do."""
    return "sqlite" if zlib.crc32(request.node.name.encode()) % 2 else "postgresql"


@pytest.fixture
def second_database(
    database_kind: DatabaseKind, tmp_path: Path, request: pytest.FixtureRequest, sealer: Sealer
) -> Iterator[Database]:
    """Another empty database of the same kind."""
    if database_kind == "sqlite":
        path = tmp_path / "second.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        opened = open_url(f"sqlite:///{path}", sealer)
        yield opened
        opened.close()
        return
    pool = request.getfixturevalue("postgres_pool")
    url = pool.take()
    opened = open_url(url, sealer)
    yield opened
    opened.close()
    pool.give_back(url)


@pytest.fixture
def server() -> Iterator[PeerServer]:
    with peer_server() as running:
        yield running


@asynccontextmanager
async def side(
    name: str, peer: Peer, database: Database, clock: Clock, keys: ActorKeys, folder: Path
) -> AsyncIterator[Side]:
    urls = Urls(peer.origin)
    settings = Settings(
        data_dir=folder / name,
        origin=peer.origin,
        database_url="unused",
        federation=FederationSettings(allow_addresses=(ip_network("127.0.0.0/8"),)),
        limits=LimitSettings(connections=16),
        cosigning=CosigningSettings(checkpoint_seconds=0, announce_seconds=0),
    )

    def furnish(session: Session) -> None:
        registering.record_keys(session, urls, urls.node_actor(), keys, clock())
        new = registering.new_collective(urls, name, name.title(), "en", "automatic")
        registering.record_collective(session, urls, new, keys, clock())

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
        async with httpx.AsyncClient(transport=transport, base_url=peer.origin) as http:
            made = Side(name=name, cap=cap, http=http, peer=peer)
            await made.show(made.actor_uri)
            await made.show(urls.node_actor())
            peer.answer("/.well-known/webfinger", _finger(made))
            yield made


def _finger(made: Side) -> Reply:
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": made.actor_uri}
    return Reply.json({"subject": f"acct:{made.handle[1:]}", "links": [link]}, "application/jrd+json")


@pytest.fixture
async def parties(
    database: Database,
    second_database: Database,
    server: PeerServer,
    party_keys: tuple[ActorKeys, ActorKeys],
    tmp_path: Path,
) -> AsyncIterator[Parties]:
    clock = Clock()
    async with AsyncExitStack() as stack:
        author, cell = [
            await stack.enter_async_context(side(name, server.peer(name), opened, clock, keys, tmp_path))
            for name, opened, keys in zip(
                ("bonn", "koeln"), (database, second_database), party_keys, strict=True
            )
        ]
        yield Parties(author=author, cell=cell, clock=clock, folder=tmp_path)
