"""Like, Announce, their Undo, Flag: counted at the post they are about, taken back by their own actors."""

from typing import Any

import pytest

from fedinode.services import publishing
from fedinode.services.moderation import recounting_reports
from fedinode.storage import models
from tests.peer_server import Peer, PeerActor, PeerServer
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Publish, Visited

pytestmark = pytest.mark.anyio

KINDS = ["Like", "Announce"]


async def kinds(visited: Visited) -> list[str]:
    return [row.kind for row in await visited.rows(models.Reaction)]


async def total(visited: Visited, uri: str, collection: str) -> int:
    answer = await visited.http.get(f"{uri}/{collection}", headers={"accept": "application/activity+json"})
    number: int = answer.json()["totalItems"]
    return number


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reaction_is_counted_once(
    visited: Visited, publish: Publish, mira: PeerActor, kind: str
) -> None:
    uri = await publish()
    activity = mira.activity(kind, uri)
    await visited.take(mira, activity, activity, mira.activity(kind, uri))
    assert await kinds(visited) == [kind.lower()]


async def test_the_number_shown_follows_at_once(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    uri = await publish()
    assert await total(visited, uri, "likes") == 0
    like = mira.activity("Like", uri)
    await visited.take(mira, like)
    assert await total(visited, uri, "likes") == 1
    kim = koeln.actor("kim")
    await visited.take(kim, kim.activity("Like", uri), kim.activity("Announce", uri))
    assert (await total(visited, uri, "likes"), await total(visited, uri, "shares")) == (2, 1)
    await visited.take(mira, mira.activity("Undo", like))
    assert await total(visited, uri, "likes") == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", ["whole", "id", "another id"])
async def test_a_reaction_is_taken_back(
    visited: Visited, publish: Publish, mira: PeerActor, kind: str, form: str
) -> None:
    activity = mira.activity(kind, await publish())
    undone: Any = {
        "whole": activity,
        "id": activity["id"],
        "another id": activity | {"id": f"{mira.uri}#other"},
    }[form]
    await visited.take(mira, activity)
    await visited.take(mira, mira.activity("Undo", undone))
    assert await kinds(visited) == []


async def test_nobody_takes_back_the_like_of_somebody_else(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    like, kim = mira.activity("Like", await publish()), koeln.actor("kim")
    await visited.take(mira, like)
    await visited.take(kim, kim.activity("Undo", like["id"]))
    assert await kinds(visited) == ["like"]


async def test_an_undo_of_a_like_leaves_the_boost(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    like = mira.activity("Like", uri)
    await visited.take(mira, like, mira.activity("Announce", uri), mira.activity("Undo", like))
    assert await kinds(visited) == ["announce"]


async def test_an_object_is_named_whole_or_by_its_id(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    await visited.take(mira, mira.activity("Like", {"id": uri, "type": "Note", "content": "forged"}))
    assert await kinds(visited) == ["like"]


async def test_a_reaction_to_nothing_is_not_kept(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Like", f"{ORIGIN}/posts/none"), mira.activity("Like", COLLECTIVE))
    assert await kinds(visited) == []


async def test_a_reaction_to_what_was_taken_back_is_not_kept(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    await publishing.delete(visited.cap, uri)
    await visited.take(mira, mira.activity("Like", uri))
    assert await kinds(visited) == []


async def test_many_reactions_are_applied_together(
    visited: Visited, publish: Publish, server: PeerServer
) -> None:
    uri = await publish()
    crowd = [server.peer(f"crowd{number}").actor("kim") for number in range(12)]
    for actor in crowd:
        for kind in KINDS:
            await visited.deliver(actor, actor.activity(kind, uri))
    await visited.settle()
    assert sorted(await kinds(visited)) == ["announce"] * 12 + ["like"] * 12
    assert {row.state for row in await visited.rows(models.JournalEntry)} == {"done"}
    assert {row.body for row in await visited.rows(models.JournalEntry)} == {None}


# -- complaints


async def test_a_complaint_about_us_is_kept_as_plain_words(
    visited: Visited, publish: Publish, koeln: Peer
) -> None:
    uri = await publish()
    server_actor = koeln.actor("actor", type="Application")
    flag = server_actor.activity(
        "Flag", [COLLECTIVE, uri], content="<p>Not <b>nice</b></p><script>x</script>"
    )
    await visited.take(server_actor, flag, flag)
    (report,) = await recounting_reports.newest(visited.cap)
    assert (report.from_uri, [each.uri for each in report.about]) == (server_actor.uri, [COLLECTIVE, uri])
    assert report.words.split() == ["Not", "nice"]


async def test_a_complaint_without_words_is_kept(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Flag", COLLECTIVE))
    (report,) = await recounting_reports.newest(visited.cap)
    assert report.words == ""


async def test_a_complaint_about_others_is_not_ours(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Flag", f"{koeln.origin}/users/kim"))
    assert await recounting_reports.newest(visited.cap) == ()
