"""Ids over HTTP: actors, objects, activities and collections for other servers.

Who asks an id for a page is led to the page. What is POSTed to inboxes is the business of `web.inbox_posts`.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation.negotiation import ACTIVITY_JSON
from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.services import serving
from fedinode.services.moderation import admitting
from fedinode.services.serving import Served
from fedinode.web import answers, inbox_posts
from fedinode.web.answers import Site

#: Scripts of other sites may read what everybody may; it carries nothing of the one who asks.
_FOR_ALL: Final = (
    ("vary", "Accept"),
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
)


async def node_actor(site: Site, request: Request) -> Response:
    """`/actor`: who signs the fetches of this node."""
    return await _serve(site, request, lambda: serving.node_actor(site.cap), is_for_listed=False)


async def node_outbox(site: Site, request: Request) -> Response:
    """`/actor/outbox`: always empty."""
    return await _serve(site, request, lambda: serving.node_outbox(site.cap), is_for_listed=False)


async def collective(site: Site, request: Request) -> Response:
    """`/collectives/{name}`: a collective as an actor."""
    name = request.path_params["name"]
    return await _serve(site, request, lambda: serving.collective_actor(site.cap, name))


async def outbox(site: Site, request: Request) -> Response:
    """`/collectives/{name}/outbox`."""
    name = request.path_params["name"]
    return await _serve(site, request, lambda: serving.outbox(site.cap, name))


async def outbox_page(site: Site, request: Request) -> Response:
    """`/collectives/{name}/outbox/{page}`: activities, the newest on page 1."""
    name, page = request.path_params["name"], request.path_params["page"]
    return await _serve(site, request, lambda: serving.outbox_page(site.cap, name, page))


async def followers(site: Site, request: Request) -> Response:
    """`/collectives/{name}/followers`: how many, and who where the node shows it."""
    name = request.path_params["name"]
    return await _serve(site, request, lambda: serving.followers(site.cap, name))


async def following(site: Site, request: Request) -> Response:
    """`/collectives/{name}/following`."""
    name = request.path_params["name"]
    return await _serve(site, request, lambda: serving.following(site.cap, name))


async def follows_page(site: Site, request: Request) -> Response:
    """`/collectives/{name}/followers/{page}` and the same of `following`."""
    name, page = request.path_params["name"], request.path_params["page"]
    kind = request.url.path.split("/")[3]
    return await _serve(site, request, lambda: serving.follows_page(site.cap, name, kind, page))


async def featured(site: Site, request: Request) -> Response:
    """`/collectives/{name}/featured`: what a profile shows first."""
    name = request.path_params["name"]
    return await _serve(site, request, lambda: serving.featured(site.cap, name))


async def published_object(site: Site, request: Request) -> Response:
    """`/posts/{uid}` and `/statements/{uid}`."""
    uri = site.cap.urls.page(request.url.path)
    return await _serve(site, request, lambda: serving.published_object(site.cap, uri))


async def object_answers(site: Site, request: Request) -> Response:
    """Likes, shares and replies of an object, under its id."""
    path, _, kind = request.url.path.rpartition("/")
    uri = site.cap.urls.page(path)
    return await _serve(site, request, lambda: serving.answers(site.cap, uri, kind))


async def activity(site: Site, request: Request) -> Response:
    """`/activities/{uid}`."""
    uri = site.cap.urls.page(request.url.path)
    return await _serve(site, request, lambda: serving.activity(site.cap, uri))


async def _serve(
    site: Site, request: Request, read: Callable[[], Awaitable[Served]], *, is_for_listed: bool = True
) -> Response:
    is_document = answers.wants_activity(request)
    if is_document:
        is_for_all = await admit(site, request, is_for_listed=is_for_listed)
    else:
        is_for_all = not (is_for_listed and await admitting.is_listed_only(site.cap))

    async def make() -> CachedAnswer:
        served = await read()
        return _document_answer(served) if is_document else _page_answer(served)

    variant = "document" if is_document else "page-of"
    key = f"{variant}:{request.url.path}"
    if is_for_all:
        return await answers.cached(site, request, key, make)
    return await _privately(site, request, await answers.kept(site, key, make), is_admitted=is_document)


async def _privately(site: Site, request: Request, answer: CachedAnswer, *, is_admitted: bool) -> Response:
    """Send what is for listed servers alone; what has a page leads everybody there."""
    if not is_admitted and ("content-type", ACTIVITY_JSON) in answer.headers:
        await admit(site, request, is_for_listed=True)
    response = answers.send(request, answer)
    response.headers["cache-control"] = "private, no-store"
    return response


async def admit(site: Site, request: Request, *, is_for_listed: bool) -> bool:
    """Let whoever asks for a document through, or refuse them; return whether the answer is for everybody."""
    message = inbox_posts.signed_message(site, request, None) if "signature" in request.headers else None
    return await admitting.admit(site.cap, message, is_for_listed=is_for_listed)


def _document_answer(served: Served) -> CachedAnswer:
    return answers.make_answer(
        served.body,
        ACTIVITY_JSON,
        status=410 if served.is_gone else 200,
        depends_on=served.depends_on,
        headers=_FOR_ALL,
    )


def _page_answer(served: Served) -> CachedAnswer:
    if served.page_url is None and served.is_gone:
        raise NotFound("Nothing is left of this.")
    if served.page_url is None:
        # A collection or an activity has no page; people who are curious see the document itself.
        return _document_answer(served)
    return answers.make_redirect(
        served.page_url, status=303, depends_on=served.depends_on, headers=(("vary", "Accept"),)
    )
