"""`/interact`: a reader names their handle, and is led to their own server to answer, like, boost or follow.

The link is shown, not followed for them: a form may lead nowhere but here, and readers see where they go.
"""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n
from fedinode.errors import Blocked, HandleUnknown, PeerUnavailable
from fedinode.services import leading, reading
from fedinode.web import answers, forms
from fedinode.web.answers import Site

MAX_BODY_BYTES: Final = 4_096
_NO_STORE: Final = {"cache-control": "no-store", "x-robots-tag": "noindex", "content-type": answers.HTML}


async def ask(site: Site, request: Request) -> Response:
    """GET: the form for one of our objects or actors."""
    uri = request.query_params.get("uri", "")
    await leading.require_public(site.cap, uri)
    return await _page(site, request, uri=uri)


async def lead(site: Site, request: Request) -> Response:
    """POST: the way to the reader's own server, or the form again with what was typed."""
    fields = await forms.read_fields(request, MAX_BODY_BYTES)
    uri, handle = fields.get("uri", ""), fields.get("handle", "").strip()
    await leading.require_public(site.cap, uri)
    if not site.errands.is_open():
        raise HTTPException(429)
    _ = i18n.translator(i18n.best_language(request.headers.get("accept-language", "")))
    try:
        url = await leading.lead_home(site.cap, handle, uri)
    except HandleUnknown:
        trouble = _("No server knows this handle. It looks like @name@server.example.")
    except (PeerUnavailable, Blocked):
        trouble = _(
            "That server does not say how to act on posts elsewhere. Search there for the address below."
        )
    else:
        return await _page(site, request, uri=uri, handle=handle, url=url)
    return await _page(site, request, uri=uri, handle=handle, trouble=trouble)


async def _page(site: Site, request: Request, *, uri: str, **found: str) -> Response:
    language = i18n.best_language(request.headers.get("accept-language", ""))
    node = await reading.node(site.cap, language)
    context = {"handle": "", "url": "", "trouble": ""} | found
    body = site.renderer.page(
        "site/interact.html", language, site_name=node.title, accent=node.accent, uri=uri, **context
    )
    return Response(body, headers=_NO_STORE | {"vary": "Accept-Language"})
