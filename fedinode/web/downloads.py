"""Files: our own static ones, and the media of public posts."""

from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from federation.errors import FederationError
from fedinode.cache import CachedAnswer
from fedinode.errors import Blocked, NotFound
from fedinode.services import lending
from fedinode.services.cosigning import attaching
from fedinode.web import answers, inbox_posts, themes
from fedinode.web.answers import Site

#: A file that somebody made is shown as itself alone: nothing in it may load or run anything.
_MEDIA_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": answers.FOR_EVER,
}
#: What browsers show; everything else is saved.
_SHOWN: Final = frozenset({"image/webp", "image/jpeg", "image/png", "image/gif", "image/avif"})


async def static_file(site: Site, request: Request) -> Response:
    """`/static/{file}`: style sheet and icons, under addresses that name their content."""
    asset = site.assets.find(request.url.path)
    if asset is None:
        raise NotFound("There is no such file.")

    async def make() -> CachedAnswer:
        return answers.make_answer(
            asset.body, asset.media_type, depends_on=(), cache_control=answers.FOR_EVER
        )

    return await answers.cached(site, request, asset.path, make)


async def theme(site: Site, request: Request) -> Response:
    """`/theme-{colour}-{release}.css`: the colours of a collective's pages."""
    colour = themes.colour_of(request.url.path)
    if colour is None:
        raise NotFound("There is no such theme.")

    async def make() -> CachedAnswer:
        body = themes.style_sheet(colour).encode()
        return answers.make_answer(
            body, "text/css; charset=utf-8", depends_on=(), cache_control=answers.FOR_EVER
        )

    return await answers.cached(site, request, f"theme:{colour}", make)


async def favicon(site: Site, request: Request) -> Response:
    """`/favicon.ico`: asked for by programs that do not read the page's head."""
    return Response(status_code=308, headers={"location": site.cap.urls.page(site.assets.path("icon.svg"))})


async def media_file(site: Site, request: Request) -> Response:
    """`/media/{file}`: pictures of public posts; those of a draft for the cells that are asked to sign it."""
    try:
        return await _public_file(site, request.path_params["file"])
    except NotFound:
        if "signature" not in request.headers:
            raise
        return await _draft_file(site, request)


async def _draft_file(site: Site, request: Request) -> Response:
    message = inbox_posts.signed_message(site, request, None)
    try:
        found = await attaching.lend_draft_file(site.cap, request.path_params["file"], message)
    except (FederationError, Blocked) as error:
        # Whoever is not asked learns nothing, not even that there is a file.
        raise NotFound("There is no such file.") from error
    headers = {**_MEDIA_HEADERS, "cache-control": "private, no-store"}
    path = site.cap.settings.media_dir / found.name
    return FileResponse(path, media_type=found.media_type, headers=headers, filename=found.name)


async def _public_file(site: Site, name: str) -> Response:

    async def make() -> CachedAnswer:
        # Only that the file is public is kept here; its bytes are sent from the disk.
        found = await lending.media_file(site.cap, name)
        headers = (("content-type", found.media_type), ("x-path", str(found.path)))
        return CachedAnswer(status=200, headers=headers, body=b"", depends_on=found.depends_on)

    found = dict((await answers.kept(site, f"media:{name}", make)).headers)
    media_type = found["content-type"]
    return FileResponse(
        found["x-path"],
        media_type=media_type,
        headers=_MEDIA_HEADERS,
        content_disposition_type="inline" if media_type in _SHOWN else "attachment",
        filename=None if media_type in _SHOWN else name,
    )
