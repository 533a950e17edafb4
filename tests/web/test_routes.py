"""The table of routes: every path is answered by its own handler, found by its first part."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from fedinode import app
from fedinode.web.directory import Directory

pytestmark = pytest.mark.anyio


async def name_it(request: Request) -> Response:
    return PlainTextResponse(f"{request['route'].path} {dict(request.path_params)}")


@pytest.fixture
def client() -> httpx.AsyncClient:
    application = Starlette()
    application.router = Directory(
        [Route("/inbox", name_it, methods=["POST"]), *(Route(path, name_it) for path, _ in app.READ)]
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=application), base_url="https://berlin.example"
    )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/ {}"),
        ("/about", "/about {}"),
        ("/de", "/{language} {'language': 'de'}"),
        ("/de/feed.atom", "/{language}/feed.atom {'language': 'de'}"),
        ("/@berlin", "/@{name} {'name': 'berlin'}"),
        ("/@berlin/feed.atom", "/@{name}/feed.atom {'name': 'berlin'}"),
        ("/@berlin/de", "/@{name}/{language} {'name': 'berlin', 'language': 'de'}"),
        ("/@berlin/events.ics", "/@{name}/events.ics {'name': 'berlin'}"),
        ("/posts/x", "/posts/{uid} {'uid': 'x'}"),
        ("/collectives/berlin/outbox/2", "/collectives/{name}/outbox/{page} {'name': 'berlin', 'page': 2}"),
        ("/.well-known/webfinger", "/.well-known/webfinger {}"),
    ],
)
async def test_a_path_is_answered_by_its_own_handler(
    client: httpx.AsyncClient, path: str, route: str
) -> None:
    assert (await client.get(path)).text.replace(":int}", "}") == route


@pytest.mark.parametrize("path", ["//", "//evil.example/x", "/posts", "/a/b/c/d", "/static/a/b", "/@/", "/{"])
async def test_a_path_that_is_in_no_table_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(httpx.URL(scheme="https", host="berlin.example", path=path))
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or answer.text.startswith("/{language}")


async def test_the_wrong_method_is_told_the_right_one(client: httpx.AsyncClient) -> None:
    answer = await client.get("/inbox")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_every_path_stands_once_in_the_table() -> None:
    paths = [path for path, _ in app.READ]
    assert len(paths) == len(set(paths))
