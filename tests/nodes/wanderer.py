"""An anonymous visitor that asks for everything: each route of the application, in every form of asking.

The routes are the application's own table, so that a new one is asked for without a word here. What stands
for the parts of a path is told by the test.
"""

import contextlib
import http.client
import itertools
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fedinode import app
from fedinode.admin import table
from tests.nodes.harness import ACTIVITY_JSON, Node

_PART = re.compile(r"\{(\w+)(?::\w+)?\}")
_ACCEPTS = ("text/html", ACTIVITY_JSON, "application/json")
_CONDITIONS = {
    "if-none-match": "*",
    "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT",
    "range": "bytes=0-99",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One answer: to what, its status, and everything that it says but for the asker's own path."""

    question: str
    status: int
    said: str


def paths(known: Mapping[str, Sequence[str]]) -> list[str]:
    """Return each path of the table with every combination of what is known to stand for its parts."""
    public = [path for each, _ in (*app.READ, *app.RECEIVED) for path in _filled(each, known)]
    # Who is not signed in is led away from each door of the desk before anything is looked up.
    one = {name: values[:1] for name, values in known.items()}
    doors = [path for each, _, _ in table.DOORS for path in _filled(each, one)]
    return list(dict.fromkeys([*public, *doors]))


def _filled(path: str, known: Mapping[str, Sequence[str]]) -> Iterator[str]:
    # Who does not know what belongs into a new path tries what it knows.
    parts = (known.get(name, known["uid"]) for name in _PART.findall(path))
    for values in itertools.product(*parts):
        filled = path
        for value in values:
            filled = _PART.sub(urllib.parse.quote(value).replace("\\", ""), filled, count=1)
        yield filled


def wander(
    node: Node, addresses: Sequence[str], query: str, is_idle: Callable[[str], bool] = lambda _: False
) -> Iterator[Seen]:
    """Ask for each address in every form: by each kind of reader, with conditions, and with a query.

    Those that are idle, since nothing can be there, are asked for by each kind of reader and no more.
    """
    visitor = http.client.HTTPConnection("127.0.0.1", node.port, timeout=20.0)
    with contextlib.closing(visitor):
        for address in addresses:
            for accept in _ACCEPTS:
                yield _ask(visitor, node, "GET", address, {"accept": accept})
            if is_idle(address):
                continue
            yield _ask(visitor, node, "HEAD", address, {"accept": "text/html", **_CONDITIONS})
            yield _ask(visitor, node, "GET", f"{address}?{query}", {"accept": "text/html", **_CONDITIONS})


def _ask(
    visitor: http.client.HTTPConnection, node: Node, method: str, address: str, headers: Mapping[str, str]
) -> Seen:
    visitor.request(method, address, headers={"host": node.host, **headers})
    answer = visitor.getresponse()
    words = [f"{name}: {value}" for name, value in answer.getheaders()] + [
        "",
        answer.read().decode("utf-8", "replace"),
    ]
    said = "\n".join(words).replace(urllib.parse.unquote(address), "").replace(address, "")
    return Seen(f"{method} {address} for {headers['accept']}", answer.status, said)
