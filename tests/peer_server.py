"""Other servers of the fediverse for tests: small, real, on loopback, and as rude as a test wants them.

A `PeerServer` listens on one port for every name under `.peers.localhost`; a `Peer` is one such name. Each
has actors with keys of their own, an inbox that keeps what arrives, and answers that a test can replace.
"""

import asyncio
import contextlib
import functools
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import trustme

from federation import keys, signatures
from federation.signatures import Dialect, HttpMessage
from tests.asking import plain_client
from tests.listening import PATIENCE_SECONDS, finish_others, stop_listening

ACTIVITY_JSON = "application/activity+json"
AS_CONTEXT = "https://www.w3.org/ns/activitystreams"
SECURITY_CONTEXT = "https://w3id.org/security/v1"
#: So many actors have keys of their own; those who come later share them.
KEYS = 12
_DRIP_SECONDS = 0.02

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it arrived; header names in lower case."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    def document(self) -> Document:
        document: Document = json.loads(self.body)
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer. `is_silent` never answers; `is_dripping` sends one byte at a time, for ever."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    is_silent: bool = False
    is_dripping: bool = False

    @classmethod
    def json(cls, document: Document, content_type: str = ACTIVITY_JSON) -> "Reply":
        return cls(headers=(("Content-Type", content_type),), body=json.dumps(document).encode())


Answering = Callable[[Request], Reply]


class Peer:
    """One server by name: what it was asked, and what it answers."""

    def __init__(self, server: "PeerServer", name: str) -> None:
        self.host = f"{name}.peers.localhost:{server.port}"
        self.origin = f"{server.scheme}://{self.host}"
        self.requests: list[Request] = []
        self._server = server
        self._answers: dict[tuple[str, str], Answering] = {}

    def answer(self, path: str, reply: Reply | Answering, *, method: str = "GET") -> str:
        """Answer so from now on, and return the URL of the path."""
        self._answers[method, path] = reply if callable(reply) else (lambda _request: reply)
        return self.origin + path

    def serve(self, document: Document) -> Document:
        """Serve a document at its own id."""
        self.answer(document["id"].removeprefix(self.origin), Reply.json(document))
        return document

    def actor(self, name: str, /, **members: Any) -> "PeerActor":
        """Make an actor with key, WebFinger answer and inbox; `members` replace those of its document."""
        actor = PeerActor.make(self, name, members)
        self.serve(actor.document)
        self.answer(f"/users/{name}/inbox", Reply(status=202), method="POST")
        self.answer("/inbox", Reply(status=202), method="POST")
        self.answer("/.well-known/webfinger", self._finger)
        return actor

    def _finger(self, request: Request) -> Reply:
        acct = request.target.partition("resource=")[2].replace("%3A", ":").replace("%40", "@")
        name = acct.removeprefix("acct:").partition("@")[0]
        link = {"rel": "self", "type": ACTIVITY_JSON, "href": f"{self.origin}/users/{name}"}
        return Reply.json({"subject": acct, "links": [link]}, "application/jrd+json")

    def handle(self, request: Request) -> Reply:
        self.requests.append(request)
        answering = self._answers.get((request.method, request.path))
        return answering(request) if answering else Reply(status=404)

    def fetches(self, path: str | None = None) -> list[Request]:
        """Return the GETs so far, of one path or of all."""
        return [each for each in self.requests if each.method == "GET" and path in (None, each.path)]

    def received(self, kind: str | None = None) -> list[Document]:
        """Return the activities that arrived in any inbox, of one type or of all."""
        arrived = [each.document() for each in self.requests if each.method == "POST"]
        return [each for each in arrived if kind in (None, each.get("type"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerActor:
    """Somebody on a peer, who can sign."""

    peer: Peer
    uri: str
    key_id: str
    key: keys.PrivateKey
    document: Document

    @classmethod
    def make(cls, peer: Peer, name: str, members: Document) -> "PeerActor":
        uri = f"{peer.origin}/users/{name}"
        key = _pooled_key(next(_key_numbers) % KEYS)
        key_id = members.pop("key_id", f"{uri}#main-key")
        document = {
            "@context": [AS_CONTEXT, SECURITY_CONTEXT],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "name": name.title(),
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"{peer.origin}/inbox"},
            "publicKey": {"id": key_id, "owner": uri, "publicKeyPem": key.public.pem()},
        }
        return cls(peer=peer, uri=uri, key_id=key_id, key=key, document=document | members)

    def activity(self, kind: str, subject: Any, /, **members: Any) -> Document:
        """Make an activity by this actor with an id of its own."""
        number = next(_numbers)
        return {
            "@context": AS_CONTEXT,
            "id": f"{self.uri}#activities/{number}",
            "type": kind,
            "actor": self.uri,
            "object": subject,
        } | members

    def note(self, **members: Any) -> Document:
        """Make a public Note by this actor with an id of its own."""
        uri = f"{self.peer.origin}/notes/{next(_numbers)}"
        return {
            "id": uri,
            "type": "Note",
            "attributedTo": self.uri,
            "content": "<p>Hello from afar</p>",
            "published": "2026-11-21T12:00:00Z",
            "to": [f"{AS_CONTEXT}#Public"],
            "cc": [f"{self.uri}/followers"],
        } | members

    def signed(
        self,
        inbox_url: str,
        activity: Document | bytes,
        *,
        now: datetime | None = None,
        dialect: Dialect = Dialect.CAVAGE,
    ) -> HttpMessage:
        """Return the request that delivers an activity to an inbox."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        message = HttpMessage(
            method="POST", target_uri=inbox_url, headers=(("Content-Type", ACTIVITY_JSON),), body=body
        )
        return signatures.sign(message, self.key, self.key_id, now or datetime.now(UTC), dialect)

    def deliver(self, inbox_url: str, activity: Document | bytes, **options: Any) -> httpx.Response:
        """Deliver an activity over HTTP and return the answer."""
        return send(self.signed(inbox_url, activity, **options))


def send(message: HttpMessage, *, port: int | None = None) -> httpx.Response:
    """Send a request to loopback, whatever name it is for."""
    url = httpx.URL(message.target_uri)
    with plain_client() as client:
        return client.request(
            message.method,
            url.copy_with(scheme="http", host="127.0.0.1", port=port or url.port),
            headers=list(message.headers),
            content=message.body,
        )


@functools.cache
def _pooled_key(_number: int) -> keys.PrivateKey:
    # Making a key takes longer than most tests; so many actors of one test have different ones.
    return keys.generate_rsa()


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()
_key_numbers = _count()


@dataclass
class PeerServer:
    """Listens on one port of loopback in a thread of its own, for all peers of a test."""

    tls: ssl.SSLContext | None = None
    port: int = 0
    peers: dict[str, Peer] = field(default_factory=dict)

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    def peer(self, name: str) -> Peer:
        """Return the peer of this name, made at its first use."""
        known = self.peers.get(name)
        if known is None:
            known = self.peers[name] = Peer(self, name)
        return known

    async def _serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        self._end = end
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self.tls, limit=2**22)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await end.wait()
        await stop_listening(server)
        # Those who wait for the end hang up by themselves now.
        await finish_others()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                request = await _read_request(reader)
                name = (request.header("host") or "").lower().partition(".peers.")[0]
                await self._write(writer, self.peer(name).handle(request))
        finally:
            writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _write(self, writer: asyncio.StreamWriter, reply: Reply) -> None:
        if reply.is_silent:
            await self._end.wait()
            return
        names = {name.lower() for name, _ in reply.headers}
        headers = reply.headers
        if "content-length" not in names and not reply.is_dripping:
            headers += (("Content-Length", str(len(reply.body))),)
        if "date" not in names:
            headers += (("Date", datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")),)
        head = [f"HTTP/1.1 {reply.status} Answer", *(f"{name}: {value}" for name, value in headers)]
        writer.write("\r\n".join([*head, "Connection: close", "", ""]).encode() + reply.body)
        await writer.drain()
        while reply.is_dripping and not self._end.is_set():
            writer.write(b" ")
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), _DRIP_SECONDS)

    @contextlib.contextmanager
    def running(self) -> Iterator["PeerServer"]:
        """Listen until the end of the block."""
        ready, end, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_until_complete, args=(self._serve(ready, end),))
        thread.start()
        try:
            assert ready.wait(PATIENCE_SECONDS), "the peer server could not listen"
            yield self
        finally:
            loop.call_soon_threadsafe(end.set)
            thread.join(PATIENCE_SECONDS)
            loop.close()


async def _read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = [line.partition(":") for line in lines]
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    request = Request(method=method, target=target, headers=headers, body=b"")
    length = int(request.header("content-length") or 0)
    return replace(request, body=await reader.readexactly(length)) if length else request


@contextlib.contextmanager
def peer_server(authority: trustme.CA | None = None) -> Iterator[PeerServer]:
    """Run a server for peers, over https where a test authority is given."""
    tls = None
    if authority is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("*.peers.localhost").configure_cert(tls)
    with PeerServer(tls=tls).running() as server:
        yield server
