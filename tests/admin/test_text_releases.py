"""Texts leave the desk exactly as they were seen and agreed to, once, at their moment, or not at all."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.services import registering, releasing
from fedinode.services.members import voting
from fedinode.storage import audit_log, decisions, desk_texts, federated_objects, posts
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, Thresholds
from fedinode.storage.models import OutgoingActivity, Revision
from tests.admin.conftest import Browser
from tests.admin.desk_texts_made import NEWS, begin, rewrite, said, source_of
from tests.admin.test_text_pictures import photograph, send
from tests.web.conftest import Clock

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

BERLIN = "Europe/Berlin"
STATEMENT = """+++
type = "statement"
title = "Wasser für alle"
language = "de"
cosign = "anyone"
+++

Der Fluss ist trocken.
"""


async def let_two_decide(cap: Capabilities) -> None:
    def write(session: Session) -> None:
        row = registering.require_collective(session, "berlin")
        decisions.set_thresholds(session, row.id, Thresholds(publish=2, cosign=2))

    await cap.database.write(write)


async def activities(cap: Capabilities) -> list[str]:
    query = select(OutgoingActivity.type).order_by(OutgoingActivity.id)
    return list(await cap.database.read(lambda session: session.scalars(query).all()))


async def state_of(cap: Capabilities, uid: str) -> tuple[str, str | None]:
    """Return the states of a working copy and of its post."""

    def read(session: Session) -> tuple[str, str | None]:
        copy = desk_texts.find(session, uid)
        assert copy is not None
        return copy.state, None if copy.post_id is None else posts.get(session, copy.post_id).state

    return await cap.database.read(read)


async def open_questions(cap: Capabilities) -> tuple[DecisionRow, ...]:
    return await cap.database.read(lambda session: decisions.list_newest(session, states=("open",)))


async def release(
    browser: Browser, uid: str, number: int = 1, *, do: str = "now", at: str = "", zone: str = ""
) -> tuple[int, str, str]:
    """Press a button of the page; return the status, where it leads, and what the page says."""
    answer = await browser.post(f"/desk/texts/{uid}/release", number=str(number), do=do, at=at, zone=zone)
    return answer.status_code, answer.headers.get("location", "").partition("?done=")[2], said(answer.text)


async def change(cap: Capabilities, browser: Browser) -> str:
    """Begin to change the newest post; return the uid of the working copy."""
    newest = await cap.database.read(lambda session: posts.list_newest(session, None, 1)[0])
    answer = await browser.post("/desk/texts/of-post", post=newest.uid)
    return str(answer.headers["location"].rpartition("/")[2])


async def test_one_who_decides_alone_publishes_a_text_once_however_often_they_press(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    page = said((await browser.get(f"/desk/texts/{uid}/release")).text)
    assert "It goes to 0 followers on 0 servers." in page
    assert "Nobody else has to agree." in page
    assert "Mastodon shows the whole text." in page
    assert (await state_of(cap, uid)) == ("open", None)
    assert (await release(browser, uid))[:2] == (303, "public")
    assert await state_of(cap, uid) == ("released", "public")
    status, _, page = await release(browser, uid)
    assert (status, "released or thrown away" in page) == (409, True)
    assert await activities(cap) == ["Create"]
    public = await browser.get("/@berlin/de/reiher-am-kanal")
    assert (public.status_code, "Sieben." in public.text) == (200, True)
    assert "This text was released." in (await browser.get(f"/desk/texts/{uid}/release")).text

    def actions(session: Session) -> set[str]:
        return {each.action for each in audit_log.entries(session)}

    assert "text.released" in await cap.database.read(actions)


async def test_an_older_version_is_not_released_and_both_are_shown(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    await other.sign_in(cap, "ben@example.org", "author")
    uid = await begin(cap, browser)
    await rewrite(cap, other, uid, NEWS.replace("Sieben", "Achtzig"))
    answer = await browser.post(f"/desk/texts/{uid}/release", number="1", do="now")
    assert answer.status_code == 409
    assert "<del>Sieben</del>" in answer.text
    assert "<ins>Achtzig</ins>" in answer.text
    assert (await state_of(cap, uid), await activities(cap)) == (("open", None), [])
    assert (await release(browser, uid, 2))[1] == "public"


async def test_a_moment_is_set_moved_called_off_and_kept_by_the_worker(
    cap: Capabilities, browser: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    for at, zone, words in (
        ("2027-03-28T02:30", BERLIN, "does not exist in Europe/Berlin"),
        ("2027-10-31T02:30", BERLIN, "occurs twice in Europe/Berlin"),
        ("2026-11-20T13:00", BERLIN, "This moment is over already"),
        ("2029-01-01T13:00", BERLIN, "more than a year ahead"),
        ("2026-11-21T13:00", "Mars/Olympus", "There is no time zone"),
        ("", BERLIN, "Choose a day and an hour."),
    ):
        status, _, page = await release(browser, uid, do="at", at=at, zone=zone)
        assert (status, words in page) == (409, True), at
    assert await open_questions(cap) == ()
    assert (await release(browser, uid, do="at", at="2026-11-20T14:00", zone=BERLIN))[:2] == (
        303,
        "scheduled",
    )
    assert (await release(browser, uid, do="at", at="2026-11-20T15:00", zone=BERLIN))[:2] == (
        303,
        "scheduled",
    )
    (question,) = await open_questions(cap)
    assert question.not_before == clock.now + timedelta(hours=2)
    assert "It is set for a moment" in said((await browser.get(f"/desk/texts/{uid}/release")).text)
    assert (await browser.post(f"/desk/texts/{uid}/release/call-off")).status_code == 303
    clock.advance(hours=3)
    assert (await voting.act_on_ripe(cap), await state_of(cap, uid)) == (0, ("open", "draft"))
    assert (await release(browser, uid, do="at", at="2026-11-20T17:00", zone=BERLIN))[:2] == (
        303,
        "scheduled",
    )
    clock.advance(hours=2)
    assert await voting.act_on_ripe(cap) == 1
    assert (await state_of(cap, uid), await activities(cap)) == (("released", "public"), ["Create"])


async def test_two_have_to_agree_and_no_tab_moment_or_edited_text_gets_round_it(
    cap: Capabilities, browser: Browser, other: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    await other.sign_in(cap, "ben@example.org", "editor")
    await let_two_decide(cap)
    uid = await begin(cap, browser)
    assert (await release(browser, uid))[:2] == (303, "asked")
    for _ in range(2):
        assert (await release(browser, uid))[0] in (303, 409)
    assert (await release(browser, uid, do="at", at="2026-11-20T12:30", zone="UTC"))[:2] == (303, "asked")
    clock.advance(hours=1)
    assert (await voting.act_on_ripe(cap), await state_of(cap, uid)) == (0, ("open", "draft"))
    # What Ben sees and agrees to is version 1; somebody writes on meanwhile.
    (question,) = await open_questions(cap)
    number = await rewrite(cap, browser, uid, NEWS.replace("Sieben", "Ganz anders"))
    page = said((await other.get(f"/desk/texts/{uid}/release")).text)
    assert "It is about version 1." in page
    assert (await other.get(f"/desk/decisions/{question.uid}")).status_code == 200
    # Released anew, it is another question: Ana's old yes does not count for it.
    assert (await release(other, uid, number))[:2] == (303, "asked")
    answer = await browser.post("/desk/decisions", decision=question.uid, do="yes")
    assert answer.status_code in (404, 409)
    assert (await state_of(cap, uid), await activities(cap)) == (("open", "draft"), [])
    (again,) = await open_questions(cap)
    assert (await browser.post("/desk/decisions", decision=again.uid, do="yes")).status_code == 303
    assert (await state_of(cap, uid), await activities(cap)) == (("released", "public"), ["Create"])
    assert "Ganz anders." in (await browser.get("/@berlin/de/reiher-am-kanal")).text


async def test_a_change_of_a_public_text_is_what_the_members_agreed_to_whatever_is_written_since(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    await other.sign_in(cap, "ben@example.org", "editor")
    await release(browser, await begin(cap, browser))
    await let_two_decide(cap)
    uid = await change(cap, browser)
    assert (await release(browser, uid))[:2] == (303, "same")
    agreed = await rewrite(cap, browser, uid, (await source_of(cap, uid)).replace("Sieben", "Acht"))
    assert (await release(browser, uid, agreed, do="at", at="2026-11-21T12:00", zone="UTC"))[0] == 409
    assert (await release(browser, uid, agreed))[:2] == (303, "asked")
    await rewrite(cap, browser, uid, (await source_of(cap, uid)).replace("Acht", "Neun"))
    (question,) = await open_questions(cap)
    assert "Acht" in (await other.get(f"/desk/decisions/{question.uid}")).text
    assert (await other.post("/desk/decisions", decision=question.uid, do="yes")).status_code == 303
    page = (await browser.get("/@berlin/de/reiher-am-kanal")).text
    assert "Acht." in page
    assert await activities(cap) == ["Create", "Update"]
    # Who has written on goes on: that version was not what went out.
    assert (await state_of(cap, uid)) == ("open", "public")


async def test_pictures_that_may_not_go_out_hold_a_text_back(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    await send(browser, uid, photograph())
    page = said((await browser.get(f"/desk/texts/{uid}/release")).text)
    assert "It is held back" in page
    assert "A picture has no description yet" in page
    assert (await release(browser, uid))[0] == 409
    name = (
        (await browser.get(f"/desk/texts/{uid}/pictures")).text.partition("/pictures/")[2].partition('"')[0]
    )
    path = f"/desk/texts/{uid}/pictures/{name}"
    await browser.post(path, do="describe", alt="Ein Reiher", faces="1")
    status, _, page = await release(browser, uid, 2)
    assert (status, "faces of people who did not agree" in page) == (409, True)
    await browser.post(path, do="describe", alt="Ein Reiher")
    assert (await release(browser, uid, 2))[:2] == (303, "public")
    assert 'alt="Ein Reiher"' in (await browser.get("/@berlin/de/reiher-am-kanal")).text
    uid = await change(cap, browser)
    name = (
        (await browser.get(f"/desk/texts/{uid}/pictures")).text.partition("/pictures/")[2].partition('"')[0]
    )
    assert (await release(browser, uid))[:2] == (303, "same")
    await browser.post(f"/desk/texts/{uid}/pictures/{name}", do="describe", alt="Zwei Reiher")
    assert (await release(browser, uid, 2))[:2] == (303, "public")
    assert 'alt="Zwei Reiher"' in (await browser.get("/@berlin/de/reiher-am-kanal")).text
    assert await activities(cap) == ["Create", "Update"]


async def test_a_public_text_is_deleted_once_its_title_is_typed(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    assert (await browser.get(f"/desk/texts/{uid}/delete")).status_code == 409
    await release(browser, uid)
    assert "Reiher am Kanal" in (await browser.get(f"/desk/texts/{uid}/delete")).text
    wrong = await browser.post(f"/desk/texts/{uid}/delete", title="Reiher")
    assert (wrong.status_code, 'value="Reiher"' in wrong.text) == (422, True)
    right = await browser.post(f"/desk/texts/{uid}/delete", title="reiher  am Kanal")
    assert right.headers["location"].endswith("?done=deleted")
    assert await activities(cap) == ["Create", "Delete"]
    assert (await browser.get("/@berlin/de/reiher-am-kanal")).status_code == 410


async def test_a_statement_that_others_can_sign_is_amended_as_a_new_draft(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "owner")
    uid = await begin(cap, browser, STATEMENT)
    assert (await release(browser, uid))[:2] == (303, "public")
    uid = await change(cap, browser)
    number = await rewrite(cap, browser, uid, (await source_of(cap, uid)).replace("trocken", "vergiftet"))
    assert "Others signed this statement" in (await browser.get(f"/desk/texts/{uid}/release")).text
    status, _, page = await release(browser, uid, number)
    assert (status, "its text never changes" in page) == (409, True)
    answer = await browser.post(f"/desk/texts/{uid}/release/amend", number=str(number))
    assert answer.headers["location"].endswith("?done=amended")
    assert await state_of(cap, uid) == ("open", "draft")
    assert (await release(browser, uid, number))[:2] == (303, "public")

    def count(session: Session) -> int:
        return posts.count_public(session, registering.require_collective(session, "berlin").id)

    assert await cap.database.read(count) == 2


async def test_texts_of_another_collective_and_forged_numbers_are_not_there(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    await other.sign_in(cap, "eka@example.org", "owner", collective="tbilisi")
    for path in ("release", "delete"):
        assert (await other.get(f"/desk/texts/{uid}/{path}")).status_code == 404
    assert (await release(other, uid))[0] == 404
    for path in ("release/call-off", "release/amend", "delete"):
        answer = await other.post(f"/desk/texts/{uid}/{path}", number="1", title="Reiher am Kanal")
        assert answer.status_code == 404, path
    for number, status in (("x", 400), ("", 400), ("99999999999", 400), ("7", 409)):
        answer = await browser.post(f"/desk/texts/{uid}/release", number=number, do="now")
        assert answer.status_code == status, number
    assert (await browser.post(f"/desk/texts/{uid}/release", number="1", do="burn")).status_code == 400
    assert (
        await cap.database.read(
            lambda session: session.scalar(select(func.count()).select_from(OutgoingActivity))
        )
        == 0
    )


async def test_whoever_is_asked_sees_the_page_with_its_pictures_as_long_as_it_is_what_was_asked(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    await browser.sign_in(cap, "ben@example.org", "signer")
    await let_two_decide(cap)
    await browser.sign_in(cap, "ana@example.org", "editor")
    uid = await begin(cap, browser)
    await send(browser, uid, photograph(), alt="Ein Reiher")
    assert (await release(browser, uid, 2))[:2] == (303, "asked")
    (question,) = await open_questions(cap)
    path = f"/desk/decisions/{question.uid}"
    await other.sign_in(cap, "rea@example.org", "reader")
    assert f"{path}/preview" in (await other.get(path)).text
    page = (await other.get(f"{path}/preview?language=de")).text
    assert 'class="preview-bar' in page
    assert "Sieben." in page
    name = page.partition(f"{path}/pictures/")[2].partition('"')[0]
    picture = await other.get(f"{path}/pictures/{name}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert 'alt="Ein Reiher"' in (await other.get(f"{path}/preview/mastodon")).text
    assert (await other.get(f"{path}/pictures/fedinode.db")).status_code == 404
    assert (await other.get(f"{path}/preview?language=fr")).status_code == 404
    assert (await browser.get(f"/media/{name}")).status_code == 404
    await other.sign_in(cap, "eka@example.org", "owner", collective="tbilisi")
    assert (await other.get(f"{path}/preview")).status_code == 404
    assert (await other.get(f"{path}/pictures/{name}")).status_code == 404
    await browser.post(f"/desk/texts/{uid}/release/call-off")
    assert (await browser.get(f"{path}/preview")).status_code == 404


async def test_a_draft_that_others_signed_is_published_as_it_is_unless_anything_beside_its_words_changed(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "owner")
    tagged = STATEMENT.replace('cosign = "anyone"', 'cosign = "anyone"\ntags = ["Wasser"]')
    for changes, states in ((False, ["public"]), (True, ["dropped", "public"])):
        uid = await begin(cap, browser, tagged.replace("Wasser", f"Wasser {changes}"))
        kept = await browser.post(f"/desk/texts/{uid}/release/draft", number="1")
        assert kept.status_code == 303
        await freeze_newest(cap)
        if changes:
            await rewrite(
                cap, browser, uid, (await source_of(cap, uid)).replace('tags = ["W', 'tags = ["Kein W')
            )
        assert (await release(browser, uid, 2 if changes else 1))[:2] == (303, "public")
        assert await cap.database.read(revisions_of_newest) == states


async def freeze_newest(cap: Capabilities) -> None:
    """Bind the newest draft to its text, as asking others to sign it does."""
    row = await cap.database.read(lambda session: registering.require_collective(session, "berlin"))
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> None:
        post = posts.list_newest(session, None, 1)[0]
        releasing.freeze_object(session, press, post, federated_objects.list_of_post(session, post.id)[0])

    await cap.database.write(write)


def revisions_of_newest(session: Session) -> list[str]:
    post = posts.list_newest(session, None, 1)[0]
    subject = federated_objects.list_of_post(session, post.id)[0]
    query = select(Revision.state).where(Revision.object_id == subject.id).order_by(Revision.number)
    return list(session.scalars(query).all())


async def test_what_nobody_is_sent_and_what_cannot_be_read_yet_is_said_before(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "editor")
    page = await begin(cap, browser, '+++\ntype = "page"\ntitle = "Über uns"\nlanguage = "de"\n+++\n\nWir.\n')
    assert "Nobody is sent it." in said((await browser.get(f"/desk/texts/{page}/release")).text)
    assert "nobody is sent them" in said((await browser.get(f"/desk/texts/{page}/preview/mastodon")).text)
    old = NEWS.replace('type = "news"', 'type = "news"\npublished = 2020-05-01T12:00:00Z')
    dated = await begin(cap, browser, old)
    assert "It has an old date" in said((await browser.get(f"/desk/texts/{dated}/release")).text)
    broken = await begin(cap, browser, '+++\ntype = "news"\nlanguag = "de"\n+++\n\nWort.\n')
    for path in ("release", "preview", "preview/mastodon"):
        shown = await browser.get(f"/desk/texts/{broken}/{path}")
        assert "languag" in said(shown.text), path
        assert str(cap.settings.data_dir) not in shown.text, path
    assert (await release(browser, broken))[0] == 409
    assert await activities(cap) == []
