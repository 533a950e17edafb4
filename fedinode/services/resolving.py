"""Handles, actors, keys and objects of other servers: from our rows where fresh, else from their origin.

Nothing is asked of a suspended server, redirects included, and nothing that comes from one is kept.
"""

from dataclasses import dataclass
from datetime import timedelta

from federation import authority, objects, webfinger
from federation.actors import Actor, ActorKey
from federation.errors import (
    AddressRefused,
    FederationError,
    FetchFailed,
    Gone,
    KeyUnavailable,
    Malformed,
    NotFound,
    SignatureRefused,
)
from federation.jsonld import Document
from federation.keys import KeyAlgorithm
from federation.net import discovery
from federation.net.client import Client
from federation.net.discovery import FoundKey
from federation.objects import Object
from fedinode.capabilities import Capabilities
from fedinode.errors import Blocked, HandleUnknown, PeerUnavailable
from fedinode.storage import alarms, allowed_domains, levels, remote_actors
from fedinode.storage.database import Session
from fedinode.storage.levels import Exclusions, Subject
from fedinode.storage.remote_actors import ActorFacts, KeyFacts, RemoteActor

#: An actor document older than this is fetched again when it matters who the actor is now.
FRESH = timedelta(days=1)
#: The longest names that are kept; a line has no room for more.
MAX_NAME_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedObject:
    """An object as its origin serves it, and its author."""

    subject: Object
    document: Document
    author: RemoteActor


# -- for commands and services


async def resolve_handle(cap: Capabilities, handle: str) -> RemoteActor:
    """Find the actor behind ``@name@host``, or at its address, and keep it.

    Raises: HandleUnknown, PeerUnavailable, Blocked.
    """
    try:
        if handle.startswith(("https://", "http://")):
            return await resolve_actor(cap, handle, max_age=timedelta(0))
        return await _resolve_name(cap, webfinger.parse_handle(handle))
    except (NotFound, Gone, Malformed) as error:
        raise HandleUnknown(f"There is nobody called {handle}: {error}") from error
    except FederationError as error:
        raise PeerUnavailable(f"The server of {handle} cannot be asked: {error}") from error


async def _resolve_name(cap: Capabilities, handle: webfinger.Handle) -> RemoteActor:
    found = await discovery.resolve_handle(await guarded_client(cap), handle, await cap.keyring.node_signer())
    facts, now = actor_facts(found.actor), cap.clock()

    def keep(session: Session) -> RemoteActor:
        actor_id = remote_actors.record(session, facts, now)
        remote_actors.set_handle(session, actor_id, str(found.handle).removeprefix("@"), now)
        return remote_actors.get(session, facts.uri)

    return await cap.database.write(keep)


async def resolve_actor(cap: Capabilities, uri: str, *, max_age: timedelta = FRESH) -> RemoteActor:
    """Return the actor, fetched again if our row is older than ``max_age``.

    An older row has to do while the actor's server does not answer. Raises: FederationError, Blocked.
    """
    known = await cap.database.read(lambda session: remote_actors.find(session, uri))
    if known is not None and known.fetched_at is not None and cap.clock() - known.fetched_at < max_age:
        return known
    try:
        facts = actor_facts(await fetch_actor(cap, uri))
    except FetchFailed as error:
        if known is None or known.fetched_at is None or isinstance(error, Gone | NotFound):
            raise
        return known
    return await cap.database.write(lambda session: _keep(session, facts, cap))


def _keep(session: Session, facts: ActorFacts, cap: Capabilities) -> RemoteActor:
    remote_actors.record(session, facts, cap.clock())
    return remote_actors.get(session, facts.uri)


async def resolve_object(cap: Capabilities, url: str) -> FetchedObject:
    """Fetch an object by its id or the address of its page, and find its author.

    Raises: FederationError, Blocked.
    """
    client = await guarded_client(cap)
    document = await discovery.fetch_document(client, url, await cap.keyring.node_signer())
    subject = objects.parse_object(document)
    if not authority.is_same_origin(subject.uri, subject.attributed_to):
        raise Malformed("An object names an author on another server.")
    author = await resolve_actor(cap, subject.attributed_to)
    await _require_not_suspended(cap, author)
    return FetchedObject(subject=subject, document=document, author=author)


async def _require_not_suspended(cap: Capabilities, author: RemoteActor) -> None:
    asked = Subject(host=author.host, uri=author.uri)
    found = await cap.database.read(lambda session: levels.ranks(session, [asked]))
    if asked in found and found[asked].is_suspended:
        raise Blocked(f"{author.uri} is blocked on this node.")


async def fetch_actor(cap: Capabilities, uri: str) -> Actor:
    """Fetch an actor from its origin. Raises: FederationError, Blocked."""
    return await discovery.fetch_actor(await guarded_client(cap), uri, await cap.keyring.node_signer())


# -- for inboxes


async def fetch_key(cap: Capabilities, key_id: str) -> FoundKey:
    """Fetch the key of a signature and its owner, once however many requests wait for it.

    Raises: KeyUnavailable, if the sender should try again; SignatureRefused, if that would not help.
    """
    memory = cap.memory
    refusal = memory.refused_keys.get(key_id)
    if refusal is not None:
        raise SignatureRefused(refusal)
    if memory.silent_keys.get(key_id):
        raise KeyUnavailable(f"The key {key_id} could not be fetched a moment ago.")
    return await memory.key_fetches.run(key_id, lambda: _fetch_key_once(cap, key_id))


async def _fetch_key_once(cap: Capabilities, key_id: str) -> FoundKey:
    host = authority.origin(key_id).host
    is_attack = await cap.database.read(lambda session: alarms.is_on(session, cap.clock()))
    if not cap.memory.fetch_budget.spend(host) or (is_attack and not cap.memory.attack_budget.spend(host)):
        raise KeyUnavailable("Too many unknown keys of one server were asked for.")
    try:
        return await discovery.fetch_key(await guarded_client(cap), key_id, await cap.keyring.node_signer())
    except (NotFound, Gone, AddressRefused) as error:
        raise _refused(cap, key_id, error) from error
    except FetchFailed as error:
        cap.memory.silent_keys.put(key_id, True)
        raise KeyUnavailable(f"The key {key_id} cannot be fetched: {error}") from error
    except FederationError as error:
        raise _refused(cap, key_id, error) from error


def _refused(cap: Capabilities, key_id: str, error: FederationError) -> SignatureRefused:
    sentence = f"The key {key_id} cannot be used: {error}"
    cap.memory.refused_keys.put(key_id, sentence)
    return SignatureRefused(sentence)


# -- blocks


async def guarded_client(cap: Capabilities) -> Client:
    """Return the client that asks nothing of suspended servers: it raises Blocked instead."""
    kept_out = await exclusions(cap)

    def gate(url: str) -> None:
        host = host_of(url)
        if kept_out.refuses(host) or url in kept_out.actors:
            raise Blocked(f"{host} is blocked on this node.")

    return cap.client.gated(gate)


async def exclusions(cap: Capabilities) -> Exclusions:
    """Return who is kept out: thousands of names, so they are read only after a change."""
    stamp = await cap.database.read(allowed_domains.stamp)
    known = cap.memory.exclusions.get(stamp)
    if known is None:
        known = await cap.database.read(levels.exclusions)
        cap.memory.exclusions.put(stamp, known)
    return known


def host_of(uri: str) -> str:
    """Return the host of an address as rows have it: lower-case ASCII, with the port if it is not the usual.

    Raises: Malformed.
    """
    scheme, host, port = authority.origin(uri)
    return host if port == {"https": 443, "http": 80}[scheme] else f"{host}:{port}"


# -- documents as rows


def actor_facts(actor: Actor) -> ActorFacts:
    """Return what is kept of an actor."""
    return ActorFacts(
        uri=actor.uri,
        host=host_of(actor.uri),
        type=actor.type,
        name=actor.name and actor.name[:MAX_NAME_CHARACTERS],
        preferred_username=actor.preferred_username and actor.preferred_username[:MAX_NAME_CHARACTERS],
        url=actor.url,
        icon_url=actor.icon_url,
        followers_uri=actor.followers,
        inbox_url=actor.inbox,
        inbox_host=host_of(actor.inbox),
        shared_inbox_url=actor.shared_inbox,
        capabilities=actor.capabilities,
        also_known_as=actor.also_known_as,
        moved_to=actor.moved_to,
        country=actor.country,
        made_at=actor.published,
        keys=tuple(_key_facts(key) for key in actor.keys + actor.assertion_keys if _is_own(key, actor)),
    )


def _is_own(key: ActorKey, actor: Actor) -> bool:
    # A key under an id on another server would stand in the way of that server's own.
    return authority.is_same_origin(key.key_id, actor.uri)


def _key_facts(key: ActorKey) -> KeyFacts:
    is_rsa = key.public.algorithm is KeyAlgorithm.RSA
    public = key.public.pem() if is_rsa else key.public.multikey()
    return KeyFacts(key_id=key.key_id, public=public, algorithm=key.public.algorithm.value)
