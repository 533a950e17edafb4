"""Handles, actor ids, key ids and object ids turned into what they name. Each is believed only where it says so itself.

Spec: RFC 7033 (WebFinger), ActivityPub section 3.2, FEP-fe34 (origins).
"""

from dataclasses import dataclass

from federation.actors import Actor, ActorKey
from federation.jsonld import Document
from federation.net.client import Client, SigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key, and the actor who lists it."""

    key: ActorKey
    actor: Actor


async def fetch_document(client: Client, uri: str, signer: SigningKey | None) -> Document:
    """Fetch an object or actor whose ``id`` is the URI asked for and whose origin served it.

    Raises: FetchFailed (NotFound, Gone, AddressRefused among them), Malformed.
    """


async def fetch_actor(client: Client, uri: str, signer: SigningKey | None) -> Actor:
    """Fetch an actor from its own server. Raises FetchFailed, Malformed."""


async def fetch_key(client: Client, key_id: str, signer: SigningKey | None) -> FoundKey:
    """Fetch the key with exactly this id and the actor who owns it. Raises FetchFailed, Malformed, SignatureRefused."""


async def resolve_handle(client: Client, handle: str, signer: SigningKey | None) -> Actor:
    """Find the actor behind ``@name@host``; the actor's own server must confirm the handle. Raises FetchFailed, Malformed."""
