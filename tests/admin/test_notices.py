"""Members are told what they are to know, as each chose, and never what it is about."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from fedinode.capabilities import Capabilities
from fedinode.services import mailing
from fedinode.services.members import halting, noticing
from fedinode.smtp import Letter
from fedinode.storage import audit_log, mail_queue, models
from fedinode.storage.database import Session
from tests.admin.conftest import Browser, open_browser
from tests.admin.test_waiting import published, replies_of
from tests.web.conftest import ORIGIN, Clock

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@example.org", "ben@example.org"


async def letters(cap: Capabilities) -> list[Letter]:
    """Return what waits to be sent, and let it be sent."""
    found = list(await mailing.read_waiting(cap))

    def end(session: Session) -> None:
        for each in mail_queue.list_waiting(session, 100):
            mail_queue.record_end(session, each.id, "sent")

    await cap.database.write(end)
    return found


async def test_a_new_browser_and_a_new_password_are_told_at_once_without_content(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    assert await letters(cap) == [], "who comes for the first time knows"
    await browser.post("/desk/account/notices", language="en")
    other.client.headers["user-agent"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    await other.sign_in(cap, ANA, "owner")
    (letter,) = await letters(cap)
    assert letter.recipient == ANA
    assert "signed in to your account with a browser" in letter.text
    assert "Firefox" not in letter.text
    await browser.post("/desk/account/password", new="nine storks at the harbour")
    (letter,) = await letters(cap)
    assert "were changed" in letter.text
    assert f"{ORIGIN}/desk" in letter.text

    # The link at its end works without signing in, and looking at it changes nothing.
    assert letter.unsubscribe_url is not None
    off = letter.unsubscribe_url.removeprefix(ORIGIN)
    async with open_browser(cap) as stranger:
        assert "End mails of this kind" in (await stranger.get(off)).text
        await browser.post(
            "/desk/account/password", old="nine storks at the harbour", new="ten herons at sea"
        )
        assert len(await letters(cap)) == 1
        one_click = await stranger.client.post(off, data={"List-Unsubscribe": "One-Click"})
        assert "no more mails of this kind" in one_click.text
        for forged in (
            off[:-1] + ("0" if off[-1] != "0" else "1"),
            off.replace("/secured/", "/question/"),
            f"{off}9",
        ):
            assert (await stranger.get(forged)).status_code == 404
            assert (await stranger.client.post(forged)).status_code == 404
    await browser.post("/desk/account/password", old="ten herons at sea", new="one crane over the lake")
    assert await letters(cap) == []


async def test_a_member_chooses_for_each_kind_and_the_day_comes_in_one_letter(
    cap: Capabilities, browser: Browser, clock: Clock, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    page = await browser.get("/desk/account/notices")
    assert page.text.count("<select") == len(noticing.KINDS) + 1
    answer = await browser.post("/desk/account/notices", stopped="daily", language="de")
    assert answer.headers["location"] == "/desk/account/notices?done=chosen"
    for wrong in ({"held": "at-once"}, {"stopped": "hourly"}, {"language": "tlh"}):
        assert (await browser.post("/desk/account/notices", None, **wrong)).status_code == 422
    await replies_of(cap, await published(cap, tmp_path), 3)
    await cap.database.write(
        lambda session: [session.execute(update(models.Reply).values(received_at=clock()))].clear()
    )
    await halting.halt(cap, None, "Geheimer Grund")
    assert await letters(cap) == []
    clock.now = clock.now.replace(hour=5) + timedelta(days=1)
    assert await noticing.send_daily(cap) == 0, "not at night"
    clock.advance(hours=2)
    assert await noticing.send_daily(cap) == 1
    assert await noticing.send_daily(cap) == 0, "once a day"
    (letter,) = await letters(cap)
    assert "Geheimer Grund" not in letter.text
    assert re.search(r"^- 1 × ", letter.text, re.MULTILINE)
    assert re.search(r"^- 3 × ", letter.text, re.MULTILINE)
    head = await cap.database.read(audit_log.head)
    assert head is not None
    assert head in letter.text, "who looks after the node gets the last hash home"
    clock.advance(days=1)
    assert await noticing.send_daily(cap) == 0, "nothing happened"


async def test_the_address_of_the_feed_is_made_at_the_desk_and_says_little(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, BEN, "moderator")
    await browser.get("/desk/account/notices")
    await browser.post("/desk/account/notices", language="en")
    made = await browser.post("/desk/account/notices/feed", do="renew")
    (url,) = re.findall(r"https://berlin\.example(/waiting/[\w-]+\.atom)", made.text)
    assert url not in (await browser.get("/desk/account/notices")).text, "shown once"
    await halting.halt(cap, None, "Geheimer Grund")
    feed = await browser.client.get(url)
    assert "A member stopped something" in feed.text
    assert "Geheimer" not in feed.text
    renewed = await browser.post("/desk/account/notices/feed", do="renew")
    assert url not in renewed.text
    assert (await browser.client.get(url)).status_code == 404
    ended = await browser.post("/desk/account/notices/feed", do="end")
    assert ended.headers["location"] == "/desk/account/notices?done=ended"
