"""What other sites show of a statement: a badge, and a small page made for a frame. No script, no cookie.

Both come from our own copy, so they say the same at the author and at every mirror. These pages alone may
stand in frames of other sites; all others refuse that (`headers`).
"""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode.cache import CachedAnswer
from fedinode.services.cosigning import displaying
from fedinode.services.cosigning.displaying import CopyView
from fedinode.services.cosigning.exposing import Find
from fedinode.web import answers, pages
from fedinode.web.answers import Site

SVG: Final = "image/svg+xml; charset=utf-8"
#: How many cells a frame names; the page has all.
MAX_NAMED: Final = 40
_ELSEWHERE: Final = (
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
)
_FRAMED: Final = (
    *_ELSEWHERE,
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *",
    ),
)

Draw = Callable[[CopyView], bytes]


async def badge(site: Site, request: Request) -> Response:
    """`/statements/{uid}/badge.svg`, and in a language: count, date, and whether the text is current."""
    return await _badge(site, request, _of_statement(site, request))


async def copy_badge(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/badge.svg`, and in a language: the same of every statement that we keep."""
    return await _badge(site, request, displaying.of_digest(request.path_params["digest"]))


async def embed(site: Site, request: Request) -> Response:
    """`/statements/{uid}/embed` and `/embed/{language}`: title, state and list, for a frame elsewhere."""
    return await _embed(site, request, _of_statement(site, request))


async def copy_embed(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/embed`, and in a language: the same of every statement that we keep."""
    return await _embed(site, request, displaying.of_digest(request.path_params["digest"]))


# -- parts


def _of_statement(site: Site, request: Request) -> Find:
    return displaying.of_statement(site.cap.urls.statement(request.path_params["uid"]))


async def _badge(site: Site, request: Request, find: Find) -> Response:
    def draw(view: CopyView) -> bytes:
        return site.renderer.page("site/badge.svg.html", view.language, copy=view, roster=view.roster)

    return await _drawn(site, request, find, draw, SVG, _ELSEWHERE)


async def _embed(site: Site, request: Request, find: Find) -> Response:
    def draw(view: CopyView) -> bytes:
        roster = view.roster
        named = (*roster.issuers, *roster.cosigners)
        return site.renderer.page(
            "site/embed.html",
            view.language,
            copy=view,
            roster=roster,
            named=named[:MAX_NAMED],
            further=max(0, len(named) - MAX_NAMED),
            page_url=page_url(view),
        )

    return await _drawn(site, request, find, draw, answers.HTML, _FRAMED)


def page_url(view: CopyView) -> str:
    """Return the page to lead to: the statement's own where we are the author and it shows this text."""
    is_whole = view.is_own and view.language == view.versions[0].language
    return view.url if is_whole and view.history.standing.word == "current" else view.page_url


async def _drawn(
    site: Site,
    request: Request,
    find: Find,
    draw: Draw,
    media_type: str,
    headers: tuple[tuple[str, str], ...],
) -> Response:
    language = pages.language_of(request)

    async def make() -> CachedAnswer:
        view = await displaying.copy_page(site.cap, find, language)
        return answers.make_answer(draw(view), media_type, depends_on=view.depends_on, headers=headers)

    return await answers.cached(site, request, f"list:{request.url.path}", make)
