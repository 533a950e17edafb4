"""The moderators' queue at the desk: narrowed, decided one by one or all that match, and nobody else's."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.services.moderation import clearing
from fedinode.services.publishing import Published
from fedinode.storage import audit_log, models
from fedinode.storage.database import Session
from tests.admin.conftest import Browser
from tests.admin.test_waiting import ANA, BEN, published, request_of, state_of
from tests.storage.sample_rows import add
from tests.web.conftest import Clock
from tests.web.test_network_pages import WHEN, actor, object_of, reply, words

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
_SEEN = re.compile(r'name="seen" value="([^"]+)"')


async def wave(
    cap: Capabilities, post: Published, count: int, *, host: str = "spam", text: str = "<p>Buy</p>"
) -> None:
    """Let one account send many replies, which are held."""

    def write(session: Session) -> None:
        known = session.query(models.RemoteActor).filter_by(uri=f"https://{host}.example/actor").one_or_none()
        sender, about = (known or actor(session, host)).id, object_of(session, post).id
        last = session.query(models.Reply).count()
        session.add_all(
            models.Reply(
                uri=f"https://{host}.example/{last + number}",
                object_id=about,
                in_reply_to_uri=post.uri,
                actor_id=sender,
                html_clean=text,
                state="held",
                decision="policy",
                received_at=WHEN,
            )
            for number in range(count)
        )

    await cap.database.write(write)


async def states(cap: Capabilities) -> dict[str, int]:
    def read(session: Session) -> dict[str, int]:
        found: dict[str, int] = {}
        for state in session.scalars(models.Reply.__table__.select().with_only_columns(models.Reply.state)):
            found[state] = found.get(state, 0) + 1
        return found

    return await cap.database.read(read)


def seen_in(page: str) -> str:
    found = _SEEN.search(page)
    assert found is not None
    return found[1]


async def test_a_wave_is_dealt_with_in_a_few_clicks_and_nothing_new_is_swept_along(
    cap: Capabilities, browser: Browser, tmp_path: Path, clock: Clock
) -> None:
    post = await published(cap, tmp_path)
    await wave(cap, post, 412)
    await wave(cap, post, 88, host="good", text="<p>Thanks</p>")
    await browser.sign_in(cap, ANA, "moderator")
    page = await browser.get("/desk/moderation")
    assert "the same server (412)" in words(page.text)
    assert "Refuse all 500 that match" in words(page.text)
    assert "the comments of this post wait for you" in page.text
    assert "411 more from this account" in page.text

    narrowed = await browser.get("/desk/moderation?server=spam.example&kind=reply")
    assert "Hide all 412 that match" in words(narrowed.text)
    fields: dict[str, str | list[str]]
    fields = {"seen": seen_in(narrowed.text), "server": "spam.example", "kind": "reply", "do": "refuse"}
    asked = await browser.post("/desk/moderation/all", None, **fields)
    assert asked.status_code == 200
    assert "412 entries will be refused or hidden" in words(asked.text)
    assert (await states(cap)) == {"held": 500}, "asking changes nothing"
    await wave(cap, post, 3)
    for expected in (412, 0):
        done = await browser.post("/desk/moderation/all", None, **fields, sure="yes")
        assert done.headers["location"].endswith(f"done=refuse&count={expected}&late=0")
        assert await states(cap) == {"held": 91, "hidden": 412}
    after = await browser.get(done.headers["location"])
    assert "0 entries were refused or hidden." in words(after.text)
    deeds = await cap.database.read(lambda session: list(audit_log.entries(session)))
    hidden = [each for each in deeds if each.action == "reply.hide"]
    assert len(hidden) == 3, "one line for each transaction"
    assert sum(int(each.subject) for each in hidden) == 412
    (account,) = {each.account_id for each in hidden}
    assert account is not None

    same = re.search(r"same=(\d+)", (await browser.get("/desk/moderation?server=good.example")).text)
    assert same is not None
    chosen = await browser.get(f"/desk/moderation?{same[0]}&kind=reply")
    assert "Show all 88 that match" in words(chosen.text)
    fields = {"seen": seen_in(chosen.text), "same": same[1], "kind": "reply", "do": "take", "sure": "yes"}
    await browser.post("/desk/moderation/all", None, **fields)
    assert await states(cap) == {"held": 3, "hidden": 412, "shown": 88}


async def test_chosen_entries_are_decided_once_and_a_second_moderator_is_told(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)
    await wave(cap, post, 2)
    asked = await request_of(cap, "berlin")
    await browser.sign_in(cap, ANA, "moderator")
    await other.sign_in(cap, BEN, "editor")
    page = await browser.get("/desk/moderation")
    entries = re.findall(r'name="entry" value="([a-z]+-\d+)"', page.text)
    assert [each.partition("-")[0] for each in entries] == ["reply", "reply", "request"]
    assert entries[2] == f"request-{asked}"
    assert "@faro-berlin@faro-berlin.example" in page.text
    assert "first contact" in page.text
    seen = seen_in(page.text)
    first = await browser.post("/desk/moderation/chosen", entry=entries[1:], do="take", seen=seen)
    assert first.headers["location"] == "/desk/moderation?done=take&count=2&late=0"
    assert await state_of(cap, models.Follow, asked) == "accepted"
    late = await other.post("/desk/moderation/chosen", entry=entries, do="refuse", seen=seen)
    assert late.headers["location"] == "/desk/moderation?done=refuse&count=1&late=2"
    assert "2 were left alone" in words((await other.get(late.headers["location"])).text)
    assert await states(cap) == {"hidden": 1, "shown": 1}
    assert await state_of(cap, models.Follow, asked) == "accepted"
    assert "Nothing waits" in (await browser.get("/desk/moderation")).text


async def test_another_collective_is_not_there_for_its_neighbours(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    await wave(cap, await published(cap, tmp_path, "berlin"), 1)
    await wave(cap, await published(cap, tmp_path, "tbilisi"), 1, host="other", text="<p>Secret</p>")
    asked = await request_of(cap, "tbilisi")
    await browser.sign_in(cap, ANA, "owner", "berlin")
    page = await browser.get("/desk/moderation")
    assert "Buy" in page.text
    assert "Secret" not in page.text
    seen = seen_in(page.text)
    (own,) = re.findall(r'value="(reply-\d+)"', page.text)
    foreign = f"reply-{int(own.removeprefix('reply-')) + 1}"
    for entries in ([own, foreign], [f"request-{asked}"], ["reply-999999"], ["report-1"]):
        answer = await browser.post("/desk/moderation/chosen", entry=entries, do="refuse", seen=seen)
        assert answer.status_code == 404
    assert (await browser.get("/desk/moderation?collective=tbilisi")).status_code == 404
    answer = await browser.post("/desk/moderation/all", collective="tbilisi", do="refuse", seen=seen)
    assert answer.status_code == 404
    far = "9999999999999999.reply-999999"
    every = await browser.post("/desk/moderation/all", do="refuse", seen=far, sure="yes")
    assert "count=1&" in every.headers["location"]
    assert await states(cap) == {"held": 1, "hidden": 1}
    assert await state_of(cap, models.Follow, asked) == "pending"


@ONE_DATABASE
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"do": "take"}, 422),
        ({"do": "burn", "entry": "reply-1"}, 400),
        ({"entry": "reply-1"}, 400),
        ({"do": "take", "entry": "reply-1 OR 1=1"}, 400),
        ({"do": "take", "entry": "burn-1"}, 400),
        ({"do": "take", "entry": f"reply-{'9' * 5000}"}, 400),
        ({"do": "take", "entry": "reply-1"}, 422),
        ({"do": "take", "entry": "reply-1", "seen": "x.y"}, 422),
        ({"do": "take", "entry": "reply-1", "seen": f"{'9' * 18}.reply-1"}, 422),
        ({"do": "take", "entry": "reply-1", "seen": "1.reply-9.burn-1"}, 422),
        ({"do": "take", "entry": "consent-1", "seen": "1.reply-1"}, 422),
        ({"do": "take", "entry": "report-1", "seen": "1.reply-1"}, 422),
        ({"do": "take", "entry": "reply-999999999999999999", "seen": "1.reply-1"}, 404),
        ({"do": "refuse", "kind": "burn"}, 404),
        ({"do": "refuse", "same": "x"}, 400),
        ({"do": "refuse", "entry": [f"reply-{number}" for number in range(2_000)]}, 400),
        ({"do": "refuse", "entry": [f"reply-{number}" for number in range(10_000)]}, 413),
    ],
)
async def test_a_broken_form_gets_words(
    cap: Capabilities, browser: Browser, fields: dict[str, str | list[str]], status: int
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    answer = await browser.post("/desk/moderation/chosen", None, **fields)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert (await browser.post("/desk/moderation/all", None, **fields)).status_code != 500


@ONE_DATABASE
async def test_many_are_decided_a_part_at_a_time(
    cap: Capabilities, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "CHUNK", 3)
    await wave(cap, await published(cap, tmp_path), 7)
    await browser.sign_in(cap, ANA, "moderator")
    seen = seen_in((await browser.get("/desk/moderation?page=1")).text)
    done = await browser.post("/desk/moderation/all", do="refuse", seen=seen, sure="yes")
    assert "count=7&" in done.headers["location"]
    assert await states(cap) == {"hidden": 7}
    assert (await browser.get("/desk/moderation?page=0")).status_code == 404
    assert (await browser.get("/desk/moderation?page=9999999")).status_code in (200, 404)


# -- one entry


async def test_an_entry_is_shown_with_its_thread_and_what_else_came_from_there(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path, clock: Clock
) -> None:
    post = await published(cap, tmp_path)

    def talk(session: Session) -> int:
        first = reply(session, post, "first", state="shown")
        rude = reply(session, post, "rude", state="held", decision="policy", in_reply_to_uri=first.uri)
        reply(session, post, "later", state="held", in_reply_to_uri=rude.uri)
        add(
            session,
            models.Reply,
            uri="https://rude.example/2",
            object_id=rude.object_id,
            in_reply_to_uri=post.uri,
            actor_id=rude.actor_id,
            html_clean="<p>Before.</p>",
            state="hidden",
        )
        return rude.id

    number = await cap.database.write(talk)
    here = f"/desk/moderation/reply/{number}"
    await browser.sign_in(cap, ANA, "moderator")
    await other.sign_in(cap, BEN, "moderator")
    page = await browser.get(here)
    order = [page.text.index(f"Words of {name}.") for name in ("first", "later")]
    assert order == sorted(order)
    assert "Before." in page.text
    assert "@rude@rude.example" in page.text
    assert post.url in page.text

    assert (await browser.post(f"{here}/claim", do="mine")).headers["location"] == f"{here}?done=mine"
    assert "with ana" in (await other.get("/desk/moderation?kind=reply")).text
    assert "Nothing of this kind waits" in (await other.get("/desk/moderation?whose=mine")).text
    assert (await other.post(f"{here}/claim", do="mine")).status_code == 409
    clock.advance(hours=25)
    assert "with ana" not in (await other.get("/desk/moderation")).text
    assert (await other.post(f"{here}/claim", do="mine")).status_code == 303
    assert (await browser.post(f"{here}/claim", do="back")).status_code == 303

    secret = "<b>He</b> did this before."
    for about in ("entry", "actor", "server"):
        assert (await browser.post(f"{here}/note", words=secret, about=about)).status_code == 303
    assert (await browser.post(f"{here}/note", words=" ", about="entry")).status_code == 422
    long = await browser.post(f"{here}/note", words="x" * 5_001, about="entry")
    assert long.status_code == 422
    assert "x" * 5_000 in long.text, "what was typed is not lost"
    noted = await other.get(here)
    assert noted.text.count("&lt;b&gt;He&lt;/b&gt; did this before.") == 3
    rows = await cap.database.read(lambda session: list(session.scalars(select(models.ModerationNote.words))))
    assert not any(b"before" in row for row in rows)

    seen, was = seen_in(noted.text), "held"
    assert (await browser.post(here, do="take", was=was, seen=seen)).status_code == 303
    late = await other.post(here, do="refuse", was=was, seen=seen)
    assert late.status_code == 409
    assert "Somebody else decided this meanwhile" in late.text
    assert await state_of(cap, models.Reply, number) == "shown"
    assert (await other.post(here, do="refuse", was="shown", seen=seen)).status_code == 303
    assert (await other.post(here, do="refuse", was="shown", seen=seen)).status_code == 409
    assert await state_of(cap, models.Reply, number) == "hidden"
    deeds = await cap.database.read(lambda session: [each.action for each in audit_log.entries(session)])
    assert deeds[-2:] == ["reply.show", "reply.hide"]


@ONE_DATABASE
async def test_another_collectives_entry_is_not_found_whatever_is_asked_of_it(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    await wave(cap, await published(cap, tmp_path, "tbilisi"), 1)
    await browser.sign_in(cap, ANA, "owner", "berlin")
    for here in ("/desk/moderation/reply/1", "/desk/moderation/burn/1", "/desk/moderation/reply/x"):
        assert (await browser.get(here)).status_code == 404
        assert (await browser.post(here, do="refuse", was="held", seen="9.reply-9")).status_code == 404
        assert (await browser.post(f"{here}/note", words="x", about="entry")).status_code == 404
        assert (await browser.post(f"{here}/claim", do="mine")).status_code == 404
    answer = await browser.post("/desk/moderation/report/1/answer", do="dismiss")
    assert answer.status_code == 404
    assert await states(cap) == {"held": 1}


async def test_signatures_of_collectives_stand_in_the_queue_and_are_answered_elsewhere(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    post = await published(cap, tmp_path)

    def sign(session: Session) -> int:
        cell = actor(session, "cell")
        signed = {"statement_uri": post.uri, "signer_uri": cell.uri, "name": "Cell of Porto"}
        return add(session, models.CoSignature, author_state="pending", **signed).id

    number = await cap.database.write(sign)
    await browser.sign_in(cap, ANA, "moderator")
    await other.sign_in(cap, BEN, "owner")
    page = await browser.get("/desk/moderation")
    assert "Cell of Porto" in page.text
    assert "/desk/signatures" not in page.text.partition("<h1>")[2], "moderators do not sign"
    assert "/desk/signatures" in (await other.get("/desk/moderation")).text.partition("<h1>")[2]
    seen = seen_in(page.text)
    chosen = await browser.post("/desk/moderation/chosen", entry=f"consent-{number}", do="take", seen=seen)
    assert chosen.status_code == 422
    every = await browser.post("/desk/moderation/all", do="take", seen=seen)
    assert "Nothing of what you saw waits any more" in every.text
    assert (await browser.get(f"/desk/moderation/consent/{number}")).status_code == 404
