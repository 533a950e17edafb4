"""Pages around the people who sign: the list, the leaflet for the street, the QR code, the pack.

None of them is for search engines: who signs a statement did not sign to be found by name.
"""

import re
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.cache import CachedAnswer
from fedinode.errors import NotFound
from fedinode.services.supporting import handing_out, listing, packing
from fedinode.services.supporting.listing import Asked, SignersView
from fedinode.web import answers, packs, pages
from fedinode.web.answers import Site

SVG: Final = "image/svg+xml; charset=utf-8"
_UNINDEXED: Final = (("x-robots-tag", "noindex, noarchive"),)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


async def signers(site: Site, request: Request) -> Response:
    """`/statements/{uid}/signers`, and in a language: who signed, `?page=`, `?kind=`, `?country=`."""
    uid, language, asked = request.path_params["uid"], pages.language_of(request), _asked(request)

    async def make() -> CachedAnswer:
        view = await listing.signers(site.cap, uid, language, asked)
        return answers.make_answer(
            _list(site, uid, language, view), answers.HTML, depends_on=view.depends_on, headers=_UNINDEXED
        )

    key = f"signers:{uid}:{language}:{asked.page}:{asked.kind}:{asked.country}"
    return await answers.cached(site, request, key, make)


def _asked(request: Request) -> Asked:
    country = request.query_params.get("country") or None
    if country is not None and not _COUNTRY.fullmatch(country):
        raise NotFound("This is no country.")
    kind = request.query_params.get("kind") or None
    if kind is not None and kind not in listing.KINDS:
        raise NotFound("There is no such part of this list.")
    return Asked(page=pages.page_number(request), kind=kind, country=country)


def _list(site: Site, uid: str, language: str | None, view: SignersView) -> bytes:
    stem = site.cap.urls.statement(uid)
    base = f"{stem}/signers" + (f"/{language}" if language else "")
    suffix = f"/{language}" if language else ""
    query = "&".join(
        f"{name}={value}"
        for name, value in (("kind", view.asked.kind), ("country", view.asked.country))
        if value
    )
    return site.renderer.page(
        "site/signers.html",
        view.language,
        view=view,
        site_name=view.node.title,
        accent=view.collective.accent,
        canonical_url=base,
        base_url=base,
        narrowed_url=f"{base}?{query}" if query else base,
        first_number=(view.page - 1) * listing.PAGE_NAMES + 1,
        sign_url=handing_out.sign_url(stem, view.language),
        pack_url=f"{stem}/pack.zip",
        leaflet_url=f"{stem}/leaflet{suffix}",
    )


async def leaflet(site: Site, request: Request) -> Response:
    """`/statements/{uid}/leaflet`, and in a language: a sheet to print."""
    uid, language = request.path_params["uid"], pages.language_of(request)

    async def make() -> CachedAnswer:
        view = await handing_out.leaflet(site.cap, uid, language)
        body = site.renderer.page("site/leaflet.html", view.language, view=view, canonical_url=view.url)
        return answers.make_answer(body, answers.HTML, depends_on=view.depends_on, headers=_UNINDEXED)

    return await answers.cached(site, request, f"leaflet:{uid}:{language}", make)


async def qr_code(site: Site, request: Request) -> Response:
    """`/statements/{uid}/qr.svg`: leads to the statement, or to its form."""
    uid = request.path_params["uid"]

    async def make() -> CachedAnswer:
        code = await handing_out.qr_code(site.cap, uid)
        return answers.make_answer(code.svg, SVG, depends_on=code.depends_on, headers=_UNINDEXED)

    return await answers.cached(site, request, f"qr:{uid}", make)


async def pack(site: Site, request: Request) -> Response:
    """`/statements/{uid}/pack.zip`: everything about a statement in one file."""
    uid = request.path_params["uid"]

    async def make() -> CachedAnswer:
        material = await packing.gather(site.cap, uid)
        if not site.packs.is_open():
            raise HTTPException(429, headers={"retry-after": "60"})
        packed = await packs.make(site.renderer, material)
        headers = (*_UNINDEXED, ("content-disposition", f'attachment; filename="{packed.file_name}"'))
        return answers.make_answer(
            packed.content, "application/zip", depends_on=packed.depends_on, headers=headers
        )

    return await answers.cached(site, request, f"pack:{uid}", make)
