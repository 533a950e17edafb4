"""The pages behind the links of letters: confirm, leave, no more news. A GET changes nothing.

A link that is not known, or not any more, leads to a page that says what to do.
"""

import json
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.supporting import confirming, exporting_signers, leaving, tokens
from fedinode.services.supporting.confirming import SignatureView
from fedinode.web import answers, forms, signing_pages
from fedinode.web.answers import Site
from fedinode.web.signing_pages import PRIVATE

_MAX_BODY_BYTES: Final = 4_096
#: What the button says that is not the one to confirm.
_NOT_ME: Final = "not-me"


async def show_confirmation(site: Site, request: Request) -> Response:
    """GET `/sign/confirm/{token}`: what is about to be signed, and two buttons."""
    try:
        view = await confirming.look(site.cap, request.path_params["token"])
    except NotFound:
        return await _unknown(site, request)
    return await _signature(site, "site/sign_confirm.html", view, is_done=False)


async def confirm(site: Site, request: Request) -> Response:
    """POST there: the signature counts; or that was not me."""
    token = request.path_params["token"]
    fields = await forms.read_fields(request, _MAX_BODY_BYTES)
    try:
        view = await confirming.look(site.cap, token)
        if fields.get("do") == _NOT_ME:
            await confirming.disown(site.cap, token)
            return await _signature(site, "site/sign_disowned.html", view, is_done=True)
        await confirming.confirm(site.cap, view, token)
        after = await confirming.look(site.cap, token)
    except NotFound:
        return await _unknown(site, request)
    return await _signature(site, "site/sign_confirm.html", after, is_done=True)


async def show_leaving(site: Site, request: Request) -> Response:
    """GET `/sign/leave/{token}`: what is about to be taken back, and a button."""
    try:
        view = await leaving.look(site.cap, tokens.LEAVE, request.path_params["token"])
    except NotFound:
        return await _unknown(site, request)
    return await _signature(
        site, "site/sign_leave.html", view, is_done=False, data_url=f"{request.url.path}/data"
    )


async def leave(site: Site, request: Request) -> Response:
    """POST there: the signature is taken back."""
    token = request.path_params["token"]
    try:
        before = await leaving.look(site.cap, tokens.LEAVE, token)
        await leaving.leave(site.cap, token)
        after = await leaving.look(site.cap, tokens.LEAVE, token)
    except NotFound:
        return await _unknown(site, request)
    return await _signature(
        site,
        "site/sign_leave.html",
        after,
        is_done=True,
        language=before.language,
        data_url=f"{request.url.path}/data",
    )


async def own_data(site: Site, request: Request) -> Response:
    """GET `/sign/leave/{token}/data`: all that is stored of a signature, for whoever holds its link."""
    try:
        found = await exporting_signers.stored_behind(site.cap, request.path_params["token"])
    except NotFound:
        return await _unknown(site, request)
    body = json.dumps(exporting_signers.as_document(found), ensure_ascii=False, indent=1)
    named = {"content-type": answers.JSON, "content-disposition": 'attachment; filename="signature.json"'}
    return Response(body, headers=PRIVATE | named)


async def show_news(site: Site, request: Request) -> Response:
    """GET `/sign/updates-off/{token}`: a button that ends news."""
    try:
        view = await leaving.look(site.cap, tokens.NEWS, request.path_params["token"])
    except NotFound:
        return await _unknown(site, request)
    return await _signature(site, "site/sign_updates_off.html", view, is_done=False)


async def end_news(site: Site, request: Request) -> Response:
    """POST there, by the button or by a mail program at one click, whatever it sends (RFC 8058)."""
    token = request.path_params["token"]
    try:
        view = await leaving.look(site.cap, tokens.NEWS, token)
        await leaving.end_news(site.cap, token)
    except NotFound:
        return await _unknown(site, request)
    return await _signature(site, "site/sign_updates_off.html", view, is_done=True)


async def _signature(
    site: Site,
    template: str,
    view: SignatureView,
    *,
    is_done: bool,
    language: str | None = None,
    data_url: str = "",
) -> Response:
    body = signing_pages.page(
        site,
        template,
        language or view.language,
        view=view,
        signature=view.signature,
        is_done=is_done,
        data_url=data_url,
    )
    return Response(
        body, status_code=410 if view.state == "withdrawn" and not is_done else 200, headers=PRIVATE
    )


async def _unknown(site: Site, request: Request) -> Response:
    language = i18n.best_language(request.headers.get("accept-language", ""))
    node = await reading.node(site.cap, language)
    body = site.renderer.page("site/sign_unknown.html", language, site_name=node.title, accent=node.accent)
    return Response(body, status_code=404, headers=PRIVATE | {"vary": "Accept-Language"})
