"""The sitemap over HTTP: an index, and parts with every page and its languages."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.cache import CachedAnswer
from fedinode.services import mapping, reading
from fedinode.web import answers, archive_pages
from fedinode.web.answers import Site

XML: Final = "application/xml; charset=utf-8"


async def index(site: Site, request: Request) -> Response:
    """`/sitemap.xml`: where the parts are."""

    async def make() -> CachedAnswer:
        node = await reading.node(site.cap)
        parts = range(1, await mapping.count_maps(site.cap) + 1)
        urls = [site.cap.urls.page(f"/sitemaps/{part}.xml") for part in parts]
        body = site.renderer.page("feeds/sitemap_index.xml", "en", urls=urls)
        return answers.make_answer(body, XML, depends_on=archive_pages.depends_on(node))

    return await answers.cached(site, request, "sitemap", make)


async def part(site: Site, request: Request) -> Response:
    """`/sitemaps/{part}.xml`: pages of a thousand posts."""
    number = request.path_params["part"]

    async def make() -> CachedAnswer:
        node = await reading.node(site.cap)
        entries = await mapping.sitemap(site.cap, number)
        body = site.renderer.page("feeds/sitemap.xml", "en", entries=entries)
        return answers.make_answer(body, XML, depends_on=archive_pages.depends_on(node))

    return await answers.cached(site, request, f"sitemap:{number}", make)
