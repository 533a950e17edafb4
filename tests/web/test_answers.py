"""Errors in plain words, health, metrics, files, and what becomes of an exception."""

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from federation import errors as federation_errors
from fedinode import errors as node_errors
from fedinode.app import create_app
from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.resources import resource_dir
from fedinode.services import publishing
from fedinode.services.supporting.limiting import Gate
from fedinode.web import errors
from fedinode.web.answers import Site
from fedinode.web.assets import Assets
from fedinode.web.board import Board
from fedinode.web.rendering import Renderer
from tests.conftest import DatabaseKind
from tests.web.conftest import DOCUMENT, HTML, ORIGIN, Clock, Get, fresh

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: nothing here asks the database in a way of its own."""
    return "sqlite"


NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
LOCAL = "http://127.0.0.1:8000"


def client_of(cap: Capabilities, *, base_url: str = ORIGIN, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(cap), client=(address, 5), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


class Failing:
    """An application whose one page raises what a test wants."""

    def __init__(self, cap: Capabilities) -> None:
        self.error: Exception = RuntimeError()
        templates = resource_dir("templates")
        assets = Assets(templates / "static")
        site = Site(
            cap=cap,
            assets=assets,
            board=Board(cap),
            gate=Gate(cap.settings.limits, cap.clock, time.monotonic),
            complaints=Gate(cap.settings.limits, cap.clock, time.monotonic),
            renderer=Renderer(templates, assets, cap.urls),
        )
        self.app = Starlette(routes=[Route("/", self._fail)], exception_handlers=errors.handlers(site))

    async def _fail(self, request: Request) -> Response:
        raise self.error

    async def ask(self, error: Exception, **headers: str) -> httpx.Response:
        self.error = error
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as asker:
            return await asker.get("/", headers=headers)


@pytest.fixture
def failing(cap: Capabilities) -> Failing:
    return Failing(cap)


STATUS_OF = (
    (node_errors.NotFound("no"), 404),
    (node_errors.Blocked("no"), 403),
    (node_errors.Conflict("no"), 409),
    (node_errors.Busy("no"), 503),
    (node_errors.DiskFull("no"), 503),
    (node_errors.DatabaseLocked("no"), 503),
    (node_errors.ConfigError("no"), 500),
    (federation_errors.Malformed("no"), 400),
    (federation_errors.TooLarge("no"), 413),
    (federation_errors.SignatureRefused("no"), 401),
    (federation_errors.NotAuthorized("no"), 403),
    (RuntimeError("no"), 500),
)


async def test_each_trouble_has_its_status(failing: Failing) -> None:
    for error, status in STATUS_OF:
        response = await failing.ask(error, **HTML)
        assert response.status_code == status, error
        assert response.headers["cache-control"] == "no-store"
        assert ("retry-after" in response.headers) == (status == 503)


async def test_nothing_of_an_exception_is_told(failing: Failing, caplog: pytest.LogCaptureFixture) -> None:
    secret = "SELECT * FROM keys at /var/lib/fedinode"
    for error in (
        RuntimeError(secret),
        node_errors.DatabaseError(secret),
        federation_errors.Malformed(secret),
    ):
        for headers in (HTML, DOCUMENT):
            assert "SELECT" not in (await failing.ask(error, **headers)).text
    assert secret in caplog.text


async def test_people_are_told_in_a_language_they_read(failing: Failing) -> None:
    page = await failing.ask(node_errors.NotFound("no"), accept="text/html", accept_language="xx, en;q=0.5")
    assert '<html lang="en"' in page.text
    assert "There is nothing at this address" in page.text


async def test_what_cannot_be_sent_here_says_what_can(cap: Capabilities) -> None:
    async with client_of(cap) as asker:
        response = await asker.post("/about", content=b"x")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert set(response.json()) == {"error"}


async def test_a_head_request_is_answered_like_a_get(cap: Capabilities) -> None:
    async with client_of(cap) as asker:
        head, got = await asker.head("/about"), await asker.get("/about")
    assert head.status_code == 200
    assert head.headers["content-length"] == got.headers["content-length"]


async def test_every_answer_carries_the_security_headers(get: Get) -> None:
    for path in ("/", "/nothing", "/robots.txt", "/collectives/berlin", "/about/"):
        response = await get(path)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_the_style_sheet_is_kept_for_ever_under_an_address_of_its_content(get: Get) -> None:
    page = (await get("/about")).text
    path = page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    sheet = await get(path)
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    assert (await get("/favicon.ico")).headers["location"].endswith(".svg")


# -- media


@pytest.fixture
async def picture(cap: Capabilities, tmp_path: Path) -> str:
    """The path of the picture of a draft; the draft's page is at /@berlin/de/streik."""
    Image.new("RGB", (40, 30), "red").save(tmp_path / "picture.png")
    manuscript = tmp_path / "with-picture.md"
    manuscript.write_text(
        f'+++\n{NEWS}\n[[media]]\nfile = "picture.png"\nalt = "Ein rotes Feld"\n+++\n\nText.\n', "utf-8"
    )
    await publishing.post(cap, parse_manuscript(manuscript), collective="berlin", draft=True)
    (file,) = cap.settings.media_dir.rglob("*.png")
    return f"/media/{file.relative_to(cap.settings.media_dir)}"


async def test_a_picture_is_public_with_its_post_and_no_longer(
    get: Get, cap: Capabilities, picture: str
) -> None:
    assert (await get(picture)).status_code == 404
    await publishing.publish(cap, f"{ORIGIN}/@berlin/de/streik")
    shown = await get(picture)
    assert shown.status_code == 200
    assert shown.headers["content-type"].startswith("image/")
    page = (await get("/@berlin/de/streik")).text
    assert f'<img src="{ORIGIN}{picture}" alt="Ein rotes Feld" width="40" height="30"' in page
    await publishing.delete(cap, f"{ORIGIN}/@berlin/de/streik")
    await fresh(get, picture, lambda answer: answer.status_code == 404)


async def test_a_picture_whose_bytes_are_lost_is_not_found(get: Get, cap: Capabilities, picture: str) -> None:
    await publishing.publish(cap, f"{ORIGIN}/@berlin/de/streik")
    (cap.settings.media_dir / picture.removeprefix("/media/")).unlink()
    assert (await get(picture)).status_code == 404


async def test_a_picture_is_shown_as_itself_alone(get: Get, cap: Capabilities, picture: str) -> None:
    await publishing.publish(cap, f"{ORIGIN}/@berlin/de/streik")
    headers = (await get(picture)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in headers["content-security-policy"]
    assert "immutable" in headers["cache-control"]
    assert str(cap.settings.media_dir) not in str(headers)


# -- health and metrics


async def test_health_shows_which_loop_has_stopped(get: Get, cap: Capabilities, clock: Clock) -> None:
    cap.vitals.beat("journal", clock())
    assert (await get("/healthz")).json() == {"status": "ok", "stalled": []}
    clock.now += timedelta(minutes=5)
    response = await get("/healthz")
    assert response.status_code == 503
    assert response.json() == {"status": "stalled", "stalled": ["journal"]}


async def test_metrics_are_for_this_machine(cap: Capabilities) -> None:
    cap.vitals.count("received.accepted", 3)
    async with client_of(cap, base_url=LOCAL) as asker:
        text = (await asker.get("/metrics")).text
    assert 'fedinode_events_total{event="received.accepted"} 3' in text


STRANGERS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (ORIGIN, "127.0.0.1", {}),
    (LOCAL, "203.0.113.5", {}),
    (LOCAL, "127.0.0.1", {"x-forwarded-for": "203.0.113.5"}),
    (LOCAL, "127.0.0.1", {"forwarded": "for=203.0.113.5"}),
    (LOCAL, "203.0.113.5", {"authorization": "Bearer wrong"}),
)


async def test_metrics_are_hidden_from_everybody_else(cap: Capabilities) -> None:
    guarded = replace(cap, settings=replace(cap.settings, metrics_token="right"))
    for base_url, address, headers in STRANGERS:
        async with client_of(guarded, base_url=base_url, address=address) as asker:
            assert (await asker.get("/metrics", headers=headers)).status_code == 404


async def test_metrics_are_for_those_with_the_token(cap: Capabilities) -> None:
    guarded = replace(cap, settings=replace(cap.settings, metrics_token="right"))
    async with client_of(guarded, address="203.0.113.5") as asker:
        assert (await asker.get("/metrics", headers={"authorization": "Bearer right"})).status_code == 200


async def test_no_empty_token_opens_the_metrics(cap: Capabilities) -> None:
    async with client_of(cap, address="203.0.113.5") as asker:
        assert (await asker.get("/metrics", headers={"authorization": "Bearer "})).status_code == 404
