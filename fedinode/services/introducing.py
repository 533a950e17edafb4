"""Who and what is here, for those who ask: WebFinger and NodeInfo answers."""

from dataclasses import dataclass

from federation import nodeinfo, webfinger
from federation.jsonld import Document
from federation.nodeinfo import NodeFacts
from federation.webfinger import Handle
from fedinode.cache import NODE_KEY, collective_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.resources import installed_version
from fedinode.services import portraying
from fedinode.storage import collectives, public_collectives, publications
from fedinode.storage.database import Session
from fedinode.text import display_host
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Introduction:
    """An answer, and the keys that it depends on."""

    document: Document
    depends_on: tuple[str, ...]


async def introduce(cap: Capabilities, resource: str) -> Introduction:
    """Answer WebFinger about one of our actors, by handle, id or page. Raises NotFound, Malformed."""
    asked = webfinger.parse_resource(resource)
    name = _name_of_handle(cap.urls, asked) if isinstance(asked, Handle) else _name_of_url(cap.urls, asked)
    if name == portraying.NODE_USERNAME:
        return _introduction(cap.urls, name, cap.urls.node_actor(), cap.urls.page("/about"))
    found = await cap.database.read(lambda session: collectives.find_by_name(session, name)) if name else None
    if found is None:
        raise NotFound("Nobody of this name is here.")
    return _introduction(cap.urls, found.name, found.uri, cap.urls.profile(found.name))


def _introduction(urls: Urls, name: str, actor_uri: str, profile_url: str) -> Introduction:
    document = webfinger.render_jrd(subject=urls.acct(name), actor_uri=actor_uri, profile_url=profile_url)
    return Introduction(document=document, depends_on=(NODE_KEY, collective_key(name)))


def _name_of_handle(urls: Urls, handle: Handle) -> str | None:
    # Handles are compared without regard to case, as Mastodon does.
    return handle.user.lower() if handle.host == urls.host.lower() else None


def _name_of_url(urls: Urls, url: str) -> str | None:
    if url == urls.node_actor():
        return portraying.NODE_USERNAME
    for prefix in (urls.collective(""), urls.profile("")):
        if url.startswith(prefix) and "/" not in url.removeprefix(prefix):
            return url.removeprefix(prefix)
    return None


async def describe(cap: Capabilities) -> Introduction:
    """Return the NodeInfo document: readers are not counted, the collectives are the users."""

    def read(session: Session) -> NodeFacts:
        rows = public_collectives.list_public(session)
        return NodeFacts(
            name="fedinode",
            version=installed_version(),
            repository=None,
            homepage=None,
            users=len(rows),
            posts=publications.count_public_posts(session),
            node_name=rows[0].texts[0].name if len(rows) == 1 else display_host(cap.urls.host),
            node_description="",
        )

    facts = await cap.database.read(read)
    return Introduction(document=nodeinfo.render_nodeinfo(facts), depends_on=(NODE_KEY,))
