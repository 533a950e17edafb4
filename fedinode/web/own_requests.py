"""Requests that this process puts to its own site, without a connection: their answers are then kept."""

from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message

from fedinode.capabilities import AskOwnSite
from fedinode.urls import Urls


def asker(app: ASGIApp, urls: Urls) -> AskOwnSite:
    """Return a function that asks the application for an address of ours and returns the status."""

    async def ask(url: str, accept: str) -> int:
        statuses: list[int] = []

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        await app(_scope(urls, url, accept), receive, send)
        return statuses[0]

    return ask


def _scope(urls: Urls, url: str, accept: str) -> dict[str, Any]:
    path, _, query = url.removeprefix(urls.origin).partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": urls.origin.partition(":")[0],
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", urls.host.encode()), (b"accept", accept.encode())],
        "client": None,
        "server": None,
    }
