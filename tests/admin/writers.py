"""What tests of texts at the desk share: a text is begun, its form is read, what is kept is looked at."""

import re

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.storage import desk_texts
from fedinode.storage.database import Session
from tests.admin import form_reader
from tests.admin.conftest import FROM_HERE, Browser

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
