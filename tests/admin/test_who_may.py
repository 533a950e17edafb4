"""The table of routes, verbs and roles, walked with every role and without one."""

import re

import pytest

from fedinode.admin import table
from fedinode.capabilities import Capabilities
from tests.admin import who_may
from tests.admin.conftest import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

#: Where it leads has to be asked last: whoever signed out gets nowhere.
_LAST = ("/sign-out", "POST")
_WALK = sorted(who_may.MEMBERS, key=lambda door: (door == _LAST, door))


def filled(path: str) -> str:
    """Return an address of this route, about something that is not there."""
    return re.sub(r"\{\w+(:\w+)?\}", "999999", path)


async def status_of(browser: Browser, path: str, verb: str) -> int:
    ask = browser.get if verb == "GET" else browser.post
    return (await ask(filled(path))).status_code


async def test_every_route_is_in_the_table(database_kind: str) -> None:
    assert {(path, verb) for path, verb, _ in table.DOORS} == who_may.OPEN | set(who_may.MEMBERS)
    assert set(who_may.MEMBERS) >= who_may.NODE_WIDE


async def test_nobody_gets_in_without_being_signed_in(browser: Browser) -> None:
    for path, verb in _WALK:
        answer = await (browser.get(filled(path)) if verb == "GET" else browser.post(filled(path)))
        if (path, verb) in who_may.GIVEN_BACK:
            assert answer.status_code == 401, (path, verb)
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), (path, verb)
    browser.client.cookies.set("__Host-desk", "forged")
    assert (await browser.get("/desk")).status_code == 303


@pytest.mark.parametrize("role", who_may.ROLES)
async def test_a_role_reaches_what_it_is_for_and_nothing_else(
    cap: Capabilities, browser: Browser, role: str
) -> None:
    await browser.sign_in(cap, f"{role}@example.org", role)
    reached = {door for door in _WALK if await status_of(browser, *door) != 403}
    assert reached == {door for door, roles in who_may.MEMBERS.items() if role in roles}


@pytest.mark.parametrize("role", who_may.ROLES)
async def test_what_concerns_the_node_is_not_for_members_of_another_collective(
    cap: Capabilities, browser: Browser, role: str
) -> None:
    await browser.sign_in(cap, f"{role}@example.org", role, collective="tbilisi")
    reached = {door for door in _WALK if await status_of(browser, *door) != 403}
    allowed = {door for door, roles in who_may.MEMBERS.items() if role in roles}
    assert reached == allowed - who_may.NODE_WIDE
