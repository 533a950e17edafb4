"""Copies of statements of others: published anew when their origin is gone, dropped when taken back."""

import pytest

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.services import cataloguing
from fedinode.services.cosigning import attaching, republishing, retiring, retracting
from fedinode.services.members import consulting, enrolling, voting
from fedinode.storage.database import Session
from tests.federation.cosigning.cells import HALLE, STATEMENT
from tests.web import signing_cells
from tests.web.conftest import DOCUMENT, Clock, Get, Publish

pytestmark = pytest.mark.anyio


async def test_a_copy_is_published_letter_for_letter_with_its_source(cap: Capabilities, get: Get) -> None:
    digest = await signing_cells.keep(cap, HALLE)
    done = await republishing.publish_copy(cap, STATEMENT["id"], collective="berlin")
    assert done.post_uri is not None
    post = (await get(done.post_uri, **DOCUMENT)).json()
    assert post["type"] == "Article"
    assert "textDigest" not in post
    assert set(post["contentMap"]) == set(STATEMENT["contentMap"])
    for language, content in STATEMENT["contentMap"].items():
        assert content in post["contentMap"][language]
        assert post["nameMap"][language] == STATEMENT["nameMap"][language]
        assert STATEMENT["url"] in post["contentMap"][language]
        assert cap.urls.mirror(digest) in post["contentMap"][language]
        assert "Leipziger Plenum" in post["contentMap"][language]
    page = (await get(post["url"], accept="text/html")).text
    assert f'rel="canonical" href="{cap.urls.mirror(digest)}"' in page
    with pytest.raises(Conflict):
        await republishing.publish_copy(cap, STATEMENT["url"], collective="berlin")


async def test_our_own_statement_is_no_copy(cap: Capabilities, publish: Publish) -> None:
    front_matter = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'
    statement = await publish(front_matter)
    with pytest.raises(NotFound):
        await republishing.publish_copy(cap, statement.uri, collective="berlin")
    with pytest.raises(NotFound):
        await retiring.drop_copy(cap, statement.uri, collective="berlin")


async def test_a_copy_is_dropped_only_after_its_author_took_the_text_back(
    cap: Capabilities, clock: Clock, get: Get
) -> None:
    digest = await signing_cells.keep(cap, HALLE)
    with pytest.raises(Conflict, match="Whoever signs, keeps"):
        await retiring.drop_copy(cap, STATEMENT["id"], collective="berlin")

    def take_back(session: Session) -> None:
        retracting.retract(session, STATEMENT["id"], clock())

    await cap.database.write(take_back)
    with pytest.raises(Conflict, match="took this statement back"):
        await republishing.publish_copy(cap, STATEMENT["id"], collective="berlin")
    assert (await get(f"/mirror/{digest}")).status_code == 200
    done = await retiring.drop_copy(cap, STATEMENT["url"], collective="berlin")
    assert done.statement_uri == STATEMENT["id"]
    for path in (f"/mirror/{digest}/witness", f"/signed-texts/{digest}"):
        assert (await get(path)).status_code == 404


async def test_where_two_decide_one_vote_neither_publishes_nor_drops_a_copy(
    cap: Capabilities, clock: Clock
) -> None:
    await signing_cells.keep(cap, HALLE)
    for email in ("ana@berlin.example", "ben@berlin.example"):
        await enrolling.add(cap, email, "owner", collective="berlin")
    await consulting.set_thresholds(cap, "berlin", {"publish": 2, "cosign": 2})
    with pytest.raises(NotAllowed, match="takes 2 members"):
        await republishing.publish_copy(cap, STATEMENT["id"], collective="berlin")
    asked = await republishing.publish_copy(
        cap, STATEMENT["id"], collective="berlin", account="ana@berlin.example"
    )
    assert (asked.post_uri, await cataloguing.list_posts(cap)) == (None, ())
    voted = await voting.vote(cap, asked.standing.decision.uid, "yes", account="ben@berlin.example")
    assert [each.uri for each in await cataloguing.list_posts(cap)] == [voted.made_uri]
    await cap.database.write(lambda session: retracting.retract(session, STATEMENT["id"], clock()))
    leaving = await retiring.drop_copy(
        cap, STATEMENT["id"], collective="berlin", account="ben@berlin.example"
    )
    assert leaving.statement_uri is None
    done = await voting.vote(cap, leaving.standing.decision.uid, "yes", account="ana@berlin.example")
    assert done.made_uri == STATEMENT["id"]


async def test_files_of_texts_that_are_not_kept_go(cap: Capabilities, clock: Clock) -> None:
    folder = cap.settings.copies_dir
    folder.mkdir()
    old = folder / documents.digest_of_bytes(b"an old file")
    old.write_bytes(b"sealed")
    clock.now = clock.now.replace(year=2020)
    assert await attaching.drop_unneeded(cap) == 0
    clock.now = clock.now.replace(year=2099)
    assert await attaching.drop_unneeded(cap) == 1
    assert not old.exists()
