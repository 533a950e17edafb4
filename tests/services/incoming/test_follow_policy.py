"""Follow, Accept, Reject, Undo, Block, Move: who follows whom, as others decide and as our policy answers."""

from dataclasses import replace
from typing import Any

import pytest

from fedinode.services import following
from fedinode.services.moderation import excluding
from fedinode.storage import models
from tests.peer_server import Document, Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Visited

pytestmark = pytest.mark.anyio


async def states(visited: Visited, direction: str = "in") -> list[str]:
    return [row.state for row in await visited.rows(models.Follow, direction=direction)]


def policy(visited: Visited, word: str) -> Visited:
    """Return the node with another policy for followers."""
    federation = replace(visited.cap.settings.federation, accept_follows=word)
    return replace(
        visited, cap=replace(visited.cap, settings=replace(visited.cap.settings, federation=federation))
    )


async def follow_out(visited: Visited, actor: PeerActor) -> Document:
    """Ask to follow an actor, and return our Follow as it was written."""
    handle = f"@{actor.document['preferredUsername']}@{actor.peer.host}"
    await following.follow(visited.cap, handle)
    sent = [row for row in await visited.sent("Follow") if row.object_uri == actor.uri][-1]
    return {"type": "Follow", "id": sent.uri, "actor": COLLECTIVE, "object": actor.uri}


# -- those who want to follow us


async def test_a_follow_is_accepted_and_answered_with_the_whole_follow(
    visited: Visited, mira: PeerActor
) -> None:
    follow = mira.activity("Follow", COLLECTIVE)
    await visited.take(mira, follow)
    assert await states(visited) == ["accepted"]
    (accept,) = await visited.sent("Accept")
    assert (accept.actor_uri, accept.object_uri) == (COLLECTIVE, follow["id"])
    delivery = await visited.row(models.Delivery)
    assert (await visited.row(models.Inbox, id=delivery.inbox_id)).url == f"{mira.uri}/inbox"


async def test_a_follow_waits_where_people_decide(visited: Visited, mira: PeerActor) -> None:
    await policy(visited, "manual").take(mira, mira.activity("Follow", COLLECTIVE))
    assert await states(visited) == ["pending"]
    assert await visited.sent("Accept") == []
    (request,) = await following.requests(visited.cap)
    await following.accept(visited.cap, request.id)
    assert await states(visited) == ["accepted"]


async def test_only_known_servers_are_accepted_where_that_is_the_policy(
    visited: Visited, server: PeerServer, koeln: Peer, mira: PeerActor
) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    careful = policy(visited, "known")
    kim, stranger = koeln.actor("kim"), server.peer("elsewhere").actor("kim")
    await careful.take(kim, kim.activity("Follow", COLLECTIVE))
    await careful.take(stranger, stranger.activity("Follow", COLLECTIVE))
    assert await states(visited) == ["accepted", "accepted", "pending"]


async def test_the_stricter_policy_of_node_and_collective_counts(visited: Visited, mira: PeerActor) -> None:
    def be_strict(session: Any) -> None:
        session.query(models.Collective).update({"follow_policy": "manual"})

    await visited.cap.database.write(be_strict)
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    assert await states(visited) == ["pending"]


async def test_somebody_silenced_waits_for_a_decision(visited: Visited, mira: PeerActor) -> None:
    await excluding.block(visited.cap, "peers.localhost", severity="silence")
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    assert await states(visited) == ["pending"]


@pytest.mark.parametrize("again", ["same id", "new id"])
async def test_a_follower_who_lost_our_answer_gets_it_again(
    visited: Visited, mira: PeerActor, again: str
) -> None:
    follow = mira.activity("Follow", COLLECTIVE)
    await visited.take(mira, follow)
    visited.clock.advance(minutes=1)
    await visited.take(mira, follow if again == "same id" else mira.activity("Follow", COLLECTIVE))
    assert await states(visited) == ["accepted"]
    assert len(await visited.sent("Accept")) == 2


@pytest.mark.parametrize("target", [f"{ORIGIN}/actor", f"{ORIGIN}/collectives/nobody", f"{ORIGIN}/x"])
async def test_a_follow_of_what_cannot_be_followed_has_no_effect(
    visited: Visited, mira: PeerActor, target: str
) -> None:
    await visited.take(mira, mira.activity("Follow", target))
    assert await states(visited) == []
    assert (await visited.row(models.JournalEntry)).state == "done"


async def test_a_follow_is_taken_back(visited: Visited, mira: PeerActor) -> None:
    follow = mira.activity("Follow", COLLECTIVE)
    await visited.take(mira, follow, mira.activity("Undo", follow))
    assert await states(visited) == ["ended"]


async def test_a_follow_is_taken_back_by_its_id_alone(visited: Visited, mira: PeerActor) -> None:
    follow = mira.activity("Follow", COLLECTIVE)
    await visited.take(mira, follow, mira.activity("Undo", follow["id"]))
    assert await states(visited) == ["ended"]


async def test_a_follow_is_taken_back_under_another_id(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    await visited.take(mira, mira.activity("Undo", mira.activity("Follow", COLLECTIVE)))
    assert await states(visited) == ["ended"]


async def test_follow_and_undo_in_one_batch_keep_their_order(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    for actor in (mira, kim):
        follow = actor.activity("Follow", COLLECTIVE)
        for activity in (follow, actor.activity("Undo", follow), actor.activity("Follow", COLLECTIVE)):
            await visited.deliver(actor, activity)
    await visited.settle()
    assert await states(visited) == ["accepted", "accepted"]


async def test_nobody_takes_back_the_follow_of_somebody_else(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    follow, kim = mira.activity("Follow", COLLECTIVE), koeln.actor("kim")
    await visited.take(mira, follow)
    await visited.take(kim, kim.activity("Undo", follow["id"]))
    answer = await visited.deliver(kim, kim.activity("Undo", follow))
    assert answer.status_code == 403
    assert await states(visited) == ["accepted"]


# -- those whom we follow


async def test_our_follow_is_accepted(visited: Visited, mira: PeerActor) -> None:
    follow = await follow_out(visited, mira)
    await visited.take(mira, mira.activity("Accept", follow))
    assert await states(visited, "out") == ["accepted"]


async def test_our_follow_is_accepted_by_its_id_alone(visited: Visited, mira: PeerActor) -> None:
    follow = await follow_out(visited, mira)
    await visited.take(mira, mira.activity("Accept", follow["id"]))
    assert await states(visited, "out") == ["accepted"]


async def test_our_follow_is_accepted_under_an_id_that_got_lost(visited: Visited, mira: PeerActor) -> None:
    follow = await follow_out(visited, mira)
    await visited.take(mira, mira.activity("Accept", follow | {"id": f"{mira.uri}#lost"}))
    assert await states(visited, "out") == ["accepted"]


@pytest.mark.parametrize("first", [False, True])
async def test_our_follow_is_rejected_before_or_after_it_was_accepted(
    visited: Visited, mira: PeerActor, first: bool
) -> None:
    follow = await follow_out(visited, mira)
    if first:
        await visited.take(mira, mira.activity("Accept", follow))
    await visited.take(mira, mira.activity("Reject", follow))
    assert await states(visited, "out") == ["rejected"]


async def test_a_rejected_follow_is_not_accepted_later(visited: Visited, mira: PeerActor) -> None:
    follow = await follow_out(visited, mira)
    await visited.take(mira, mira.activity("Reject", follow), mira.activity("Accept", follow))
    assert await states(visited, "out") == ["rejected"]


async def test_nobody_accepts_for_somebody_else(visited: Visited, koeln: Peer, mira: PeerActor) -> None:
    follow, kim = await follow_out(visited, mira), koeln.actor("kim")
    await visited.take(kim, kim.activity("Accept", follow["id"]))
    assert (await visited.deliver(kim, kim.activity("Accept", follow))).status_code == 403
    assert await states(visited, "out") == ["pending"]


async def test_what_we_never_asked_is_not_accepted(visited: Visited, mira: PeerActor) -> None:
    follow = {"type": "Follow", "id": f"{ORIGIN}/activities/x", "actor": COLLECTIVE, "object": mira.uri}
    await visited.take(mira, mira.activity("Accept", follow))
    assert await states(visited, "out") == []


async def test_a_block_ends_what_is_between_both(visited: Visited, mira: PeerActor) -> None:
    follow = await follow_out(visited, mira)
    await visited.take(mira, mira.activity("Accept", follow), mira.activity("Follow", COLLECTIVE))
    await visited.take(mira, mira.activity("Block", COLLECTIVE))
    assert await states(visited) + await states(visited, "out") == ["ended", "ended"]


async def test_a_block_of_somebody_else_changes_nothing(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE), mira.activity("Block", f"{ORIGIN}/x"))
    assert await states(visited) == ["accepted"]


# -- moves


@pytest.fixture
async def followed(visited: Visited, mira: PeerActor) -> PeerActor:
    """Somebody whom our collective follows."""
    await visited.take(mira, mira.activity("Accept", await follow_out(visited, mira)))
    return mira


def move(actor: PeerActor, target: PeerActor) -> Document:
    return actor.activity("Move", actor.uri, target=target.uri)


async def test_who_moved_is_followed_where_they_went(
    visited: Visited, server: PeerServer, followed: PeerActor
) -> None:
    new = server.peer("leipzig").actor("mira", alsoKnownAs=[followed.uri])
    await visited.take(followed, move(followed, new))
    old, now = await visited.rows(models.Follow, direction="out")
    assert (old.state, now.state) == ("ended", "pending")
    assert [row.object_uri for row in await visited.sent("Follow")] == [followed.uri, new.uri]
    assert [row.object_uri for row in await visited.sent("Undo")] == [followed.uri]
    assert (await visited.row(models.RemoteActor, uri=followed.uri)).moved_to == new.uri


async def test_a_move_that_the_target_does_not_confirm_has_no_effect(
    visited: Visited, server: PeerServer, followed: PeerActor
) -> None:
    eve = server.peer("evil").actor("eve")
    await visited.take(followed, move(followed, eve))
    assert await states(visited, "out") == ["accepted"]
    assert len(await visited.sent("Follow")) == 1


async def test_a_second_move_within_thirty_days_has_no_effect(
    visited: Visited, server: PeerServer, followed: PeerActor
) -> None:
    first = server.peer("leipzig").actor("mira", alsoKnownAs=[followed.uri])
    second = server.peer("halle").actor("mira", alsoKnownAs=[followed.uri])
    await visited.take(followed, move(followed, first))
    visited.clock.advance(days=1)
    await visited.take(followed, followed.activity("Accept", await follow_out(visited, followed)))
    await visited.take(followed, move(followed, second))
    assert len(await visited.sent("Undo")) == 1
    visited.clock.advance(days=30)
    await visited.take(followed, move(followed, second))
    assert len(await visited.sent("Undo")) == 2


async def test_a_move_to_somebody_we_follow_already_asks_nobody(
    visited: Visited, server: PeerServer, followed: PeerActor
) -> None:
    new = server.peer("leipzig").actor("mira", alsoKnownAs=[followed.uri])
    await visited.take(new, new.activity("Accept", await follow_out(visited, new)))
    await visited.take(followed, move(followed, new))
    assert sorted(await states(visited, "out")) == ["accepted", "ended"]
    assert len(await visited.sent("Follow")) == 2


async def test_a_move_of_somebody_we_do_not_follow_asks_nobody(
    visited: Visited, server: PeerServer, mira: PeerActor
) -> None:
    leipzig = server.peer("leipzig")
    await visited.take(mira, move(mira, leipzig.actor("mira", alsoKnownAs=[mira.uri])))
    assert leipzig.requests == []
    assert (await visited.row(models.JournalEntry)).state == "done"


async def test_a_move_to_a_server_that_is_down_is_tried_again(
    visited: Visited, server: PeerServer, followed: PeerActor
) -> None:
    leipzig = server.peer("leipzig")
    new = leipzig.actor("mira", alsoKnownAs=[followed.uri])
    leipzig.answer("/users/mira", Reply(status=503))
    await visited.take(followed, move(followed, new))
    entry = (await visited.rows(models.JournalEntry))[-1]
    assert (entry.state, "503" in entry.reason) == ("waiting", True)
    leipzig.serve(new.document)
    visited.clock.advance(minutes=1)
    await visited.settle()
    assert sorted(await states(visited, "out")) == ["ended", "pending"]
