"""Texts are begun, written and kept at the desk, whatever is typed; who may see them."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import editing, parse_manuscript
from fedinode.services import publishing, revising
from fedinode.services.members import voting
from fedinode.services.writing import leafing, retracing
from fedinode.storage import models
from fedinode.storage.database import Session
from tests.admin.conftest import Browser
from tests.admin.writers import JSON, ON_ONE, begin, form_of, sources_of
from tests.web.conftest import Clock

pytestmark = pytest.mark.anyio


async def test_a_text_is_begun_with_an_outline_written_and_found_in_the_list(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    page = await browser.get(address)
    assert page.headers["cache-control"] == "no-store"
    assert "Worum es geht" in page.text
    assert "4 hints of the outline" in page.text
    assert "It needs a title." in page.text
    form = form_of(page)
    form |= {
        "title": "Wasser <für> alle",
        "body": "Wir bestehen darauf.\r\n\r\nAlle.",
        "demands": "Eins\nZwei",
        "has-individuals": "1",
    }
    answer = await browser.post(address, None, **form)
    assert answer.headers["location"] == f"{address}?done=saved"
    page = await browser.get(answer.headers["location"])
    assert "Saved." in page.text
    assert "Wasser &lt;für&gt; alle" in page.text
    assert form_of(page)["body"] == "Wir bestehen darauf.\n\nAlle."
    kept = (await sources_of(cap, address))[0]
    assert editing.values_of(kept)["demands",] == ["Eins", "Zwei"]
    at_the_machine = await leafing.list_all(cap, "in-work", "berlin")
    assert await leafing.read_text(cap, at_the_machine[0].uid or "") == kept
    listed = await browser.get("/desk/texts")
    assert "Wasser &lt;für&gt; alle" in listed.text
    assert "ben" in listed.text

    def read(session: Session) -> list[bytes]:
        sources = list(session.scalars(select(models.WorkingVersion.source)))
        return sources + [each or b"" for each in session.scalars(select(models.WorkingCopy.title))]

    assert not any(b"Wasser" in each for each in await cap.database.read(read))


@ON_ONE
async def test_what_is_typed_is_kept_whatever_it_is(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser, "event")
    odd = {
        "starts": "am ersten Mai",
        "ends": "2026-05-01T20:00",
        "url": "kein Link",
        "title": "\u202eumgedreht\u0000\u0007",
        "tags": "#eins,, zwei ,",
        "body": "+++\r\nnoch eine\x00 Zeile\r\n+++",
    }
    answer = await browser.post(address, None, **form_of(await browser.get(address)) | odd)
    assert answer.status_code == 303
    page = await browser.get(address)
    form = form_of(page)
    assert (form["starts"], form["ends"], form["url"]) == ("am ersten Mai", "2026-05-01T20:00", "kein Link")
    assert (form["tags"], form["body"]) == ("eins, zwei", "+++\nnoch eine Zeile\n+++")
    assert "Before it can be published" in page.text
    # Lists show no title that turns the words around it.
    assert "\u202e" not in (await browser.get("/desk/texts")).text
    changed = await browser.post(address, None, **form | {"kind": "news"})
    assert changed.status_code == 303
    values = editing.values_of((await sources_of(cap, address))[0])
    assert (values["type",], ("starts",) in values, ("timezone",) in values) == ("news", False, False)


@ON_ONE
async def test_a_huge_paste_comes_back_with_what_to_do(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    form = form_of(await browser.get(address))
    huge = await browser.post(address, None, **form | {"body": "wort " * 220_000})
    assert huge.status_code == 413
    assert "This text is too long" in huge.text
    assert form_of(huge)["body"] == "wort " * 220_000
    assert len(await sources_of(cap, address)) == 1
    told = await browser.post(f"{address}/autosave", JSON, **form | {"body": "wort " * 220_000})
    assert (told.status_code, told.json()) == (413, {"error": "too-long"})
    assert (await browser.post(address, None, **form | {"body": "x" * 4_200_000})).status_code == 413
    # What nobody would publish in one piece is kept, and said.
    assert (await browser.post(address, None, **form | {"body": "wort " * 60_000})).status_code == 303
    assert "larger than 256 KiB" in (await browser.get(address)).text


@ON_ONE
async def test_texts_of_other_collectives_and_forged_names_are_not_there(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "nino@example.org", "owner", collective="tbilisi")
    address = await begin(browser)
    form = form_of(await browser.get(address))
    uid = address.rsplit("/", 1)[1]
    await other.get("/desk/texts")
    assert (await other.get(address)).status_code == 404
    assert (await other.get(f"{address}/versions")).status_code == 404
    assert (await other.get(f"{address}/versions/compare?before=1&after=1")).status_code == 404
    assert (await other.post(address, None, **form)).status_code == 404
    assert (await other.post(f"{address}/autosave", JSON, **form)).status_code == 404
    assert (await other.post(f"{address}/versions", number="1")).status_code == 404
    assert (await other.post(f"{address}/drop")).status_code == 404
    begun = await other.post("/desk/texts/new", kind="news", collective="tbilisi", uid=uid)
    assert begun.status_code == 404
    for wrong in ({"collective": "berlin"}, {"kind": "page"}, {"uid": "../../etc"}):
        sent = {"kind": "news", "collective": "tbilisi", "uid": "a" * 16} | wrong
        assert (await other.post("/desk/texts/new", None, **sent)).status_code == 422
    assert (
        await other.post("/desk/texts/new", kind="news", collective="tbilisi", uid="a" * 16)
    ).status_code == 303
    assert (
        await other.post("/desk/texts/new", kind="news", collective="tbilisi", uid="a" * 16)
    ).status_code == 303
    assert (await other.get("/desk/texts")).text.count("being written") == 1
    assert (await browser.post(address, None, **form | {"base": "-1"})).status_code == 422


@ON_ONE
async def test_a_translator_reads_and_whoever_does_not_write_sees_nothing(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    await browser.post(address, None, **form_of(await browser.get(address)) | {"title": "Geheimer Titel"})
    await other.sign_in(cap, "tina@example.org", "translator")
    page = (await other.get(address)).text
    assert "Geheimer Titel" in page
    assert "text-form" not in page
    for role in ("reader", "moderator", "signer"):
        await other.sign_in(cap, f"{role}@example.org", role)
        assert (await other.get("/desk/texts")).status_code == 403
        assert (await other.get(address)).status_code == 403


@ON_ONE
async def test_a_text_is_thrown_away_taken_back_and_forgotten(
    cap: Capabilities, browser: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    form = form_of(await browser.get(address)) | {"title": "Doch nicht"}
    await browser.post(address, None, **form)
    assert (await browser.post(f"{address}/drop")).headers["location"] == "/desk/texts?done=dropped"
    assert "Doch nicht" not in (await browser.get("/desk/texts")).text
    assert "Doch nicht" in (await browser.get("/desk/texts?shelf=thrown-away")).text
    closed = await browser.post(address, None, **form)
    assert (closed.status_code, "Doch nicht" in closed.text) == (409, True)
    await browser.post(f"{address}/take-back")
    assert form_of(await browser.get(address))["title"] == "Doch nicht"
    await browser.post(f"{address}/drop")
    clock.advance(days=31)
    await retracing.tidy_up(cap)
    await browser.sign_in(cap, "ben@example.org", "author")
    assert (await browser.get(address)).status_code == 404


async def test_drafts_and_public_posts_are_opened_at_the_desk(
    cap: Capabilities, browser: Browser, clock: Clock, tmp_path: Path
) -> None:
    written = tmp_path / "text.md"
    written.write_text('+++\ntype = "news"\ntitle = "Vom Befehl"\nlanguage = "de"\n+++\nSatz.\n', "utf-8")
    draft = await publishing.post(cap, parse_manuscript(written), collective="berlin", draft=True)
    await browser.sign_in(cap, "ben@example.org", "author")
    listed = (await browser.get("/desk/texts")).text
    assert "Vom Befehl" in listed
    opened = [await browser.post("/desk/texts/of-post", post=draft.uid) for _ in range(2)]
    assert opened[0].headers["location"] == opened[1].headers["location"]
    form = form_of(await browser.get(opened[0].headers["location"]))
    assert (form["title"], form["body"], "kind" in form) == ("Vom Befehl", "Satz.", False)
    assert (await browser.post("/desk/texts/of-post", post="nothing")).status_code == 404
    await publishing.publish(cap, draft.uri, at=cap.clock() + timedelta(days=2))
    scheduled = (await browser.get("/desk/texts?shelf=scheduled")).text
    assert "Vom Befehl" in scheduled
    assert "due" in scheduled
    # In the list of what is in work it stands with its working copy, and says the same of it.
    in_work = await leafing.list_all(cap, "in-work", "berlin")
    assert [(each.state, each.uid is None, each.due_at is None) for each in in_work] == [
        ("scheduled", False, False)
    ]
    clock.advance(days=2, hours=1)
    await voting.act_on_ripe(cap)
    await browser.sign_in(cap, "ben@example.org", "author")
    assert "changes a public text" in (await browser.get("/desk/texts")).text
    assert "Vom Befehl" in (await browser.get("/desk/texts?shelf=public")).text
    assert "was changed elsewhere" not in (await browser.get(opened[0].headers["location"])).text
    written.write_text(written.read_text("utf-8") + "Noch ein Satz.\n", "utf-8")
    await revising.edit(cap, draft.uri, parse_manuscript(written))
    address = opened[0].headers["location"]
    page = await browser.get(address)
    assert "was changed elsewhere" in page.text
    await browser.post(address, None, **form_of(page) | {"title": "Vom Schreibtisch", "category": "Stadt"})
    caught = await browser.post(f"{address}/catch-up")
    assert caught.headers["location"] == f"{address}?done=caught-up&with=body"
    page = await browser.get(caught.headers["location"])
    assert "was changed elsewhere" not in page.text
    form = form_of(page)
    assert (form["title"], form["body"]) == ("Vom Schreibtisch", "Satz.\nNoch ein Satz.")
    # Where both changed the same, the words of the desk stay, and the others are set aside.
    written.write_text(written.read_text("utf-8").replace("Vom Befehl", "Wieder vom Befehl"), "utf-8")
    await revising.edit(cap, draft.uri, parse_manuscript(written))
    caught = await browser.post(f"{address}/catch-up")
    assert caught.headers["location"] == f"{address}?done=differing&with=title"
    assert form_of(await browser.get(address))["title"] == "Vom Schreibtisch"
    assert "Wieder vom Befehl" in (await sources_of(cap, address))[1]
    assert (await browser.get("/desk/texts?shelf=public&page=99999999")).status_code == 404


@ON_ONE
async def test_who_writes_for_several_collectives_chooses_one(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await browser.sign_in(cap, "ben@example.org", "editor", collective="tbilisi")
    asked = (await browser.get("/desk/texts/new")).text
    assert "Who speaks?" in asked
    assert "Berliner Zelle" in asked
    address = await begin(browser, "news", "tbilisi")
    form = form_of(await browser.get(address))
    # No outline speaks Georgian yet; the text is in Georgian all the same.
    assert (form["language"], "the most important thing" in form["body"]) == ("ka", True)
    listed = (await browser.get("/desk/texts")).text
    assert "Without a title" in listed
    assert "tbilisi" in listed
