"""Texts are begun, written and kept at the desk: by one, by two at once, by whoever was signed out."""

import re
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.errors import NotAllowed, NotFound
from fedinode.frontmatter import editing, parse_manuscript
from fedinode.services import authoring, leafing, publishing, retracing, revising, signing_in, voting
from fedinode.services.authoring import Change, Saved
from fedinode.storage import desk_texts, models
from fedinode.storage.database import Session
from tests.admin import form_reader
from tests.admin.conftest import FROM_HERE, Browser
from tests.web.conftest import Clock

pytestmark = pytest.mark.anyio
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

JSON = FROM_HERE | {"accept": "application/json"}


def form_of(answer: httpx.Response) -> dict[str, str]:
    """Return what the editor's form would send."""
    fields = form_reader.fields_of(answer.text, "text-form")
    return {name: value for name, value in fields.items() if name != "seal"}


async def begin(browser: Browser, kind: str = "statement", collective: str = "berlin") -> str:
    """Begin a text; return its address."""
    page = await browser.get("/desk/texts/new")
    found = re.search(r'name="uid" value="(\w{16})"', page.text)
    assert found
    answer = await browser.post("/desk/texts/new", kind=kind, collective=collective, uid=found[1])
    assert answer.status_code == 303
    return answer.headers["location"]


async def sources_of(cap: Capabilities, address: str) -> list[str]:
    """Return all that is kept of a text, the newest first."""

    def read(session: Session) -> list[str]:
        copy = desk_texts.find(session, address.rsplit("/", 1)[1])
        assert copy
        lines = desk_texts.list_versions(session, copy)
        return [desk_texts.find_source(session, copy, line.number) or "" for line in lines]

    return await cap.database.read(read)


def seal_in(answer: httpx.Response) -> str:
    """Return the seal of a page that answered a form."""
    found = re.search(r'name="seal" value="([0-9a-f]{64})"', answer.text)
    assert found
    return found[1]


async def standing_source(cap: Capabilities, address: str) -> str:
    """Return how a text stands."""

    def read(session: Session) -> str:
        copy = desk_texts.find(session, address.rsplit("/", 1)[1])
        assert copy
        return desk_texts.find_source(session, copy, desk_texts.newest(session, copy).number) or ""

    return await cap.database.read(read)


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


async def test_two_people_who_change_different_parts_keep_both(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "mira@example.org", "editor")
    address = await begin(browser)
    his, hers = form_of(await browser.get(address)), form_of(await other.get(address))
    assert (await other.post(address, None, **hers | {"title": "Brot", "tags": "a, b"})).status_code == 303
    answer = await browser.post(address, None, **his | {"body": "Seine Worte."})
    assert answer.headers["location"] == f"{address}?done=merged&with=title,tags"
    page = await browser.get(answer.headers["location"])
    assert "together with what somebody else changed meanwhile. Title, Tags" in page.text
    form = form_of(page)
    assert (form["title"], form["tags"], form["body"]) == ("Brot", "a, b", "Seine Worte.")
    # The same form again, from a second tab or a second press, makes no second copy and undoes nothing.
    before = await sources_of(cap, address)
    assert (await browser.post(address, None, **his | {"body": "Seine Worte."})).status_code == 303
    assert await sources_of(cap, address) == before


async def test_two_people_who_change_the_same_are_shown_both_and_nothing_is_lost(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "mira@example.org", "editor")
    address = await begin(browser)
    his, hers = form_of(await browser.get(address)), form_of(await other.get(address))
    await other.post(address, None, **hers | {"title": "Ihr Titel", "category": "Stadt"})
    clash = await browser.post(address, None, **his | {"title": "Sein Titel", "body": "Seine <b>Worte</b>."})
    assert clash.status_code == 409
    assert clash.headers["cache-control"] == "no-store"
    assert "Ihr Titel" in clash.text
    assert "mira" in clash.text
    # Even if the page is closed now, his words are there.
    assert "Seine <b>Worte</b>." in (await sources_of(cap, address))[0]
    assert editing.values_of(await standing_source(cap, address))["title",] == "Ihr Titel"
    versions = (await browser.get(f"{address}/versions")).text
    assert "set aside" in versions

    decided = form_of(clash) | {"title": "Unser Titel"}
    browser.seal = seal_in(clash)
    assert (await browser.post(address, None, **decided)).status_code == 303
    form = form_of(await browser.get(address))
    assert (form["title"], form["category"]) == ("Unser Titel", "Stadt")
    assert form["body"] == "Seine <b>Worte</b>."


async def test_a_file_that_two_changed_is_compared_as_a_whole(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "mira@example.org", "editor")
    address = await begin(browser, "event")
    his = form_of(await browser.get(f"{address}?as=file"))
    assert his["source"].startswith("+++\n")
    broken = his | {"source": his["source"].replace('type = "event"', "type = ")}
    await other.get(address)
    assert (await other.post(address, None, **broken)).headers["location"] == f"{address}?done=saved&as=file"
    # What cannot be read has no form, and says why, and where.
    page = await other.get(address)
    assert "f-source" in page.text
    assert "Line 2: this is no valid TOML" in page.text
    clash = await browser.post(address, None, **his | {"source": his["source"] + "\nNoch etwas.\n"})
    assert clash.status_code == 409
    assert form_of(clash)["source"].endswith("Noch etwas.\n")
    browser.seal = seal_in(clash)
    assert (await browser.post(address, None, **form_of(clash))).status_code == 303
    assert "When and where" in (await browser.get(address)).text


@ON_ONE
async def test_a_text_survives_the_end_of_its_session(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    written = form_of(await browser.get(address)) | {"title": "Zeile <1>", "body": "Eins\r\n\r\n& zwei"}
    browser.client.cookies.clear()
    lost = await browser.post(address, None, **written)
    assert lost.status_code == 401
    assert "/sign-in" in lost.text
    held = form_of(lost)
    assert (held["title"], held["body"]) == ("Zeile <1>", "Eins\n\n& zwei")
    # The script is only told; it keeps the words where they are.
    told = await browser.post(f"{address}/autosave", JSON, **written)
    assert (told.status_code, told.json()) == (401, {"error": "signed-out"})
    # From elsewhere nothing is given back and nothing is taken.
    foreign = await browser.post(address, {"origin": "https://evil.example"}, **written)
    assert (foreign.status_code, "Zeile" in foreign.text) == (403, False)

    await browser.sign_in(cap, "ben@example.org", "author")
    browser.seal = "0" * 64
    asked = await browser.post(address, None, **held)
    assert asked.status_code == 409
    assert "Your text is still here" in asked.text
    browser.seal = seal_in(asked)
    assert (await browser.post(address, None, **form_of(asked))).status_code == 303
    form = form_of(await browser.get(address))
    assert (form["title"], form["body"]) == ("Zeile <1>", "Eins\n\n& zwei")


async def test_the_page_saves_by_itself_and_takes_in_what_others_change(
    cap: Capabilities, browser: Browser, other: Browser, clock: Clock
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "mira@example.org", "editor")
    address = await begin(browser)
    form, hers = form_of(await browser.get(address)), form_of(await other.get(address))
    for number in range(2, 5):
        clock.advance(seconds=20)
        told = await browser.post(f"{address}/autosave", JSON, **form | {"title": f"Titel {number}"})
        assert told.json()["number"] == number
        assert told.headers["cache-control"] == "no-store"
        form["base"] = str(number)
    form["title"] = "Titel 4"
    # Saved by hand, the newest of them stands for all.
    await browser.post(address, None, **form)
    shown = (await browser.get(f"{address}/versions")).text
    assert [f'value="{number}"' in shown for number in (4, 3, 2, 1)] == [True, False, False, True]

    await other.post(address, None, **hers | {"tags": "eins, zwei"})
    told = await browser.post(f"{address}/autosave", JSON, **form | {"body": "Neu."})
    assert told.json()["values"] == {"tags": "eins, zwei"}
    # What has no field here, such as a translation, stays as the version has it.
    form |= {"base": str(told.json()["number"]), "tags": "eins, zwei"}
    file = form_of(await other.get(f"{address}?as=file"))
    georgian = editing.change(file["source"], {("translations", "ka", "title"): "სათაური"})
    await other.post(address, None, **file | {"source": georgian})
    told = await browser.post(f"{address}/autosave", JSON, **form | {"body": "Neuer."})
    form["base"] = str(told.json()["number"])
    told = await browser.post(f"{address}/autosave", JSON, **form | {"body": "Am neusten."})
    assert (told.status_code, told.json()["values"]) == (200, {})
    assert "სათაური" in await standing_source(cap, address)
    same = await browser.post(f"{address}/autosave", JSON, **hers | {"tags": "drei"})
    assert (same.status_code, same.json()) == (409, {"error": "clash"})
    await browser.post(f"{address}/autosave", JSON, **hers | {"tags": "drei, vier"})
    assert sum('tags = ["drei' in each for each in await sources_of(cap, address)) == 1

    clock.advance(days=2)
    assert await retracing.tidy_up(cap) == 3
    assert "eins, zwei" in (await browser.get(address)).text


@ON_ONE
async def test_versions_are_compared_and_brought_back(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser, "news")
    first = form_of(await browser.get(address)) | {
        "title": "Erster",
        "body": "Ein alter Satz.",
        "show": "teaser",
    }
    await browser.post(address, None, **first)
    second = form_of(await browser.get(address)) | {"body": "Ein neuer Satz.", "show": ""}
    await browser.post(address, None, **second)
    compared = (await browser.get(f"{address}/versions/compare?before=2&after=3")).text
    assert "<del> alter</del><ins> neuer</ins>" in compared
    assert "Mastodon shows" in compared
    for query in ("before=2", "before=2&after=99", "before=x&after=1", "before=2&after=" + "9" * 40):
        assert (await browser.get(f"{address}/versions/compare?{query}")).status_code == 404
    assert (await browser.post(f"{address}/versions", number="77")).status_code == 404
    answer = await browser.post(f"{address}/versions", number="2")
    assert answer.headers["location"] == f"{address}?done=brought-back"
    form = form_of(await browser.get(address))
    assert (form["base"], form["body"], form["show"]) == ("4", "Ein alter Satz.", "teaser")
    await browser.post(f"{address}/versions", number="2")
    assert form_of(await browser.get(address))["base"] == "4"


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


async def test_saves_at_the_same_moment_are_all_kept(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    form = form_of(await browser.get(address))
    # From several tabs: a page waits for each answer before it sends anew.
    form.pop("page")
    wanted = {"title": "Titel", "body": "Worte.", "category": "Stadt", "place": "Halle", "tags": "eins"}
    answers: list[int] = []

    async def send(name: str) -> None:
        answer = await browser.post(f"{address}/autosave", JSON, **form | {name: wanted[name]})
        answers.append(answer.status_code)

    async with anyio.create_task_group() as group:
        for name in wanted:
            group.start_soon(send, name)
    assert answers == [200] * len(wanted)
    after = form_of(await browser.get(address))
    assert {name: after[name] for name in wanted} == wanted


@ON_ONE
async def test_with_the_right_to_translate_nothing_else_changes(cap: Capabilities, browser: Browser) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    await browser.sign_in(cap, "tina@example.org", "translator")
    member = await signing_in.find_member(cap, browser.client.cookies["__Host-desk"])
    assert member
    uid = address.rsplit("/", 1)[1]
    source = await standing_source(cap, address)
    other_title = Change(base_number=1, source=editing.change(source, {("title",): "Anders"}))
    with pytest.raises(NotAllowed, match="translations"):
        await authoring.save(cap, member, uid, other_title, right="translate")
    with pytest.raises(NotFound):
        await authoring.save(cap, member, uid, other_title)
    georgian = editing.change(source, {("translations", "ka", "title"): "სათაური"})
    saved = await authoring.save(cap, member, uid, Change(base_number=1, source=georgian), right="translate")
    assert isinstance(saved, Saved)


@ON_ONE
async def test_a_page_whose_answer_was_lost_is_not_taken_for_somebody_else(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    await other.sign_in(cap, "mira@example.org", "editor")
    address = await begin(browser)
    form, hers = form_of(await browser.get(address)), form_of(await other.get(address))
    for words in ("Eins", "Eins und zwei"):
        # The page never hears that it was kept, so it names the same version as its base again.
        told = await browser.post(f"{address}/autosave", JSON, **form | {"body": words})
        assert told.status_code == 200
    assert (await other.post(address, None, **hers | {"title": "Ihrer"})).status_code == 303
    answer = await browser.post(address, None, **form | {"body": "Eins, zwei und drei"})
    assert "done=merged&with=title" in answer.headers["location"]
    # Another tab of the same person is not this page.
    assert (await browser.post(address, None, **hers | {"body": "Von anderswo"})).status_code == 409
