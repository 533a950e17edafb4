"""The audit at the desk: plain words, looked through by member, kind and day, whole as a file."""

import csv
import io
import json

import pytest

from fedinode.capabilities import Capabilities
from fedinode.services.upkeep import recounting
from fedinode.storage import audit_log
from fedinode.storage.database import Session
from tests.admin.conftest import Browser
from tests.web.conftest import Clock

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@example.org", "ben@example.org"


async def test_who_did_what_is_told_in_plain_words_and_looked_through(
    cap: Capabilities, browser: Browser, other: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "editor")
    await other.post("/desk/account/password", new="nine storks at the harbour")
    clock.advance(days=2)

    def write(session: Session) -> None:
        audit_log.add(session, "cosign.removal-wanted", "https://a.example/1", now=clock())
        audit_log.add(session, "brand.new", "=1+1", now=clock(), details={"why": "<b>"})

    await cap.database.write(write)
    page = await browser.get("/desk/audit")
    assert "ben set a new password" in page.text
    assert "ana signed in" in page.text
    assert "A signature by – is to come off the list" in page.text, "what an entry does not say is a dash"
    assert "brand.new (=1+1) why: &lt;b&gt;" in page.text, "nothing is left out for want of words"
    assert "The chain is whole: 5 entries." in page.text
    assert "@example.org" not in page.text

    def shown(text: str) -> tuple[bool, bool, bool]:
        return "ben set a new password" in text, "ana signed in" in text, "brand.new (" in text

    assert shown((await browser.get("/desk/audit?kind=members")).text) == (True, True, False)
    assert shown((await browser.get("/desk/audit?who=machine")).text) == (False, False, True)
    uid = next(
        uid for uid, name in (await recounting.look(cap, recounting.Filter())).members if name == "ben"
    )
    assert shown((await browser.get(f"/desk/audit?who={uid}")).text) == (True, False, False)
    assert shown((await browser.get("/desk/audit?since=2026-11-22")).text) == (False, False, True)
    assert shown((await browser.get("/desk/audit?until=2026-11-20")).text) == (True, True, False)
    assert "There is nothing of this kind." in (await browser.get("/desk/audit?who=nobody")).text


async def test_it_is_read_a_page_at_a_time_and_taken_home_as_a_file(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner")

    def write(session: Session) -> None:
        for number in range(150):
            audit_log.add(session, "brand.new", f"=cell{number}", now=cap.clock())

    await cap.database.write(write)
    page = await browser.get("/desk/audit?kind=")
    assert page.text.count('class="deed"') == 100
    older = page.text.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert (await browser.get(older.replace("&amp;", "&"))).text.count('class="deed"') == 51
    lines = (await browser.get("/desk/audit/export?form=jsonl")).text.splitlines()
    assert len(lines) == 151
    head = json.loads(lines[-1])["hash"]
    assert head in page.text
    table = await browser.get("/desk/audit/export?form=csv")
    assert head[:12] in table.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(table.text.removeprefix("\ufeff"))))
    assert rows[-1][4] == "'=cell149", "no office program runs a cell"
    assert [row["previous"] for row in map(json.loads, lines[1:])] == [
        row["hash"] for row in map(json.loads, lines[:-1])
    ]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_broken_address_gets_words(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, ANA, "owner")
    for path, status in (
        ("/desk/audit?since=yesterday", 422),
        ("/desk/audit?before=-1", 404),
        ("/desk/audit?before=" + "9" * 400, 404),
        ("/desk/audit/export?form=exe", 404),
        ("/desk/audit?kind=%27%20OR%201=1", 200),
    ):
        assert (await browser.get(path)).status_code == status, path


async def test_what_is_older_than_half_a_year_goes_without_breaking_the_chain(
    cap: Capabilities, browser: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    clock.advance(days=182)
    await browser.sign_in(cap, ANA, "owner")
    assert await recounting.prune(cap) == 1
    assert await recounting.prune(cap) == 0
    page = await browser.get("/desk/audit")
    assert "The chain is whole: 2 entries." in page.text
    assert "1 older entry was taken off" in page.text
    assert "1 entries older than 180 days were taken off" in page.text
