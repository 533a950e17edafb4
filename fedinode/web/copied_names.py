"""Names of people under a copy that this node keeps, and the form that asks for the removal of one.

Neither is for search engines. The form answers the same whether the name stands there or not, and keeps
nothing of who asked.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n, text
from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.services.cosigning import erasing, reciting
from fedinode.services.cosigning.reciting import CopiedNamesView
from fedinode.web import answers, forms, pages
from fedinode.web.answers import Site

MAX_BODY_BYTES: Final = 8_192
_UNINDEXED: Final = (("x-robots-tag", "noindex, noarchive"),)
_PRIVATE: Final = {"cache-control": "no-store", **dict(_UNINDEXED), "content-type": answers.HTML}


async def names(site: Site, request: Request) -> Response:
    """GET `/mirror/{digest}/signers`, `?page=`, `?language=`: who is named under the copy."""
    digest, number, language = request.path_params["digest"], pages.page_number(request), _language(request)

    async def make() -> CachedAnswer:
        view = await reciting.names_page(site.cap, digest, number, language)
        body = _render(site, "site/copied_names.html", view)
        return answers.make_answer(body, answers.HTML, depends_on=view.depends_on, headers=_UNINDEXED)

    return await answers.cached(site, request, f"copied-names:{digest}:{number}:{language}", make)


async def ask(site: Site, request: Request) -> Response:
    """GET `/mirror/{digest}/signers/erase`: the form."""
    return await _form(site, request, is_asked=False)


async def take(site: Site, request: Request) -> Response:
    """POST `/mirror/{digest}/signers/erase`: the wish is noted."""
    fields = await forms.read_fields(request, MAX_BODY_BYTES)
    if not site.errands.is_open():
        raise HTTPException(429)
    name = " ".join(text.normalise(fields.get("name", "").replace("\x00", "")).split())
    await erasing.ask(site.cap, request.path_params["digest"], name)
    return await _form(site, request, is_asked=True)


async def _form(site: Site, request: Request, *, is_asked: bool) -> Response:
    language = _language(request)
    view = await reciting.names_page(site.cap, request.path_params["digest"], 1, language)
    body = _render(site, "site/erase_name.html", view, is_asked=is_asked)
    return Response(body, headers=_PRIVATE)


def _language(request: Request) -> str | None:
    """Return the language that the query names: what is kept for all must not depend on who asks.

    Raises: NotFound.
    """
    wanted = request.query_params.get("language")
    if wanted is not None and wanted not in i18n.spoken_languages():
        raise NotFound("This page is not there in this language.")
    return wanted


def _render(site: Site, template: str, view: CopiedNamesView, *, is_asked: bool = False) -> bytes:
    base = f"{site.cap.urls.mirror(view.text_digest)}/signers"
    query = f"?language={view.interface}"
    return site.renderer.page(
        template,
        view.interface,
        view=view,
        is_asked=is_asked,
        base_url=base + query,
        erase_url=f"{base}/erase{query}",
        site_name=view.node.title,
        accent=view.keeper.accent,
        canonical_url=base,
    )
