"""Lists of a thousand co-signers: a statement's own page names some, further pages name all."""

from datetime import UTC, datetime

import pytest

from fedinode.capabilities import Capabilities
from fedinode.services.cosigning import rostering
from fedinode.services.cosigning.rostering import Roster, Signatory
from tests.federation.cosigning.cells import KOELN
from tests.web import signing_cells
from tests.web.conftest import Clock, Get, Publish

pytestmark = pytest.mark.anyio

_AT = datetime(2026, 11, 20, tzinfo=UTC)


def _signatory(number: int) -> Signatory:
    return Signatory(
        name=f"Cell {number}",
        actor_uri=f"https://c{number}.example/actor",
        host=f"c{number}.example",
        state="verified",
        languages=("de",),
        since=_AT,
        record_uri=f"https://c{number}.example/1",
        country="DE" if number % 2 else "",
    )


def _roster(count: int) -> Roster:
    return Roster(
        issuers=(),
        cosigners=tuple(map(_signatory, range(count))),
        ended=(),
        as_of=_AT,
        completeness="complete",
        text_digest="zQm",
        statement_uri="https://a.example/statements/1",
        bundle_url="",
        all_url="https://a.example/statements/1/cosigners",
        badge_url="",
        embed_url="",
    )


def test_a_page_names_some_and_counts_all() -> None:
    roster = _roster(1_000)
    assert roster.is_shortened
    assert [(each.code, each.count, len(each.shown)) for each in roster.by_country] == [
        ("DE", 500, rostering.MAX_ON_PAGE // 2),
        ("", 500, rostering.MAX_ON_PAGE // 2),
    ]
    assert not _roster(rostering.MAX_ON_PAGE).is_shortened


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_the_whole_list_has_pages_of_its_own(
    cap: Capabilities, clock: Clock, get: Get, publish: Publish
) -> None:
    statement = await publish(
        'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'
    )
    await cap.database.write(lambda session: signing_cells.meet(session, KOELN, clock()))
    await signing_cells.sign(cap, statement.uri, KOELN)
    page = await get(f"{statement.uri}/cosigners")
    assert "Kollektiv koeln" in page.text
    assert page.headers["x-robots-tag"] == "noindex, noarchive"
    for path in (
        f"{statement.uri}/cosigners?page=2",
        "/statements/none/cosigners",
        "/mirror/zQmNone/cosigners",
    ):
        assert (await get(path)).status_code == 404
    kept = await signing_cells.keep(cap, KOELN)
    assert "Kollektiv koeln" in (await get(f"/mirror/{kept}/cosigners")).text
