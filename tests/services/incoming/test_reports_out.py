"""Our complaints to other servers: from the node's actor, about what is theirs, once, and never naming us."""

import json

import pytest

from federation import activities
from fedinode.errors import NotFound, UsageError
from fedinode.services.moderation import excluding, flagging, redressing
from fedinode.services.moderation.flagging import Complaint
from fedinode.services.upkeep import housekeeping
from fedinode.storage import collectives, models, moderation_notes, outgoing_activities
from fedinode.storage.database import Session
from tests.peer_server import Peer, PeerActor
from tests.services.incoming.conftest import ORIGIN, Publish, Visited

pytestmark = pytest.mark.anyio


async def rude_reply(visited: Visited, publish: Publish, mira: PeerActor) -> str:
    note = mira.note(content="<p>Rude.</p>", inReplyTo=await publish())
    await visited.take(mira, mira.activity("Create", note))
    return str(note["id"])


def complaint(mira: PeerActor, *posts: str, words: str = "Rude & <b>wrong</b>") -> Complaint:
    return Complaint(collective="berlin", actor_uri=mira.uri, posts=posts, words=words)


async def test_a_report_goes_once_to_their_own_inbox_and_names_nobody_of_us(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    cap, uri = visited.cap, await rude_reply(visited, publish, mira)
    prepared = await flagging.prepare(cap, complaint(mira, uri))
    assert await visited.sent("Flag") == [], "looking sends nothing"
    for is_new in (True, False):
        assert (await flagging.flag(cap, complaint(mira, uri))).is_new is is_new
    (sent,) = await visited.sent("Flag")
    bodies = await cap.database.read(lambda session: outgoing_activities.bodies(session, [sent.id]))
    document = json.loads(bodies[sent.id])
    activity = activities.parse_activity(document)
    assert isinstance(activity, activities.Activity)
    assert (activity.actor_uri, activity.to) == (f"{ORIGIN}/actor", (mira.uri,))
    assert activity.object_uris == (mira.uri, uri)
    assert activity.content == "Rude & <b>wrong</b>"
    assert "berlin" not in json.dumps(document).replace("berlin.localhost", "")
    shown = json.loads(prepared.document)
    assert {name: document[name] for name in ("type", "actor", "object", "content", "to")} == {
        name: shown[name] for name in ("type", "actor", "object", "content", "to")
    }
    assert b"Rude" not in sent.body, "what is said of people is sealed"
    assert (await visited.http.get(sent.uri)).status_code == 404
    delivery = await visited.row(models.Delivery, activity_id=sent.id)
    inbox = await visited.row(models.Inbox, id=delivery.inbox_id)
    assert inbox.url == prepared.inbox_url == mira.document["inbox"]
    (row,) = await flagging.list_sent(cap, ["berlin"])
    assert (row.actor_uri, row.state) == (mira.uri, "waiting")
    assert await flagging.list_sent(cap, []) == ()
    assert (await flagging.words_of(cap, [row.activity_id])) == {row.activity_id: "Rude & <b>wrong</b>"}


async def test_a_second_report_about_the_same_account_does_not_replace_the_first(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await rude_reply(visited, publish, mira)
    for words in ("One", "Two"):
        assert (await flagging.flag(visited.cap, complaint(mira, uri, words=words))).is_new
    assert [row.state for row in await visited.rows(models.Delivery)] == ["waiting", "waiting"]


async def test_what_cannot_be_reported_is_refused_with_words(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    cap, uri = visited.cap, await rude_reply(visited, publish, mira)
    kim = koeln.actor("kim")
    note = kim.note(content="<p>Kind.</p>", inReplyTo=uri)
    await visited.take(kim, kim.activity("Create", note))
    for wrong in (
        complaint(mira, uri, words=" "),
        complaint(mira, uri, words="x" * 5_001),
        complaint(mira, f"{ORIGIN}/posts/1"),
        complaint(mira, "https://elsewhere.example/1"),
        complaint(mira, "no address"),
        complaint(mira, note["id"]),
        complaint(mira, *(f"{uri}{number}" for number in range(41))),
        Complaint(collective="berlin", actor_uri=f"{ORIGIN}/collectives/berlin", posts=(), words="x"),
    ):
        for work in (flagging.prepare, flagging.flag):
            with pytest.raises(UsageError):
                await work(cap, wrong)
    with pytest.raises(NotFound):
        await flagging.flag(
            cap, Complaint(collective="berlin", actor_uri="https://x.example/y", posts=(), words="x")
        )
    await excluding.block(cap, "peers.localhost")
    with pytest.raises(UsageError, match="suspended"):
        await flagging.flag(cap, complaint(mira, uri))
    assert await visited.sent("Flag") == []


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_whom_somebody_means_is_found_by_reply_account_or_post(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    cap, uri = visited.cap, await rude_reply(visited, publish, mira)
    found = await flagging.find_target(cap, uri)
    assert (found.actor_uri, found.posts) == (mira.uri, (uri,))
    assert (await flagging.find_target(cap, mira.uri)).posts == ()
    post = mira.peer.serve(mira.note(content="<p>Elsewhere.</p>"))
    target = await flagging.find_target(cap, post["id"])
    assert target.actor_uri == mira.uri
    assert len(target.posts) == 1
    with pytest.raises(UsageError):
        await flagging.find_target(cap, f"{ORIGIN}/actor")


async def test_what_was_said_of_people_goes_in_the_end_and_what_is_open_stays(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    cap, uri = visited.cap, await rude_reply(visited, publish, mira)
    await flagging.flag(cap, complaint(mira, uri))
    for words in ("Open", "Answered"):
        await visited.take(mira, mira.activity("Flag", uri, content=words))
    answered = (await visited.rows(models.Report))[1].id
    await redressing.answer(cap, None, answered, "dismiss")

    def note(session: Session) -> None:
        now, owner = cap.clock(), collectives.list_all(session)[0].id
        moderation_notes.add(session, owner, "reply 1", "Again", account_id=None, now=now)

    await cap.database.write(note)
    tables = (models.Report, models.SentReport, models.ModerationNote)
    for days, left in ((179, [2, 1, 1]), (2, [1, 0, 1]), (200, [1, 0, 0])):
        visited.clock.advance(days=days)
        await housekeeping.purge_once(cap)
        assert [await visited.count(table) for table in tables] == left
