"""The form by which anybody reports something here: public things alone, bounded, and nobody is asked who."""

import re

import httpx
import pytest
from sqlalchemy import select

from fedinode.app import create_app
from fedinode.capabilities import Capabilities
from fedinode.services.moderation import complaining
from fedinode.storage import models, reports
from fedinode.storage.reports import ReportRow
from tests.web.conftest import ORIGIN, Clock, Get, Publish
from tests.web.test_network_pages import NEWS, actor, keep, reply

pytestmark = pytest.mark.anyio


async def kept_reports(cap: Capabilities) -> tuple[ReportRow, ...]:
    return await cap.database.read(lambda session: reports.list_newest(session, 100))


def visitor(cap: Capabilities) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(
        app=create_app(cap), client=("203.0.113.7", 1), raise_app_exceptions=False
    )
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN)


async def test_a_reader_reports_a_post_a_reply_and_a_name_without_saying_who_they_are(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(NEWS)
    await keep(cap, clock, lambda session: reply(session, post, "rude"))
    page = await get(post.url)
    links = re.findall(r'href="([^"]*/report\?about=[^"]+)"', page.text)
    assert len(links) == 2
    for link in links:
        form = await get(link, accept_language="en")
        assert form.status_code == 200
        assert form.headers["cache-control"] == "no-store"
        assert "set-cookie" not in form.headers
    assert "Words of rude." in (await get(links[0])).text
    async with visitor(cap) as http:
        for about in (post.uri, "https://rude.example/1", post.url, f"{ORIGIN}/@berlin"):
            answer = await http.post("/report", data={"about": about, "words": "<b>Not true</b>"})
            assert answer.status_code == 200
            assert "<b>Not" not in answer.text
        again = await http.post("/report", data={"about": post.uri, "words": "<b>Not true</b>"})
        assert again.status_code == 200
    rows = await kept_reports(cap)
    assert [row.object_uris for row in reversed(rows)] == [
        (post.uri,),
        ("https://rude.example/1",),
        (post.url,),
        (f"{ORIGIN}/@berlin",),
    ]
    assert {row.words for row in rows} == {"<b>Not true</b>"}
    assert [row.repeats for row in reversed(rows)] == [1, 0, 0, 0]
    assert {(row.actor_uri, row.state) for row in rows} == {(None, "open")}


async def test_a_name_on_a_list_is_reported_with_the_list(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    statement = await publish('type = "statement"\ntitle = "Streik"\nlanguage = "de"\nsummary = "Kurz."')
    about = f"{statement.uri}/signers"
    assert 'name="name"' in (await get(f"/report?about={about}")).text
    async with visitor(cap) as http:
        await http.post("/report", data={"about": about, "words": "Not me", "name": " Mira "})
    (row,) = await kept_reports(cap)
    assert (row.object_uris, row.about_name) == ((about,), "Mira")
    stored = await cap.database.read(lambda session: session.scalars(select(models.Report.about_name)).one())
    assert "Mira" not in str(stored)


async def test_what_is_not_public_cannot_be_reported(
    get: Get, publish: Publish, cap: Capabilities, clock: Clock
) -> None:
    draft = await publish(NEWS, draft=True)
    post = await publish(NEWS + '\nkey = "other"')
    await keep(cap, clock, lambda session: reply(session, post, "held", state="held"))
    await keep(cap, clock, lambda session: actor(session, "far"))
    for about in (
        draft.uri,
        "https://held.example/1",
        "https://far.example/actor",
        f"{ORIGIN}/actor",
        f"{ORIGIN}/posts/none",
        "",
        "x" * 5_000,
    ):
        assert (await get(f"/report?about={about}")).status_code == 404
        async with visitor(cap) as http:
            answer = await http.post("/report", data={"about": about, "words": "Look"})
            assert answer.status_code == 404
    assert await kept_reports(cap) == ()


async def test_a_broken_form_is_shown_again_with_what_was_typed(
    publish: Publish, cap: Capabilities, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = await publish(NEWS)
    async with visitor(cap) as http:
        for words, status in (("", 422), (" \n", 422), ("x" * 5_001, 422), ("x" * 100_000, 413)):
            answer = await http.post("/report", data={"about": post.uri, "words": words})
            assert answer.status_code == status
        assert (await http.post("/report", content=b"{}")).status_code == 415
        trapped = await http.post("/report", data={"about": post.uri, "words": "Buy", "website": "x"})
        assert trapped.status_code == 200
        assert await kept_reports(cap) == ()
        monkeypatch.setattr(complaining, "MAX_OPEN", 0)
        full = await http.post("/report", data={"about": post.uri, "words": "Typed"})
        assert full.status_code == 503
        assert "Typed</textarea>" in full.text


async def test_many_reports_from_one_network_answer_a_question_then_none_is_taken(
    publish: Publish, cap: Capabilities
) -> None:
    post = await publish(NEWS)
    free = cap.settings.limits.signups_per_network
    async with visitor(cap) as http:
        for number in range(free):
            fields = {"about": post.uri, "words": f"Look {number}"}
            assert (await http.post("/report", data=fields)).status_code == 200
        asked = await http.post("/report", data={"about": post.uri, "words": "One more"})
        assert asked.status_code == 422
        assert "One more</textarea>" in asked.text
        token = re.search(r'name="question" value="([^"]+)"', asked.text)
        sums = re.search(r'<label for="answer">([^<]*)</label>', asked.text)
        assert token is not None
        assert sums is not None
        assert len(await kept_reports(cap)) == free
