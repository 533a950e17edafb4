"""The search over HTTP: a form and what it found. Never crawled, and slowed down when many ask."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode import text
from fedinode.cache import CachedAnswer
from fedinode.services import searching
from fedinode.web import answers, archive_pages, pages
from fedinode.web.answers import Site

MAX_CHARS: Final = 200
_HEADERS: Final = (("vary", "Accept"), ("x-robots-tag", "noindex, nofollow"))


async def search(site: Site, request: Request) -> Response:
    """`/search`: the form, and the posts that hold all words of `q`."""
    asked = text.normalise(request.query_params.get("q", ""))[:MAX_CHARS].strip()
    language = _language(request.query_params.get("language", ""))
    number = pages.page_number(request)
    key = f"search:{asked}:{language}:{number}"

    async def make() -> CachedAnswer:
        # Many who look for the same at once are one search.
        if not site.searches.is_open():
            raise HTTPException(429)
        view = await searching.search(site.cap, asked, language=language, page=number)
        body = site.renderer.page(
            "site/search.html",
            language or view.node.language,
            view=view,
            site_name=view.node.title,
            accent=view.node.accent,
            base_url=site.cap.urls.search(asked, language),
            here="search",
        )
        return answers.make_answer(
            body, answers.HTML, depends_on=archive_pages.depends_on(view.node), headers=_HEADERS
        )

    return await answers.cached(site, request, key, make)


def _language(written: str) -> str | None:
    try:
        return text.canonical_language(written) if written else None
    except ValueError:
        # Whatever was typed, the search says what it finds.
        return None
