"""Complaints of other servers: kept for the right moderators, sealed, bounded, never from who is limited."""

import pytest

from fedinode.services import publishing
from fedinode.services.moderation import excluding, recounting_reports, reporting
from fedinode.storage import models
from tests.peer_server import Peer, PeerActor
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Publish, Visited

pytestmark = pytest.mark.anyio


async def reports_of(visited: Visited) -> list[models.Report]:
    rows: list[models.Report] = await visited.rows(models.Report)
    return rows


async def test_a_complaint_is_kept_for_whose_it_is_with_its_words_sealed(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    uri = await publish()
    server = koeln.actor("actor", type="Application")
    foreign = f"{koeln.origin}/users/kim"
    for activity in (
        server.activity(
            "Flag", [foreign, COLLECTIVE, uri], content="<p>Not <b>nice</b></p><script>x</script>"
        ),
        server.activity("Flag", uri),
        server.activity("Flag", f"{ORIGIN}/actor", content="The node"),
        server.activity("Flag", f"{ORIGIN}/nothing/here", content="Nothing"),
    ):
        await visited.take(server, activity, activity)
    rows = await reports_of(visited)
    assert [row.object_uris.split("\n")[0] for row in rows] == [
        COLLECTIVE,
        uri,
        f"{ORIGIN}/actor",
        f"{ORIGIN}/nothing/here",
    ]
    assert {row.state for row in rows} == {"open"}
    assert len({row.collective_id for row in rows}) == 1
    assert "nice" not in (rows[0].words or "")
    assert [each.words for each in await recounting_reports.newest(visited.cap)] == [
        "Nothing",
        "The node",
        "",
        "Not nice",
    ]


async def test_a_complaint_about_a_reply_that_waits_is_ours_and_one_about_others_is_not(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    uri = await publish()
    note = mira.note(content="<p>Rude.</p>", inReplyTo=uri)
    await visited.take(mira, mira.activity("Create", note))
    server = koeln.actor("actor", type="Application")
    await visited.take(server, server.activity("Flag", [mira.uri, note["id"]]))
    await visited.take(server, server.activity("Flag", [mira.uri]))
    (row,) = await reports_of(visited)
    assert row.object_uris.split("\n") == [note["id"], mira.uri]


async def test_what_is_sent_again_and_again_is_counted_not_kept(
    visited: Visited, publish: Publish, koeln: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = await publish()
    server = koeln.actor("actor", type="Application")
    for words in ("a", "a", "a", "b"):
        await visited.take(server, server.activity("Flag", uri, content=words))
    assert [row.repeats for row in await reports_of(visited)] == [2, 0]
    monkeypatch.setattr(reporting, "MAX_OPEN_OF_SERVER", 2)
    other = koeln.actor("other")
    for words in ("c", "d"):
        await visited.take(other, other.activity("Flag", uri, content=words))
    assert [row.repeats for row in await reports_of(visited)] == [2, 2], "all of one server together"


async def test_whoever_is_limited_or_suspended_complains_in_vain(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    uri = await publish()
    await visited.take(mira, mira.activity("Like", uri))
    await excluding.block(visited.cap, "peers.localhost", severity="silence")
    await visited.take(mira, mira.activity("Flag", uri))
    await excluding.block(visited.cap, "peers.localhost", severity="suspend")
    assert (await visited.deliver(mira, mira.activity("Flag", uri))).status_code == 403
    await visited.settle()
    assert await reports_of(visited) == []


async def test_a_complaint_about_very_much_is_cut(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    await publishing.delete(visited.cap, uri)
    named = [*(f"{ORIGIN}/posts/{number}" for number in range(499)), uri]
    too_many = await visited.deliver(mira, mira.activity("Flag", [*named, uri]))
    assert too_many.status_code == 413
    await visited.deliver(mira, mira.activity("Flag", f"{ORIGIN}/{'x' * 3000}"))
    await visited.take(mira, mira.activity("Flag", named, content="<i>a</i>" * 20_000))
    (row,) = await reports_of(visited)
    assert len(row.object_uris.split("\n")) == 50
    (report,) = await recounting_reports.newest(visited.cap)
    assert len(report.words) <= reporting.MAX_WORDS_CHARACTERS
    assert "<" not in report.words
