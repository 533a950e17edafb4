"""A translator works beside the original, changes nothing else, and sees what changed there since."""

from typing import Any

import pytest

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import editing
from tests.admin.conftest import Browser
from tests.admin.desk_texts_made import begin, rewrite, said, source_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

STATEMENT = """+++
type = "statement"
title = "Wasser für alle"
language = "de"
summary = "Wir fordern Wasser."
issued_by = "Zelle Berlin"
demands = ["Brunnen", "Rohre"]
+++

Der Fluss ist trocken.
"""
ENGLISH: dict[str, Any] = {
    "title": "Water for all",
    "summary": "We demand water.",
    "body": "The river\r\nis dry.",
    "issued_by": "Berlin cell",
    "demands": "Wells\r\nPipes\r\n",
    "translator": "Ana",
    "status": "official",
    "base": "1",
}


async def test_a_translator_adds_a_language_and_touches_nothing_else(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await other.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, other, STATEMENT)
    await browser.sign_in(cap, "tom@example.org", "translator")
    wrong = await browser.post(f"/desk/texts/{uid}/translations", language="klingonisch!")
    assert (wrong.status_code, "klingonisch!" in wrong.text) == (422, True)
    assert (await browser.post(f"/desk/texts/{uid}/translations", language="de")).status_code == 422
    answer = await browser.post(f"/desk/texts/{uid}/translations", language="EN")
    assert answer.headers["location"] == f"/desk/texts/{uid}/translate/en"
    page = await browser.get(f"/desk/texts/{uid}/translate/en")
    assert "Der Fluss ist trocken." in page.text
    assert (await browser.post(f"/desk/texts/{uid}/translate/en", **ENGLISH)).status_code == 303
    values = editing.values_of(await source_of(cap, uid))
    assert values[("translations", "en", "demands")] == ["Wells", "Pipes"]
    assert values[("translations", "en", "body")] == "The river\nis dry."
    before = editing.values_of(STATEMENT)
    assert {place: value for place, value in values.items() if place[:1] != ("translations",)} == before
    listed = said((await browser.get(f"/desk/texts/{uid}/translations")).text)
    assert "fits the original" in listed
    assert "Water for all" in listed
    preview = await browser.get(f"/desk/texts/{uid}/preview?language=en")
    assert "The river" in preview.text
    assert (await browser.get(f"/desk/texts/{uid}/preview?language=fr")).status_code == 404
    assert (await browser.get(f"/desk/texts/{uid}/translate/de")).status_code == 404


async def test_what_changed_in_the_original_since_is_marked_until_the_translator_says_that_it_fits(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await other.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, other, STATEMENT)
    await browser.sign_in(cap, "tom@example.org", "translator")
    await browser.post(f"/desk/texts/{uid}/translate/en", **ENGLISH)
    changed = (await source_of(cap, uid)).replace("trocken", "vergiftet")
    number = await rewrite(cap, other, uid, changed)
    assert "has changed since" in (await browser.get(f"/desk/texts/{uid}/translations")).text
    page = await browser.get(f"/desk/texts/{uid}/translate/en")
    assert "<del> trocken</del>" in page.text
    assert "<ins> vergiftet</ins>" in page.text
    again = {**ENGLISH, "base": str(number), "body": "The river is poisoned.", "was-outdated": "1"}
    await browser.post(f"/desk/texts/{uid}/translate/en", **again)
    assert "has changed since" in (await browser.get(f"/desk/texts/{uid}/translations")).text
    fits = {**again, "base": str(number + 1), "is-current": "1"}
    await browser.post(f"/desk/texts/{uid}/translate/en", **fits)
    assert "fits the original" in (await browser.get(f"/desk/texts/{uid}/translations")).text


async def test_two_who_translate_the_same_see_both_and_nobody_loses_words(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await other.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, other, STATEMENT)
    await browser.sign_in(cap, "tom@example.org", "translator")
    await browser.post(f"/desk/texts/{uid}/translate/en", **ENGLISH)
    clash = await other.post(f"/desk/texts/{uid}/translate/en", **{**ENGLISH, "title": "Water, now"})
    assert clash.status_code == 409
    assert "Water, now" in clash.text
    assert "Water for all" in clash.text
    values = editing.values_of(await source_of(cap, uid))
    assert values[("translations", "en", "title")] == "Water for all"


async def test_a_language_is_taken_out_and_forged_texts_are_not_there(
    cap: Capabilities, browser: Browser, other: Browser
) -> None:
    await browser.sign_in(cap, "ana@example.org", "author")
    uid = await begin(cap, browser, STATEMENT)
    await browser.post(f"/desk/texts/{uid}/translate/en", **ENGLISH)
    await other.sign_in(cap, "eka@example.org", "owner", collective="tbilisi")
    for path in ("translations", "translate/en", "preview", "preview/mastodon"):
        assert (await other.get(f"/desk/texts/{uid}/{path}")).status_code == 404, path
    assert (await other.post(f"/desk/texts/{uid}/translate/en", **ENGLISH)).status_code == 404
    assert (await browser.post(f"/desk/texts/{uid}/translations/remove", language="en")).status_code == 303
    assert await source_of(cap, uid) == STATEMENT
    assert (await browser.post(f"/desk/texts/{uid}/translate/en", base="x")).status_code == 400
