"""Texts at the desk, for tests: begun by a member, changed, read."""

import re
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services.members import signing_in
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring
from fedinode.services.writing.authoring import Change, Saved
from fedinode.storage import desk_texts
from fedinode.storage.database import Session
from fedinode.storage.models import new_uid
from tests.admin.conftest import Browser

NEWS: Final = """+++
type = "news"
title = "Reiher am Kanal"
language = "de"
summary = "Sie sind da."
+++

Sieben.
"""


async def member_of(cap: Capabilities, browser: Browser) -> Member:
    """Return who is signed in with a browser."""
    token = browser.client.cookies["__Host-desk"]
    found = await signing_in.find_member(cap, token)
    assert found is not None
    return found


async def begin(cap: Capabilities, browser: Browser, source: str = NEWS, collective: str = "berlin") -> str:
    """Begin a text as the member who is signed in; return its uid."""
    member = await member_of(cap, browser)
    return (await authoring.begin(cap, member, collective, source, uid=new_uid())).uid


async def rewrite(cap: Capabilities, browser: Browser, uid: str, source: str) -> int:
    """Save another text as the member who is signed in; return the number of the version."""
    member = await member_of(cap, browser)
    working = await authoring.open_text(cap, member, uid)
    saved = await authoring.save(cap, member, uid, Change(base_number=working.number, source=source))
    assert isinstance(saved, Saved)
    return saved.number


async def source_of(cap: Capabilities, uid: str) -> str:
    """Return a text as it stands."""

    def read(session: Session) -> str:
        copy = desk_texts.find(session, uid)
        assert copy is not None
        found = desk_texts.find_source(session, copy, desk_texts.newest(session, copy).number)
        assert found is not None
        return found

    return await cap.database.read(read)


def said(page: str) -> str:
    """Return the words of a page, without tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())
