"""NodeInfo 2.1: what software a server runs and how large it is.

Spec: NodeInfo protocol, schema 2.1; peers that answer 2.0 are read alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from federation import errors, jsonld
from federation.jsonld import Document

SCHEMA_2_1: Final = "http://nodeinfo.diaspora.software/ns/schema/2.1"
_SCHEMA_2_0: Final = "http://nodeinfo.diaspora.software/ns/schema/2.0"
_APPLICATION: Final = "https://www.w3.org/ns/activitystreams#Application"
MEDIA_TYPE: Final = f'application/json; profile="{SCHEMA_2_1}#"'

MAX_LINKS: Final = 20
MAX_WORD_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFacts:
    """What our server says about itself. Readers are not counted; ``users`` are the collectives."""

    name: str
    version: str
    repository: str | None
    homepage: str | None
    users: int
    posts: int
    node_name: str
    node_description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
    """What another server says about itself."""

    software: str
    version: str
    protocols: tuple[str, ...]
    users: int | None = None


# -- reading


def parse_discovery(document: Document, origin: str) -> str:
    """Return where a server keeps its NodeInfo, the newest form first.

    Only an address beside ``origin`` counts: a server has nothing to say about another, and Fedify was led to
    inner addresses this way (CVE-2026-62857). Raises: Malformed, TooLarge.
    """
    listed = jsonld.get_list(document, "links", max_items=MAX_LINKS)
    hrefs = {link.get("rel"): link.get("href") for link in listed if _names_schema(link)}
    for schema in (SCHEMA_2_1, _SCHEMA_2_0):
        if schema in hrefs:
            url = jsonld.require_uri(hrefs[schema], "a NodeInfo link")
            if jsonld.is_beside(url, origin):
                return url
    raise errors.Malformed("a server lists no NodeInfo of its own")


def parse_nodeinfo(document: Document) -> NodeInfo:
    """Read a NodeInfo document, version 2.0 or 2.1. Raises: Malformed, TooLarge."""
    software = jsonld.get_document(document, "software") or {}
    usage = jsonld.get_document(document, "usage") or {}
    users = jsonld.get_document(usage, "users") or {}
    protocols = jsonld.get_list(document, "protocols", max_items=MAX_LINKS)
    return NodeInfo(
        software=_word(software, "name"),
        version=_word(software, "version"),
        protocols=tuple(protocol for protocol in protocols if isinstance(protocol, str)),
        users=jsonld.get_count(users, "total"),
    )


def _names_schema(link: Any) -> bool:
    return isinstance(link, dict) and isinstance(link.get("rel"), str)


def _word(software: Document, name: str) -> str:
    word = jsonld.get_str(software, name, max_characters=MAX_WORD_CHARACTERS)
    if not word:
        raise errors.Malformed(f"a NodeInfo document does not say its software's {name}")
    return word


# -- writing


def render_discovery(url: str, actor_uri: str) -> Document:
    """Write the document at ``/.well-known/nodeinfo``, which says where the other one is.

    It names the node's own actor too, where peers look up what the software can do. Spec: FEP-2677.
    """
    return {"links": [{"rel": SCHEMA_2_1, "href": url}, {"rel": _APPLICATION, "href": actor_uri}]}


def render_nodeinfo(facts: NodeFacts) -> Document:
    """Write our NodeInfo 2.1 document."""
    software = {
        "name": facts.name,
        "version": facts.version,
        "repository": facts.repository,
        "homepage": facts.homepage,
    }
    return {
        "version": "2.1",
        "software": {name: value for name, value in software.items() if value is not None},
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": ["atom1.0"]},
        "openRegistrations": False,
        "usage": {"users": {"total": facts.users}, "localPosts": facts.posts},
        "metadata": {"nodeName": facts.node_name, "nodeDescription": facts.node_description},
    }
