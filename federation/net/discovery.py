"""Handles, actor ids, key ids and object ids turned into what they name, believed only at its own origin.

Spec: RFC 7033 (WebFinger), ActivityPub section 3.2, FEP-fe34 (origins), FEP-2c59 (webfinger of an actor).
"""

from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

from federation import actors, authority, collection, jsonld, webfinger
from federation.actors import Actor, ActorKey
from federation.errors import FetchFailed, Malformed, NotFound, SignatureRefused
from federation.jsonld import Document
from federation.net import egress
from federation.net.client import ACTIVITY, HOST_META, JRD, Client, Fetched, SigningKey
from federation.webfinger import Handle


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKey:
    """A key, and the actor who lists it."""

    key: ActorKey
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundActor:
    """An actor, and the handle that its own server and the handle's server agree on."""

    actor: Actor
    handle: Handle


async def fetch_document(client: Client, uri: str, signer: SigningKey | None) -> Document:
    """Fetch an object or actor; its ``id`` is the address that served it in the end.

    A redirect may lead to another id than the one asked for: what is returned is what that address says.
    Raises: FetchFailed (NotFound, Gone, AddressRefused among them), Malformed.
    """
    fetched = await client.get_document(uri, kind=ACTIVITY, signer=signer)
    stated = jsonld.require_member(fetched.document, "id")
    if _is_at_home(stated, uri, fetched):
        return fetched.document
    # An alias, such as the page of a post: its id is asked once, on the same origin only (CVE-2024-23832).
    if not authority.is_same_origin(stated, fetched.url):
        raise Malformed("A document names an id on another server than the one that sent it.")
    again = await client.get_document(stated, kind=ACTIVITY, signer=signer)
    if again.document.get("id") != stated or not _is_at_home(stated, stated, again):
        raise Malformed("A document is not found at the id that it names.")
    return again.document


async def fetch_actor(client: Client, uri: str, signer: SigningKey | None) -> Actor:
    """Fetch an actor from its own server. Raises FetchFailed, Malformed."""
    return actors.parse_actor(await fetch_document(client, uri, signer))


async def fetch_key(client: Client, key_id: str, signer: SigningKey | None) -> FoundKey:
    """Fetch the key with exactly this id, and the actor who owns it and lists it too.

    The id may lead to the actor itself, to a stub of it, or to a bare key (GoToSocial, activitypub-bot).
    Raises: FetchFailed, Malformed, SignatureRefused, NotAuthorized.
    """
    fetched = await client.get_document(key_id, kind=ACTIVITY, signer=signer)
    stated = next((key for key in actors.parse_key_document(fetched.document) if key.key_id == key_id), None)
    if stated is None:
        raise SignatureRefused("The key's document does not hold the key that the signature names.")
    authority.require_key_owner(key_id, stated.owner)
    if fetched.document.get("id") == stated.owner == fetched.url:
        actor = actors.parse_actor(fetched.document)
    else:
        actor = await fetch_actor(client, stated.owner, signer)
    return FoundKey(key=_listed_key(actor, stated), actor=actor)


def _listed_key(actor: Actor, stated: ActorKey) -> ActorKey:
    """Return the key as the actor lists it: what another document says of it counts for nothing."""
    for key in actor.keys + actor.assertion_keys:
        if key.key_id == stated.key_id and key.owner == stated.owner:
            return key
    raise SignatureRefused("The owner of the key does not list it.")


async def resolve_handle(client: Client, handle: Handle, signer: SigningKey | None) -> FoundActor:
    """Find the actor behind a handle; the actor's own server must agree to the handle.

    Raises: FetchFailed, Malformed.
    """
    answer = await finger(client, handle)
    subject = webfinger.parse_handle(answer.subject)
    if not _is_same_handle(subject, handle):
        # The handle is one of several; the one that the host prefers must name the same actor.
        preferred = await finger(client, subject)
        if preferred.actor_uri != answer.actor_uri or preferred.subject != answer.subject:
            raise Malformed("Two handles name each other and not the same actor.")
    actor = await fetch_actor(client, answer.actor_uri, signer)
    if actor.uri != answer.actor_uri or not await _confirms(client, actor, subject):
        raise Malformed(f"The actor behind {handle} does not confirm the handle.")
    return FoundActor(actor=actor, handle=subject)


async def fetch_items(client: Client, url: str, signer: SigningKey | None) -> tuple[collection.Item, ...]:
    """Read a collection page by page, within the budget of ``collection.Walk``: it may be endless on purpose.

    Raises: FetchFailed, Malformed.
    """
    walk = collection.Walk()
    items: tuple[collection.Item, ...] = ()
    next_url: str | None = url
    while next_url is not None:
        fetched = await client.get_document(next_url, kind=ACTIVITY, signer=signer)
        page = collection.parse_page(fetched.document, fetched.url)
        taken, walk = walk.take(page)
        items += taken
        next_url = walk.next_url(page)
    return items


def _is_at_home(stated: str, asked: str, fetched: Fetched) -> bool:
    # A fragment is never sent: an id with one is found in the document before it.
    return stated == fetched.url or (stated == asked and urldefrag(stated).url == fetched.url)


async def _confirms(client: Client, actor: Actor, handle: Handle) -> bool:
    host = urlsplit(actor.uri).netloc.lower()
    if host == handle.host:
        return True
    if not actor.preferred_username:
        return False
    own = await finger(client, webfinger.parse_handle(f"{actor.preferred_username}@{host}"))
    return own.actor_uri == actor.uri and _is_same_handle(webfinger.parse_handle(own.subject), handle)


def _is_same_handle(one: Handle, other: Handle) -> bool:
    return (one.user.lower(), one.host) == (other.user.lower(), other.host)


async def finger(client: Client, handle: Handle) -> webfinger.Answer:
    """Ask a host about one of its handles; the answer is that host's word alone.

    Raises: FetchFailed, Malformed.
    """
    if not egress.is_localhost(handle.host.partition(":")[0]):
        return await _finger_at(client, f"https://{handle.host}", handle)
    # Names under localhost live on either; a handle does not say on which.
    try:
        return await _finger_at(client, f"http://{handle.host}", handle)
    except FetchFailed as error:
        if error.status is not None:
            raise
        return await _finger_at(client, f"https://{handle.host}", handle)


async def _finger_at(client: Client, origin: str, handle: Handle) -> webfinger.Answer:
    try:
        fetched = await client.get_document(webfinger.query_url(origin, handle.acct), kind=JRD)
    except NotFound:
        # Hosts that answer elsewhere say so in host-meta; Mastodon asks it, too.
        host_meta = await client.get(f"{origin}/.well-known/host-meta", kind=HOST_META)
        template = webfinger.parse_host_meta(host_meta.body)
        fetched = await client.get_document(webfinger.expand(template, handle.acct), kind=JRD)
    return webfinger.parse_jrd(fetched.document)
