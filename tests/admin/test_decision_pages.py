"""Decisions at the desk: read, answered, stopped by anybody; everything stopped by one; no way round them."""

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing, revising
from fedinode.services.cosigning import ticking
from fedinode.services.members import consulting, enrolling, halting
from fedinode.services.publishing import Published
from fedinode.storage import accounts, decisions
from fedinode.storage.database import Session
from fedinode.storage.models import Account, Level, OutgoingActivity, Post
from tests.admin import who_may
from tests.admin.conftest import Browser, open_browser
from tests.admin.test_moderation import seen_in
from tests.admin.test_waiting import request_of
from tests.web.conftest import Clock

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

ANA, BEN, CEM = "ana@example.org", "ben@example.org", "cem@example.org"
NEWS = '+++\ntype = "news"\ntitle = "{title}"\nlanguage = "de"\n+++\n\nAlle <kommen> **zum Tor**.\n'
_DECISION = re.compile(r'name="decision" value="([a-z2-7]+)"')


async def two_decide(cap: Capabilities, browser: Browser, other: Browser, *, cooling: int = 0) -> None:
    """Let Ana and Ben own the collective, who publish together."""
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "owner")
    numbers = {"publish": 2, "cosign": 2, "block": 2, "cooling": cooling}
    await consulting.set_thresholds(cap, "berlin", numbers)


async def asked(cap: Capabilities, folder: Path, title: str = "Streik") -> tuple[Published, str]:
    """Let Ana ask to publish a draft; return it and the question."""
    path = folder / "text.md"
    path.write_text(NEWS.format(title=title), "utf-8")
    draft = await publishing.post(cap, parse_manuscript(path), collective="berlin", draft=True)
    standing = (await publishing.publish(cap, draft.uri, account=ANA)).standing
    assert standing is not None
    return draft, standing.decision.uid


async def post_state(cap: Capabilities, post: Published) -> str:
    return await cap.database.read(
        lambda session: session.scalars(select(Post.state).where(Post.uid == post.uid)).one()
    )


async def state_of(cap: Capabilities, uid: str) -> str:
    def read(session: Session) -> str:
        row = decisions.find(session, uid)
        assert row is not None
        return row.state

    return await cap.database.read(read)


async def test_who_votes_reads_the_words_and_sees_who_agreed_and_nobody_outside_does(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await two_decide(cap, browser, other)
    draft, uid = await asked(cap, tmp_path)
    page = (await other.get("/desk/decisions")).text
    assert "1 of 2: <bdi>ana</bdi>" in " ".join(page.split())
    one = (await other.get(f"/desk/decisions/{uid}")).text
    assert "<strong>zum Tor</strong>" in one
    assert "<kommen>" not in one
    answer = await other.post("/desk/decisions", decision=uid, do="yes")
    assert answer.headers["location"] == "/desk/decisions?done=voted"
    assert await post_state(cap, draft) == "public"
    assert "Done" in (await other.get("/desk/decisions")).text
    for public in (draft.url, draft.uri, "/", "/@berlin"):
        shown = (await other.client.get(public, headers={"accept": "text/html"})).text
        assert "ana" not in re.findall(r"[\w@.]+", shown), public


async def test_another_collective_s_question_is_not_there(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await two_decide(cap, browser, other)
    _, uid = await asked(cap, tmp_path)
    async with open_browser(cap) as stranger:
        await stranger.sign_in(cap, CEM, "owner", collective="tbilisi")
        assert "Streik" not in (await stranger.get("/desk/decisions")).text
        assert (await stranger.get(f"/desk/decisions/{uid}")).status_code == 404
        assert (await stranger.post("/desk/decisions", decision=uid, do="yes")).status_code == 404
        assert (await stranger.post("/desk/decisions/stop", decision=uid)).status_code == 404
    for wrong in ("", "x", "'; --", "9" * 5000):
        assert (await browser.post("/desk/decisions", decision=wrong, do="yes")).status_code == 404
        assert (await browser.post("/desk/decisions/stop", decision=wrong)).status_code == 404
    assert (await browser.post("/desk/decisions", decision=uid, do="burn")).status_code == 400


async def test_any_member_stops_what_was_agreed_to(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path, clock: Clock
) -> None:
    await two_decide(cap, browser, other, cooling=30)
    draft, uid = await asked(cap, tmp_path)
    await other.post("/desk/decisions", decision=uid, do="yes")
    async with open_browser(cap) as reader:
        await reader.sign_in(cap, CEM, "reader")
        page = (await reader.get("/desk/decisions")).text
        assert "It is done in 30 minutes" in page
        assert "Stop this" in page
        assert 'value="yes"' not in page, "a reader has no vote"
        assert (await reader.post("/desk/decisions/stop", decision=uid)).status_code == 303
        again = await reader.post("/desk/decisions/stop", decision=uid)
        assert (again.status_code, "nothing to stop" in again.text) == (409, True)
        assert "stopped by <bdi>cem</bdi>" in (await reader.get("/desk/decisions")).text
    clock.advance(hours=1)
    await ticking.act(cap)
    assert (await post_state(cap, draft), await state_of(cap, uid)) == ("draft", "stopped")


async def test_refusals_are_said_in_the_member_s_language(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await two_decide(cap, browser, other)
    _, uid = await asked(cap, tmp_path)
    twice = await browser.post("/desk/decisions", decision=uid, do="yes")
    assert twice.status_code == 409
    assert "counts once; not answered: ben" in twice.text


async def test_one_press_of_a_reader_stops_everything_and_two_owners_let_it_go_on(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await two_decide(cap, browser, other)
    draft, uid = await asked(cap, tmp_path)
    async with open_browser(cap) as reader:
        await reader.sign_in(cap, CEM, "reader")
        assert "What it does" in (await reader.get("/desk/stop")).text
        long = await reader.post("/desk/stop", why="x" * 400)
        assert (long.status_code, (await halting.state(cap)).level) == (422, "running")
        assert (await reader.post("/desk/stop", why="<b>Einbruch</b>")).status_code == 303
        assert "&lt;b&gt;Einbruch" in (await reader.get("/desk/stop")).text
        refused = await reader.post("/desk/stop/end")
        assert (refused.status_code, (await halting.state(cap)).level) == (409, "stopped")
    assert "Everything is stopped" in (await browser.get("/desk")).text
    await other.post("/desk/decisions", decision=uid, do="yes")
    await ticking.act(cap)
    assert await post_state(cap, draft) == "draft"
    await browser.post("/desk/stop/end")
    assert (await halting.state(cap)).level == "stopped"
    page = (await other.get("/desk/decisions")).text
    resume = next(each for each in _DECISION.findall(page) if each != uid)
    await other.post("/desk/decisions", decision=resume, do="yes")
    assert (await halting.state(cap)).level == "running"
    await ticking.act(cap)
    assert await post_state(cap, draft) == "public"


async def test_no_form_of_the_desk_breaks_while_everything_is_stopped(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    asked_to_follow = await request_of(cap, "berlin")
    await halting.halt(cap, None)
    before = await outgoing(cap)
    for path, verb in sorted(who_may.MEMBERS):
        if verb == "POST" and path not in ("/sign-out", "/desk/stop/end", "/desk/account/leave"):
            filled = re.sub(r"\{[^}]+\}", "999999", path)
            assert (await browser.post(filled, do="accept", id="1")).status_code < 500, path
    chosen = f"request-{asked_to_follow}"
    seen = seen_in((await browser.get("/desk/moderation")).text)
    refused = await browser.post("/desk/moderation/chosen", entry=chosen, do="take", seen=seen)
    assert refused.status_code == 409
    assert "Everything was stopped on" in refused.text
    assert await outgoing(cap) == before


# -- no way round


async def test_one_member_in_two_tabs_with_stale_forms_gets_nothing_published(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path, clock: Clock
) -> None:
    await two_decide(cap, browser, other)
    draft, uid = await asked(cap, tmp_path)
    before = await outgoing(cap)

    async def still_nothing(what: str) -> None:
        await ticking.act(cap)
        assert (await post_state(cap, draft), await outgoing(cap)) == ("draft", before), what

    async with open_browser(cap) as tab:
        await tab.sign_in(cap, ANA, "owner")
        for each in (browser, tab, browser):
            assert (await each.post("/desk/decisions", decision=uid, do="yes")).status_code == 409
        await still_nothing("the same account in a second tab")
        lower: dict[str, str | list[str]] = {"publish": "1", "was-publish": "2"}
        await tab.post("/desk/members/numbers", None, collective="berlin", **lower)
        await tab.post("/desk/members/invite", collective="berlin", email=CEM, role="owner")
        own = await tab.get("/desk/decisions")
        for question in set(_DECISION.findall(own.text)):
            await tab.post("/desk/decisions", decision=question, do="yes")
        await still_nothing("lowering the number, or taking in a voter, first")
        await tab.post("/desk/members/take", collective="berlin", role="owner", member=await uid_of(cap, BEN))
        await still_nothing("letting the other one go")

    # The operator's account has no vote by being that.
    async with open_browser(cap) as operator:
        await operator.sign_in(cap, "op@example.org", "reader")
        await cap.database.write(make_operator)
        assert (await operator.post("/desk/decisions", decision=uid, do="yes")).status_code == 409
        await still_nothing("an operator without a voting role")

    path = tmp_path / "text.md"
    path.write_text(NEWS.format(title="Streik") + "Auch Ben.\n", "utf-8")
    await revising.edit(cap, draft.uri, parse_manuscript(path))
    stale = await other.post("/desk/decisions", decision=uid, do="yes")
    assert stale.status_code == 409
    await still_nothing("a yes to what has changed since")
    assert await state_of(cap, uid) == "cancelled"

    asked_anew = (await publishing.publish(cap, draft.uri, account=ANA)).standing
    assert asked_anew is not None
    again = asked_anew.decision.uid
    clock.advance(days=61)
    async with open_browser(cap) as late:
        await late.sign_in(cap, "late@example.org", "reader")
        answer = await late.post("/desk/decisions", decision=again, do="yes")
        assert answer.status_code == 409
    await still_nothing("a yes of somebody who has no vote, after the others fell asleep")


async def test_a_member_who_was_let_go_votes_no_more_and_their_yes_is_gone(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await two_decide(cap, browser, other, cooling=30)
    await enrolling.add(cap, CEM, "editor", collective="berlin", account=ANA)
    draft, uid = await asked(cap, tmp_path)
    await other.post("/desk/decisions", decision=uid, do="yes")
    await other.post("/desk/account/leave", collective="berlin")
    assert (await other.post("/desk/decisions", decision=uid, do="yes")).status_code in (403, 404)
    await ticking.act(cap)
    row = await cap.database.read(lambda session: decisions.find(session, uid))
    assert row is not None
    assert await post_state(cap, draft) == "draft"


async def test_a_domain_is_limited_at_once_and_suspended_by_two(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await two_decide(cap, browser, other)
    await browser.get("/desk/moderation/levels")
    sent: dict[str, str | list[str]] = {"subject": "bad.example", "level": "suspend"}
    await browser.post("/desk/moderation/levels/entry", None, **sent)
    assert await levels(cap) == {"bad.example": "silence"}
    (question,) = set(_DECISION.findall((await other.get("/desk/decisions")).text))
    await other.post("/desk/decisions", decision=question, do="yes")
    assert await levels(cap) == {"bad.example": "suspend"}
    for lighter in ({"level": "open"}, {"level": "silence"}):
        sent = {"subject": "bad.example", **lighter}
        await browser.post("/desk/moderation/levels/entry", None, **sent)
    await browser.post("/desk/moderation/levels/lift", subject="bad.example")
    assert await levels(cap) == {"bad.example": "suspend"}, "one who suspends with others does not lift alone"
    page = (await other.get("/desk/decisions")).text
    assert "The suspension is lifted" in page
    lift = page.split('name="decision" value="')[1].partition('"')[0]
    await other.post("/desk/decisions", decision=lift, do="yes")
    assert await levels(cap) == {}


async def levels(cap: Capabilities) -> dict[str, str]:
    def read(session: Session) -> dict[str, str]:
        rows = session.execute(select(Level.subject, Level.level))
        return {row.subject: row.level for row in rows}

    return await cap.database.read(read)


async def outgoing(cap: Capabilities) -> int:
    def read(session: Session) -> int:
        return session.execute(select(func.count()).select_from(OutgoingActivity)).scalar_one()

    return await cap.database.read(read)


async def uid_of(cap: Capabilities, email: str) -> str:
    return await cap.database.read(lambda session: accounts.require_by_email(session, email).uid)


def make_operator(session: Session) -> None:
    found = accounts.require_by_email(session, "op@example.org")
    session.get_one(Account, found.id).is_operator = True
