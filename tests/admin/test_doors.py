"""Who gets to the desk, and who does not."""

import re
from dataclasses import replace

import pytest

from fedinode.capabilities import Capabilities
from fedinode.config import MembersSettings, Settings
from tests.admin import who_may
from tests.admin.conftest import Browser, open_browser
from tests.web.conftest import ORIGIN

pytestmark = pytest.mark.anyio

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@ONE_DATABASE
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site", "origin": ORIGIN},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(
    cap: Capabilities, browser: Browser, headers: dict[str, str]
) -> None:
    await browser.sign_in(cap, "mira@example.org", "owner")
    asked = (who_may.OPEN - who_may.BY_LETTER) | set(who_may.MEMBERS)
    for path, verb in sorted(asked):
        if verb == "POST":
            assert (await browser.post(path, headers=headers)).status_code == 403, path
    assert (await browser.get("/desk")).status_code == 200


@ONE_DATABASE
async def test_a_form_without_the_seal_of_this_session_is_refused(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "owner")
    await other.sign_in(cap, "ben@example.org", "owner")
    assert browser.seal != other.seal
    for seal in ("", other.seal, "f" * 64, "é" * 64):
        answer = await browser.post("/desk/account/sessions", seal=seal)
        assert answer.status_code == 403
    assert (await browser.post("/desk/account/sessions")).status_code == 303


@ONE_DATABASE
async def test_the_cookie_is_for_this_host_alone_and_pages_are_kept_by_nobody(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "reader")
    answer = await browser.get("/desk")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    out = await browser.post("/sign-out")
    cookie = out.headers["set-cookie"]
    assert cookie.startswith("__Host-desk=")
    for word in ("HttpOnly", "Secure", "Path=/", "SameSite=lax", "Max-Age=0"):
        assert word in cookie
    assert (await browser.get("/desk")).headers["location"] == "/sign-in"


async def test_looking_at_a_link_does_not_use_it_up(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "mira@example.org", "reader")
    answer = await browser.get("/sign-in/nonsense")
    assert answer.status_code == 404
    assert "does not work any more" in answer.text
    answer = await browser.post("/sign-in/nonsense")
    assert answer.status_code == 404
    assert (await browser.get("/sign-in")).headers["location"] == "/desk"


async def test_a_member_sets_a_password_and_a_second_factor_and_comes_back(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "mira@example.org", "reader")
    short = await browser.post("/desk/account/password", new="short")
    assert short.status_code == 422
    assert "at least 12 characters" in short.text
    assert (await browser.post("/desk/account/password", new="seven herons at the canal")).status_code == 303
    wrong = await other.post("/sign-in", email="mira@example.org", password="wrong")
    assert wrong.status_code == 403
    assert 'value="mira@example.org"' in wrong.text, "what was typed is there again"
    answer = await other.post("/sign-in", email="mira@example.org", password="seven herons at the canal")
    assert answer.headers["location"] == "/desk"
    page = await other.get("/desk/account")
    assert re.search(r"<svg[^>]*>", page.text)
    assert "<script" not in page.text
    refused = await other.post("/desk/account/second-factor", code="000000")
    assert refused.status_code == 422


@ONE_DATABASE
async def test_a_node_can_ask_all_members_for_a_second_factor(cap: Capabilities, settings: Settings) -> None:
    members = MembersSettings(require_second_factor=True)
    strict = replace(cap, settings=replace(settings, members=members))
    async with open_browser(strict) as browser:
        await browser.sign_in(strict, "mira@example.org", "owner")
        assert (await browser.get("/desk")).headers["location"] == "/desk/account"
        assert (await browser.post("/desk/moderation/chosen", do="take", entry="reply-1")).status_code == 403
        page = await browser.get("/desk/account")
        assert "asks its members for a second factor" in page.text
