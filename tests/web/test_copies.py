"""Copies for people: the page of a kept statement, what a collective signed, and what other sites embed."""

import pytest
from sqlalchemy import update

from federation import jsonld
from federation.cosigning import documents, records
from federation.cosigning.records import Count
from fedinode.capabilities import Capabilities
from fedinode.services.cosigning import consenting, retracting
from fedinode.storage import kept_statements, models, statement_versions
from fedinode.storage.database import Session
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import HALLE, KOELN, LEIPZIG, STATEMENT
from tests.web.conftest import HTML, Clock, Get, Publish, fresh
from tests.web.signing_cells import keep, meet, sign, sign_draft
from tests.web.test_signers_on_pages import read, words
from tests.web.test_templates import Outline

pytestmark = pytest.mark.anyio


@pytest.fixture
async def digest(cap: Capabilities, clock: Clock) -> str:
    """Keep a statement of Leipzig that ours and Halle signed."""
    clock.now = cells.COUNTED
    return await keep(cap, HALLE)


async def test_a_copy_has_a_page_of_its_own_in_each_language(get: Get, digest: str) -> None:
    lead = await get(f"/mirror/{digest}", accept="text/html,*/*;q=0.8")
    assert (lead.status_code, lead.headers["vary"]) == (303, "Accept")
    page = await get(lead.headers["location"], **HTML)
    shown = words(page.text)
    assert "Wir fordern" in shown
    assert "Leipziger Plenum leipzig.example" in shown
    assert "Berliner Zelle hat diese Erklärung unterzeichnet und bewahrt eine Kopie auf." in shown
    assert "2 Mitunterzeichnungen" in shown
    assert f"fedinode verify https://berlin.example/mirror/{digest}/bundle.json" in shown
    assert f"https://halle.example/mirror/{digest}" in shown
    english = await read(get, f"/mirror/{digest}/text/en")
    assert "We demand" in english
    assert (await get(f"/mirror/{digest}/text/ka", **HTML)).status_code == 404
    assert (await get(f"/mirror/{digest}", accept="application/json")).json()["type"] == "CoSignBundle"


async def test_a_copy_says_since_when_the_author_is_silent(cap: Capabilities, get: Get, digest: str) -> None:
    assert "has not answered" not in await read(get, f"/mirror/{digest}/text/en")

    def write(session: Session) -> None:
        kept_statements.change(session, STATEMENT["id"], silent_since=cells.SIGNED)

    await cap.database.write(write)
    cap.cache.clear()
    for path in (f"/mirror/{digest}/text/en", f"/mirror/{digest}/embed/en"):
        assert "The author's server has not answered since 23 November 2026." in await read(get, path)
    assert "hat seit dem 23. November 2026 nicht geantwortet" in await read(get, "/@berlin/signed")


async def test_a_collective_shows_what_it_signed(cap: Capabilities, get: Get, clock: Clock) -> None:
    clock.now = cells.COUNTED
    before = await get("/@berlin/signed", **HTML)
    assert "Noch nichts." in words(before.text)
    digest = await keep(cap)
    page = await fresh(get, "/@berlin/signed", lambda answer: "Leipziger" in answer.text, **HTML)
    assert f"https://berlin.example/mirror/{digest}/text/de" in page.text
    assert "Leipziger Plenum leipzig.example unterzeichnet am 23. November 2026" in words(page.text)
    assert "/@berlin/signed" in (await get("/@berlin", **HTML)).text
    assert "/@tbilisi/signed" not in (await get("/@tbilisi", **HTML)).text
    assert (await get("/@nobody/signed", **HTML)).status_code == 404


@pytest.mark.parametrize("place", ["author", "mirror"])
async def test_badge_and_frame_are_made_for_other_sites(
    cap: Capabilities, get: Get, publish: Publish, clock: Clock, place: str
) -> None:
    clock.now = cells.COUNTED
    if place == "author":
        front = 'type = "statement"\ntitle = "Statement"\nlanguage = "en"\ncosign = "anyone"'
        statement = await publish(front)
        await sign(cap, statement.uri, KOELN)
        stem, language = statement.uri, "en"
    else:
        stem, language = f"/mirror/{await keep(cap)}", "de"
    for path in (f"{stem}/embed", f"{stem}/embed/en", f"{stem}/badge.svg", f"{stem}/badge/en.svg"):
        answer = await get(path)
        assert answer.status_code == 200, path
        assert "<script" not in answer.text
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        again = await get(path, if_none_match=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    frame = await get(f"{stem}/embed")
    assert "frame-ancestors *" in frame.headers["content-security-policy"]
    assert "x-frame-options" not in frame.headers
    assert f'<html lang="{language}"' in frame.text
    assert "set-cookie" not in frame.headers
    assert (await get(f"{stem}/embed/ka")).status_code == 404
    assert "1 co-signature" in (await get(f"{stem}/badge/en.svg")).text


async def test_no_other_page_may_stand_in_a_frame(get: Get, digest: str) -> None:
    page = await get(f"/mirror/{digest}/text/de", **HTML)
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


async def test_nothing_is_shown_of_a_text_that_is_not_kept(get: Get) -> None:
    for path in ("text/de", "embed", "badge.svg"):
        assert (await get(f"/mirror/zQmNothing/{path}", **HTML)).status_code == 404


async def test_an_amended_copy_leads_to_the_newer_copy(cap: Capabilities, get: Get, clock: Clock) -> None:
    clock.now = cells.COUNTED
    old = await keep(cap)
    amended = cells.statement(
        id=f"{LEIPZIG.origin}/statements/43",
        url=f"{LEIPZIG.origin}/@leipzig/de/erklaerung-2",
        revision=2,
        context=STATEMENT["id"],
        contentMap={"de": "<p>Wir fordern mehr …</p>", "en": "<p>We demand more …</p>"},
        content="<p>Wir fordern mehr …</p>",
    )
    assert documents.digest(documents.signed_text(amended)) == amended["textDigest"]
    new = await keep(cap, text=amended)
    page = await fresh(get, f"/mirror/{old}/text/en", lambda answer: "newer version" in answer.text, **HTML)
    assert f"https://berlin.example/mirror/{new}/text/en" in page.text
    assert "more</ins>" in (await get(f"/mirror/{new}/text/en", **HTML)).text.replace(
        '<span class="unseen">end of what was added]</span>', ""
    )


async def test_a_copy_that_its_author_took_back_stays_and_says_so(
    cap: Capabilities, get: Get, digest: str
) -> None:
    await read(get, f"/mirror/{digest}/text/en")
    uri = STATEMENT["id"]
    await cap.database.write(lambda session: retracting.retract(session, uri, cells.COUNTED))
    page = await fresh(
        get, f"/mirror/{digest}/text/en", lambda answer: "Withdrawn by its author on" in answer.text, **HTML
    )
    assert page.status_code == 200
    assert "We demand" in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert "Withdrawn on 2 December 2026" in (await get(f"/mirror/{digest}/badge/en.svg")).text
    assert "Withdrawn by its author on 2 December 2026." in await read(get, f"/mirror/{digest}/embed/en")
    assert "vom Autor zurückgezogen am 2. Dezember 2026" in await read(get, "/@berlin/signed")


async def test_nothing_is_shown_of_a_draft_that_a_collective_signed(
    cap: Capabilities, get: Get, clock: Clock
) -> None:
    clock.now = cells.SIGNED

    def write(session: Session) -> None:
        statement_versions.put_draft(session, consenting.new_version(STATEMENT), clock.now)

    await cap.database.write(write)
    await sign_draft(cap)
    assert "Noch nichts." in await read(get, "/@berlin/signed")
    assert "/@berlin/signed" not in (await get("/@berlin", **HTML)).text
    for path in ("text/de", "embed", "badge.svg", "bundle.json"):
        assert (await get(f"/mirror/{STATEMENT['textDigest']}/{path}", **HTML)).status_code == 404


@pytest.mark.parametrize(
    "cell_name", ["<script>alert(1)</script>\"'&", "</title><svg onload=x>", "\u202egnp.exe"]
)
async def test_what_others_call_themselves_is_never_taken_for_markup(
    cap: Capabilities, get: Get, clock: Clock, cell_name: str
) -> None:
    clock.now = cells.COUNTED
    # No verifier lets such words in; the pages do not rely on that.
    text = cells.statement(
        name=cell_name,
        nameMap={"de": cell_name, "en": cell_name},
        summaryMap={"de": cell_name, "en": f"<p onclick=x>{cell_name}</p>"},
        contentMap={"de": f"<p>{cell_name}</p>", "en": f'<a href="javascript:x">{cell_name}</a>'},
    )
    digest = await keep(cap, HALLE, text=text)
    organisation = {"name": cell_name, "place": cell_name, "country": cell_name}
    tally = LEIPZIG.sign_daily(
        records.render_tally(
            f"{text['id']}/tally",
            text,
            Count(persons={"mail": 3}, countries={cell_name: 1, "DE": 2}, organisations=[organisation]),
            cells.COUNTED,
        )
    )

    def write(session: Session) -> None:
        kept_statements.change(session, text["id"], tally_body=jsonld.dump(tally))
        session.execute(update(models.CoSignature).values(name=cell_name))
        meet(session, LEIPZIG, cells.COUNTED, cell_name)

    await cap.database.write(write)
    for path in ("text/de", "text/en", "embed", "embed/en", "badge.svg"):
        page = (await get(f"/mirror/{digest}/{path}", **HTML)).text
        assert "<script" not in page
        assert "onclick" not in page
        assert "javascript:" not in page
        assert "<svg onload" not in page
        assert Outline(page).open == []
    page = (await get("/@berlin/signed", **HTML)).text
    assert "<script" not in page
    assert Outline(page).open == []
    shown = words((await get(f"/mirror/{digest}/text/en", **HTML)).text)
    assert "3 people By country: Germany 2," in shown
