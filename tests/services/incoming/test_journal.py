"""The journal: nothing lost, nothing done twice, one bad entry in nobody's way."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from federation import activities, jsonld
from fedinode.errors import NotFound
from fedinode.services import bookkeeping, handling, reacting, responding
from fedinode.services.handling import Pending, Reaction, World
from fedinode.services.moderation import moderating
from fedinode.services.upkeep import diagnosing
from fedinode.storage import journal, models
from fedinode.storage.database import Session
from tests.peer_server import Peer, PeerActor
from tests.services.incoming.conftest import COLLECTIVE, Publish, Visited

pytestmark = pytest.mark.anyio


async def entries(visited: Visited) -> list[str]:
    return [row.state for row in await visited.rows(models.JournalEntry)]


def pending(entry: journal.Entry) -> Pending:
    activity = activities.parse_activity(jsonld.load(entry.body))
    assert isinstance(activity, activities.Activity)
    return Pending(entry=entry, activity=activity)


async def waiting(visited: Visited) -> list[Pending]:
    """Return what the quick lane would take now."""
    rows = await visited.cap.database.read(lambda session: journal.list_quick(session, visited.clock(), 100))
    return [pending(row) for row in rows]


async def apply(
    visited: Visited, group: Sequence[Pending], reactions: Mapping[str, Reaction] = responding.REACTIONS
) -> None:
    """Apply entries as the loop does, perhaps by other reactions."""
    world = World(urls=visited.cap.urls, settings=visited.cap.settings, now=visited.clock())
    await visited.cap.database.write(lambda session: bookkeeping.apply_all(session, world, reactions, group))


async def test_applying_an_entry_twice_changes_nothing(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    for activity in (
        mira.activity("Follow", COLLECTIVE),
        mira.activity("Like", uri),
        mira.activity("Create", mira.note(inReplyTo=uri)),
    ):
        await visited.deliver(mira, activity)
    group = await waiting(visited)
    await visited.settle()
    await apply(visited, group)
    counts = [await visited.count(each) for each in (models.Follow, models.Reaction, models.Reply)]
    assert counts == [1, 1, 1]
    assert len(await visited.sent("Accept")) == 1


async def test_two_processes_apply_an_entry_once(visited: Visited, mira: PeerActor) -> None:
    await visited.deliver(mira, mira.activity("Follow", COLLECTIVE))
    await asyncio.gather(*(reacting.react_once(visited.cap) for _ in range(4)))
    assert len(await visited.sent("Accept")) == 1


class _Broken(Exception):
    """What a fault of ours looks like."""


def breaking_for(sender_uri: str, error: Exception) -> dict[str, Reaction]:
    """Return the reactions, of which the one to Like fails at the end for one sender."""
    whole = responding.REACTIONS["Like"]

    def apply(session: Session, world: World, group: Sequence[Pending]) -> frozenset[str]:
        keys = whole.apply(session, world, group)
        if any(each.sender_uri == sender_uri for each in group):
            raise error
        return keys

    return {**responding.REACTIONS, "Like": Reaction(apply=apply)}


async def test_one_entry_that_cannot_be_applied_is_in_nobodys_way(
    visited: Visited, publish: Publish, koeln: Peer, mira: PeerActor
) -> None:
    uri, kim = await publish(), koeln.actor("kim")
    for actor in (mira, kim):
        await visited.deliver(actor, actor.activity("Like", uri))
    await visited.deliver(mira, mira.activity("Announce", uri))
    await apply(visited, await waiting(visited), breaking_for(mira.uri, _Broken()))
    assert [(row.actor_uri, row.kind) for row in await visited.rows(models.Reaction)] == [(kim.uri, "like")]
    first, second, third = await visited.rows(models.JournalEntry)
    assert (first.state, second.state, third.state) == ("waiting", "done", "waiting")
    assert "_Broken" in first.reason

    visited.clock.advance(minutes=1)
    await visited.settle()
    assert await entries(visited) == ["done"] * 3
    assert len(await visited.rows(models.Reaction)) == 3


async def test_an_entry_that_never_works_is_parked_and_kept_until_somebody_decides(
    visited: Visited, publish: Publish, mira: PeerActor
) -> None:
    uri = await publish()
    await visited.deliver(mira, mira.activity("Like", uri))
    (entry,) = await waiting(visited)
    failing = breaking_for(mira.uri, NotFound("Something is missing here."))
    for attempts in range(len(bookkeeping.WAITS) + 2):
        tried = replace(entry, entry=replace(entry.entry, attempts=attempts))
        await apply(visited, [tried], failing)
    (parked,) = await moderating.parked(visited.cap)
    assert (parked.activity_type, parked.reason) == ("Like", "Something is missing here.")
    visited.clock.advance(days=30)
    await prune(visited)
    assert await entries(visited) == ["parked"]
    (finding,) = [each for each in await diagnosing.diagnose(visited.cap) if each.subject == "journal"]
    assert "Something is missing here." in finding.sentence

    await visited.take(mira, mira.activity("Announce", uri))
    assert await entries(visited) == ["parked", "done"], "a parked one holds nobody"
    await moderating.retry_parked(visited.cap, parked.id)
    await visited.settle()
    assert await entries(visited) == ["done", "done"]
    assert len(await visited.rows(models.Reaction)) == 2


async def prune(visited: Visited) -> int:
    """Delete what was done a week ago."""
    before = visited.clock() - timedelta(days=7)
    return await visited.cap.database.write(lambda session: journal.prune(session, before, 100))


async def test_all_parked_entries_are_tried_again(visited: Visited, mira: PeerActor) -> None:
    await visited.deliver(mira, mira.activity("Follow", COLLECTIVE))
    (entry,) = await visited.rows(models.JournalEntry)
    await visited.cap.database.write(lambda session: journal.park(session, entry.id, "no"))
    assert await moderating.retry_all_parked(visited.cap) == 1
    await visited.settle()
    assert (await entries(visited), await visited.count(models.Follow)) == (["done"], 1)


async def test_a_parked_entry_can_be_dropped(visited: Visited, mira: PeerActor) -> None:
    await visited.deliver(mira, mira.activity("Follow", COLLECTIVE))
    (entry,) = await visited.rows(models.JournalEntry)
    await visited.cap.database.write(lambda session: journal.park(session, entry.id, "no"))
    await moderating.drop_parked(visited.cap, entry.id)
    assert await moderating.parked(visited.cap) == ()
    with pytest.raises(NotFound):
        await moderating.retry_parked(visited.cap, entry.id)
    assert await visited.count(models.Follow) == 0


async def test_finished_entries_are_deleted_after_a_week(visited: Visited, mira: PeerActor) -> None:
    await visited.take(mira, mira.activity("Follow", COLLECTIVE))
    visited.clock.advance(days=6)
    assert await prune(visited) == 0
    visited.clock.advance(days=2)
    await visited.deliver(mira, mira.activity("Like", COLLECTIVE))
    assert (await prune(visited), await entries(visited)) == (1, ["waiting"])


async def test_what_an_older_version_took_in_and_this_one_does_not_read_is_done(
    visited: Visited, mira: PeerActor
) -> None:
    def append(session: Session) -> None:
        for number, body in enumerate(
            (b"{", b'{"id":"https://a.example/1","type":"X","actor":"https://a.example"}')
        ):
            entry = journal.NewEntry(
                signature_digest=str(number),
                activity_uri="https://a.example/1",
                activity_type="X",
                actor_uri=mira.uri,
                collective_id=None,
                body=body,
            )
            journal.append(session, entry, visited.clock())

    await visited.cap.database.write(append)
    await visited.settle()
    assert [row.reason for row in await visited.rows(models.JournalEntry)] == [
        "a document is not JSON: Expecting property name enclosed in double quotes",
        "ignored: X",
    ]


def test_every_type_that_is_read_has_a_reaction() -> None:
    assert set(responding.REACTIONS) == activities.HANDLED | {handling.FORWARDED}
