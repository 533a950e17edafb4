"""The cells that co-signed a statement, page by page, at the author and at every cell that keeps a copy."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.services.cosigning import displaying, rostering
from fedinode.services.cosigning.displaying import CopyView
from fedinode.services.cosigning.exposing import Find
from fedinode.web import answers, pages
from fedinode.web.answers import Site
from fedinode.web.embeds import page_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Where in a list a page is."""

    page: int
    pages: int


async def cosigners(site: Site, request: Request) -> Response:
    """`/statements/{uid}/cosigners`: who co-signed a statement of ours."""
    statement_uri = site.cap.urls.statement(request.path_params["uid"])
    return await _page(site, request, displaying.of_statement(statement_uri))


async def copy_cosigners(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/cosigners`: who co-signed a statement that we keep."""
    return await _page(site, request, displaying.of_digest(request.path_params["digest"]))


async def _page(site: Site, request: Request, find: Find) -> Response:
    number = pages.page_number(request)

    async def make() -> CachedAnswer:
        view = await displaying.copy_page(site.cap, find, None)
        if view.is_taken_back:
            raise NotFound("There is nothing at this address.")
        headers = (("x-robots-tag", "noindex, noarchive"),)
        body = _render(site, view, number)
        return answers.make_answer(body, answers.HTML, depends_on=view.depends_on, headers=headers)

    return await answers.cached(site, request, f"cosigners:{request.url.path}:{number}", make)


def _render(site: Site, view: CopyView, number: int) -> bytes:
    everybody = (*view.roster.issuers, *view.roster.cosigners)
    size = rostering.MAX_ON_PAGE
    count = max(1, -(-len(everybody) // size))
    if number > count:
        raise NotFound("This list has fewer pages.")
    return site.renderer.page(
        "site/cosigners.html",
        view.language,
        copy=view,
        roster=view.roster,
        cells=everybody[(number - 1) * size : number * size],
        page=number,
        pager=Pager(page=number, pages=count),
        base_url=view.roster.all_url,
        canonical_url=view.roster.all_url,
        page_url=page_url(view),
        text_languages=view.versions,
        site_name=view.node.title,
        accent=view.keeper.accent,
    )
