"""Pages for people: front page, profiles, posts, and what the node says about itself.

Who asks the address of a post for a document is led to its id: one address, one representation.
"""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode import text
from fedinode.cache import (
    NETWORK_KEY,
    NODE_KEY,
    SIGNERS_KEY,
    CachedAnswer,
    collective_key,
    follows_key,
    post_key,
)
from fedinode.errors import NoSuchPage, NotFound
from fedinode.services import reading
from fedinode.services.network import networking
from fedinode.services.presenting import Moved, NodeView, PostView, Tombstone
from fedinode.web import answers, formats, paging
from fedinode.web.answers import Site

_VARY: Final = ("vary", "Accept")
#: The node's own pages and the templates for those that nobody wrote a text for.
NODE_PAGES: Final = ("about", "imprint", "privacy")
_PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


async def front(site: Site, request: Request) -> Response:
    """`/` and `/{language}`: what all collectives of the node published."""
    language = language_of(request)
    number = page_number(request)

    async def make() -> CachedAnswer:
        view = await reading.front(site.cap, language=language, page=number)
        if len(view.node.collectives) == 1:
            return await _profile_answer(site, view.node.collectives[0].name, language, number)
        urls = site.cap.urls
        body = site.renderer.page(
            "site/front.html",
            language or view.node.language,
            node=view.node,
            site_name=view.node.title,
            accent=view.node.accent,
            pinned=view.pinned,
            listing=view.listing,
            versions=view.versions,
            chosen=language,
            all_url=urls.front(),
            base_url=urls.front(language),
            canonical_url=formats.page_url(urls.front(language), number),
            feed_url=urls.front_feed(language),
            calendar_url=urls.calendar(),
            here="front",
        )
        keys = (NODE_KEY, *(collective_key(each.name) for each in view.node.collectives))
        return _page_answer(body, keys, links=paging.links(urls.front(language), number, view.listing.pages))

    return await answers.cached(site, request, f"front:{language}:{number}", make)


async def profile(site: Site, request: Request) -> Response:
    """`/@{name}` and `/@{name}/{language}`: a collective and its posts."""
    name, language, number = request.path_params["name"], language_of(request), page_number(request)
    if answers.wants_activity(request):
        return await answers.cached(site, request, f"profile-id:{name}", lambda: _lead_to_actor(site, name))
    key = f"profile:{name}:{language}:{number}"
    return await answers.cached(site, request, key, lambda: _profile_answer(site, name, language, number))


async def _profile_answer(site: Site, name: str, language: str | None, number: int) -> CachedAnswer:
    view = await reading.profile(site.cap, name, language=language, page=number)
    urls, collective = site.cap.urls, view.collective
    body = site.renderer.page(
        "site/profile.html",
        language or collective.language,
        node=view.node,
        site_name=view.node.title,
        accent=collective.accent,
        collective=collective,
        pinned=view.pinned,
        listing=view.listing,
        reshared=view.reshared,
        versions=view.versions,
        chosen=language,
        all_url=collective.url,
        base_url=urls.profile(name, language),
        canonical_url=formats.page_url(urls.profile(name, language), number),
        activity_url=collective.uri,
        feed_url=urls.feed(name, language),
        feed_title=collective.title,
        calendar_url=urls.calendar(name),
        signed_url=urls.signed(name) if view.has_signed else "",
        description=text.excerpt(text.plain(collective.about_html), 200),
        here="front",
    )
    keys = (NODE_KEY, NETWORK_KEY, SIGNERS_KEY, collective_key(name))
    links = paging.links(urls.profile(name, language), number, view.listing.pages)
    return _page_answer(body, keys, activity_url=collective.uri, links=links)


async def _lead_to_actor(site: Site, name: str) -> CachedAnswer:
    view = await reading.profile(site.cap, name, language=None, page=1)
    keys = (NODE_KEY, collective_key(name))
    return answers.make_redirect(view.collective.uri, status=303, depends_on=keys, headers=(_VARY,))


async def post(site: Site, request: Request) -> Response:
    """`/@{name}/{language}/{slug}`: a post in one language."""
    name, language, slug = (request.path_params[part] for part in ("name", "language", "slug"))
    is_document = answers.wants_activity(request)

    async def make() -> CachedAnswer:
        node, found = await reading.post(site.cap, name, language, slug)
        keys: tuple[str, ...] = (NODE_KEY, collective_key(name))
        if isinstance(found, Moved):
            return answers.make_redirect(found.url, status=301, depends_on=keys, headers=(_VARY,))
        if isinstance(found, Tombstone):
            return _tombstone_answer(site, node, found)
        keys = (*keys, post_key(found.uid), *(found.roster.depends_on if found.roster else ()))
        if is_document:
            return answers.make_redirect(found.uri, status=303, depends_on=keys, headers=(_VARY,))
        return _page_answer(_post_page(site, node, found), keys, activity_url=found.uri)

    variant = "post-id" if is_document else "post"
    return await answers.cached(site, request, f"{variant}:{name}:{language}:{slug}", make)


def _post_page(site: Site, node: NodeView, view: PostView) -> bytes:
    return site.renderer.page(
        "site/text_page.html" if view.kind == "page" else "site/post.html",
        view.language,
        post=view,
        versions=view.versions,
        site_name=node.title,
        accent=view.collective.accent,
        canonical_url=view.canonical_url,
        activity_url=view.uri,
        feed_url=site.cap.urls.feed(view.collective.name, view.language),
        feed_title=view.collective.title,
        description=view.plain_summary,
    )


def _tombstone_answer(site: Site, node: NodeView, view: Tombstone) -> CachedAnswer:
    body = site.renderer.page("site/tombstone.html", view.language, tombstone=view, site_name=node.title)
    keys = (NODE_KEY, collective_key(view.collective.name))
    return answers.make_answer(body, answers.HTML, status=410, depends_on=keys, headers=(_VARY,))


async def network(site: Site, request: Request) -> Response:
    """`/network`: what those publish whom our collectives follow."""
    number = page_number(request)

    async def make() -> CachedAnswer:
        view = await networking.network(site.cap, number)
        url = site.cap.urls.page("/network")
        body = site.renderer.page(
            "site/network.html",
            view.node.language,
            view=view,
            site_name=view.node.title,
            accent=view.node.accent,
            base_url=url,
            canonical_url=formats.page_url(url, number),
            here="network",
        )
        keys = (NODE_KEY, NETWORK_KEY, *_of_network(view.node))
        return _page_answer(body, keys, links=paging.links(url, number, view.pages))

    return await answers.cached(site, request, f"network:{number}", make)


def _of_network(node: NodeView) -> tuple[str, ...]:
    names = [each.name for each in node.collectives]
    return tuple(key for name in names for key in (collective_key(name), follows_key(name)))


async def node_page(site: Site, request: Request) -> Response:
    """`/about`, `/imprint` and `/privacy`: a collective's own text, else what the node can say by itself."""
    name = request.url.path.removeprefix("/")

    async def make() -> CachedAnswer:
        node, written = await reading.node_page(site.cap, name)
        keys = (NODE_KEY, *(collective_key(each.name) for each in node.collectives))
        if written is not None:
            body = _written_page(site, node, written, name)
            return _page_answer(body, (*keys, post_key(written.uid)))
        return _page_answer(_own_page(site, node, name), keys)

    return await answers.cached(site, request, f"node-page:{name}", make)


def _written_page(site: Site, node: NodeView, view: PostView, name: str) -> bytes:
    return site.renderer.page(
        "site/text_page.html",
        view.language,
        post=view,
        versions=view.versions,
        site_name=node.title,
        accent=node.accent,
        canonical_url=view.url,
        here=name,
    )


def _own_page(site: Site, node: NodeView, name: str) -> bytes:
    privacy = site.cap.settings.privacy
    context: dict[str, Any] = {
        "node": node,
        "site_name": node.title,
        "accent": node.accent,
        "canonical_url": site.cap.urls.page(f"/{name}"),
        "here": name,
        "keep_days": privacy.keep_journal_days,
        "show_followers": privacy.show_followers,
    }
    return site.renderer.page(f"site/{name}.html", node.language, **context)


# -- parts


def _page_answer(
    body: bytes, depends_on: tuple[str, ...], *, activity_url: str = "", links: tuple[str, ...] = ()
) -> CachedAnswer:
    if activity_url:
        links = (f'<{activity_url}>; rel="alternate"; type="application/activity+json"', *links)
    named = (("link", ", ".join(links)),) if links else ()
    return answers.make_answer(body, answers.HTML, depends_on=depends_on, headers=(_VARY, *named))


def language_of(request: Request) -> str | None:
    """Return the language that a path names. Raises NotFound for another spelling than the canonical one."""
    written = request.path_params.get("language")
    if written is None:
        return None
    try:
        is_canonical = text.canonical_language(written) == written
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise NotFound("This address names no language.")
    return str(written)


def page_number(request: Request) -> int:
    """Return the page of a list that the query names. Raises NoSuchPage for what is no number."""
    written = request.query_params.get("page", "1")
    if not _PAGE_NUMBER.fullmatch(written):
        raise NoSuchPage("This is no page number.")
    return int(written)
