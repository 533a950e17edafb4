"""Handles: who ``@berlin@berlin.example`` is, asked of others and answered by us.

Written as JRD, and as XRD for host-meta, which Mastodon asks when WebFinger answers 404.
Spec: RFC 7033 (WebFinger), RFC 7565 (acct), RFC 6415 (host-meta).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import idna

from federation import errors, jsonld, negotiation
from federation.jsonld import Document

XRD_XML: Final = "application/xrd+xml"

_SELF: Final = "self"
_PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
_SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
_OBJECT_INTENT: Final = "https://w3id.org/fep/3b86/Object"
_CREATE_INTENT: Final = "https://w3id.org/fep/3b86/Create"
#: What a person may want to do, by the name of its activity, and the variable that takes the id.
INTENTS: Final = {
    "Like": ("https://w3id.org/fep/3b86/Like", "{object}"),
    "Announce": ("https://w3id.org/fep/3b86/Announce", "{object}"),
    "Follow": ("https://w3id.org/fep/3b86/Follow", "{object}"),
    "Create": (_CREATE_INTENT, "{inReplyTo}"),
}
#: What a template may ask for beside, and need not get, such as ``{on-success}``.
_VARIABLE = re.compile(r"\{[A-Za-z0-9.-]{1,30}\}")
_LRDD: Final = "lrdd"
_XRD_NAMESPACE: Final = "http://docs.oasis-open.org/ns/xri/xrd-1.0"

MAX_LINKS: Final = 50
MAX_PORT: Final = 65_535
MAX_HOST_META_BYTES: Final = 65_536

# Mastodon's rule; what does not fit it cannot be mentioned from there.
_USER = re.compile(r"[A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*", re.ASCII)
_HOST = re.compile(r"([^:/?#@\s]{1,253})(?::([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A handle taken apart; ``host`` is lower-case ASCII, with the port where there is one."""

    user: str
    host: str

    def __str__(self) -> str:
        return f"@{self.user}@{self.host}"

    @property
    def acct(self) -> str:
        """The handle as WebFinger wants it, ``acct:berlin@berlin.example``."""
        return f"acct:{self.user}@{self.host}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host says about one of its handles."""

    subject: str
    #: Id of the actor.
    actor_uri: str
    profile_url: str | None = None
    #: Where a person of that host follows somebody: an address with ``{uri}`` in it.
    subscribe_template: str | None = None
    #: Where a person of that host acts on any object: an address with ``{object}`` in it. Spec: FEP-3b86.
    object_template: str | None = None
    #: Where a person of that host writes something: an address with ``{content}`` in it. Spec: FEP-3b86.
    create_template: str | None = None

    def write_url(self, words: str) -> str | None:
        """Return where a person of that host finds a message with these words, ready to be sent."""
        if self.create_template is None:
            return None
        return _VARIABLE.sub("", self.create_template.replace("{content}", quote(words, safe="")))

    #: Where a person of that host does one thing, by the name of the activity in ``INTENTS``.
    intents: Mapping[str, str] = field(default_factory=dict)

    def act_on_url(self, uri: str, activity: str = "") -> str | None:
        """Return where a person of that host likes, boosts, answers or follows what has this id.

        A server that has an address for this activity is asked for it, else for the object.
        """
        if activity in self.intents:
            return _VARIABLE.sub(
                "", self.intents[activity].replace(INTENTS[activity][1], quote(uri, safe=""))
            )
        if self.object_template is not None:
            return _VARIABLE.sub("", self.object_template.replace("{object}", quote(uri, safe="")))
        return None if self.subscribe_template is None else expand(self.subscribe_template, uri)


# -- handles


def parse_handle(text: str) -> Handle:
    """Read a handle as people write it: ``@user@host``, ``user@host`` or ``acct:user@host``.

    Raises: Malformed.
    """
    bare = text.strip().removeprefix("acct:").removeprefix("@")
    user, at, host = bare.partition("@")
    if not at or not _USER.fullmatch(user):
        raise errors.Malformed("a handle is not of the form @name@host")
    return Handle(user=user, host=_parse_host(host))


def _parse_host(text: str) -> str:
    match = _HOST.fullmatch(text)
    if match is None:
        raise errors.Malformed("a handle names no proper host")
    name, port = match.groups()
    # A trailing dot means the same to DNS and another host to everybody else.
    if name.endswith("."):
        raise errors.Malformed("a handle names no proper host")
    try:
        ascii_name = idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise errors.Malformed("a handle names no proper host") from error
    if port is not None and int(port) > MAX_PORT:
        raise errors.Malformed("a handle names no proper port")
    return ascii_name if port is None else f"{ascii_name}:{port}"


# -- reading


def query_url(origin: str, resource: str) -> str:
    """Return where to ask a host about one of its handles or actors."""
    return f"{origin}/.well-known/webfinger?resource={quote(resource, safe='')}"


def parse_jrd(document: Document) -> Answer:
    """Read an answer. It must name one actor, by a link of an ActivityPub type.

    Raises: Malformed, TooLarge. Spec: RFC 7033 section 4.4.
    """
    subject = jsonld.get_str(document, "subject", max_characters=jsonld.MAX_NAME_CHARACTERS)
    if not subject:
        raise errors.Malformed("a WebFinger answer names no subject")
    listed = jsonld.get_list(document, "links", max_items=MAX_LINKS)
    stated = [link for link in listed if isinstance(link, dict)]
    actor_uri = next((link.get("href") for link in stated if _is_actor_link(link)), None)
    return Answer(
        subject=subject,
        actor_uri=jsonld.require_uri(actor_uri, "the actor of a WebFinger answer"),
        profile_url=_profile_url(stated),
        subscribe_template=_template(stated, _SUBSCRIBE, "{uri}"),
        object_template=_template(stated, _OBJECT_INTENT, "{object}"),
        create_template=_template(stated, _CREATE_INTENT, "{content}"),
        intents={
            activity: template
            for activity, (rel, variable) in INTENTS.items()
            if (template := _template(stated, rel, variable)) is not None
        },
    )


def parse_host_meta(body: bytes) -> str:
    """Return the address, with ``{uri}`` in it, at which a host answers about its handles.

    Raises: Malformed, TooLarge. Spec: RFC 6415 section 3.
    """
    if len(body) > MAX_HOST_META_BYTES:
        raise errors.TooLarge(f"a host-meta document is longer than {MAX_HOST_META_BYTES} bytes")
    template = _template(_xrd_links(body), _LRDD, "{uri}")
    if template is None:
        raise errors.Malformed("a host-meta document does not say where to ask")
    return template


def expand(template: str, uri: str) -> str:
    """Put an address into a template's ``{uri}``."""
    return template.replace("{uri}", quote(uri, safe=""))


def _is_actor_link(link: Document) -> bool:
    kind = link.get("type")
    return link.get("rel") == _SELF and isinstance(kind, str) and negotiation.is_activity_type(kind)


def _profile_url(stated: list[Document]) -> str | None:
    hrefs = [link.get("href") for link in stated if link.get("rel") == _PROFILE_PAGE]
    return next((href for href in hrefs if isinstance(href, str) and jsonld.is_uri(href)), None)


def _template(stated: list[Document], rel: str, variable: str) -> str | None:
    for link in stated:
        template = link.get("template")
        if link.get("rel") == rel and isinstance(template, str) and variable in template:
            # The braces are no part of an address; what is left must be one.
            return template if jsonld.is_uri(_VARIABLE.sub("x", template)) else None
    return None


def _xrd_links(body: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] == "Link" and len(found) < MAX_LINKS:
            found.append(dict(attributes))

    def refuse_doctype(*_: object) -> None:
        # Entities are declared there, and entities can grow without bound.
        raise errors.Malformed("a host-meta document declares a document type")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse_doctype
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise errors.Malformed("a host-meta document is not XML") from error
    return found


# -- writing


def parse_resource(resource: str) -> Handle | str:
    """Read the ``resource`` that somebody asks us about: a handle, or the address of an actor or page.

    Raises: Malformed.
    """
    if resource.startswith(("https://", "http://")):
        return jsonld.require_uri(resource, "resource")
    return parse_handle(resource)


def render_jrd(*, subject: str, actor_uri: str, profile_url: str, aliases: tuple[str, ...] = ()) -> Document:
    """Write our answer about one of our actors."""
    return {
        "subject": subject,
        "aliases": [profile_url, actor_uri, *aliases],
        "links": [
            {"rel": _PROFILE_PAGE, "type": "text/html", "href": profile_url},
            {"rel": _SELF, "type": negotiation.ACTIVITY_JSON, "href": actor_uri},
            {"rel": _SELF, "type": negotiation.LD_JSON_AS, "href": actor_uri},
        ],
    }


def render_host_meta(origin: str) -> bytes:
    """Write the XRD that says where we answer WebFinger."""
    template = quoteattr(f"{origin}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<XRD xmlns="{_XRD_NAMESPACE}">'
        f'<Link rel="{_LRDD}" type="{negotiation.JRD_JSON}" template={template}/>'
        "</XRD>\n"
    ).encode()
