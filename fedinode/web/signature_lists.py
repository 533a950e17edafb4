"""Lists of co-signatures over HTTP: at the author, and as copies at every cell that signed."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from federation import jsonld
from federation.cosigning import bundle as bundles
from federation.negotiation import ACTIVITY_JSON
from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.services.cosigning import exposing, naming
from fedinode.services.cosigning.exposing import Exposed, Find
from fedinode.services.serving import Served
from fedinode.web import answers
from fedinode.web.answers import Site

JSON_LINES: Final = "application/jsonl; charset=utf-8"
#: Anybody may check a list, from any page.
_FOR_ALL: Final = (
    ("access-control-allow-origin", "*"),
    ("cross-origin-resource-policy", "cross-origin"),
)
Headers = tuple[tuple[str, str], ...]
_UNINDEXED: Final[Headers] = (("x-robots-tag", "noindex, noarchive"),)
_CURSOR = re.compile(r"[0-9]{1,18}")


async def bundle_json(site: Site, request: Request) -> Response:
    """`/statements/{uid}/bundle.json`, whole, or after a cursor."""
    return await _bundle(site, request, exposing.by_statement(_statement_uri(site, request)))


async def mirror(site: Site, request: Request) -> Response:
    """`/mirror/{digest}` and `/mirror/{digest}/bundle.json`: the same, of every statement that we keep."""
    return await _bundle(site, request, exposing.by_digest(request.path_params["digest"]))


async def bundle_lines(site: Site, request: Request) -> Response:
    """`/statements/{uid}/bundle.jsonl`: one record a line."""
    find = exposing.by_statement(_statement_uri(site, request))

    async def make() -> CachedAnswer:
        exposed = await exposing.bundle(site.cap, find, None)
        return _answer(b"".join(bundles.dump_lines(exposed.document)), JSON_LINES, exposed)

    return await answers.cached(site, request, f"list:{request.url.path}", make)


async def collection(site: Site, request: Request) -> Response:
    """`/statements/{uid}/cosignatures` and its pages."""
    uri, page = _statement_uri(site, request), request.path_params.get("page")
    return await _document(site, request, lambda: exposing.collection_of(site.cap, uri, page))


async def checkpoint(site: Site, request: Request) -> Response:
    """`/statements/{uid}/cosignatures/checkpoint`."""
    uri = _statement_uri(site, request)
    return await _document(site, request, lambda: exposing.checkpoint(site.cap, uri))


async def names(site: Site, request: Request) -> Response:
    """`/statements/{uid}/signer-lists/{page}`: names of people, for those who keep copies."""
    uri, number = _statement_uri(site, request), request.path_params["page"]
    return await _record(site, request, lambda: naming.page(site.cap, uri, number), _UNINDEXED)


async def witness(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/witness`: which keys this node saw at their origins."""
    digest = request.path_params["digest"]
    return await _document(site, request, lambda: exposing.witness(site.cap, digest))


async def mirrored_file(site: Site, request: Request) -> Response:
    """`/mirror/{digest}/{file}`: a file that belongs to a text, by its own digest."""
    params = request.path_params
    found = await exposing.mirrored_file(site.cap, params["digest"], params["file"])
    headers = {
        "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "content-disposition": f'attachment; filename="{found.file_name}"',
        "x-content-type-options": "nosniff",
        "cache-control": answers.REVALIDATE,
        **dict(_FOR_ALL),
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


async def find_mirror(site: Site, request: Request) -> Response:
    """`/mirror?statement=URL`: leads from a dead address to the copy that is kept here."""
    wanted = request.query_params.get("statement", "")
    url = await exposing.mirror_of(site.cap, wanted)
    return Response(status_code=303, headers={"location": url, "cache-control": answers.REVALIDATE})


async def co_signature(site: Site, request: Request) -> Response:
    """`/cosignatures/{uid}`."""
    uri = site.cap.urls.page(request.url.path)
    return await _record(site, request, lambda: exposing.co_signature(site.cap, uri))


async def authorization(site: Site, request: Request) -> Response:
    """`/cosign-authorizations/{uid}`."""
    uri = site.cap.urls.page(request.url.path)
    return await _record(site, request, lambda: exposing.authorization(site.cap, uri))


async def signed_text(site: Site, request: Request) -> Response:
    """`/signed-texts/{digest}`: the bytes whose digest that is."""
    body = await exposing.signed_text(site.cap, request.path_params["digest"])
    answer = answers.make_answer(
        body, answers.JSON, depends_on=(), cache_control=answers.FOR_EVER, headers=_FOR_ALL
    )
    return answers.send(request, answer)


# -- parts


def _statement_uri(site: Site, request: Request) -> str:
    return site.cap.urls.statement(request.path_params["uid"])


async def _bundle(site: Site, request: Request, find: Find) -> Response:
    after = _cursor(request)

    async def make() -> CachedAnswer:
        exposed = await exposing.bundle(site.cap, find, after)
        return _answer(jsonld.dump(exposed.document), answers.JSON, exposed)

    return await answers.cached(site, request, f"list:{request.url.path}:{after}", make)


def _cursor(request: Request) -> int | None:
    written = request.query_params.get("after")
    if written is not None and not _CURSOR.fullmatch(written):
        raise NotFound("This is no place in the list.")
    return None if written is None else int(written)


async def _document(site: Site, request: Request, expose: Callable[[], Awaitable[Exposed]]) -> Response:
    async def make() -> CachedAnswer:
        exposed = await expose()
        body = jsonld.dump(exposed.document)
        return answers.make_answer(body, ACTIVITY_JSON, depends_on=exposed.depends_on, headers=_FOR_ALL)

    return await answers.cached(site, request, f"list:{request.url.path}", make)


async def _record(
    site: Site, request: Request, read: Callable[[], Awaitable[Served]], headers: Headers = ()
) -> Response:
    async def make() -> CachedAnswer:
        served = await read()
        status = 410 if served.is_gone else 200
        return answers.make_answer(
            served.body,
            ACTIVITY_JSON,
            status=status,
            depends_on=served.depends_on,
            headers=_FOR_ALL + headers,
        )

    return await answers.cached(site, request, f"list:{request.url.path}", make)


def _answer(body: bytes, media_type: str, exposed: Exposed) -> CachedAnswer:
    """Make an answer whose ETag is the state of the list: equal wherever the list is equal."""
    etag = f'"{exposed.state}"'
    standard = (("content-type", media_type), ("cache-control", answers.REVALIDATE), ("etag", etag))
    return CachedAnswer(
        status=200, headers=standard + _FOR_ALL, body=body, etag=etag, depends_on=exposed.depends_on
    )
