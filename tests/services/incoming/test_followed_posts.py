"""What those whom we follow write and boost, kept as its origin has it; and what becomes of the actors."""

import json
from typing import Any

import pytest

from fedinode.services import following, reacting
from fedinode.services.moderation import excluding
from fedinode.storage import models
from tests.peer_server import AS_CONTEXT, Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, Publish, Visited

pytestmark = pytest.mark.anyio


async def follow(visited: Visited, actor: PeerActor) -> PeerActor:
    """Let our collective follow somebody, with consent."""
    await following.follow(visited.cap, f"@{actor.document['preferredUsername']}@{actor.peer.host}")
    asked = (await visited.sent("Follow"))[-1]
    await visited.take(actor, actor.activity("Accept", asked.uri))
    return actor


@pytest.fixture
async def followed(visited: Visited, mira: PeerActor) -> PeerActor:
    return await follow(visited, mira)


async def kept(visited: Visited) -> list[str]:
    return [row.uri for row in await visited.rows(models.RemoteObject)]


# -- posts


async def test_a_post_by_somebody_we_follow_is_kept(visited: Visited, followed: PeerActor) -> None:
    note = followed.note(contentMap={"de": "<p>Hello from afar</p>"}, name="Title")
    await visited.take(followed, followed.activity("Create", note))
    row = await visited.row(models.RemoteObject)
    assert (row.uri, row.type, row.name, row.language) == (note["id"], "Note", "Title", "de")
    assert (row.html_clean, json.loads(row.body)) == ("<p>Hello from afar</p>", note)


async def test_an_article_without_content_is_kept_with_its_summary(
    visited: Visited, followed: PeerActor
) -> None:
    note = followed.note(type="Article", content=None, summary="<p>In short</p><script>x</script>")
    await visited.take(followed, followed.activity("Create", note))
    assert (await visited.row(models.RemoteObject)).html_clean == "<p>In short</p>"


async def test_a_post_by_anybody_else_is_not_kept(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Create", mira.note()))
    assert await kept(visited) == []


async def test_what_is_not_for_everybody_is_not_kept(visited: Visited, followed: PeerActor) -> None:
    for_followers = followed.note(to=[f"{followed.uri}/followers"], cc=[])
    to_one = followed.note(to=[COLLECTIVE], cc=[])
    for note in (for_followers, to_one):
        await visited.take(followed, followed.activity("Create", note))
    assert await kept(visited) == []


async def test_a_post_that_is_only_named_is_fetched(visited: Visited, followed: PeerActor) -> None:
    note = followed.peer.serve(followed.note())
    await visited.take(followed, followed.activity("Create", note["id"]))
    assert await kept(visited) == [note["id"]]


async def test_a_post_of_an_unknown_type_is_not_kept(visited: Visited, followed: PeerActor) -> None:
    await visited.take(followed, followed.activity("Create", followed.note(type="Unheard")))
    entry = (await visited.rows(models.JournalEntry))[-1]
    assert (await kept(visited), entry.state) == ([], "done")
    assert "type" in entry.reason


async def test_a_post_is_changed_and_removed_by_its_author_alone(
    visited: Visited, koeln: Peer, followed: PeerActor
) -> None:
    note, kim = followed.note(), await follow(visited, koeln.actor("kim"))
    await visited.take(followed, followed.activity("Create", note))
    newer = note | {"content": "<p>Forged</p>", "updated": "2026-11-22T00:00:00Z", "attributedTo": kim.uri}
    await visited.take(kim, kim.activity("Update", newer), kim.activity("Delete", note["id"]))
    assert (await visited.row(models.RemoteObject)).html_clean == "<p>Hello from afar</p>"
    changed = note | {"content": "<p>Better</p>", "updated": "2026-11-21T13:00:00Z"}
    await visited.take(followed, followed.activity("Update", changed))
    assert (await visited.row(models.RemoteObject)).html_clean == "<p>Better</p>"
    older = note | {"content": "<p>Old</p>", "updated": "2026-11-21T12:30:00Z"}
    await visited.take(followed, followed.activity("Update", older))
    assert (await visited.row(models.RemoteObject)).html_clean == "<p>Better</p>"
    await visited.take(followed, followed.activity("Delete", note["id"]))
    row = await visited.row(models.RemoteObject)
    assert (row.body, row.html_clean, row.deleted_at is None) == (None, None, False)
    await visited.take(followed, followed.activity("Create", note), followed.activity("Update", changed))
    assert (await visited.row(models.RemoteObject)).body is None


async def test_a_create_again_does_not_replace_what_is_kept(visited: Visited, followed: PeerActor) -> None:
    note = followed.note()
    newer = note | {"content": "<p>Other</p>", "published": "2026-11-22T00:00:00Z"}
    await visited.take(followed, followed.activity("Create", note), followed.activity("Create", newer))
    assert (await visited.row(models.RemoteObject)).html_clean == "<p>Hello from afar</p>"


# -- boosts


@pytest.fixture
def kim(server: PeerServer) -> PeerActor:
    """Somebody on a third server, whom nobody here follows."""
    return server.peer("halle").actor("kim")


async def test_what_somebody_we_follow_boosts_is_fetched_from_its_origin(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    forged = note | {"content": "<p>Forged</p>"}
    await visited.take(followed, followed.activity("Announce", forged))
    row = await visited.row(models.RemoteObject)
    assert (row.uri, row.html_clean) == (note["id"], "<p>Hello from afar</p>")
    assert (await visited.row(models.RemoteActor, id=row.actor_id)).uri == kim.uri
    assert all(request.header("signature") for request in kim.peer.fetches())


async def test_a_boost_of_what_is_kept_asks_nobody(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    await visited.take(followed, followed.activity("Announce", note["id"]))
    asked = len(kim.peer.requests)
    await visited.take(followed, followed.activity("Announce", note["id"]))
    assert len(kim.peer.requests) == asked


async def test_a_boost_by_anybody_else_asks_nobody(visited: Visited, mira: PeerActor, kim: PeerActor) -> None:
    await visited.take(mira, mira.activity("Announce", kim.peer.serve(kim.note())["id"]))
    assert (kim.peer.requests, await kept(visited)) == ([], [])


@pytest.mark.parametrize("status", [404, 410])
async def test_a_boost_of_what_is_gone_has_no_effect(
    visited: Visited, followed: PeerActor, kim: PeerActor, status: int
) -> None:
    url = kim.peer.answer("/notes/1", Reply(status=status))
    await visited.take(followed, followed.activity("Announce", url))
    assert (await visited.rows(models.JournalEntry))[-1].state == "done"
    assert await kept(visited) == []


async def test_a_collection_without_end_in_a_post_is_not_walked(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    endless = kim.peer.answer("/c", Reply.json({"id": f"{kim.peer.origin}/c", "type": "Collection"}))
    note = followed.note(replies=endless, likes=endless, shares=endless)
    await visited.take(followed, followed.activity("Create", note))
    assert await kept(visited) == [note["id"]]
    assert kim.peer.requests == []


async def test_a_post_of_a_blocked_server_is_not_fetched_for_a_boost(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    await visited.deliver(followed, followed.activity("Announce", note["id"]))
    await excluding.block(visited.cap, "halle.peers.localhost")
    await visited.settle()
    entry = (await visited.rows(models.JournalEntry))[-1]
    assert (kim.peer.requests, entry.state) == ([], "done")
    assert "blocked" in entry.reason


# -- slow peers


async def test_a_peer_that_is_down_is_asked_again_and_then_given_up(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    url = kim.peer.answer("/notes/1", Reply(status=500))
    await visited.take(followed, followed.activity("Announce", url))
    for _ in range(20):
        visited.clock.advance(hours=25)
        await visited.settle()
    entry = (await visited.rows(models.JournalEntry))[-1]
    assert (entry.state, "500" in entry.reason) == ("parked", True)
    assert 8 <= len(kim.peer.fetches("/notes/1")) <= 10


async def test_a_slow_peer_holds_later_entries_of_its_sender_for_ten_minutes(
    visited: Visited, publish: Publish, koeln: Peer, followed: PeerActor, kim: PeerActor
) -> None:
    uri, other = await publish(), koeln.actor("other")
    url = kim.peer.answer("/notes/1", Reply(status=500))
    await visited.take(followed, followed.activity("Announce", url))
    await visited.take(followed, followed.activity("Like", uri))
    await visited.take(other, other.activity("Like", uri))
    assert [row.actor_uri for row in await visited.rows(models.Reaction)] == [other.uri]
    visited.clock.advance(minutes=10)
    await visited.settle()
    assert len(await visited.rows(models.Reaction)) == 2


async def test_an_entry_held_back_keeps_its_place(
    visited: Visited, publish: Publish, followed: PeerActor, kim: PeerActor
) -> None:
    uri = await publish()
    note = kim.note()
    path = note["id"].removeprefix(kim.peer.origin)
    kim.peer.answer(path, Reply(status=500))
    like = followed.activity("Like", uri)
    for activity in (followed.activity("Announce", note["id"]), like, followed.activity("Undo", like)):
        await visited.deliver(followed, activity)
    await visited.settle()
    kim.peer.serve(note)
    visited.clock.advance(minutes=1)
    await visited.settle()
    assert await kept(visited) == [note["id"]]
    assert await visited.rows(models.Reaction) == []
    assert {row.state for row in await visited.rows(models.JournalEntry)} == {"done"}


async def test_an_entry_that_another_process_fetches_is_left_to_it(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    await visited.deliver(followed, followed.activity("Announce", note["id"]))
    await reacting.react_once(visited.cap)

    def claim(session: Any) -> None:
        session.query(models.JournalEntry).filter_by(state="waiting").update(
            {"due_at": visited.clock() + reacting.LEASE}
        )

    await visited.cap.database.write(claim)
    assert await reacting.fetch_once(visited.cap) == 0
    visited.clock.advance(seconds=reacting.LEASE.total_seconds())
    assert await reacting.fetch_once(visited.cap) == 1
    assert await kept(visited) == [note["id"]]


# -- actors


async def test_an_actor_that_changed_is_read_again(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    koeln.serve(mira.document | {"name": "Mira M."})
    await visited.take(mira, mira.activity("Update", mira.document | {"name": "Forged"}))
    assert (await visited.row(models.RemoteActor)).name == "Mira M."


async def test_an_actor_that_is_gone_is_forgotten(
    visited: Visited, publish: Publish, koeln: Peer, followed: PeerActor
) -> None:
    uri = await publish()
    await visited.take(
        followed,
        followed.activity("Follow", COLLECTIVE),
        followed.activity("Like", uri),
        followed.activity("Create", followed.note(inReplyTo=uri)),
        followed.activity("Create", followed.note()),
    )
    koeln.answer("/users/mira", Reply(status=410))
    await visited.take(followed, followed.activity("Delete", followed.uri))
    assert {row.state for row in await visited.rows(models.Follow)} == {"ended"}
    assert await visited.rows(models.Reaction) == []
    assert (await visited.row(models.Reply)).html_clean is None
    assert (await visited.row(models.RemoteObject)).body is None
    actor = await visited.row(models.RemoteActor)
    assert (actor.name, actor.gone_at is None) == (None, False)


@pytest.mark.parametrize(
    ("reply", "is_gone"),
    [
        (Reply(status=404), True),
        (Reply.json({"@context": AS_CONTEXT, "id": "SELF", "type": "Tombstone"}), True),
        (None, False),
    ],
    ids=["404", "tombstone", "still there"],
)
async def test_a_deletion_of_an_actor_is_checked_at_its_origin(
    visited: Visited, koeln: Peer, mira: PeerActor, reply: Reply | None, is_gone: bool
) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    if reply is not None:
        body = reply.body.replace(b"SELF", mira.uri.encode())
        koeln.answer("/users/mira", Reply(status=reply.status, headers=reply.headers, body=body))
    await visited.take(mira, mira.activity("Delete", mira.uri))
    assert ((await visited.row(models.RemoteActor)).gone_at is not None) is is_gone
    assert (await visited.row(models.Follow)).state == ("ended" if is_gone else "accepted")


async def test_a_deletion_waits_while_the_actors_server_is_down(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    koeln.answer("/users/mira", Reply(status=503))
    await visited.take(mira, mira.activity("Delete", mira.uri))
    assert (await visited.row(models.Follow)).state == "accepted"
    koeln.answer("/users/mira", Reply(status=410))
    visited.clock.advance(minutes=1)
    await visited.settle()
    assert (await visited.row(models.Follow)).state == "ended"


async def test_an_actor_that_comes_back_is_gone_no_more(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    koeln.answer("/users/mira", Reply(status=410))
    await visited.take(mira, mira.activity("Delete", mira.uri))
    koeln.serve(mira.document)
    visited.clock.advance(hours=24)
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    assert (await visited.row(models.RemoteActor)).gone_at is None
    assert (await visited.row(models.Follow)).state == "accepted"


async def test_who_shares_what_of_others_is_remembered_until_they_take_it_back(
    visited: Visited, followed: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    boost = followed.activity("Announce", note["id"])
    await visited.take(followed, boost)
    shared = await visited.row(models.RemoteShare)
    assert (shared.object_uri, shared.activity_uri) == (note["id"], boost["id"])
    assert await kept(visited) == [note["id"]]
    await visited.take(followed, followed.activity("Undo", boost))
    assert await visited.rows(models.RemoteShare) == []
