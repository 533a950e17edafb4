"""Reports at the desk: answered by a deed, once, through the gates; and ours to other servers."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing
from fedinode.services.moderation import pointing
from fedinode.storage import models, reports
from fedinode.storage.database import Session
from fedinode.storage.reports import NewReport
from tests.admin.conftest import Browser
from tests.admin.test_moderation import ONE_DATABASE, seen_in, states
from tests.admin.test_waiting import ANA, BEN, NEWS, published, two_decide
from tests.storage.sample_rows import add
from tests.web.conftest import ORIGIN
from tests.web.test_network_pages import WHEN, object_of, reply

pytestmark = pytest.mark.anyio


async def report_about(cap: Capabilities, *uris: str, words: str = "Look", **given: Any) -> int:
    def write(session: Session) -> int:
        sender = given.get("actor_uri", "https://elsewhere.example/actor")
        things = pointing.look_up_all(session, cap.urls, uris)
        new = NewReport(
            collective_id=pointing.collective_of(session, things),
            object_uris=uris,
            words=words,
            actor_uri=sender,
            about_name=given.get("about_name"),
        )
        reports.add(session, new, cap.clock())
        return reports.list_newest(session, 1)[0].id

    return await cap.database.write(write)


async def test_a_report_is_answered_by_hiding_the_reply_and_once(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)
    shown = await cap.database.write(lambda session: reply(session, post, "rude").uri)
    number = await report_about(cap, shown, words="<script>alert(1)</script>")
    await browser.sign_in(cap, ANA, "moderator")
    await other.sign_in(cap, BEN, "moderator")
    here = f"/desk/moderation/report/{number}"
    queue = await browser.get("/desk/moderation?kind=report")
    assert "&lt;script&gt;" in queue.text
    page = await browser.get(here)
    assert "Words of rude." in page.text
    assert "Delete our post" not in page.text, "moderators hide, editors delete"
    for about in ([], [post.uri], ["https://other.example/1"]):
        assert (await browser.post(f"{here}/answer", do="hide", about=about)).status_code == 422
    assert (await browser.post(f"{here}/answer", do="burn")).status_code == 400
    assert (await browser.post(f"{here}/answer", do="hide", about=shown)).status_code == 303
    late = await other.post(f"{here}/answer", do="dismiss")
    assert late.status_code == 409
    assert await states(cap) == {"hidden": 1}
    after = await browser.get("/desk/moderation/answered")
    assert "the reply was hidden" in after.text
    assert "ana" in after.text
    row = await cap.database.read(lambda session: reports.find(session, number))
    assert row is not None
    assert (row.state, row.deed) == ("resolved", "hide")


async def test_a_report_about_a_post_deletes_it_only_through_the_gate(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)
    first, second = await report_about(cap, post.uri), await report_about(cap, post.uri, words="Again")
    await other.sign_in(cap, BEN, "moderator")
    await browser.sign_in(cap, ANA, "owner")
    refused = await other.post(f"/desk/moderation/report/{first}/answer", do="delete", about=post.uri)
    assert refused.status_code == 409
    await other.sign_in(cap, "eva@example.org", "owner")
    await two_decide(cap)
    asked = await browser.post(f"/desk/moderation/report/{first}/answer", do="delete", about=post.uri)
    assert asked.headers["location"].endswith("?done=asked")
    assert (await browser.get(post.url)).status_code == 200
    done = await other.post(f"/desk/moderation/report/{second}/answer", do="delete", about=post.uri)
    assert done.headers["location"].endswith("?done=answered")
    rows = await cap.database.read(lambda session: reports.by_ids(session, [first, second]))
    assert [row.deed for row in rows] == ["asked", "delete"]
    post_state = await cap.database.read(lambda session: session.scalars(select(models.Post.state)).one())
    assert post_state == "withdrawn"


async def test_a_name_is_taken_off_a_list_and_only_one_that_the_report_is_about(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "statement.md"
    path.write_text(NEWS.replace('"news"', '"statement"').replace('show = "teaser"', ""), "utf-8")
    statement = await publishing.post(cap, parse_manuscript(path), collective="berlin")

    def sign(session: Session) -> list[int]:
        about = object_of(session, statement).id
        named = {"object_id": about, "state": "confirmed", "shown": "here", "confirmed_at": WHEN}
        return [
            add(session, models.Supporter, name=name, identity_hmac=name, **named).id
            for name in ("Mira Katz", "mira  katz", "Other")
        ]

    signed = await cap.database.write(sign)
    number = await report_about(
        cap, f"{statement.uri}/signers", actor_uri=None, about_name="MIRA KATZ", words="Not me"
    )
    await browser.sign_in(cap, ANA, "moderator")
    here = f"/desk/moderation/report/{number}"
    page = await browser.get(here)
    assert "A reader of this site" in page.text
    assert re.findall(r'name="person" value="(\d+)"', page.text) == [str(each) for each in signed[:2]]
    for people in ([], ["999999"], [str(signed[0]), "999999"]):
        assert (await browser.post(f"{here}/answer", do="remove", person=people)).status_code == 422
    done = await browser.post(f"{here}/answer", do="remove", person=str(signed[0]))
    assert done.headers["location"].endswith("?done=answered")

    def states_of(session: Session) -> list[str]:
        query = select(models.Supporter.state).order_by(models.Supporter.id)
        return list(session.scalars(query))

    assert await cap.database.read(states_of) == ["invalidated", "confirmed", "confirmed"]
    suspect = update(models.Supporter).where(models.Supporter.id.in_(signed[1:]))
    await cap.database.write(
        lambda session: session.execute(suspect.values(state="suspect", reason="resembles 1"))
    )
    queue = await browser.get("/desk/moderation?kind=signature&rule=resembles")
    assert "somebody of this name and town signed before" in queue.text
    seen = seen_in(queue.text)
    for which, deed in ((1, "take"), (2, "refuse")):
        entry = f"signature-{signed[which]}"
        assert (await browser.get(f"/desk/moderation/signature/{signed[which]}")).status_code == 200
        await browser.post("/desk/moderation/chosen", entry=entry, do=deed, seen=seen)
    assert await cap.database.read(states_of) == ["invalidated", "confirmed", "invalidated"]


async def test_a_report_to_another_server_is_shown_before_it_is_sent_and_sent_once(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)
    uri = await cap.database.write(lambda session: reply(session, post, "rude", state="held").uri)
    sender = "https://rude.example/actor"
    await browser.sign_in(cap, ANA, "moderator")
    form = await browser.get(f"/desk/moderation/write?actor={sender}&post={uri}")
    assert f'value="{uri}" checked' in form.text
    sent = {"actor": sender, "post": uri, "words": "<i>Rude</i>", "collective": "berlin"}
    looked = await browser.post("/desk/moderation/write", None, **sent)
    assert f"{ORIGIN}/actor" in html.unescape(looked.text)
    assert "<i>Rude" not in looked.text
    assert "Nothing was sent yet" in (await browser.get("/desk/moderation/sent")).text
    for said in ("sent", "before"):
        done = await browser.post("/desk/moderation/write", None, **sent, sure="yes")
        assert done.headers["location"] == f"/desk/moderation/sent?done={said}"
    listed = await browser.get("/desk/moderation/sent?done=sent")
    assert listed.text.count("&lt;i&gt;Rude&lt;/i&gt;") == 1
    assert "nowhere to send it" in listed.text, "this actor has no inbox here"
    for wrong, status in (
        ({"words": ""}, 422),
        ({"post": "https://other.example/1"}, 422),
        ({"actor": "https://nobody.example/actor", "post": ""}, 404),
        ({"actor": f"{ORIGIN}/collectives/berlin", "post": ""}, 404),
        ({"collective": "tbilisi"}, 404),
        ({"words": "x" * 70_000}, 413),
    ):
        answer = await browser.post("/desk/moderation/write", None, **(sent | wrong))
        assert answer.status_code == status
    assert (await browser.get("/desk/moderation/write?actor=https://nobody.example/")).status_code == 404


@ONE_DATABASE
async def test_what_is_nobodys_here_goes_to_the_first_collective(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path, "tbilisi")
    await report_about(cap, f"{ORIGIN}/actor", "https://else.example/1", words="About the node")
    await report_about(cap, "https://else.example/1", post.uri, words="About the post")
    await browser.sign_in(cap, ANA, "moderator", "berlin")
    await other.sign_in(cap, BEN, "moderator", "tbilisi")
    own, foreign = [(await each.get("/desk/moderation")).text for each in (browser, other)]
    assert ("About the node" in own, "About the post" in own) == (True, False)
    assert ("About the node" in foreign, "About the post" in foreign) == (False, True)
    assert "this node" in own


@ONE_DATABASE
async def test_a_flood_of_reports_is_closed_at_once_and_nothing_about_one_is_accepted(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)
    numbers = [await report_about(cap, post.uri, words=f"Look {number}") for number in range(4)]
    await browser.sign_in(cap, ANA, "moderator")
    page = await browser.get("/desk/moderation?kind=report")
    assert "Close all 4 that match" in page.text
    assert 'value="take"' not in page.text
    seen = seen_in(page.text)
    entry = f"report-{numbers[0]}"
    refused = await browser.post("/desk/moderation/chosen", entry=entry, do="take", seen=seen)
    assert refused.status_code == 422
    assert (await browser.post("/desk/moderation/chosen", entry=entry, do="refuse", seen=seen)).is_redirect
    fields: dict[str, str | list[str]] = {"kind": "report", "do": "refuse", "seen": seen, "sure": "yes"}
    done = await browser.post("/desk/moderation/all", None, **fields)
    assert "count=3&" in done.headers["location"]
    rows = await cap.database.read(lambda session: reports.by_ids(session, numbers))
    assert {row.state for row in rows} == {"dismissed"}
    assert "nothing was done" in (await browser.get("/desk/moderation/answered")).text
