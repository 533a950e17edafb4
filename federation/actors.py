"""Actors and their keys: read from documents, written as documents.

What lives elsewhere: fetching (net/discovery) and who may speak for whom (authority).
Spec: ActivityPub section 4.1, FEP-521a (Multikey), FEP-2c59 (webfinger), FEP-844e (implements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from federation import contexts, errors, jsonld, keys, links, times
from federation.jsonld import Document
from federation.links import Attachment

ACTOR_TYPES: Final = frozenset({"Application", "Group", "Organization", "Person", "Service"})

MAX_SUMMARY_CHARACTERS: Final = 20_000
MAX_ALIASES: Final = 256
MAX_KEYS: Final = 10

MAIN_KEY_FRAGMENT: Final = "main-key"

#: Capabilities that we show and look for: co-signing in version 1, RFC 9421 with RSA, RFC 9421 with Ed25519.
CO_SIGNING: Final = "https://w3id.org/fep/d2e1#1"
RFC_9421: Final = "https://datatracker.ietf.org/doc/html/rfc9421"
#: Spelled as in the registry of FEP-844e, which lost a 9.
RFC_9421_ED25519: Final = "https://datatracker.ietf.org/doc/html/rfc9421#name-eddsa-using-curve-edwards25"

_COUNTRY: Final = re.compile("[A-Z]{2}")
_CAPABILITY_NAMES: Final = {
    RFC_9421: "RFC-9421: HTTP Message Signatures",
    RFC_9421_ED25519: "RFC-9421 signatures using the Ed25519 algorithm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorKey:
    """A public key as a document states it: its id, and who the document says owns it."""

    key_id: str
    owner: str
    public: keys.PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody in the network, as its document describes it. ``inbox`` and the like are addresses."""

    uri: str
    type: str
    inbox: str
    name: str | None = None
    preferred_username: str | None = None
    #: ``user@host``, where the actor states it itself (FEP-2c59). Not verified here.
    webfinger: str | None = None
    #: HTML, not cleaned.
    summary: str | None = None
    url: str | None = None
    shared_inbox: str | None = None
    outbox: str | None = None
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    #: From ``publicKey``: for HTTP signatures.
    keys: tuple[ActorKey, ...] = ()
    #: From ``assertionMethod``: for proofs, and for HTTP signatures with RFC 9421.
    assertion_keys: tuple[ActorKey, ...] = ()
    manually_approves: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    capabilities: frozenset[str] = frozenset()
    icon_url: str | None = None
    #: Two capital letters (ISO 3166), where the actor says where it is.
    country: str | None = None
    #: When the account was made, as it says itself.
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionKey:
    """A key of ours that signs proofs; its id is the actor's id, ``#`` and the fragment."""

    fragment: str
    public: keys.PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorFacts:
    """What an actor document of ours is made of. Maps have the primary language first."""

    uri: str
    type: str
    #: ASCII letters, digits and ``_ . -`` only: Mastodon refuses any other.
    preferred_username: str
    #: Right half of the handle, with the port where there is one.
    handle_host: str
    names: Mapping[str, str]
    #: HTML of ours.
    summaries: Mapping[str, str] = field(default_factory=dict)
    url: str
    inbox: str
    outbox: str
    shared_inbox: str
    followers: str | None = None
    following: str | None = None
    featured: str | None = None
    main_key: keys.PublicKey
    assertion_keys: tuple[AssertionKey, ...] = ()
    manually_approves: bool = False
    discoverable: bool = True
    indexable: bool = True
    #: Sites that may name this actor as author of their pages (``fediverse:creator``).
    attribution_domains: tuple[str, ...] = ()
    also_known_as: tuple[str, ...] = ()
    moved_to: str | None = None
    published: datetime
    icon: Attachment | None = None
    image: Attachment | None = None
    #: Rows of the profile: plain name, value in HTML.
    fields: tuple[tuple[str, str], ...] = ()
    #: Two capital letters (ISO 3166).
    country: str | None = None
    capabilities: frozenset[str] = frozenset({RFC_9421, RFC_9421_ED25519})


# -- reading


def parse_actor(document: Document) -> Actor:
    """Read an actor. Raises: Malformed, TooLarge."""
    uri = jsonld.require_member(document, "id")
    kind = jsonld.require_type(document)
    if kind not in ACTOR_TYPES:
        raise errors.Malformed("an actor is of a type that no actor has")
    return Actor(
        uri=uri,
        type=kind,
        inbox=jsonld.require_member(document, "inbox"),
        name=_cut(jsonld.get_str(document, "name"), jsonld.MAX_NAME_CHARACTERS),
        preferred_username=_cut(jsonld.get_str(document, "preferredUsername"), jsonld.MAX_NAME_CHARACTERS),
        webfinger=_cut(jsonld.get_str(document, "webfinger"), jsonld.MAX_NAME_CHARACTERS),
        summary=_cut(jsonld.get_str(document, "summary"), MAX_SUMMARY_CHARACTERS),
        url=links.get_page_url(document, uri),
        shared_inbox=_shared_inbox(document, uri),
        outbox=jsonld.get_uri(document, "outbox"),
        followers=jsonld.get_uri(document, "followers"),
        following=jsonld.get_uri(document, "following"),
        featured=jsonld.get_uri(document, "featured"),
        keys=_owned(_read_keys(document, "publicKey", uri), uri),
        assertion_keys=_owned(_read_keys(document, "assertionMethod", uri), uri),
        manually_approves=jsonld.get_bool(document, "manuallyApprovesFollowers") or False,
        also_known_as=jsonld.get_uris(document, "alsoKnownAs", max_items=MAX_ALIASES),
        moved_to=jsonld.get_uri(document, "movedTo"),
        capabilities=_capabilities(document),
        icon_url=links.get_picture_url(document, "icon"),
        country=_country(document),
        published=jsonld.get_time(document, "published"),
    )


def parse_key_document(document: Document) -> tuple[ActorKey, ...]:
    """Read every key that a document states, whatever kind of document it is.

    An actor, a stub of one (GoToSocial's ``/main-key``: the actor's id and type, and its key), or a bare key
    with ``owner`` or ``controller``. Which of them was asked for, and whether the owner lists it too, is the
    caller's to check. Raises: Malformed, TooLarge.
    """
    if "publicKeyPem" in document or "publicKeyMultibase" in document:
        return (_read_key(document, None),)
    uri = jsonld.require_member(document, "id")
    return _read_keys(document, "publicKey", uri) + _read_keys(document, "assertionMethod", uri)


def _read_keys(document: Document, name: str, uri: str) -> tuple[ActorKey, ...]:
    found = []
    for value in jsonld.get_list(document, name, max_items=MAX_KEYS):
        # A key by reference alone cannot be used here, and one that we cannot read must not spoil the others.
        if isinstance(value, dict):
            try:
                found.append(_read_key(value, uri))
            except errors.Malformed:
                continue
    return tuple(found)


def _read_key(document: Document, default_owner: str | None) -> ActorKey:
    owner = jsonld.get_uri(document, "owner") or jsonld.get_uri(document, "controller") or default_owner
    if owner is None:
        raise errors.Malformed("a key does not say whose it is")
    return ActorKey(key_id=jsonld.require_member(document, "id"), owner=owner, public=_read_public(document))


def _read_public(document: Document) -> keys.PublicKey:
    pem = jsonld.get_str(document, "publicKeyPem")
    if pem is not None:
        return keys.parse_public_pem(pem)
    multibase = jsonld.get_str(document, "publicKeyMultibase")
    if multibase is not None:
        return keys.parse_multikey(multibase)
    raise errors.Malformed("a key holds no key")


def _owned(stated: tuple[ActorKey, ...], uri: str) -> tuple[ActorKey, ...]:
    return tuple(key for key in stated if key.owner == uri)


def _shared_inbox(document: Document, uri: str) -> str | None:
    # Only on the actor's own server (GoToSocial's rule too): elsewhere it would draw in what others are sent.
    endpoints = jsonld.get_document(document, "endpoints")
    shared = None if endpoints is None else jsonld.get_uri(endpoints, "sharedInbox")
    return shared if shared is not None and jsonld.is_beside(shared, uri) else None


def _country(document: Document) -> str | None:
    """Return the country of a place, or of an address that stands in its stead (schema.org's words)."""
    place = jsonld.get_document(document, "location") or {}
    address = jsonld.get_document(place, "address") or place
    stated = address.get("addressCountry")
    return stated if isinstance(stated, str) and _COUNTRY.fullmatch(stated) else None


def _capabilities(document: Document) -> frozenset[str]:
    generator = jsonld.get_document(document, "generator") or {}
    stated = [
        *jsonld.get_list(document, "coSigning"),
        *jsonld.get_list(document, "implements"),
        *jsonld.get_list(generator, "implements"),
    ]
    hrefs = [each.get("href") if isinstance(each, dict) else each for each in stated]
    return frozenset(href for href in hrefs if isinstance(href, str) and jsonld.is_uri(href))


def _cut(text: str | None, max_characters: int) -> str | None:
    return None if text is None else text[:max_characters]


# -- writing


def render_actor(facts: ActorFacts) -> Document:
    """Write an actor document of ours."""
    members: Document = {
        "@context": list(contexts.ACTOR_CONTEXT),
        "id": facts.uri,
        "type": facts.type,
        "preferredUsername": facts.preferred_username,
        "webfinger": f"{facts.preferred_username}@{facts.handle_host}",
        "name": next(iter(facts.names.values())),
        "nameMap": dict(facts.names),
        "summary": next(iter(facts.summaries.values()), None),
        "summaryMap": dict(facts.summaries) or None,
        "url": facts.url,
        "inbox": facts.inbox,
        "outbox": facts.outbox,
        "followers": facts.followers,
        "following": facts.following,
        "featured": facts.featured,
        "endpoints": {"sharedInbox": facts.shared_inbox},
        "manuallyApprovesFollowers": facts.manually_approves,
        "discoverable": facts.discoverable,
        "indexable": facts.indexable,
        "attributionDomains": list(facts.attribution_domains) or None,
        "alsoKnownAs": list(facts.also_known_as) or None,
        "movedTo": facts.moved_to,
        "published": times.render_timestamp(facts.published),
        "icon": None if facts.icon is None else links.render_attachment(facts.icon),
        "image": None if facts.image is None else links.render_attachment(facts.image),
        "attachment": [_render_field(name, value) for name, value in facts.fields],
        "location": None if facts.country is None else _render_place(facts.country),
        **_render_keys(facts),
        **_render_capabilities(facts),
    }
    return {name: value for name, value in members.items() if value is not None}


def _render_keys(facts: ActorFacts) -> Document:
    return {
        # One object, not a list: WordPress and snac2 refuse a list. The id is the actor's with a fragment:
        # snac2 takes no edits signed with any other.
        "publicKey": {
            "id": f"{facts.uri}#{MAIN_KEY_FRAGMENT}",
            "owner": facts.uri,
            "publicKeyPem": facts.main_key.pem(),
        },
        "assertionMethod": [
            {
                "id": f"{facts.uri}#{key.fragment}",
                "type": "Multikey",
                "controller": facts.uri,
                "publicKeyMultibase": key.public.multikey(),
            }
            for key in facts.assertion_keys
        ],
    }


def _render_capabilities(facts: ActorFacts) -> Document:
    implemented = [
        {"type": "Link", "href": href, "name": name}
        for href, name in _CAPABILITY_NAMES.items()
        if href in facts.capabilities
    ]
    members: Document = {"generator": {"type": "Application", "implements": implemented}}
    if CO_SIGNING in facts.capabilities:
        members["coSigning"] = [CO_SIGNING]
    return members


def _render_place(country: str) -> Document:
    return {"type": "Place", "address": {"type": "PostalAddress", "addressCountry": country}}


def _render_field(name: str, value: str) -> Document:
    return {"type": "PropertyValue", "name": name, "value": value}
