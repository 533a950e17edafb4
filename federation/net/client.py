"""The guarded HTTP client: every request this node makes to another server, and the only import of an HTTP library.

Limits: 64 connections, 10 seconds for a whole exchange, 1 MiB of counted bytes, no content encodings (a small
gzip body unpacks to gigabytes), no cookies, no proxies from the environment. A GET follows at most three
redirects, each checked and signed anew; a POST follows none.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from federation import keys
from federation.jsonld import Document
from federation.net import egress
from federation.signatures import Dialect

#: Tells whether a Content-Type is one of those that were asked for.
TypeCheck = Callable[[str], bool]
#: Raises if nothing may be fetched from this URL, a blocked host for one.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document and where it was found in the end."""

    document: Document
    #: The URL that answered, after redirects.
    url: str
    #: Every URL asked, the first and the last included.
    hops: tuple[str, ...]
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer answered to a POST; the body is cut at 64 KiB."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """Fetches and posts. Made by ``open_client``, one per process."""

    def gated(self, gate: Gate) -> "Client":
        """Return the same client, which asks ``gate`` before every request, redirects included."""
        raise NotImplementedError

    async def get_document(self, url: str, *, kind: Kind, signer: SigningKey | None = None) -> Fetched:
        """Fetch a JSON document. Raises FetchFailed (NotFound, Gone, AddressRefused among them), Malformed."""
        raise NotImplementedError

    async def post(self, url: str, body: bytes, *, signer: SigningKey, dialect: Dialect) -> Answer:
        """Post an activity, signed now. Raises FetchFailed without a status when there was no answer."""
        raise NotImplementedError


@asynccontextmanager
async def open_client(
    policy: egress.EgressPolicy,
    *,
    user_agent: str,
    clock: Clock,
    lookup: egress.Lookup = egress.system_lookup,
) -> AsyncIterator[Client]:
    """Open the client and close it, with its connections and threads, in the end."""
    raise NotImplementedError
    yield
