"""Following, being followed, resharing: what is asked, answered and taken back."""

import asyncio
import json

import pytest
from sqlalchemy import select

from federation import jsonld
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, HandleUnknown, NotFound, PeerUnavailable
from fedinode.services import delivering, following, publishing, registering, resolving
from fedinode.services.network import resharing
from fedinode.storage import follows, models
from fedinode.storage.database import Session
from fedinode.storage.follows import NewFollow
from tests.peer_server import Peer, PeerActor
from tests.services.outgoing.conftest import Befriend, Write

pytestmark = pytest.mark.anyio

AS = {"@context": "https://www.w3.org/ns/activitystreams"}
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'


async def request_from(cap: Capabilities, actor: PeerActor) -> int:
    """Keep a follow request as reacting does, and return its number."""
    known = await resolving.resolve_actor(cap, actor.uri)
    asked = actor.activity("Follow", cap.urls.collective("berlin"))

    def write(session: Session) -> int:
        row = registering.require_collective(session, None)
        new = NewFollow(
            direction="in",
            collective_id=row.id,
            actor_id=known.id,
            follow_uri=asked["id"],
            body=json.dumps(asked).encode(),
        )
        return follows.put(session, new, cap.clock())

    return await cap.database.write(write)


# -- whom we follow


async def test_follow_asks_the_actor_itself_and_can_be_fetched(cap: Capabilities, koeln: Peer) -> None:
    mira = koeln.actor("mira")
    relation = await following.follow(cap, f"@mira@{koeln.host}")
    assert (relation.actor_uri, relation.state) == (mira.uri, "requested")
    assert relation.handle == f"@mira@{koeln.host}"
    await delivering.deliver_once(cap)
    (request,) = [each for each in koeln.requests if each.method == "POST"]
    follow = request.document()
    assert request.path == "/users/mira/inbox"
    assert (follow["type"], follow["object"], follow["to"]) == ("Follow", mira.uri, [mira.uri])
    kept = await cap.database.read(
        lambda session: session.scalars(
            select(models.OutgoingActivity).where(models.OutgoingActivity.uri == follow["id"])
        ).one()
    )
    assert kept.is_public
    assert kept.body == request.body


async def test_asking_again_while_waiting_sends_nothing(cap: Capabilities, koeln: Peer) -> None:
    koeln.actor("mira")
    for _ in range(2):
        await following.follow(cap, f"@mira@{koeln.host}")
    await delivering.deliver_once(cap)
    assert len(koeln.received("Follow")) == 1
    (relation,) = await following.following(cap)
    assert relation.state == "requested"


async def test_unfollow_undoes_the_very_follow(cap: Capabilities, koeln: Peer) -> None:
    mira = koeln.actor("mira")
    await following.follow(cap, mira.uri)
    ended = await following.unfollow(cap, f"@MIRA@{koeln.host}")
    assert ended.state == "ended"
    await delivering.deliver_once(cap)
    follow, undo = koeln.received()
    assert undo["type"] == "Undo"
    assert undo["object"] == {name: value for name, value in follow.items() if name != "@context"}
    assert await following.following(cap) == ()
    with pytest.raises(NotFound, match="does not follow"):
        await following.unfollow(cap, mira.uri)


async def test_following_again_asks_anew(cap: Capabilities, koeln: Peer) -> None:
    mira = koeln.actor("mira")
    await following.follow(cap, mira.uri)
    await following.unfollow(cap, mira.uri)
    await following.follow(cap, mira.uri)
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["Follow", "Undo", "Follow"]
    first, _, second = koeln.received()
    assert first["id"] != second["id"]


async def test_unknown_handle_is_told_in_a_sentence(cap: Capabilities, koeln: Peer) -> None:
    with pytest.raises(HandleUnknown, match="nobody called"):
        await following.follow(cap, f"@nobody@{koeln.host}")


# -- who follows us


async def test_accepted_request_is_answered_whole_and_makes_a_follower(
    cap: Capabilities, koeln: Peer
) -> None:
    number = await request_from(cap, koeln.actor("mira"))
    (waiting,) = await following.requests(cap)
    assert (waiting.id, waiting.state, waiting.name) == (number, "pending", "Mira")
    assert (await following.accept(cap, number)).state == "accepted"
    await delivering.deliver_once(cap)
    (accept,) = koeln.received("Accept")
    assert accept["object"]["type"] == "Follow"
    assert accept["object"]["actor"] == waiting.actor_uri
    assert [each.actor_uri for each in await following.followers(cap, collective="berlin")] == [
        waiting.actor_uri
    ]
    assert await following.requests(cap) == ()


async def test_rejected_request_is_answered_and_makes_none(cap: Capabilities, koeln: Peer) -> None:
    number = await request_from(cap, koeln.actor("mira"))
    assert (await following.reject(cap, number)).state == "rejected"
    await delivering.deliver_once(cap)
    assert len(koeln.received("Reject")) == 1
    assert await following.followers(cap) == ()


async def test_follower_can_be_removed_later(cap: Capabilities, koeln: Peer, manuscript: Write) -> None:
    number = await request_from(cap, koeln.actor("mira"))
    await following.accept(cap, number)
    await following.reject(cap, number)
    assert (await publishing.post(cap, manuscript(NEWS))).deliveries == 0


async def test_decided_request_is_not_decided_again(cap: Capabilities, koeln: Peer) -> None:
    number = await request_from(cap, koeln.actor("mira"))
    await following.accept(cap, number)
    with pytest.raises(Conflict, match="decided already"):
        await following.accept(cap, number)
    with pytest.raises(NotFound):
        await following.accept(cap, number + 1)


async def test_our_own_request_cannot_be_accepted_by_us(cap: Capabilities, koeln: Peer) -> None:
    koeln.actor("mira")
    relation = await following.follow(cap, f"@mira@{koeln.host}")
    with pytest.raises(NotFound):
        await following.accept(cap, relation.id)


async def test_answer_is_nobody_elses_business(cap: Capabilities, koeln: Peer) -> None:
    await following.accept(cap, await request_from(cap, koeln.actor("mira")))

    def read(session: Session) -> models.OutgoingActivity:
        return session.scalars(select(models.OutgoingActivity)).one()

    kept = await cap.database.read(read)
    assert not kept.is_public
    assert b"Follow" not in kept.body


# -- resharing


async def test_reshare_reaches_followers_and_the_author(
    cap: Capabilities, koeln: Peer, befriend: Befriend
) -> None:
    halle = koeln  # the follower and the author live on the same server, with inboxes of their own
    await befriend(halle, "jo")
    mira = koeln.actor("mira")
    note = koeln.serve(AS | mira.note())
    reshared = await resharing.reshare(cap, note["id"])
    assert (reshared.object_uri, reshared.already, reshared.deliveries) == (note["id"], False, 2)
    await delivering.deliver_once(cap)
    announces = koeln.received("Announce")
    assert {each["id"] for each in announces} == {reshared.activity_uri}
    assert announces[0]["object"] == note["id"]
    assert jsonld.PUBLIC in announces[0]["to"]
    assert mira.uri in announces[0]["cc"]


async def test_reshare_twice_is_one(cap: Capabilities, koeln: Peer) -> None:
    note = koeln.serve(AS | koeln.actor("mira").note())
    first = await resharing.reshare(cap, note["id"])
    second = await resharing.reshare(cap, note["id"], comment="Lest das!")
    assert (second.activity_uri, second.already, second.comment_uri) == (first.activity_uri, True, None)


async def test_reshare_by_several_hands_at_once_is_one(cap: Capabilities, koeln: Peer) -> None:
    note = koeln.serve(AS | koeln.actor("mira").note())
    results = await asyncio.gather(*(resharing.reshare(cap, note["id"]) for _ in range(4)))
    assert len({each.activity_uri for each in results}) == 1
    assert sorted(each.already for each in results) == [False, True, True, True]


async def test_unreshare_undoes_it_for_all_who_got_it(cap: Capabilities, koeln: Peer) -> None:
    note = koeln.serve(AS | koeln.actor("mira").note())
    await resharing.reshare(cap, note["id"])
    undone = await resharing.unreshare(cap, note["id"])
    assert undone.deliveries == 1
    await delivering.deliver_once(cap)
    announce, undo = koeln.received()
    assert (undo["type"], undo["object"]["id"]) == ("Undo", announce["id"])
    with pytest.raises(NotFound, match="did not reshare"):
        await resharing.unreshare(cap, note["id"])
    again = await resharing.reshare(cap, note["id"])
    assert again.activity_uri != announce["id"]


async def test_comment_is_a_note_that_leads_to_what_is_reshared(
    cap: Capabilities, koeln: Peer, befriend: Befriend
) -> None:
    await befriend(koeln, "jo")
    note = koeln.serve(AS | koeln.actor("mira").note())
    reshared = await resharing.reshare(cap, note["id"], comment="Lest das!")
    await delivering.deliver_once(cap)
    (create,) = koeln.received("Create")
    assert create["object"]["id"] == reshared.comment_uri
    assert "Lest das!" in create["object"]["content"]
    assert note["id"] in create["object"]["content"]


async def test_own_post_can_be_reshared_by_its_page(cap: Capabilities, manuscript: Write) -> None:
    published = await publishing.post(cap, manuscript(NEWS))
    await registering.add_collective(cap, "tbilisi", "თბილისი", "ka")
    reshared = await resharing.reshare(cap, published.url, collective="tbilisi")
    assert reshared.object_uri == published.uri
    assert (await resharing.unreshare(cap, published.url, collective="tbilisi")).object_uri == published.uri


async def test_what_cannot_be_fetched_is_not_reshared(cap: Capabilities, koeln: Peer) -> None:
    with pytest.raises(PeerUnavailable, match="cannot be fetched"):
        await resharing.reshare(cap, f"{koeln.origin}/notes/missing")
