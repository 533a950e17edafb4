"""Feeds: the newest posts with their whole text, as Atom, RSS and JSON Feed.

The id of an entry is the id of the object, for ever; `updated` changes with the text alone. Feed readers come
often and without a name: nothing here depends on who asks.
Spec: RFC 4287, RSS 2.0, JSON Feed 1.1.
"""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n
from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.resources import installed_version
from fedinode.services import browsing, reading
from fedinode.services.members import telling
from fedinode.services.presenting import FeedView, PostView
from fedinode.web import answers, archive_pages, formats, pages
from fedinode.web.answers import Site

ATOM: Final = "application/atom+xml; charset=utf-8"
RSS: Final = "application/rss+xml; charset=utf-8"
JSON_FEED: Final = "application/feed+json; charset=utf-8"
_JSON_FEED_VERSION: Final = "https://jsonfeed.org/version/1.1"
#: One such character in one post would break the feed for all who read it (XML 1.0 section 2.2).
_FORBIDDEN_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: Programs on other sites may read feeds: that is what they are for.
_FOR_ALL: Final = (
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
)
#: What is for one member is kept nowhere and found by nobody.
_FOR_ONE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex, nofollow"}


async def atom(site: Site, request: Request) -> Response:
    """`feed.atom` of the node or of a collective, in all languages or in one."""
    return await _feed(site, request, ATOM, _atom_body)


async def rss(site: Site, request: Request) -> Response:
    """`feed.rss`, alike, for readers that know nothing else."""
    return await _feed(site, request, RSS, _rss_body)


async def json_feed(site: Site, request: Request) -> Response:
    """`feed.json`, alike."""
    return await _feed(site, request, JSON_FEED, _json_body)


async def archive_atom(site: Site, request: Request) -> Response:
    """`/archive/feed.atom`: the newest posts of any part of the archive."""
    return await _archive_feed(site, request, ATOM, _atom_body)


async def archive_rss(site: Site, request: Request) -> Response:
    """`/archive/feed.rss`, alike."""
    return await _archive_feed(site, request, RSS, _rss_body)


async def archive_json_feed(site: Site, request: Request) -> Response:
    """`/archive/feed.json`, alike."""
    return await _archive_feed(site, request, JSON_FEED, _json_body)


async def waiting(site: Site, request: Request) -> Response:
    """`/waiting/{token}.atom`: that something waits for one member, under an address that only they know."""
    feed = await telling.feed_of(site.cap, request.path_params["token"])
    if feed is None:
        raise NotFound("There is no such feed.")
    language, host = i18n.interface_language(feed.language), site.cap.urls.host
    body = site.renderer.page(
        "feeds/waiting.xml",
        language,
        title=i18n.gettext("What waits for you at {node}", language).format(node=host),
        host=host,
        updated_at=feed.lines[0].since if feed.lines else site.cap.clock(),
        lines=[
            (
                each,
                i18n.gettext(each.words, language).format(collective=each.collective, date=each.since.date()),
            )
            for each in feed.lines
        ],
    )
    return Response(_FORBIDDEN_IN_XML.sub("", body.decode()), media_type=ATOM, headers=_FOR_ONE)


Write = Callable[[Site, FeedView], bytes]


async def _feed(site: Site, request: Request, media_type: str, write: Write) -> Response:
    name, language = request.path_params.get("name"), pages.language_of(request)

    async def make() -> CachedAnswer:
        view = await reading.feed(site.cap, name=name, language=language)
        return _answer(site, view, media_type, write)

    return await answers.cached(site, request, f"feed:{media_type}:{name}:{language}", make)


async def _archive_feed(site: Site, request: Request, media_type: str, write: Write) -> Response:
    query = archive_pages.query_of(request)

    async def make() -> CachedAnswer:
        view = await browsing.archive_feed(site.cap, query)
        part = archive_pages.describe(query, view.node, i18n.interface_language(_language_of(view)))
        return _answer(site, replace(view, part=part), media_type, write)

    return await answers.cached(site, request, f"feed:{media_type}:{query.parameters()}", make)


def _answer(site: Site, view: FeedView, media_type: str, write: Write) -> CachedAnswer:
    return answers.make_answer(
        write(site, view),
        media_type,
        depends_on=archive_pages.depends_on(view.node),
        headers=_FOR_ALL,
    )


def _atom_body(site: Site, view: FeedView) -> bytes:
    return _xml_body(site, view, "feeds/atom.xml")


def _rss_body(site: Site, view: FeedView) -> bytes:
    return _xml_body(site, view, "feeds/rss.xml")


def _xml_body(site: Site, view: FeedView, template: str) -> bytes:
    body = site.renderer.page(
        template,
        _language_of(view),
        feed=view,
        title=_title_of(view),
        page_url=view.page_url,
        feed_url=view.feed_url,
        icon_url=site.cap.urls.page(site.assets.path("icon.svg")),
        updated_at=view.updated_at or site.cap.clock(),
        version=installed_version(),
        bodies={entry.uri: _entry_html(site, entry) for entry in view.entries},
    )
    return _FORBIDDEN_IN_XML.sub("", body.decode()).encode()


def _json_body(site: Site, view: FeedView) -> bytes:
    document: dict[str, Any] = {
        "version": _JSON_FEED_VERSION,
        "title": _title_of(view),
        "home_page_url": view.page_url,
        "feed_url": view.feed_url.replace("/feed.atom", "/feed.json"),
        "language": _language_of(view),
        "items": [_json_entry(site, entry) for entry in view.entries],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _json_entry(site: Site, entry: PostView) -> dict[str, Any]:
    item = {
        "id": entry.uri,
        "url": entry.url,
        "external_url": entry.canonical_url if entry.canonical_url != entry.url else None,
        "title": entry.title if entry.is_titled else None,
        "summary": entry.plain_summary or None,
        "content_html": _entry_html(site, entry),
        "image": entry.pictures[0].url if entry.pictures else None,
        "date_published": formats.machine_time(entry.published_at),
        "date_modified": formats.machine_time(entry.updated_at or entry.published_at),
        "authors": [{"name": entry.collective.title, "url": entry.collective.url}]
        + [{"name": author.name_in(entry.language)} for author in entry.authors],
        "tags": list(entry.tags) or None,
        "language": entry.language,
    }
    return {name: value for name, value in item.items() if value is not None}


def _entry_html(site: Site, entry: PostView) -> str:
    return site.renderer.page("feeds/body.html", entry.language, entry=entry).decode().strip()


def _title_of(view: FeedView) -> str:
    title = view.collective.title if view.collective else view.node.title
    if view.part:
        return f"{title}: {view.part}"
    return f"{title} ({i18n.language_name(view.language)})" if view.language else title


def _language_of(view: FeedView) -> str:
    own = view.collective.language if view.collective else view.node.language
    return view.language or own
