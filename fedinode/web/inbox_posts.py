"""POST to an inbox: bytes counted, made a message, handed to `receiving`, answered 202 after the commit."""

import asyncio
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from federation import jsonld, negotiation
from federation.errors import FederationError, SignatureRefused, TooLarge
from federation.signatures import HttpMessage
from fedinode.errors import NodeError
from fedinode.services import receiving
from fedinode.web.answers import Site

#: A body that takes longer is given up: the sender tries again.
BODY_SECONDS: Final = 30.0


async def post_inbox(site: Site, request: Request) -> Response:
    """`/inbox`, `/actor/inbox` and `/collectives/{name}/inbox`."""
    count = site.cap.vitals.count
    try:
        message = await _read_message(site, request)
        await receiving.receive(site.cap, message, collective=request.path_params.get("name"))
    except HTTPException as error:
        count(f"refused.{error.status_code}")
        raise
    except FederationError as error:
        count(f"refused.{error.code}")
        raise
    except NodeError as error:
        count(f"refused.{type(error).__name__.lower()}")
        raise
    except ClientDisconnect:
        count("refused.hung_up")
        return Response(status_code=400)
    return Response(status_code=202)


async def _read_message(site: Site, request: Request) -> HttpMessage:
    if not negotiation.is_inbox_type(request.headers.get("content-type")):
        raise HTTPException(415)
    # Whoever does not even claim to be somebody is not listened to.
    if "signature" not in request.headers:
        raise SignatureRefused("the request is not signed")
    return signed_message(site, request, await read_body(request))


def signed_message(site: Site, request: Request, body: bytes | None) -> HttpMessage:
    """Return a request as its signature sees it."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)
    return HttpMessage(
        method=request.method,
        target_uri=site.cap.settings.origin + _raw_target(request),
        headers=headers,
        body=body,
    )


def _raw_target(request: Request) -> str:
    # As sent: a decoded path has another signature.
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


async def read_body(request: Request, *, seconds: float = BODY_SECONDS) -> bytes:
    """Read a body of at most 1 MiB in a bounded time. Raises: TooLarge, HTTPException."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                # Counted: a Content-Length is a promise, and chunks come without one.
                if len(body) > jsonld.MAX_DOCUMENT_BYTES:
                    raise TooLarge("the body is longer than an inbox takes")
    except TimeoutError as error:
        raise HTTPException(408) from error
    return bytes(body)
