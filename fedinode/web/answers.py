"""Answers as bytes: made once, kept in the cache, sent with ETag and 304.

A handler names a key and how to make the answer; a kept answer is sent from the event loop without a thread.
Each address has one representation: an id asked for as a page is a redirect, and the other way round.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation import negotiation
from fedinode.cache import NODE_KEY, CachedAnswer
from fedinode.capabilities import Capabilities
from fedinode.services.supporting.limiting import Gate
from fedinode.web import conditional, shortcuts
from fedinode.web.assets import Assets
from fedinode.web.board import Board
from fedinode.web.rendering import Renderer
from fedinode.web.throttle import Throttle

#: Kept by readers and proxies, but asked about again each time: an edit shows at once.
REVALIDATE: Final = "public, no-cache"
#: For addresses that name their content.
FOR_EVER: Final = "public, max-age=31536000, immutable"

#: A search costs some milliseconds of a reader thread; what was found is kept like any page.
SEARCHES_PER_SECOND: Final = 10
SEARCHES_AT_ONCE: Final = 30
#: Anybody may make us ask any server for a handle: few enough that nobody is bothered through us.
ERRANDS_PER_SECOND: Final = 1
ERRANDS_AT_ONCE: Final = 10
#: A pack with thousands of names takes a second or two of a processor of its own.
PACKS_PER_SECOND: Final = 0.1
PACKS_AT_ONCE: Final = 3

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What every handler is given."""

    cap: Capabilities
    renderer: Renderer
    assets: Assets
    board: Board
    #: Lets through who signs.
    gate: Gate
    #: Lets through who complains about something here.
    complaints: Gate
    #: Lets searches through.
    searches: Throttle = field(default_factory=lambda: Throttle(SEARCHES_PER_SECOND, SEARCHES_AT_ONCE))
    #: Lets through who wants a statement pack that is not at hand.
    packs: Throttle = field(default_factory=lambda: Throttle(PACKS_PER_SECOND, PACKS_AT_ONCE))
    #: Lets through what makes us ask another server.
    errands: Throttle = field(default_factory=lambda: Throttle(ERRANDS_PER_SECOND, ERRANDS_AT_ONCE))


Handler = Callable[[Site, Request], Awaitable[Response]]


def wants_activity(request: Request) -> bool:
    """Tell whether a document is asked for rather than a page."""
    return _prefers_activity(request.headers.get("accept"))


@functools.lru_cache(maxsize=256)
def _prefers_activity(accept: str | None) -> bool:
    # Browsers and servers send the same few headers again and again.
    return negotiation.wants_activity(accept)


async def cached(
    site: Site, request: Request, key: str, make: Callable[[], Awaitable[CachedAnswer]]
) -> Response:
    """Send the kept answer under this key, or make it first.

    The key may follow from the path, the query and Accept, and from nothing else of the request: the next who
    asks for the same gets the answer without this handler.
    """
    answer = await kept(site, key, make)
    shortcuts.mark(request.scope, key, answer)
    return send(request, answer)


async def kept(site: Site, key: str, make: Callable[[], Awaitable[CachedAnswer]]) -> CachedAnswer:
    """Return the kept answer under this key, or make it first; what changed meanwhile is dropped before."""
    drop_stale(site)

    async def framed() -> CachedAnswer:
        site.cap.vitals.count("answers.made")
        await site.board.load()
        return await make()

    return await site.cap.cache.get_or_make(key, framed)


def drop_stale(site: Site) -> None:
    """Drop what is no longer true; cheap, and asked before each answer."""
    stale = site.cap.database.poll_invalidations()
    if stale:
        site.cap.cache.invalidate(stale)
    site.cap.cache.drop_due()
    if site.board.take_down():
        site.cap.cache.invalidate((NODE_KEY,))


def make_answer(
    body: bytes,
    media_type: str,
    *,
    depends_on: tuple[str, ...],
    status: int = 200,
    cache_control: str = REVALIDATE,
    headers: tuple[tuple[str, str], ...] = (),
) -> CachedAnswer:
    """Make an answer with a body; its ETag is a digest of the body."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    standard = (("content-type", media_type), ("cache-control", cache_control), ("etag", etag))
    return CachedAnswer(
        status=status, headers=standard + headers, body=body, etag=etag, depends_on=depends_on
    )


def make_redirect(
    url: str,
    *,
    status: int,
    depends_on: tuple[str, ...],
    headers: tuple[tuple[str, str], ...] = (),
) -> CachedAnswer:
    """Make an answer that leads to another address of ours."""
    standard = (("location", url), ("cache-control", REVALIDATE))
    return CachedAnswer(status=status, headers=standard + headers, body=b"", depends_on=depends_on)


def send(request: Request, answer: CachedAnswer) -> Response:
    """Send an answer, or 304 to those who have it already."""
    if conditional.is_known(answer, request.headers.get("if-none-match")):
        headers = dict(pair for pair in answer.headers if pair[0] != "content-type")
        return Response(status_code=304, headers=headers)
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
