"""What every service is given as its first argument: the world, as one frozen record.

node.py builds it; nothing here happens at import.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from federation import keys
from federation.net.client import Client, SigningKey
from federation.net.discovery import FoundKey
from fedinode.cache import Cache
from fedinode.config import Settings
from fedinode.errors import NotFound
from fedinode.expiring import Budget, Expiring, SingleFlight, Together
from fedinode.storage import signing_keys
from fedinode.storage.audit_chain import Chain
from fedinode.storage.database import Database, Session
from fedinode.storage.levels import Exclusions
from fedinode.urls import Urls
from fedinode.vitals import Vitals

#: Returns the present moment as an aware datetime in UTC.
Clock = Callable[[], datetime]

#: Asks the site of this process for an address of ours, with an Accept header; returns the status.
AskOwnSite = Callable[[str, str], Awaitable[int]]

Purpose = Literal["delivery", "proof", "cosign"]


class Keyring:
    """The private keys of our actors: unsealed at first use, then kept in memory."""

    def __init__(self, database: Database, node_actor_uri: str) -> None:
        self._database = database
        self._node_actor_uri = node_actor_uri
        self._keys: dict[tuple[str, Purpose], SigningKey] = {}
        # A post to a thousand servers asks for the same key at once; it is read for the first and kept.
        self._reading = asyncio.Lock()

    async def signer(self, owner_uri: str, purpose: Purpose = "delivery") -> SigningKey:
        """Return the key that this actor of ours signs with. Raises NotFound."""
        known = self._keys.get((owner_uri, purpose))
        return known or await self._read(owner_uri, purpose)

    async def _read(self, owner_uri: str, purpose: Purpose) -> SigningKey:
        async with self._reading:
            known = self._keys.get((owner_uri, purpose))
            if known is None:
                known = await self._database.read(
                    lambda session: load_signing_key(session, owner_uri, purpose)
                )
                self._keys[owner_uri, purpose] = known
            return known

    async def node_signer(self) -> SigningKey:
        """Return the key of the node's own actor: it signs all fetches."""
        return await self.signer(self._node_actor_uri)

    def forget(self) -> None:
        """Read the keys again at their next use, after a rotation."""
        self._keys.clear()


def load_signing_key(session: Session, owner_uri: str, purpose: Purpose) -> SigningKey:
    """Read and unseal the present key of one of our actors. Raises NotFound."""
    stored = signing_keys.find_current(session, owner_uri, purpose)
    if stored is None:
        raise NotFound(f"This node holds no {purpose} key for {owner_uri}.")
    return SigningKey(key_id=stored.key_id, key=keys.load_private(stored.private_pem, is_checked=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bells:
    """Rung after a commit of this process, so that its loops need not wait for their next poll."""

    deliver: asyncio.Event = field(default_factory=asyncio.Event)
    react: asyncio.Event = field(default_factory=asyncio.Event)
    fetch: asyncio.Event = field(default_factory=asyncio.Event)
    mail: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What this process remembers for a while of those who knock, so that nobody can wear it out."""

    #: Key ids that cannot be used, and why.
    refused_keys: Expiring[str, str] = field(default_factory=lambda: Expiring(seconds=600))
    #: Key ids whose server did not answer.
    silent_keys: Expiring[str, bool] = field(default_factory=lambda: Expiring(seconds=60))
    key_fetches: SingleFlight[str, FoundKey] = field(default_factory=SingleFlight)
    #: How many unknown keys one host may make us fetch in a minute.
    fetch_budget: Budget[str] = field(default_factory=lambda: Budget(uses=300, seconds=60))
    #: How often somebody may try to sign in as an account in a quarter of an hour.
    sign_in_tries: Budget[str] = field(default_factory=lambda: Budget(uses=10, seconds=900))
    #: What our rows say of those who knock: read for all together who do so within a moment.
    lookups: Together[Any, Any] = field(default_factory=Together)
    #: Who is kept out, by the stamp of the last change.
    exclusions: Expiring[str, Exclusions] = field(
        default_factory=lambda: Expiring(seconds=3600, max_entries=2)
    )
    #: What the last look at this node from outside found, and the checks that take long.
    diagnoses: Expiring[str, Any] = field(default_factory=lambda: Expiring(seconds=86_400, max_entries=1))
    #: What the last look at the whole audit found, by its newest hash.
    audit_looks: Expiring[str, Chain] = field(default_factory=lambda: Expiring(seconds=600, max_entries=4))
    #: How this node federates, read once a second.
    modes: Expiring[str, bool] = field(default_factory=lambda: Expiring(seconds=1))
    #: How many unknown keys one host may make us fetch in a minute while the node is under attack.
    attack_budget: Budget[str] = field(default_factory=lambda: Budget(uses=20, seconds=60))
    #: How many journal entries wait, counted once a second.
    backlog: Expiring[str, int] = field(default_factory=lambda: Expiring(seconds=1))


class OwnSite:
    """The site that this process serves, if it serves one: for services that want an answer made early."""

    def __init__(self) -> None:
        self._ask: AskOwnSite | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a site to ask."""
        return self._ask is not None

    def open(self, ask: AskOwnSite) -> None:
        """Answer from now on."""
        self._ask = ask

    async def ask(self, url: str, accept: str) -> int:
        """Ask for one of our addresses and return the status; what was made is then kept."""
        assert self._ask is not None
        return await self._ask(url, accept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Everything a service may use. Frozen: nobody exchanges a part while others work with it."""

    settings: Settings
    urls: Urls
    database: Database
    client: Client
    clock: Clock
    keyring: Keyring
    cache: Cache
    vitals: Vitals = field(default_factory=Vitals)
    bells: Bells = field(default_factory=Bells)
    memory: Memory = field(default_factory=Memory)
    own_site: OwnSite = field(default_factory=OwnSite)
