"""The overview tells what is wrong and what to do; panic shuts the node from any owner's phone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing
from fedinode.storage import accounts, audit_chain, collectives, models, node_facts
from fedinode.storage.database import Session
from tests.admin.conftest import Browser, open_browser
from tests.web.conftest import DOCUMENT, Clock

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@example.org", "ben@example.org"
PASSWORD = "nine storks at the harbour"
NEWS = '+++\ntype = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"\n+++\n\nWir streiken.\n'


async def published(cap: Capabilities, folder: Path, *, draft: bool = False) -> str:
    path = folder / f"news{draft}.md"
    path.write_text(NEWS.replace("Wir streiken.", "Rathausplan" if draft else "Wir streiken."), "utf-8")
    return (await publishing.post(cap, parse_manuscript(path), collective="berlin", draft=draft)).url


async def values_of(cap: Capabilities, column: Any) -> set[Any]:
    return await cap.database.read(lambda session: set(session.scalars(select(column))))


async def test_the_overview_says_how_the_node_is_and_what_to_do(
    cap: Capabilities, browser: Browser, clock: Clock, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await published(cap, tmp_path)

    def write(session: Session) -> None:
        object_id = session.scalars(select(models.FederatedObject.id)).one()
        accounts.add(session, email=BEN, name="ben", is_operator=False, now=clock() - timedelta(days=90))
        ben = accounts.require_by_email(session, BEN)
        accounts.add_role(session, ben.id, collectives.first(session).id, "owner", clock())
        node_facts.put(session, "backup.where", "a disk in the cellar")
        node_facts.put(session, "backup.at", (clock() - timedelta(days=3)).isoformat())
        for hours in (1, 1, 30):
            session.execute(
                insert(models.Supporter).values(
                    uid=f"u{hours}{models.new_uid()}",
                    object_id=object_id,
                    text_digest="d",
                    method="paper",
                    identity_hmac=models.new_uid(),
                    shown="number",
                    kind="person",
                    state="confirmed",
                    created_at=clock(),
                    confirmed_at=clock() - timedelta(hours=hours),
                )
            )

    await cap.database.write(write)
    page = await browser.get("/desk/node", **{"x-forwarded-for": "192.0.2.7"})
    assert page.status_code == 200
    for sentence in (
        "Asleep, because they were not here for 60 days: ben.",
        "Only 1 owner of this node was here in the last 60 days",
        "a stolen password is enough: 2.",
        "The last backup is of 2026-11-17 (a disk in the cellar).",
        "A proxy stands before this node",
        "limits.proxy_hops = 1",
        "There is no mail server",
        "It was not looked from outside",
        "3 in all; at most 2 at once.",
    ):
        assert sentence in page.text, sentence
    assert "192.0.2.7" not in page.text
    assert (await browser.post("/desk/node/look")).headers["location"] == "/desk/node?done=looked"
    page = await browser.get("/desk/node?done=looked")
    assert "Other servers cannot read" in page.text
    assert "The audit is whole" in page.text
    assert "Last looked from outside" in page.text
    knowing = replace(cap.settings, limits=replace(cap.settings.limits, proxy_hops=1))
    async with open_browser(replace(cap, settings=knowing)) as told:
        told.client.cookies = browser.client.cookies
        assert "A proxy stands" not in (await told.get("/desk/node")).text


async def test_panic_asks_for_the_word_and_a_proof_then_shuts_everything(
    cap: Capabilities, browser: Browser, other: Browser, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await other.sign_in(cap, BEN, "editor")
    await browser.post("/desk/account/password", new=PASSWORD)
    public = await published(cap, tmp_path)
    await published(cap, tmp_path, draft=True)
    page = await browser.get("/desk/node/panic")
    assert page.text.count(" checked") == 4, "whoever presses the button without reading is safe"
    everything = {"keys": "on", "drafts": "on", "members": "on", "signers": "on"}
    for fields, status in (
        ({"word": "panic", "proof": PASSWORD}, 422),
        ({"word": "", "proof": PASSWORD}, 422),
        ({"word": "PANIC", "proof": "something else"}, 422),
        ({"word": "PANIC"}, 422),
    ):
        answer = await browser.post("/desk/node/panic", None, **fields, **everything)
        assert answer.status_code == status
        assert "Nothing was done" in answer.text
    assert (await other.get("/desk/texts")).status_code == 200

    done = await browser.post("/desk/node/panic", None, word="PANIC", proof=PASSWORD, **everything)
    assert done.status_code == 200
    assert "The private keys and the data key are gone" in done.text
    for member in (browser, other):
        assert (await member.get("/desk")).headers["location"] == "/sign-in"
    assert (await browser.get("/")).status_code == 200
    assert "Streik" in (await browser.get(public)).text
    document = await browser.client.get(public, headers=DOCUMENT, follow_redirects=True)
    assert document.json()["type"] in ("Note", "Article")
    await other.get("/sign-in")
    refused = await other.post("/sign-in", email=ANA, password=PASSWORD)
    assert refused.status_code == 403

    assert await values_of(cap, models.Post.state) == {"public"}
    assert await values_of(cap, models.SigningKey.private) == {None}
    assert await values_of(cap, models.Account.email) == {None}
    assert await cap.database.read(audit_chain.first_broken) is None


async def test_a_panic_may_leave_what_the_members_want_to_keep(
    cap: Capabilities, browser: Browser, tmp_path: Path
) -> None:
    await browser.sign_in(cap, ANA, "owner")
    await browser.post("/desk/account/password", new=PASSWORD)
    await published(cap, tmp_path, draft=True)
    await browser.get("/desk/node/panic")
    done = await browser.post("/desk/node/panic", None, word="PANIC", proof=PASSWORD)
    assert done.status_code == 200
    assert "keys" not in done.text.split("What this could not do")[0]
    await browser.get("/sign-in")
    refused = await browser.post("/sign-in", email=ANA, password=PASSWORD)
    assert refused.status_code == 403, "no password opens the desk after a panic"
    await browser.sign_in(cap, ANA, "owner")
    page = await browser.get("/desk/node")
    assert "The node is read-only" in page.text
    assert "There was a panic here before" in (await browser.get("/desk/node/panic")).text

    assert await values_of(cap, models.Post.state) == {"draft"}
    assert None not in await values_of(cap, models.SigningKey.private)
