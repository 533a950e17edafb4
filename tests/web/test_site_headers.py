"""The outermost layer: security headers on every answer, and no answer for other hosts."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from fedinode.web.headers import Headers

pytestmark = pytest.mark.anyio


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    own = [(b"cross-origin-resource-policy", b"cross-origin")] if scope["path"] == "/media/x.webp" else []
    await send({"type": "http.response.start", "status": 200, "headers": own})
    await send({"type": "http.response.body", "body": b"yes"})


async def get(url: str, *, origin: str = "https://berlin.example", host: str | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=Headers(answer, origin))
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.get(url, headers={"host": host} if host else {})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000"),
    ],
)
async def test_every_answer_carries_the_header(name: str, value: str) -> None:
    assert (await get("https://berlin.example/")).headers[name] == value


async def test_the_policy_allows_no_script_no_frame_and_nothing_from_elsewhere() -> None:
    policy = (await get("https://berlin.example/")).headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert "script-src" not in directives
    assert not any("unsafe" in value or "http" in value or "*" in value for value in directives.values())


async def test_a_header_that_the_handler_set_is_left_alone() -> None:
    response = await get("https://berlin.example/media/x.webp")
    assert response.headers.get_list("cross-origin-resource-policy") == ["cross-origin"]


@pytest.mark.parametrize(
    "host", ["tbilisi.example", "berlin.example.evil.example", "", "berlin.example:8443"]
)
async def test_a_request_for_another_host_is_misdirected(host: str) -> None:
    response = await get("https://berlin.example/", host=host or "-")
    assert response.status_code == 421
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "evil" not in response.text


async def test_the_default_port_and_capitals_are_the_same_host() -> None:
    assert (await get("https://berlin.example/", host="Berlin.Example:443")).status_code == 200


async def test_a_port_in_the_origin_belongs_to_the_host() -> None:
    origin = "http://berlin.localhost:8001"
    assert (await get(f"{origin}/", origin=origin)).status_code == 200
    assert (await get(f"{origin}/", origin=origin, host="berlin.localhost")).status_code == 421


async def test_plain_http_promises_no_https() -> None:
    origin = "http://berlin.localhost:8001"
    assert "strict-transport-security" not in (await get(f"{origin}/", origin=origin)).headers


async def test_a_watchdog_may_ask_by_address() -> None:
    assert (await get("https://berlin.example/healthz", host="127.0.0.1:8000")).status_code == 200


async def test_two_host_headers_are_refused() -> None:
    transport = httpx.ASGITransport(app=Headers(answer, "https://berlin.example"))
    async with httpx.AsyncClient(transport=transport) as client:
        headers = [("host", "berlin.example"), ("host", "evil.example")]
        response = await client.get("https://berlin.example/", headers=headers)
    assert response.status_code == 421
