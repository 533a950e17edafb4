"""What goes wrong, answered: JSON for those who ask for JSON, a page in plain words for people.

No answer carries an exception's text, a path or a query; the log does.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from federation.errors import FederationError
from fedinode import errors, i18n
from fedinode.i18n import N_
from fedinode.web import answers
from fedinode.web.answers import Site

logger = logging.getLogger(__name__)

ErrorHandler = Callable[[Request, Exception], Awaitable[Response]]

#: Seconds after which somebody who met a passing trouble may come again.
RETRY_AFTER_SECONDS: Final = 120


#: Headline and advice for people, by status. Statuses that are not here read as 400 or 500.
WORDS: Final = {
    400: (
        N_("This request cannot be understood"),
        N_("Something is wrong with the address or with what was sent."),
    ),
    401: (N_("This needs a signature"), N_("The request was not signed, or its signature is not valid.")),
    403: (N_("This is not allowed"), N_("You may not see or do this.")),
    404: (
        N_("There is nothing at this address"),
        N_("Perhaps the address was cut when it was copied, or the page was never public."),
    ),
    405: (N_("This address does not take that"), N_("It can be read, but nothing can be sent to it.")),
    410: (N_("This is gone"), N_("It was here once and was taken back.")),
    413: (N_("That is too much"), N_("What was sent is larger than this server takes.")),
    415: (
        N_("This format is not read here"),
        N_("What was sent is in a format that this server does not read."),
    ),
    429: (N_("Too many requests"), N_("Wait a few minutes and try again.")),
    500: (
        N_("Something broke on this server"),
        N_("It is our fault, not yours. It was written down for those who look after this server."),
    ),
    503: (N_("This server is busy"), N_("Nothing is lost. Wait a few minutes and try again.")),
}

#: Headline and advice where a list has no such page.
NO_SUCH_PAGE: Final = (
    N_("This list has no such page"),
    N_("It has fewer pages, or has become shorter. Its first page is the newest."),
)

#: What a trouble of this node means to the one who asked.
_STATUS_OF: Final[dict[type[errors.NodeError], int]] = {
    errors.NotFound: 404,
    errors.Blocked: 403,
    errors.NotAllowed: 403,
    errors.Conflict: 409,
    errors.Busy: 503,
    errors.DiskFull: 503,
    errors.DatabaseError: 503,
}


def handlers(site: Site) -> dict[type[Exception] | int, ErrorHandler]:
    """Return what answers each kind of exception."""

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 404 and (url := _without_slash(site, request)):
            return RedirectResponse(url, status_code=308)
        return respond(site, request, error.status_code, dict(error.headers or {}))

    async def on_node(request: Request, error: Exception) -> Response:
        assert isinstance(error, errors.NodeError)
        status = status_of(error)
        if status >= 500:
            logger.error("%s %s failed: %s", request.method, request.url.path, error)
        words = NO_SUCH_PAGE if isinstance(error, errors.NoSuchPage) else None
        return respond(site, request, status, words=words)

    async def on_federation(request: Request, error: Exception) -> Response:
        assert isinstance(error, FederationError)
        return respond(site, request, error.answer)

    async def on_anything(request: Request, error: Exception) -> Response:
        logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return respond(site, request, 500)

    return {
        HTTPException: on_http,
        errors.NodeError: on_node,
        FederationError: on_federation,
        Exception: on_anything,
    }


def status_of(error: errors.NodeError) -> int:
    """Return the status that answers a trouble of this node."""
    for kind in type(error).__mro__:
        if kind in _STATUS_OF:
            return _STATUS_OF[kind]
    return 500


def respond(
    site: Site,
    request: Request,
    status: int,
    headers: dict[str, str] | None = None,
    *,
    words: tuple[str, str] | None = None,
) -> Response:
    """Answer with an error, as the one who asked can read it; `words` where the status says too little."""
    site.cap.vitals.count(f"answered.{status}")
    filled = {"cache-control": "no-store", "vary": "Accept, Accept-Language"} | (headers or {})
    if status in (429, 503):
        filled.setdefault("retry-after", str(RETRY_AFTER_SECONDS))
    language = i18n.best_language(request.headers.get("accept-language", ""))
    headline, advice = (i18n.gettext(each, language) for each in words or _words(status))
    if is_machine(request):
        body = json.dumps({"error": headline}, ensure_ascii=False).encode()
        return Response(body, status_code=status, headers=filled, media_type="application/json")
    page = site.renderer.page(
        "site/error.html",
        language,
        headline=headline,
        advice=advice,
        first_page=_without_page(site, request) if words is NO_SUCH_PAGE else "",
        site_name=site.cap.urls.host,
    )
    return Response(page, status_code=status, headers=filled | {"content-type": answers.HTML})


def is_machine(request: Request) -> bool:
    """Tell whether JSON is the answer to give: to who asks for it, and to servers that send us something."""
    is_form = "text/html" in request.headers.get("accept", "")
    return answers.wants_activity(request) or (request.method not in ("GET", "HEAD") and not is_form)


def _words(status: int) -> tuple[str, str]:
    return WORDS.get(status) or WORDS[400 if status < 500 else 500]


def _without_page(site: Site, request: Request) -> str:
    named = [pair for pair in request.query_params.multi_items() if pair[0] != "page"]
    query = urlencode(named)
    return site.cap.urls.page(request.url.path) + (f"?{query}" if query else "")


def _without_slash(site: Site, request: Request) -> str | None:
    path = request.url.path
    if request.method not in ("GET", "HEAD") or path == "/" or not path.endswith("/"):
        return None
    return site.cap.urls.page(path.rstrip("/"))
