"""Rules by which a collective passes on what a friend publishes: once, in bounds, and taken back with it."""

from datetime import timedelta
from typing import Any

import pytest

from fedinode.errors import NotAllowed, NotFound, UsageError
from fedinode.services import registering
from fedinode.services.members import halting
from fedinode.services.moderation import excluding
from fedinode.services.network import passing_on, ruling
from fedinode.services.upkeep import housekeeping
from fedinode.storage import audit_log, decisions, models
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from tests.peer_server import Document, Peer, PeerActor, Reply
from tests.services.incoming.conftest import Visited
from tests.services.incoming.test_followed_posts import follow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def friend(visited: Visited, mira: PeerActor) -> PeerActor:
    return await follow(visited, mira)


def news(visited: Visited, friend: PeerActor, **given: Any) -> Document:
    """Return a new note, as old as a minute."""
    published = visited.clock() - timedelta(minutes=1)
    return friend.note(published=f"{published:%Y-%m-%dT%H:%M:%SZ}", **given)


async def boosts(visited: Visited) -> list[str]:
    """Return what the collective boosts and did not take back."""
    rows = await visited.rows(models.Reshare)
    return [row.object_uri for row in rows if row.undone_at is None]


async def proposed(visited: Visited) -> list[str | None]:
    """Return why each post is proposed that is."""
    return [each.reason for each in await passing_on.list_proposed(visited.cap, ["berlin"])]


async def test_a_rule_shares_a_new_post_once_and_takes_it_back_with_it(
    visited: Visited, friend: PeerActor
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "auto")
    note = news(visited, friend)
    create = friend.activity("Create", note)
    await visited.take(friend, create, create, friend.activity("Create", note))
    newer = note | {"content": "<p>Better</p>", "updated": f"{visited.clock():%Y-%m-%dT%H:%M:%SZ}"}
    await visited.take(friend, friend.activity("Update", newer))
    assert await boosts(visited) == [note["id"]]
    (announce,) = await visited.sent("Announce")
    assert announce.object_uri == note["id"]
    await visited.take(friend, friend.activity("Delete", note["id"]))
    assert await boosts(visited) == []
    assert len(await visited.sent("Undo")) == 1
    deeds = await visited.cap.database.read(
        lambda session: [each.action for each in audit_log.entries(session)]
    )
    assert deeds == ["share.rule", "reshare.by-rule", "reshare.ended"]
    await visited.take(friend, friend.activity("Create", note))
    assert (await boosts(visited), len(await visited.sent("Announce"))) == ([], 1)


async def test_what_was_reshared_of_somebody_is_taken_back_when_they_are_suspended(
    visited: Visited, friend: PeerActor
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "auto")
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    assert len(await boosts(visited)) == 1
    await excluding.block(visited.cap, friend.uri)
    assert (await boosts(visited), len(await visited.sent("Undo"))) == ([], 1)
    await excluding.unblock(visited.cap, friend.uri)
    assert await boosts(visited) == [], "that they were passed on does not come again"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_what_was_reshared_goes_with_its_author(
    visited: Visited, friend: PeerActor, koeln: Peer
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "auto")
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    assert len(await boosts(visited)) == 1
    koeln.answer("/users/mira", Reply(status=410))
    await visited.take(friend, friend.activity("Delete", friend.uri))
    assert (await boosts(visited), len(await visited.sent("Undo"))) == ([], 1)


async def test_a_rule_leaves_what_is_no_public_news_of_its_own_friend(
    visited: Visited, friend: PeerActor, koeln: Any
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "auto", kinds=["note"])
    old = visited.clock() - timedelta(days=5)
    others = [
        news(visited, friend, inReplyTo="https://elsewhere.example/1"),
        news(visited, friend, to=[f"{friend.uri}/followers"], cc=[]),
        news(
            visited,
            friend,
            to=[f"{friend.uri}/followers"],
            cc=["https://www.w3.org/ns/activitystreams#Public"],
        ),
        news(visited, friend, type="Article"),
        friend.note(published=f"{old:%Y-%m-%dT%H:%M:%SZ}"),
    ]
    for note in others:
        await visited.take(friend, friend.activity("Create", note))
    stranger = koeln.actor("kim")
    theirs = stranger.peer.serve(news(visited, stranger))
    await visited.take(friend, friend.activity("Announce", theirs["id"]))
    updated = news(visited, friend, updated=f"{visited.clock():%Y-%m-%dT%H:%M:%SZ}")
    await visited.take(friend, friend.activity("Update", updated))
    assert (await boosts(visited), await proposed(visited)) == ([], [])


async def test_a_friend_who_floods_is_proposed_and_then_only_listed(
    visited: Visited, friend: PeerActor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ruling, "PROPOSED_A_DAY", 2)
    await passing_on.set_rule(visited.cap, friend.peer.host, "auto")
    activities = [friend.activity("Create", news(visited, friend)) for _ in range(ruling.AUTO_A_DAY + 3)]
    await visited.take(friend, *activities)
    assert len(await boosts(visited)) == ruling.AUTO_A_DAY
    assert await proposed(visited) == ["many", "many"]
    visited.clock.advance(days=1, minutes=1)
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    assert len(await boosts(visited)) == ruling.AUTO_A_DAY + 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("case", ["limited", "unfollowed", "never", "own rule", "other kind"])
async def test_a_rule_is_silent(visited: Visited, friend: PeerActor, case: str) -> None:
    await passing_on.set_rule(visited.cap, friend.peer.host, "auto", kinds=["note"])
    kind = "Note"
    if case == "limited":
        await excluding.block(visited.cap, friend.uri, severity="silence")
    elif case == "unfollowed":
        await visited.take(friend, friend.activity("Reject", (await visited.sent("Follow"))[0].uri))
    elif case == "never":
        await passing_on.set_rule(visited.cap, friend.peer.host, "never")
    elif case == "own rule":
        await passing_on.set_rule(visited.cap, friend.uri, "never")
    else:
        kind = "Article"
    await visited.take(friend, friend.activity("Create", news(visited, friend, type=kind)))
    assert (await boosts(visited), await proposed(visited)) == ([], [])


async def test_what_is_proposed_is_reshared_by_an_editor_once(visited: Visited, friend: PeerActor) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "propose")
    notes = [news(visited, friend), news(visited, friend)]
    await visited.take(friend, *(friend.activity("Create", note) for note in notes))
    one, two = [each.id for each in await passing_on.list_proposed(visited.cap, ["berlin"])]
    assert await passing_on.list_proposed(visited.cap, ["tbilisi"]) == ()
    for numbers, names in (([one], ["tbilisi"]), ([one, 99], ["berlin"])):
        with pytest.raises(NotFound):
            await passing_on.settle(visited.cap, numbers, is_shared=True, names=names)
    for expected in (1, 0):
        assert await passing_on.settle(visited.cap, [one], is_shared=True, names=["berlin"]) == expected
    assert await boosts(visited) == [notes[0]["id"]]
    assert await passing_on.settle(visited.cap, [two], is_shared=False, names=["berlin"]) == 1
    assert (await boosts(visited), await proposed(visited)) == ([notes[0]["id"]], [])


async def test_where_several_decide_and_where_all_is_stopped_nothing_is_shared_by_itself(
    visited: Visited, friend: PeerActor
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "auto")
    await halting.halt(visited.cap, None)
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    await halting.resume(visited.cap)

    def two(session: Session) -> None:
        row = registering.require_collective(session, "berlin")
        decisions.set_thresholds(session, row.id, Thresholds(publish=2, cosign=1))

    await visited.cap.database.write(two)
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    assert (await boosts(visited), await proposed(visited)) == ([], ["stopped", "several-decide"])
    with pytest.raises(NotAllowed, match="several members decide"):
        await passing_on.set_rule(visited.cap, friend.uri, "auto")
    (rule,) = await passing_on.list_rules(visited.cap)
    assert (rule.mode, rule.only_proposes) == ("auto", True)


async def test_what_nobody_answers_ends_after_a_month_and_is_forgotten_after_a_year(
    visited: Visited, friend: PeerActor
) -> None:
    await passing_on.set_rule(visited.cap, friend.uri, "propose")
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    for days, left, rows in ((29, ["proposed"], 1), (2, [], 1), (365, [], 0)):
        visited.clock.advance(days=days)
        await housekeeping.purge_once(visited.cap)
        waiting = await passing_on.list_proposed(visited.cap, ["berlin"])
        assert (len(waiting), await visited.count(models.RuleMatch)) == (len(left), rows)


async def test_a_rule_is_about_somebody_and_taken_away_with_what_it_proposes(
    visited: Visited, friend: PeerActor
) -> None:
    await passing_on.set_rule(visited.cap, f"@mira@{friend.peer.host}", "propose", kinds=["note", "event"])
    await visited.take(friend, friend.activity("Create", news(visited, friend)))
    (rule,) = await passing_on.list_rules(visited.cap, ["berlin"])
    assert (rule.about, rule.kinds, rule.set_by) == (f"@mira@{friend.peer.host}", ("note", "event"), "")
    assert await passing_on.set_rule(visited.cap, friend.uri, "none") == friend.uri
    assert (await passing_on.list_rules(visited.cap), await proposed(visited)) == ((), [])
    for subject, mode, kinds in (
        ("nowhere", "auto", ["note"]),
        ("berlin.localhost", "auto", ["note"]),
        (friend.uri, "always", ["note"]),
        (friend.uri, "auto", ["song"]),
        (friend.uri, "auto", []),
    ):
        with pytest.raises(UsageError):
            await passing_on.set_rule(visited.cap, subject, mode, kinds=kinds)
    for subject, mode in (("@nobody@example.org", "auto"), (friend.uri, "none")):
        with pytest.raises(NotFound):
            await passing_on.set_rule(visited.cap, subject, mode)
