"""Statements that this node keeps, for people: the page of each copy, and what a collective signed.

The copy for verifiers, under `/mirror/{digest}`, is served by `signature_lists`; a browser is led from there
to the page.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.cache import CachedAnswer
from fedinode.services.cosigning import displaying
from fedinode.services.cosigning.displaying import CopyView
from fedinode.web import answers, pages, signature_lists
from fedinode.web.answers import Site

_VARY: Final = ("vary", "Accept")


async def mirror(site: Site, request: Request) -> Response:
    """`/mirror/{digest}`: the bundle; a browser is led to the page of the copy."""
    digest = request.path_params["digest"]
    if "text/html" not in request.headers.get("accept", ""):
        response = await signature_lists.mirror(site, request)
        response.headers["vary"] = "Accept"
        return response

    async def make() -> CachedAnswer:
        view = await displaying.copy_page(site.cap, displaying.of_digest(digest), None)
        return answers.make_redirect(view.page_url, status=303, depends_on=view.depends_on, headers=(_VARY,))

    return await answers.cached(site, request, f"copy-lead:{digest}", make)


async def kept_text(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/text/{language}`: a statement with its list, from our own copy."""
    digest, language = request.path_params["digest"], pages.language_of(request)

    async def make() -> CachedAnswer:
        view = await displaying.copy_page(site.cap, displaying.of_digest(digest), language)
        status = 410 if view.is_taken_back else 200
        return answers.make_answer(_page(site, view), answers.HTML, status=status, depends_on=view.depends_on)

    return await answers.cached(site, request, f"copy:{digest}:{language}", make)


def _page(site: Site, view: CopyView) -> bytes:
    return site.renderer.page(
        "site/copy.html",
        view.language,
        copy=view,
        versions=view.versions,
        roster=view.roster,
        history=view.history,
        text_languages=view.versions,
        site_name=view.node.title,
        accent=view.keeper.accent,
        canonical_url=view.url,
    )


async def signed(site: Site, request: Request) -> Response:
    """`/@{name}/signed`: the statements that a collective signed."""
    name = request.path_params["name"]

    async def make() -> CachedAnswer:
        view = await displaying.signed_by(site.cap, name)
        body = site.renderer.page(
            "site/signed.html",
            view.collective.language,
            view=view,
            collective=view.collective,
            site_name=view.node.title,
            accent=view.collective.accent,
            canonical_url=site.cap.urls.signed(name),
        )
        return answers.make_answer(body, answers.HTML, depends_on=view.depends_on)

    return await answers.cached(site, request, f"signed:{name}", make)
