"""Finds a route by the first part of the path, so that a long table costs no more than a short one.

Comparing a path with seventy patterns takes longer than all the rest of an answer that is kept.
"""

from collections.abc import Sequence

from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

#: Stands for first parts that are no fixed word: a language, the name of a theme.
_ANY = "{"
#: All pages of collectives begin so.
_COLLECTIVE = "@"


class Directory(Router):
    """A router over a table whose order matters only among paths with the same first part."""

    def __init__(self, routes: Sequence[Route]) -> None:
        # A path that ends with a slash is answered in web.errors: a redirect from here would name the scheme
        # that the proxy speaks to us.
        super().__init__(routes, redirect_slashes=False)
        self._by_first: dict[str, Router] = {}
        for first in {_first(route.path) for route in routes}:
            same = [route for route in routes if _first(route.path) == first]
            self._by_first[first] = Router(same, redirect_slashes=False)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().app(scope, receive, send)
            return
        fallback = self._by_first[_ANY]
        await self._by_first.get(_first(scope["path"]), fallback).app(scope, receive, send)


def _first(path: str) -> str:
    first = path.removeprefix("/").partition("/")[0]
    if first.startswith(_COLLECTIVE):
        return _COLLECTIVE
    return _ANY if _ANY in first else first
