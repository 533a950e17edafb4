"""`/interact`: a reader names their handle, and is led to their own server to answer, like, boost or follow.

The link is shown, not followed for them: a form may lead nowhere but here, and readers see where they go.
"""

from dataclasses import dataclass
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode import i18n
from fedinode.errors import Blocked, HandleUnknown, PeerUnavailable, ServerSilent
from fedinode.services import leading, reading
from fedinode.services.supporting import agreed_words
from fedinode.services.supporting.agreed_words import Meaning
from fedinode.web import answers, forms
from fedinode.web.answers import Site

MAX_BODY_BYTES: Final = 4_096
#: What a button of the form asks for, and the activity that it is. Spec: FEP-3b86.
_ACTIVITIES: Final = {"reply": "Create", "like": "Like", "share": "Announce", "follow": "Follow"}
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
    activity = _ACTIVITIES.get(fields.get("intent", ""), "")
    signing = await _signing(site, request, uri) if fields.get("sign") else None
    await leading.require_public(site.cap, uri)
    if not site.errands.is_open():
        raise HTTPException(429)
    _ = i18n.translator(_language(request))
    try:
        if signing is None:
            url, is_written = await leading.lead_home(site.cap, handle, uri, activity), False
        else:
            way = await leading.lead_to_sign(site.cap, handle, uri, signing.message)
            url, is_written = way.url, way.is_written
    except HandleUnknown:
        trouble = _("No server knows this handle. It looks like @name@server.example.")
    except ServerSilent:
        trouble = _("The server in this handle cannot be reached. Look whether its name is right.")
    except (PeerUnavailable, Blocked):
        trouble = _(
            "That server does not say how to act on posts elsewhere. Search there for the address below."
        )
    else:
        return await _page(
            site, request, uri=uri, handle=handle, url=url, signing=signing, is_written=is_written
        )
    return await _page(site, request, uri=uri, handle=handle, trouble=trouble, signing=signing)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signing:
    """What somebody sends to sign: to whom, which word, and the whole message."""

    handle: str
    word: str
    message: str


async def _signing(site: Site, request: Request, uri: str) -> _Signing:
    """Return what is sent to sign a statement, in the reader's language. Raises: NotFound."""
    subject = await leading.require_signable(site.cap, uri)
    handle = site.cap.urls.handle(subject.collective.name)
    word = agreed_words.word(Meaning.SIGN, _language(request))
    return _Signing(handle=handle, word=word, message=f"{handle} {word} {uri}")


def _language(request: Request) -> str:
    return i18n.best_language(request.headers.get("accept-language", ""))


async def _page(site: Site, request: Request, *, uri: str, **found: object) -> Response:
    language = _language(request)
    node = await reading.node(site.cap, language)
    context = {"handle": "", "url": "", "trouble": "", "signing": None, "is_written": False} | found
    body = site.renderer.page(
        "site/interact.html",
        language,
        site_name=node.title,
        accent=node.accent,
        uri=uri,
        is_actor=uri.startswith(site.cap.urls.collective("")),
        **context,
    )
    return Response(body, headers=_NO_STORE | {"vary": "Accept-Language"})
