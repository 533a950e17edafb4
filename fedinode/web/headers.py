"""What every answer carries, and who may ask: the outermost layer, pure ASGI.

Headers that a handler set itself are left alone. No request is read and no answer is held here.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: No scripts, no frames, no inline styles, nothing from elsewhere.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_DEFAULTS: Final = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-frame-options", "DENY"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
)
#: What an answer's own policy says if it may stand in frames of other sites.
_FRAMED: Final = b"frame-ancestors *"
_POLICY: Final = b"content-security-policy"
_NO_FRAMES: Final = b"x-frame-options"
_HTTPS_ONLY: Final = ("strict-transport-security", "max-age=31536000")
#: Answered under any name: a watchdog asks by address.
ANY_HOST: Final = frozenset({"/healthz", "/metrics"})
_DEFAULT_PORTS: Final = {"https": ":443", "http": ":80"}


class Headers:
    """Adds the security headers, and answers 421 to requests that were meant for another host."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        scheme, _, self._host = origin.partition("://")
        self._default_port = _DEFAULT_PORTS[scheme]
        defaults = (*_DEFAULTS, _HTTPS_ONLY) if scheme == "https" else _DEFAULTS
        self._defaults = tuple((name.encode(), value.encode()) for name, value in defaults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(message)
            await send(message)

        if scope["path"] in ANY_HOST or self._is_ours(scope):
            await self._app(scope, receive, send_with_headers)
        else:
            await _refuse(send_with_headers)

    def _complete(self, message: Message) -> None:
        present = {name for name, _ in message["headers"]}
        if any(name == _POLICY and _FRAMED in value for name, value in message["headers"]):
            # The older header knows no word for "anywhere".
            present.add(_NO_FRAMES)
        missing = [pair for pair in self._defaults if pair[0] not in present]
        message["headers"] = [*message["headers"], *missing]

    def _is_ours(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            return False
        return str(hosts[0].decode("latin-1")).lower().removesuffix(self._default_port) == self._host


async def _refuse(send: Send) -> None:
    # The origin comes from the configuration alone: no answer may be made for a name that is not ours.
    body = b"This server does not answer for this host name.\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
