"""Organisations without a node: named by the author, counted in a record that it signs, never as verified."""

from datetime import timedelta

import pytest

from federation.cosigning import verify
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.services.cosigning import bundling, tallying, ticking
from fedinode.services.cosigning.tallying import NewSupport
from tests.web.conftest import Clock, Get, Publish

pytestmark = pytest.mark.anyio

STATEMENT = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'
TEACHERS = NewSupport(name="Lehrerinnen von Bonn", place="Bonn", country="DE", method="paper")


async def test_an_organisation_stands_in_the_authors_count(
    cap: Capabilities, clock: Clock, get: Get, publish: Publish
) -> None:
    statement = await publish(STATEMENT)
    await tallying.add_organisation(cap, statement.uri, TEACHERS)
    with pytest.raises(Conflict):
        await tallying.add_organisation(cap, statement.url, TEACHERS)
    clock.advance(seconds=61)
    await ticking.tick(cap)
    report = verify.verify((await get(f"{statement.uri}/bundle.json")).content)
    assert report.is_sound
    assert report.tally is not None
    (named,) = report.tally["organisations"]
    assert (named["name"], named["country"], named["confirmed"]) == (TEACHERS.name, "DE", "2026-11-20")


async def test_a_count_is_made_anew_after_a_pause(cap: Capabilities, clock: Clock, publish: Publish) -> None:
    statement = await publish(STATEMENT)
    await tallying.add_organisation(cap, statement.uri, TEACHERS)
    clock.advance(seconds=61)
    await ticking.tick(cap)
    named = (await bundling.bundle_of(cap, statement.uri))["tally"]["organisations"]
    await tallying.remove_organisation(cap, statement.uri, TEACHERS.name)
    for passed, count in ((timedelta(seconds=61), 1), (tallying.PAUSE, 0)):
        clock.now += passed
        await ticking.tick(cap)
        assert (await bundling.bundle_of(cap, statement.uri))["tally"]["organisations"] == named[:count]
    assert await tallying.list_organisations(cap, statement.uri) == ()


@pytest.mark.parametrize(
    "wrong",
    [
        NewSupport(name="<b>Bonn</b>", place=None, country=None, method="paper"),
        NewSupport(name="Bonn", place=None, country="Germany", method="paper"),
        NewSupport(name="", place=None, country=None, method="paper"),
    ],
)
async def test_what_cannot_stand_in_a_signed_list_is_refused(cap: Capabilities, wrong: NewSupport) -> None:
    with pytest.raises(UsageError):
        await tallying.add_organisation(cap, "https://berlin.example/statements/1", wrong)


async def test_a_draft_names_nobody(cap: Capabilities, publish: Publish) -> None:
    draft = await publish(STATEMENT, draft=True)
    with pytest.raises(NotFound):
        await tallying.add_organisation(cap, draft.uri, TEACHERS)
