"""Replies to our posts: held or shown by the rule of the post, changed and removed by their authors alone."""

from typing import Any

import pytest

from fedinode.errors import NotFound
from fedinode.services.moderation import excluding, moderating
from fedinode.storage import models
from tests.peer_server import AS_CONTEXT, Document, Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import INBOX, Publish, Visited

pytestmark = pytest.mark.anyio

PUBLIC = f"{AS_CONTEXT}#Public"


@pytest.fixture
async def post(publish: Publish) -> str:
    return await publish()


async def only_reply(visited: Visited) -> Any:
    return await visited.row(models.Reply)


async def answer(visited: Visited, actor: PeerActor, uri: str, **members: Any) -> Document:
    """Answer an object, and return the Note that does."""
    note = actor.note(inReplyTo=uri, **members)
    await visited.take(actor, actor.activity("Create", note))
    return note


# -- arriving


async def test_a_reply_is_held_and_its_text_is_cleaned(visited: Visited, post: str, mira: PeerActor) -> None:
    note = await answer(
        visited,
        mira,
        post,
        content='<p onclick="x()">Salut <img src="https://x.example/i.png"></p><script>x</script>',
        contentMap={"fr": "<p>Salut</p>"},
        url=f"{mira.peer.origin}/@mira/1",
    )
    reply = await only_reply(visited)
    assert (reply.uri, reply.state, reply.decision) == (note["id"], "held", "policy")
    assert "Salut" in reply.html_clean
    assert not any(word in reply.html_clean for word in ("onclick", "img", "script"))
    assert (reply.language, reply.url) == ("fr", note["url"])


@pytest.mark.parametrize(("comments", "state"), [("open", ["shown"]), ("held", ["held"]), ("closed", [])])
async def test_the_post_says_what_happens_to_replies(
    visited: Visited, publish: Publish, mira: PeerActor, comments: str, state: list[str]
) -> None:
    await answer(visited, mira, await publish(comments=comments))
    assert [row.state for row in await visited.rows(models.Reply)] == state


async def test_a_reply_of_somebody_silenced_is_held_whatever_the_post_says(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    await excluding.block(visited.cap, "peers.localhost", severity="silence")
    await answer(visited, mira, await publish(comments="open"))
    assert (await only_reply(visited)).state == "held"


async def test_an_approved_reply_is_shown_at_once_and_a_hidden_one_disappears(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    await answer(visited, mira, post)
    (held,) = await moderating.held(visited.cap)
    assert (held.text, held.handle, held.object_uri) == ("Hello from afar", f"@mira@{mira.peer.host}", post)
    assert await shown(visited, post) == []
    assert (await moderating.approve(visited.cap, held.id)).state == "shown"
    assert await shown(visited, post) == [held.uri]
    assert await moderating.held(visited.cap) == ()
    assert (await moderating.hide(visited.cap, held.id)).state == "hidden"
    assert await shown(visited, post) == []


async def shown(visited: Visited, uri: str) -> list[str]:
    found = await visited.http.get(f"{uri}/replies", headers={"accept": "application/activity+json"})
    items: list[str] = found.json()["orderedItems"]
    return items


async def test_only_the_replies_of_one_collective_are_listed(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    await answer(visited, mira, post)
    assert len(await moderating.held(visited.cap, collective="berlin")) == 1


async def test_a_reply_that_is_not_there_cannot_be_decided(visited: Visited) -> None:
    with pytest.raises(NotFound):
        await moderating.approve(visited.cap, 1)


async def test_a_reply_to_a_reply_belongs_to_the_post(
    visited: Visited, post: str, koeln: Peer, mira: PeerActor
) -> None:
    first, kim = await answer(visited, mira, post), koeln.actor("kim")
    second = await answer(visited, kim, first["id"])
    assert [row.uri for row in await visited.rows(models.Reply)] == [first["id"], second["id"]]
    assert len({row.object_id for row in await visited.rows(models.Reply)}) == 1


async def test_replies_to_one_another_in_one_batch_are_all_kept(
    visited: Visited, post: str, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    first = mira.note(inReplyTo=post)
    second = kim.note(inReplyTo=first["id"])
    for actor, note in ((mira, first), (kim, second), (mira, mira.note(inReplyTo=second["id"]))):
        await visited.deliver(actor, actor.activity("Create", note))
    await visited.settle()
    assert await visited.count(models.Reply) == 3


@pytest.mark.parametrize(
    "members",
    [
        {"to": ["https://berlin.localhost/collectives/berlin"], "cc": []},
        {"to": ["FOLLOWERS"], "cc": []},
        {"content": None, "name": "Yes"},
        {"inReplyTo": "https://berlin.localhost/posts/none"},
        {"inReplyTo": None},
        {"type": "Unheard"},
    ],
    ids=["direct", "followers", "vote", "unknown post", "no reply", "unknown type"],
)
async def test_what_is_no_public_reply_to_us_is_not_kept(
    visited: Visited, post: str, mira: PeerActor, members: Document
) -> None:
    note = mira.note(inReplyTo=post) | members
    note["to"] = [f"{mira.uri}/followers" if each == "FOLLOWERS" else each for each in note["to"]]
    await visited.take(mira, mira.activity("Create", note))
    assert await visited.count(models.Reply) == 0
    assert (await visited.row(models.JournalEntry)).state == "done"


async def test_a_public_reply_in_each_spelling_is_kept(visited: Visited, post: str, mira: PeerActor) -> None:
    for spelling in ("as:Public", "Public", PUBLIC):
        await answer(visited, mira, post, to=spelling, cc=[])
    assert await visited.count(models.Reply) == 3


async def test_a_reply_delivered_twice_is_kept_once(visited: Visited, post: str, mira: PeerActor) -> None:
    note = await answer(visited, mira, post)
    await visited.take(mira, mira.activity("Create", note | {"content": "<p>Other</p>"}))
    assert "Hello" in (await only_reply(visited)).html_clean


async def test_a_reply_that_names_another_author_is_refused(
    visited: Visited, post: str, koeln: Peer, mira: PeerActor
) -> None:
    kim = koeln.actor("kim")
    answer = await visited.deliver(mira, mira.activity("Create", kim.note(inReplyTo=post)))
    assert (answer.status_code, await visited.count(models.Reply)) == (403, 0)


async def test_a_very_long_language_tag_is_left_out(visited: Visited, post: str, mira: PeerActor) -> None:
    await answer(visited, mira, post, contentMap={"x" * 1000: "<p>Hello from afar</p>"})
    await answer(visited, mira, post, contentMap={"klingon": "<p>Hello from afar</p>"})
    assert [row.language for row in await visited.rows(models.Reply)] == [None, None]


# -- changed


def changed(note: Document, content: str, updated: str | None = "2026-11-21T13:00:00Z") -> Document:
    return note | {"content": content} | ({"updated": updated} if updated else {})


async def test_a_reply_is_changed_by_its_author(visited: Visited, post: str, mira: PeerActor) -> None:
    note = await answer(visited, mira, post)
    await visited.take(mira, mira.activity("Update", changed(note, "<p>Better</p>")))
    reply = await only_reply(visited)
    assert (reply.html_clean, reply.state) == ("<p>Better</p>", "held")


async def test_an_older_version_does_not_replace_a_newer(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    note = await answer(visited, mira, post)
    for content, updated in (("<p>2</p>", "2026-11-21T14:00:00Z"), ("<p>1</p>", "2026-11-21T13:00:00Z")):
        await visited.take(mira, mira.activity("Update", changed(note, content, updated)))
    assert (await only_reply(visited)).html_clean == "<p>2</p>"


async def test_a_change_without_a_time_counts_from_when_it_was_sent(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    published = "2020-01-01T00:00:00Z"
    note = await answer(visited, mira, post, published=published)
    await visited.take(mira, mira.activity("Update", changed(note, "<p>1</p>", None)))
    assert (await only_reply(visited)).html_clean == "<p>1</p>"
    stale = mira.activity("Update", changed(note, "<p>0</p>", None), published=published)
    await visited.take(mira, stale)
    assert (await only_reply(visited)).html_clean == "<p>1</p>"


async def test_an_approved_reply_that_is_changed_waits_for_approval_again(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    note = await answer(visited, mira, post)
    (held,) = await moderating.held(visited.cap)
    await moderating.approve(visited.cap, held.id)
    same = mira.activity("Update", changed(note, note["content"], "2026-11-21T12:30:00Z"))
    await visited.take(mira, same)
    assert (await only_reply(visited)).state == "shown"
    await visited.take(mira, mira.activity("Update", changed(note, "<p>Buy cabbage</p>")))
    reply = await only_reply(visited)
    assert (reply.state, reply.decision) == ("held", None)


async def test_a_reply_to_an_open_post_stays_shown_when_it_is_changed(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    note = await answer(visited, mira, await publish(comments="open"))
    await visited.take(mira, mira.activity("Update", changed(note, "<p>Better</p>")))
    assert (await only_reply(visited)).state == "shown"


async def test_a_hidden_reply_stays_hidden_when_it_is_changed(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    note = await answer(visited, mira, post)
    (held,) = await moderating.held(visited.cap)
    await moderating.hide(visited.cap, held.id)
    await visited.take(mira, mira.activity("Update", changed(note, "<p>Better</p>")))
    assert (await only_reply(visited)).state == "hidden"


async def test_a_neighbour_changes_nothing(visited: Visited, post: str, koeln: Peer, mira: PeerActor) -> None:
    note, kim = await answer(visited, mira, post), koeln.actor("kim")
    forged = changed(note, "<p>Forged</p>") | {"attributedTo": kim.uri}
    await visited.take(kim, kim.activity("Update", forged))
    await visited.take(kim, kim.activity("Delete", note["id"]))
    reply = await only_reply(visited)
    assert (reply.html_clean, reply.state) == ("<p>Hello from afar</p>", "held")


async def test_an_update_of_a_reply_that_got_lost_brings_it(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    await visited.take(mira, mira.activity("Update", changed(mira.note(inReplyTo=post), "<p>Late</p>")))
    assert (await only_reply(visited)).html_clean == "<p>Late</p>"


async def test_an_update_that_only_names_a_known_reply_is_fetched(
    visited: Visited, post: str, koeln: Peer, mira: PeerActor
) -> None:
    note = await answer(visited, mira, post)
    koeln.serve(changed(note, "<p>From its home</p>"))
    await visited.take(mira, mira.activity("Update", note["id"]))
    assert (await only_reply(visited)).html_clean == "<p>From its home</p>"


async def test_an_update_that_only_names_something_unknown_fetches_nothing(
    visited: Visited, koeln: Peer, mira: PeerActor
) -> None:
    await visited.take(mira, mira.activity("Update", f"{koeln.origin}/notes/unknown"))
    assert [each.path for each in koeln.fetches()] == ["/users/mira"]


# -- removed


@pytest.mark.parametrize("form", ["id", "tombstone"])
async def test_a_reply_is_removed_by_its_author_and_does_not_come_back(
    visited: Visited, post: str, mira: PeerActor, form: str
) -> None:
    note = await answer(visited, mira, post)
    subject: Any = note["id"] if form == "id" else {"type": "Tombstone", "id": note["id"]}
    await visited.take(mira, mira.activity("Delete", subject))
    for activity in (mira.activity("Update", changed(note, "<p>Again</p>")), mira.activity("Create", note)):
        await visited.take(mira, activity)
    reply = await only_reply(visited)
    assert (reply.state, reply.html_clean) == ("deleted", None)
    with pytest.raises(NotFound):
        await moderating.approve(visited.cap, reply.id)


# -- passed on


@pytest.fixture
def kim(server: PeerServer) -> PeerActor:
    """Somebody on a third server."""
    return server.peer("halle").actor("kim")


async def test_a_reply_that_was_passed_on_is_fetched_from_its_origin(
    visited: Visited, post: str, mira: PeerActor, kim: PeerActor
) -> None:
    note = kim.note(inReplyTo=post)
    kim.peer.serve(note)
    await visited.take(mira, kim.activity("Create", note | {"content": "<p>Forged on the way</p>"}))
    reply = await only_reply(visited)
    assert (reply.uri, reply.html_clean) == (note["id"], "<p>Hello from afar</p>")
    assert (await visited.row(models.RemoteActor, id=reply.actor_id)).uri == kim.uri


async def test_a_reply_that_its_origin_does_not_know_is_not_kept(
    visited: Visited, post: str, mira: PeerActor, kim: PeerActor
) -> None:
    await visited.take(mira, kim.activity("Create", kim.note(inReplyTo=post)))
    assert await visited.count(models.Reply) == 0
    assert {row.state for row in await visited.rows(models.JournalEntry)} == {"done"}


async def test_what_was_passed_on_and_concerns_nobody_here_is_not_fetched(
    visited: Visited, mira: PeerActor, kim: PeerActor
) -> None:
    note = kim.peer.serve(kim.note())
    await visited.take(mira, kim.activity("Create", note))
    assert kim.peer.requests == []
    assert (await visited.row(models.JournalEntry)).state == "done"


async def test_a_removal_that_was_passed_on_is_checked_at_its_origin(
    visited: Visited, post: str, mira: PeerActor, kim: PeerActor
) -> None:
    note = await answer(visited, kim, post)
    kim.peer.serve(note)
    delete = kim.activity("Delete", note["id"])
    await visited.take(mira, delete)
    assert (await only_reply(visited)).state == "held"
    kim.peer.answer(note["id"].removeprefix(kim.peer.origin), Reply(status=410))
    await visited.take(mira, kim.activity("Delete", note["id"]))
    assert (await only_reply(visited)).state == "deleted"


async def test_an_object_whose_author_is_elsewhere_is_not_believed(
    visited: Visited, post: str, mira: PeerActor, kim: PeerActor
) -> None:
    note = kim.note(inReplyTo=post) | {"attributedTo": mira.uri}
    kim.peer.serve(note)
    await visited.take(mira, kim.activity("Create", note))
    assert await visited.count(models.Reply) == 0


# -- who they are


async def test_a_block_hides_replies_and_reactions_and_ends_follows(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    await answer(visited, mira, post)
    await visited.take(
        mira,
        mira.activity("Like", post),
        mira.activity("Follow", "https://berlin.localhost/collectives/berlin"),
    )
    preview = await excluding.preview_block(visited.cap, "peers.localhost")
    assert (preview.followers, preview.following, preview.replies) == (1, 0, 1)
    assert (await only_reply(visited)).state == "held"
    assert await excluding.block(visited.cap, "peers.localhost", reason="spam") == preview
    assert (await only_reply(visited)).state == "hidden"
    assert await visited.count(models.Reaction) == 0
    assert (await visited.row(models.Follow)).state == "ended"


async def test_what_waited_when_its_sender_was_blocked_has_no_effect(
    visited: Visited, post: str, mira: PeerActor
) -> None:
    await visited.deliver(mira, mira.activity("Create", mira.note(inReplyTo=post)), inbox=INBOX)
    await excluding.block(visited.cap, "peers.localhost")
    await visited.settle()
    assert await visited.count(models.Reply) == 0
    assert (await visited.row(models.JournalEntry)).reason == "the sender is blocked"
