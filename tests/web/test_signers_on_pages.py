"""The list under a statement, for people: who stands there, in which state, and what is doubtful about it."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.frontmatter import parse_manuscript
from fedinode.services import amending, publishing
from fedinode.services.cosigning import keeping_lists, withdrawing
from fedinode.services.moderation import excluding
from fedinode.storage import cosignatures, models, remote_actors
from fedinode.storage.database import Session
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import BREMEN, HALLE, KOELN, Cell, make_key
from tests.web.conftest import HTML, Get, Publish, fresh
from tests.web.signing_cells import meet, sign

pytestmark = pytest.mark.anyio

STATEMENT = (
    'type = "statement"\ntitle = "For eight hours"\nlanguage = "en"\ncosign = "anyone"\n'
    '[translations.de]\ntitle = "Für acht Stunden"\nbody = "Acht."'
)


def words(page: str) -> str:
    """Return what is read of a page, blanks made one."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def read(get: Get, url: str) -> str:
    answer = await get(url, **HTML)
    assert answer.status_code == 200
    return words(answer.text)


async def count(cap: Capabilities) -> None:
    """Let the author count anew."""
    later = cap.clock() + timedelta(minutes=2)
    await cap.database.write(lambda session: keeping_lists.count_due(session, cap.urls, later))


async def withdraw(cap: Capabilities, cell: Cell) -> None:
    def write(session: Session) -> None:
        meet(session, cell, cap.clock())
        row = cosignatures.list_of_signer(session, cell.uri)[0]
        undo = cells.withdrawal(jsonld.load(row.body), cell)
        assert withdrawing.take_undo(session, undo, row, cap.clock())

    await cap.database.write(write)


async def test_a_list_tells_issuers_languages_and_ends_apart(
    cap: Capabilities, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT)
    await sign(cap, statement.uri, KOELN, role="issuer")
    await sign(cap, statement.uri, HALLE, signedLanguages=["en"])
    await sign(cap, statement.uri, BREMEN)
    shown = await read(get, statement.url)
    assert "The author is counting anew." in shown
    await count(cap)
    page = await fresh(get, statement.url, lambda answer: "complete by" in answer.text, **HTML)
    shown = words(page.text)
    assert "3 co-signatures Of these, 1 issues it together with the author." in shown
    assert "As of 20 November 2026." in shown
    # The margin names them first, beside the text.
    assert shown.index("Kollektiv koeln koeln.example Kollektiv") < shown.index("Of these, 1 issues")
    shown = shown[shown.index("As of 20 November 2026.") :]
    issued, cosigned = shown.index("Issued together with"), shown.index("Co-signed by")
    assert issued < shown.index("Kollektiv koeln koeln.example verified") < cosigned
    assert cosigned < shown.index("Kollektiv bremen bremen.example") < shown.index("Kollektiv halle halle.ex")
    assert shown.count("signed in: en") == 1

    await withdraw(cap, BREMEN)
    page = await fresh(get, statement.url, lambda answer: "withdrawn on" in answer.text, **HTML)
    assert "2 co-signatures" in words(page.text)
    ended = words(page.text).partition("No longer signed by")[2]
    assert "Kollektiv bremen bremen.example withdrawn on 20 November 2026" in ended
    assert "2 co-signatures" in (await get(f"{statement.uri}/badge.svg")).text


async def test_a_list_says_who_is_silent_and_who_moved(cap: Capabilities, get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    for cell in (KOELN, HALLE, BREMEN):
        await sign(cap, statement.uri, cell)

    def write(session: Session) -> None:
        now: datetime = cap.clock()
        for cell in (KOELN, HALLE, BREMEN):
            meet(session, cell, now - timedelta(days=9))
        failing = {KOELN.host: timedelta(days=4), HALLE.host: timedelta(hours=3)}
        for host, since in failing.items():
            values = {"failing_since": now - since, "failed_at": now - timedelta(hours=1)}
            session.execute(update(models.Peer).where(models.Peer.host == host).values(**values))
        bremen = remote_actors.get(session, BREMEN.uri)
        remote_actors.record_moved(session, bremen.id, "https://weser.example/actor", now)
        row = cosignatures.list_of_signer(session, BREMEN.uri)[0]
        cosignatures.record_live_check(session, row.id, now)

    await cap.database.write(write)
    shown = await read(get, statement.url)
    assert "3 co-signatures" in shown
    assert shown.count("Not reachable: last checked on 20 November 2026.") == 1
    assert "now at weser.example" in shown
    assert shown.count("Seen at its own address on 20 November 2026.") == 1

    def gone(session: Session) -> None:
        for cell in (HALLE, BREMEN):
            row = cosignatures.list_of_signer(session, cell.uri)[0]
            cosignatures.record_unseen(session, row.id, cap.clock())
        actor = remote_actors.get(session, BREMEN.uri)
        remote_actors.record_gone(session, [actor.id], cap.clock())

    await cap.database.write(gone)
    cap.cache.clear()
    shown = await read(get, statement.url)
    assert shown.count("Not reachable: last checked on 20 November 2026.") == 3
    assert "3 co-signatures" in shown


async def test_a_name_that_another_cell_has_gets_a_warning(
    cap: Capabilities, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT)
    await cap.database.write(lambda session: meet(session, HALLE, cap.clock(), "Kölner Zelle"))
    # The second letter is Cyrillic.
    await sign(cap, statement.uri, KOELN, name="Köl\u043der Zelle".replace("\u043d", "n"))
    await sign(cap, statement.uri, BREMEN, name="B\u0435rliner Zelle")
    shown = await read(get, statement.url)
    alike = "Careful: a cell with a name that looks the same is known at"
    assert f"{alike} halle.example" in shown
    assert f"{alike} berlin.example" in shown
    assert "koeln.example verified" in shown


async def test_a_key_that_the_signers_server_contradicts_is_not_counted(
    cap: Capabilities, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT)
    await sign(cap, statement.uri, KOELN)
    await sign(cap, statement.uri, HALLE)
    other = make_key("another").public.multikey()
    await cap.database.write(lambda session: meet(session, HALLE, cap.clock(), key=other))
    shown = await read(get, statement.url)
    assert "1 co-signature " in shown
    assert "halle.example key conflict" in shown.partition("Not counted")[2]


async def test_cells_stand_under_the_country_that_their_documents_name(
    cap: Capabilities, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT)
    for cell in (KOELN, HALLE, BREMEN):
        await sign(cap, statement.uri, cell)
    shown = await read(get, statement.url)
    assert "Country not stated" not in shown

    def write(session: Session) -> None:
        meet(session, KOELN, cap.clock(), country="DE")
        meet(session, BREMEN, cap.clock(), country="DE")
        meet(session, HALLE, cap.clock())

    await cap.database.write(write)
    cap.cache.clear()
    shown = (await read(get, statement.url)).partition("Co-signed by")[2]
    germany, nowhere = shown.index("Germany 2"), shown.index("Country not stated 1")
    assert germany < shown.index("koeln.example") < nowhere < shown.index("halle.example")


async def test_a_block_hides_an_entry_here_and_says_so(cap: Capabilities, get: Get, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    await sign(cap, statement.uri, KOELN)
    await sign(cap, statement.uri, HALLE)
    assert "hidden here" not in await read(get, statement.url)
    await excluding.block(cap, "halle.example")
    page = await fresh(get, statement.url, lambda answer: "hidden here" in answer.text, **HTML)
    shown = words(page.text)
    assert "1 co-signature " in shown
    assert "2 listed, 1 hidden here." in shown
    assert "halle.example" not in shown.partition("Verify this yourself")[0]
    await excluding.unblock(cap, "halle.example")
    await fresh(get, statement.url, lambda answer: "hidden here" not in answer.text, **HTML)


async def test_an_amended_statement_leads_to_the_newer_text_and_shows_what_changed(
    cap: Capabilities, get: Get, publish: Publish, tmp_path: Path
) -> None:
    statement = await publish(STATEMENT, "Eight hours are enough.\n\nThis stays.")
    await sign(cap, statement.uri, KOELN)
    await sign(cap, statement.uri, HALLE)
    assert "newer version" not in await read(get, statement.url)
    assert "Versions" not in await read(get, statement.url)
    path = tmp_path / "amended.md"
    path.write_text(f"+++\n{STATEMENT}\n+++\n\nSeven hours are enough.\n\nThis stays.\n", "utf-8")
    amended = await amending.amend(cap, statement.url, parse_manuscript(path))
    assert "newer version" not in await read(get, statement.url)
    cap.clock.advance(days=1)  # type: ignore[attr-defined]  # the clock of tests
    newer = await publishing.publish(cap, amended.uri)
    await sign(cap, newer.uri, KOELN)

    old = await fresh(get, statement.url, lambda answer: "newer version" in answer.text, **HTML)
    assert f'href="{newer.url}"' in old.text
    page = await get(newer.url, **HTML)
    assert ">Eight</del>" in re.sub(r"<span.*?</span>", "", page.text)
    assert ">Seven</ins>" in re.sub(r"<span.*?</span>", "", page.text)
    assert "[cut:" in page.text
    shown = words(page.text)
    assert "Version 2, 21 November 2026" in shown
    assert "Version 1, 20 November 2026" in shown
    assert "not the newest: Kollektiv halle ( halle.example )" in shown
    badge = (await get(f"{statement.uri}/badge.svg")).text
    assert "There is a newer version" in badge
    assert "Current" not in badge
    assert "There is a newer version" not in (await get(f"{newer.uri}/badge.svg")).text


async def test_a_statement_that_was_taken_back_says_so_wherever_it_is_shown(
    cap: Capabilities, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT, "Eight hours are enough.")
    await sign(cap, statement.uri, KOELN)
    frame = await get(f"{statement.uri}/embed")
    assert "For eight hours" in frame.text
    await publishing.delete(cap, statement.url)
    badge = await fresh(get, f"{statement.uri}/badge.svg", lambda answer: "Withdrawn on" in answer.text)
    assert badge.status_code == 200
    frame = await get(f"{statement.uri}/embed")
    assert "Withdrawn by its author on 20 November 2026." in frame.text
    assert "eight hours" not in frame.text.lower()
