"""Texts are begun, written and kept at the desk: by one, by two at once, by whoever was signed out meanwhile."""

import html
import re

import httpx
import pytest
from sqlalchemy import select

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import editing
from fedinode.storage import desk_texts, models
from fedinode.storage.database import Session
from tests.admin.conftest import FROM_HERE, Browser

pytestmark = pytest.mark.anyio
ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

JSON = FROM_HERE | {"accept": "application/json"}
_VALUE = re.compile(
    r'<(?:input|textarea)[^>]* name="(\w+)"[^>]*?(?: value="([^"]*)")?[^>]*>(?:\n([^<]*)</textarea>)?'
)


def form_of(answer: httpx.Response) -> dict[str, str]:
    """Return what the editor's form would send, as a browser reads it."""
    part = answer.text.split('class="text-form"')[1].split("</form>")[0]
    found = {}
    for name, value, written in _VALUE.findall(part):
        found[name] = html.unescape(value or written)
    ticked = set(re.findall(r'type="checkbox" name="(\w+)"[^>]* checked', part))
    boxes = set(re.findall(r'type="checkbox" name="(\w+)"', part))
    chosen = re.findall(r'<select[^>]* name="(\w+)".*?<option value="([^"]*)" selected', part, re.DOTALL)
    kept = {name: value for name, value in found.items() if name not in boxes - ticked and name != "seal"}
    return kept | dict(chosen)


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


async def test_a_text_is_begun_with_an_outline_written_and_found_in_the_list(
    cap: Capabilities, browser: Browser
) -> None:
    await browser.sign_in(cap, "ben@example.org", "author")
    address = await begin(browser)
    page = await browser.get(address)
    assert page.headers["cache-control"] == "no-store"
    assert "Worum es geht" in page.text
    assert "4 hints of the outline" in page.text
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
    assert editing.values_of((await sources_of(cap, address))[0])["demands",] == ["Eins", "Zwei"]
    listed = await browser.get("/desk/texts")
    assert "Wasser &lt;für&gt; alle" in listed.text
    assert "ben" in listed.text

    def read(session: Session) -> list[bytes]:
        sources = list(session.scalars(select(models.WorkingVersion.source)))
        return sources + [each or b"" for each in session.scalars(select(models.WorkingCopy.title))]

    assert not any(b"Wasser" in each for each in await cap.database.read(read))
