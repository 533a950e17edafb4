"""What a collective is called, says of itself and looks like, on its pages and for its followers."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from federation import actors
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services import describing
from fedinode.services.describing import Description
from fedinode.storage import models
from fedinode.web import themes
from tests.web.conftest import DOCUMENT, ORIGIN, Clock, Get, fresh

pytestmark = pytest.mark.anyio

PAPER, NIGHT = (0xFD, 0xFD, 0xFB), (0x14, 0x15, 0x18)


async def updates(cap: Capabilities) -> list[dict[str, Any]]:
    """The actor's Updates that were made, the oldest first."""
    table = models.OutgoingActivity
    bodies = await cap.database.read(
        lambda session: list(
            session.scalars(select(table.body).where(table.type == "Update").order_by(table.id))
        )
    )
    return [json.loads(body) for body in bodies]


async def test_a_collective_has_a_name_and_an_about_text_in_each_language(
    get: Get, cap: Capabilities
) -> None:
    await describing.describe(
        cap, "berlin", Description(language="ru", name="Берлинская ячейка", about_markdown="Мы *здесь*.")
    )
    page = await fresh(get, "/@berlin", lambda page: page.status_code == 200)
    assert "Berliner Zelle" in page.text
    actor = (await get("/collectives/berlin", **DOCUMENT)).json()
    assert actor["nameMap"] == {"de": "Berliner Zelle", "ru": "Берлинская ячейка"}
    assert "<em>здесь</em>" in actor["summaryMap"]["ru"]
    (update,) = await updates(cap)
    assert update["object"]["nameMap"]["ru"] == "Берлинская ячейка"
    assert update["to"] == ["https://www.w3.org/ns/activitystreams#Public"]


async def test_what_is_not_changed_stays(cap: Capabilities, get: Get) -> None:
    await describing.describe(cap, "berlin", Description(language="de", about_markdown="Wir sind viele."))
    await describing.describe(cap, "berlin", Description(language="de", name="Zelle Berlin"))
    page = (await get("/@berlin")).text
    assert "Zelle Berlin" in page
    assert "Wir sind viele." in page
    await describing.describe(cap, "berlin", Description(language="de", about_markdown=""))
    await fresh(get, "/@berlin", lambda page: "Wir sind viele." not in page.text)


async def test_a_description_that_cannot_be_is_refused(cap: Capabilities) -> None:
    for change in (
        Description(language="ru", about_markdown="Мы."),
        Description(language="de", name=" "),
        Description(language="de", name="x" * 101),
        Description(language="de", about_markdown="x" * 20_001),
    ):
        with pytest.raises(UsageError):
            await describing.describe(cap, "berlin", change)
    with pytest.raises(NotFound):
        await describing.describe(cap, "nobody", Description(language="de", name="N"))
    assert await updates(cap) == []


async def test_a_colour_is_a_style_sheet_of_its_own(get: Get, cap: Capabilities) -> None:
    assert "theme-" not in (await get("/@berlin")).text
    await describing.set_look(cap, "berlin", accent="#FFCC00")
    page = await fresh(get, "/@berlin", lambda page: "theme-" in page.text)
    path = "/theme-ffcc00-1.css"
    assert f'<link rel="stylesheet" href="{path}">' in page.text
    sheet = await get(path)
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["cache-control"]
    assert "--flag: #ffcc00;" in sheet.text
    assert "theme-" not in (await get("/@tbilisi")).text
    assert await updates(cap) == []
    await describing.set_look(cap, "berlin", accent="none")
    await fresh(get, "/@berlin", lambda page: "theme-" not in page.text)


async def test_what_is_no_colour_is_refused_and_no_style_sheet(get: Get, cap: Capabilities) -> None:
    for wrong in ("red", "#fff", "#12345g", "#123456; }", "url(x)", ""):
        with pytest.raises(UsageError):
            await describing.set_look(cap, "berlin", accent=wrong)
    for path in (
        "/theme-zzzzzz-1.css",
        "/theme-123456-2.css",
        "/theme-123456.css",
        "/theme-123456-1.css.css",
    ):
        assert (await get(path)).status_code == 404


async def test_a_country_is_said_in_the_document_and_told_to_followers(
    cap: Capabilities, clock: Clock
) -> None:
    with pytest.raises(UsageError, match="no country"):
        await describing.set_look(cap, "berlin", country="Deutschland")
    with pytest.raises(UsageError, match="no country"):
        await describing.set_look(cap, "berlin", country="QQ")
    await describing.set_look(cap, "berlin", country="de")
    (update,) = await updates(cap)
    place = {"type": "Place", "address": {"type": "PostalAddress", "addressCountry": "DE"}}
    assert update["object"]["location"] == place
    assert actors.parse_actor(update["object"]).country == "DE"
    clock.advance(minutes=1)
    await describing.set_look(cap, "berlin", country="none")
    assert "location" not in (await updates(cap))[-1]["object"]


async def test_a_picture_is_shown_and_told_to_followers(get: Get, cap: Capabilities, tmp_path: Path) -> None:
    Image.new("RGB", (64, 64), "red").save(tmp_path / "icon.png")
    await describing.set_look(cap, "berlin", icon=tmp_path / "icon.png")
    front = await fresh(get, "/", lambda page: '<picture class="mark">' in page.text)
    url = front.text.partition('<picture class="mark">')[2].partition('<img src="')[2].partition('"')[0]
    assert url.startswith(f"{ORIGIN}/media/")
    assert (await get(url)).status_code == 200
    (update,) = await updates(cap)
    assert update["object"]["icon"]["url"] == url


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_every_colour_is_made_readable_by_day_and_by_night(colour: tuple[int, int, int]) -> None:
    for ground in (PAPER, NIGHT):
        assert themes.contrast(themes.readable_on(ground, colour), ground) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_was_chosen() -> None:
    assert themes.readable_on(PAPER, (0xB3, 0x13, 0x1B)) == (0xB3, 0x13, 0x1B)
    assert themes.contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21)
