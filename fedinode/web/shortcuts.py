"""The shortest way to a kept answer: from the bytes of a request to the answer, past routes and handlers.

The outermost layer, pure ASGI. A handler that answers from the cache leaves a mark on the request; what was
sent then is remembered for requests with the same host, path, query and Accept, and only for as long as the
cache keeps that very answer. Everything else takes the long way.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fedinode.cache import Cache, CachedAnswer
from fedinode.web import conditional

#: Under this name a request carries the key of the cache and the answer that it was given.
MARK: Final = "fedinode.kept"
#: Ways that are remembered; whoever asks with ever new queries makes us forget the others, no more.
MAX_WAYS: Final = 2_000
MAX_QUERY_BYTES: Final = 300
_METHODS: Final = frozenset({"GET", "HEAD"})
_OF_BODY: Final = frozenset({b"content-type", b"content-length"})

Headers = list[tuple[bytes, bytes]]
#: Host, path, query and Accept, as they were sent.
Asked = tuple[bytes, bytes, bytes, bytes]


def mark(scope: Scope, key: str, answer: CachedAnswer) -> None:
    """Note on a request that this answer is what everybody gets who asks for the same."""
    scope[MARK] = (key, answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """Where the answer lies, which one it was, and the heads of both forms it is sent in."""

    key: str
    answer: weakref.ref[CachedAnswer]
    start: Message
    start_known: Message


class Shortcuts:
    """Answers from the cache before anything else is asked."""

    def __init__(self, app: ASGIApp, cache: Cache, drop_stale: Callable[[], None]) -> None:
        self._app = app
        self._cache = cache
        #: Drops what is no longer true from the cache; called before each look.
        self._drop_stale = drop_stale
        self._ways: dict[Asked, _Way] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _METHODS:
            await self._app(scope, receive, send)
            return
        asked, known = _read(scope)
        way = None if asked is None else self._ways.get(asked)
        answer = None if way is None else self._find(way)
        if way is not None and answer is not None:
            await _send(send, way, answer, known)
        elif asked is None:
            await self._app(scope, receive, send)
        else:
            await self._learn(asked, scope, receive, send)

    def _find(self, way: _Way) -> CachedAnswer | None:
        self._drop_stale()
        answer = self._cache.find(way.key)
        return answer if answer is way.answer() else None

    async def _learn(self, asked: Asked, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_remember(message: Message) -> None:
            if message["type"] == "http.response.start" and MARK in scope:
                key, answer = scope[MARK]
                self._remember(asked, key, answer, message)
            await send(message)

        await self._app(scope, receive, send_and_remember)

    def _remember(self, asked: Asked, key: str, answer: CachedAnswer, sent: Message) -> None:
        if sent["status"] not in (answer.status, 304) or self._cache.find(key) is not answer:
            return
        if len(self._ways) >= MAX_WAYS:
            self._ways.clear()
        self._ways[asked] = _way(key, answer, sent["headers"])


def _way(key: str, answer: CachedAnswer, sent: Headers) -> _Way:
    common = [pair for pair in sent if pair[0] not in _OF_BODY]
    kind = [(name.encode(), value.encode()) for name, value in answer.headers if name == "content-type"]
    length = (b"content-length", str(len(answer.body)).encode())
    start = {"type": "http.response.start", "status": answer.status, "headers": [*common, *kind, length]}
    start_known = {"type": "http.response.start", "status": 304, "headers": common}
    return _Way(key=key, answer=weakref.ref(answer), start=start, start_known=start_known)


async def _send(send: Send, way: _Way, answer: CachedAnswer, known: bytes | None) -> None:
    is_known = known is not None and conditional.is_known(answer, known.decode("latin-1"))
    await send(way.start_known if is_known else way.start)
    await send({"type": "http.response.body", "body": b"" if is_known else answer.body})


def _read(scope: Scope) -> tuple[Asked | None, bytes | None]:
    """Return what is asked for, if it can be told by these four alone, and the ETags the asker has."""
    host = accept = known = None
    for name, value in scope["headers"]:
        if name == b"host":
            if host is not None:
                return None, None
            host = value
        elif name == b"accept":
            accept = value if accept is None else accept + b"," + value
        elif name == b"signature":
            # Who it is matters: some are refused.
            return None, None
        elif name == b"if-none-match":
            known = value if known is None else known + b"," + value
    if host is None or len(scope["query_string"]) > MAX_QUERY_BYTES:
        return None, None
    return (host, scope["raw_path"], scope["query_string"], accept or b""), known
