"""Nobody's words are lost: two write at once, a session ends, an answer is lost, an old version is wanted."""

import anyio
import pytest

from fedinode.capabilities import Capabilities
from fedinode.errors import NotAllowed, NotFound
from fedinode.frontmatter import editing
from fedinode.services.members import signing_in
from fedinode.services.writing import authoring, retracing
from fedinode.services.writing.authoring import Change, Saved
from tests.admin.conftest import Browser
from tests.admin.writers import JSON, ON_ONE, begin, form_of, seal_in, sources_of, standing_source
from tests.web.conftest import Clock

pytestmark = pytest.mark.anyio


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
