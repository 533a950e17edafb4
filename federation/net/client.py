"""The guarded HTTP client: every request to another server. Nothing else imports an HTTP library.

Limits: 64 connections, 10 seconds for a whole exchange, 1 MiB of counted bytes, no content encodings (a small
gzip body unpacks to gigabytes), no cookies, no proxies from the environment. A GET follows at most three
redirects, each checked and signed anew; a POST follows none.
"""

import asyncio
import socket
import ssl
import weakref
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from urllib.parse import urldefrag, urljoin

import aiohttp
import httpx
import yarl
from httpx_aiohttp import AiohttpTransport

from federation import jsonld, keys, negotiation, signatures
from federation.errors import AddressRefused, FetchFailed, Gone, Malformed, NotFound, TooLarge
from federation.net import egress
from federation.signatures import Dialect
from federation.signatures.message import HttpMessage

EXCHANGE_SECONDS = 10.0
CONNECT_SECONDS = 5.0
#: How often, and how long each time, the end of the program waits for peers to close their side of TLS.
CLOSE_LOOKS = 100
CLOSE_LOOK_SECONDS = 0.01
MAX_CONNECTIONS = 64
MAX_REDIRECTS = 3
MAX_ANSWER_BYTES = 65_536
SIGNING_THREADS = 2
REMEMBERED_URLS = 2048

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: What a peer answers to a signature it does not understand or want.
SIGNATURE_REFUSALS = frozenset({400, 401, 403})

#: Tells whether a Content-Type is one of those that were asked for.
TypeCheck = Callable[[str | None], bool]
#: Raises if nothing may be sent to this URL, for a blocked host for one.
Gate = Callable[[str], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key of one of our actors, and the id that peers find its public half under."""

    key_id: str
    key: keys.PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a fetch asks for, and which answers it takes."""

    accept: str
    is_right: TypeCheck
    max_bytes: int = jsonld.MAX_DOCUMENT_BYTES
    #: How long the whole exchange may take; None is the client's own limit.
    seconds: float | None = None


ACTIVITY = Kind(accept=negotiation.ACCEPT_ACTIVITY, is_right=negotiation.is_activity_type)
JRD = Kind(accept=negotiation.JRD_JSON, is_right=negotiation.is_jrd_type)
HOST_META = Kind(accept="application/xrd+xml", is_right=lambda content_type: "xml" in (content_type or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document and where it was found in the end."""

    document: jsonld.Document
    #: The URL that answered, after redirects, without a fragment.
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, the headers by lower-case name, and as much of the body as was wanted."""

    #: The URL that answered, after redirects.
    url: str
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Engine:
    """What all requests of the process share."""

    transport: AiohttpTransport
    policy: egress.EgressPolicy
    user_agent: str
    clock: Clock
    exchange_seconds: float
    signing: ThreadPoolExecutor
    #: Fetches have connections of their own: a herd of deliveries must not keep a key from being fetched.
    fetch_slots: asyncio.Semaphore
    post_slots: asyncio.Semaphore


def _allow_all(_url: str) -> None:
    return


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Fetches and posts. Made by ``open_client``, one per process."""

    _engine: _Engine
    _gate: Gate = field(default=_allow_all)

    def gated(self, gate: Gate) -> "Client":
        """Return the same client, which asks ``gate`` before every request, redirects included."""
        return replace(self, _gate=gate)

    def now(self) -> datetime:
        """Return the moment by this node's clock."""
        return self._engine.clock()

    async def get_document(self, url: str, *, kind: Kind, signer: SigningKey | None = None) -> Fetched:
        """Fetch a JSON document.

        Raises: FetchFailed (NotFound, Gone, AddressRefused among them), Malformed.
        """
        answer = await self.get(url, kind=kind, signer=signer)
        return Fetched(document=jsonld.load(answer.body), url=answer.url)

    async def get(self, url: str, *, kind: Kind, signer: SigningKey | None = None) -> Answer:
        """Fetch a body of the right type, and at most 1 MiB unless the kind says more, following redirects.

        Raises: FetchFailed (NotFound, Gone, AddressRefused among them), Malformed.
        """
        egress.require_url(url, self._engine.policy)
        target = urldefrag(url).url
        try:
            seconds = kind.seconds or self._engine.exchange_seconds
            async with asyncio.timeout(seconds), self._engine.fetch_slots:
                answer = await self._follow(target, kind, signer)
        except TimeoutError as error:
            raise FetchFailed(f"{target} did not answer in time.") from error
        _require_found(answer)
        if not kind.is_right(answer.headers.get("content-type")):
            raise Malformed(f"{answer.url} is another type of document than was asked for.")
        return answer

    async def post(self, url: str, body: bytes, *, signer: SigningKey, dialect: Dialect) -> Answer:
        """Post an activity, signed now; the answer's body is cut at 64 KiB.

        Raises: FetchFailed (AddressRefused among them), if there was no answer.
        """
        headers = (
            ("Content-Type", negotiation.ACTIVITY_JSON),
            ("Accept", f"{negotiation.ACTIVITY_JSON}, application/json;q=0.9, text/plain;q=0.5"),
        )
        async with self._engine.post_slots:
            try:
                async with asyncio.timeout(self._engine.exchange_seconds):
                    self._require_allowed(url)
                    message = self._message("POST", url, headers, body)
                    return await self._send(await self._signed(message, signer, dialect))
            except TimeoutError as error:
                raise FetchFailed(f"{url} did not answer in time.") from error

    async def _follow(self, url: str, kind: Kind, signer: SigningKey | None) -> Answer:
        visited = [url]
        while True:
            self._require_allowed(visited[-1])
            answer = await self._get(visited[-1], kind, signer)
            if answer.status not in _REDIRECTS:
                return replace(answer, url=visited[-1])
            visited.append(_next_hop(visited, answer.headers.get("location", "")))

    async def _get(self, url: str, kind: Kind, signer: SigningKey | None) -> Answer:
        message = self._message("GET", url, (("Accept", kind.accept),), None)
        if signer is None:
            return await self._send(message, kind.max_bytes)
        answer = await self._send(await self._signed(message, signer, Dialect.CAVAGE), kind.max_bytes)
        if answer.status in SIGNATURE_REFUSALS:
            answer = await self._send(await self._signed(message, signer, Dialect.RFC9421), kind.max_bytes)
        return answer

    def _require_allowed(self, url: str) -> None:
        egress.require_url(url, self._engine.policy)
        self._gate(url)

    def _message(
        self, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes | None
    ) -> HttpMessage:
        always = (
            ("User-Agent", self._engine.user_agent),
            # aiohttp offers gzip unless told otherwise.
            ("Accept-Encoding", "identity"),
        )
        return HttpMessage(method=method, target_uri=_wire_url(url), headers=headers + always, body=body)

    async def _signed(self, message: HttpMessage, signer: SigningKey, dialect: Dialect) -> HttpMessage:
        def sign() -> HttpMessage:
            return signatures.sign(message, signer.key, signer.key_id, self.now(), dialect)

        # RSA takes a third of a millisecond and lets go of the interpreter lock meanwhile.
        return await asyncio.get_running_loop().run_in_executor(self._engine.signing, sign)

    async def _send(self, message: HttpMessage, max_bytes: int = MAX_ANSWER_BYTES) -> Answer:
        request = httpx.Request(
            message.method,
            _parsed(message.target_uri),
            headers=list(message.headers),
            content=message.body,
            extensions={"timeout": {"connect": CONNECT_SECONDS}},
        )
        try:
            response = await self._engine.transport.handle_async_request(request)
            try:
                return await _read(response, message, max_bytes)
            finally:
                await response.aclose()
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            # httpx calls a wrong certificate a timeout; the error below it has the right name. Its text is
            # left out, because it may hold addresses of ours.
            reason = type(error.__cause__ or error).__name__
            raise FetchFailed(f"{message.target_uri} does not answer ({reason}).") from error


# The same inboxes are written to again and again; parsing takes twice 50 microseconds.
@lru_cache(maxsize=REMEMBERED_URLS)
def _wire_url(url: str) -> str:
    """Return a checked URL as aiohttp writes it on the wire, with its own escapes: this is what is signed."""
    return str(yarl.URL(str(_parsed(url))))


@lru_cache(maxsize=REMEMBERED_URLS)
def _parsed(url: str) -> httpx.URL:
    return httpx.URL(url)


async def _read(response: httpx.Response, message: HttpMessage, max_bytes: int) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    if message.method != "GET":
        body = await _read_beginning(response, max_bytes)
    elif response.status_code != 200:
        body = b""
    elif headers.get("content-encoding", "identity").lower() != "identity":
        raise Malformed(f"{message.target_uri} sent an encoded body though none was asked for.")
    else:
        body = await _read_beginning(response, max_bytes + 1)
        if len(body) > max_bytes:
            raise TooLarge(f"{message.target_uri} is longer than {max_bytes} bytes.")
    return Answer(url=message.target_uri, status=response.status_code, headers=headers, body=body)


async def _read_beginning(response: httpx.Response, max_bytes: int) -> bytes:
    body = bytearray()
    # The raw stream: httpx would unpack what is encoded.
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= max_bytes:
            break
    return bytes(body[:max_bytes])


def _next_hop(visited: list[str], location: str) -> str:
    if len(visited) > MAX_REDIRECTS:
        raise FetchFailed(f"{visited[0]} redirects more than {MAX_REDIRECTS} times.")
    try:
        target = urldefrag(urljoin(visited[-1], location)).url
    except ValueError as error:
        raise AddressRefused(f"{visited[-1]} redirects to no proper URL.") from error
    if target in visited:
        raise FetchFailed(f"{visited[0]} redirects in a circle.")
    if visited[-1].startswith("https:") and not target.startswith("https:"):
        raise AddressRefused(f"{visited[-1]} redirects away from https.")
    return target


def _require_found(answer: Answer) -> None:
    if answer.status == 404:
        raise NotFound(f"{answer.url} does not exist.", status=404)
    if answer.status == 410:
        raise Gone(f"{answer.url} was deleted.", status=410)
    if answer.status != 200:
        raise FetchFailed(f"{answer.url} answered {answer.status}.", status=answer.status)


class Sockets:
    """The sockets that are still open. aiohttp forgets a TLS connection before it is really closed."""

    def __init__(self) -> None:
        self._made: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def make(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """Make a socket for an address."""
        made = socket.socket(*address[:3])
        self._made.add(made)
        return made

    async def wait_closed(self, *, looks: int = CLOSE_LOOKS) -> None:
        """Wait until all are closed, or until it was looked so often."""
        for _ in range(looks):
            if all(each.fileno() < 0 for each in self._made):
                break
            await asyncio.sleep(CLOSE_LOOK_SECONDS)


@lru_cache(maxsize=1)
def _tls(_: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    """Return what believes the authorities at these paths; reading them takes longer than a request."""
    return ssl.create_default_context()


@asynccontextmanager
async def open_client(
    policy: egress.EgressPolicy,
    *,
    user_agent: str,
    clock: Clock,
    connections: int = MAX_CONNECTIONS,
    exchange_seconds: float = EXCHANGE_SECONDS,
    lookup: egress.Lookup = egress.system_lookup,
) -> AsyncIterator[Client]:
    """Open the client and close it, with its connections and threads, in the end."""
    # httpx reads SSL_CERT_FILE only together with the proxies of the environment; this context always does.
    tls = _tls(ssl.get_default_verify_paths())
    sockets = Sockets()
    connector = aiohttp.TCPConnector(
        ssl=tls,
        resolver=egress.Resolver(policy, lookup=lookup),
        use_dns_cache=False,  # The resolver has a bounded one.
        limit=connections,
        # An idle TLS connection costs 300 kB, and hardly any host is spoken to twice in a row.
        force_close=True,
        socket_factory=sockets.make,
    )
    fetches = max(connections // 4, 1)
    with ThreadPoolExecutor(SIGNING_THREADS, thread_name_prefix="sign") as signing:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Client(
                _engine=_Engine(
                    transport=AiohttpTransport(verify=tls, trust_env=False, client=session),
                    policy=policy,
                    user_agent=user_agent,
                    clock=clock,
                    exchange_seconds=exchange_seconds,
                    signing=signing,
                    fetch_slots=asyncio.Semaphore(fetches),
                    post_slots=asyncio.Semaphore(max(connections - fetches, 1)),
                )
            )
        await sockets.wait_closed()
