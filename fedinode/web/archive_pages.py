"""The archive over HTTP: `/archive` and its feeds. What narrows it stands in the query.

One way to narrow it is a page of its own; more than one at once is a maze that crawlers are kept out of.
"""

import calendar
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from babel import dates
from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n, text
from fedinode.cache import NODE_KEY, CachedAnswer, collective_key
from fedinode.errors import NotFound
from fedinode.manuscripts import Kind
from fedinode.services import browsing
from fedinode.services.browsing import ArchiveView, Query
from fedinode.services.presenting import NodeView
from fedinode.web import answers, formats, pages, paging
from fedinode.web.answers import Site

_YEAR = re.compile(r"[12][0-9]{3}")
_MONTH = re.compile(r"[1-9]|1[0-2]")
_MAX_CHARS: Final = 100


async def archive(site: Site, request: Request) -> Response:
    """`/archive`: all posts, narrowed by what the query says."""
    query, number = query_of(request), pages.page_number(request)

    async def make() -> CachedAnswer:
        view = await browsing.archive(site.cap, query, number)
        links = paging.links(site.cap.urls.archive(query.parameters()), number, view.listing.pages)
        named = (("link", ", ".join(links)),) if links else ()
        return answers.make_answer(
            _body(site, view), answers.HTML, depends_on=depends_on(view.node), headers=named
        )

    return await answers.cached(site, request, f"archive:{query.parameters()}:{number}", make)


def query_of(request: Request) -> Query:
    """Read what narrows the archive. Raises NotFound for a value that cannot be one."""
    given = {name: value for name, value in request.query_params.items() if value}
    if any(len(value) > _MAX_CHARS for value in given.values()):
        raise NotFound("The archive is not narrowed by texts.")
    year = _number(given, "year", _YEAR)
    month = _number(given, "month", _MONTH)
    if month is not None and year is None:
        raise NotFound("A month needs its year.")
    return Query(
        year=year,
        month=month,
        tag=given.get("tag"),
        category=given.get("category"),
        kind=_kind(given.get("kind")),
        language=_language(given.get("language")),
        collective=given.get("collective"),
    )


def depends_on(node: NodeView) -> tuple[str, ...]:
    """Return the keys of what shows posts of all collectives."""
    return (NODE_KEY, *(collective_key(each.name) for each in node.collectives))


def _number(given: Mapping[str, str], name: str, shape: re.Pattern[str]) -> int | None:
    if name not in given:
        return None
    if not shape.fullmatch(given[name]):
        raise NotFound(f"This is no {name}.")
    return int(given[name])


def _kind(word: str | None) -> Kind | None:
    try:
        return None if word is None else Kind(word)
    except ValueError as error:
        raise NotFound("There is no such kind of post.") from error


def _language(tag: str | None) -> str | None:
    try:
        return None if tag is None else text.canonical_language(tag)
    except ValueError as error:
        raise NotFound("There is no such language.") from error


def _body(site: Site, view: ArchiveView) -> bytes:
    urls, query = site.cap.urls, view.query
    language = query.language or view.node.language
    address = urls.archive(query.parameters())
    interface = i18n.interface_language(language)
    return site.renderer.page(
        "site/archive.html",
        language,
        view=view,
        site_name=view.node.title,
        accent=view.node.accent,
        listing=view.listing,
        chosen=describe(query, view.node, interface),
        months=_month_names(interface),
        kinds=formats.kind_names(interface),
        languages={facet.label: i18n.language_name(facet.label) for facet in view.languages},
        base_url=address,
        canonical_url=formats.page_url(urls.archive(_canonical(view).parameters()), view.listing.page),
        feed_url=urls.archive_feed(query.parameters()),
        here="archive",
    )


def _canonical(view: ArchiveView) -> Query:
    """Return the query in the spelling that the page itself links to: a tag is found in any case."""
    chosen = (facet.label for facet in view.tags if facet.is_chosen)
    return replace(view.query, tag=next(chosen, view.query.tag))


def describe(query: Query, node: NodeView, interface: str) -> str:
    """Return what the archive was narrowed to, in words."""
    collectives = {each.name: each.title for each in node.collectives}
    when = str(query.year) if query.year else ""
    if query.year and query.month:
        when = f"{_month_names(interface)[str(query.month)]} {query.year}"
    parts = (
        when,
        formats.kind_names(interface)[query.kind] if query.kind else "",
        i18n.language_name(query.language) if query.language else "",
        collectives.get(query.collective or "", ""),
        query.category or "",
        f"#{query.tag}" if query.tag else "",
    )
    return ", ".join(part for part in parts if part)


def _month_names(interface: str) -> dict[str, str]:
    names = dates.get_month_names("wide", "stand-alone", i18n.locale_of(interface))
    return {str(month): names[month] for month in range(1, len(calendar.month_name))}
