"""The delivery engine against real servers: order, backoff, parking, waking, leases, dialects."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import anyio
import pytest
from sqlalchemy import func, select, update

from federation.signatures import Dialect
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import delivering, publishing, revising, waking
from fedinode.services.dispatching import LEASE_AFTER, Dispatcher
from fedinode.services.moderation import excluding
from fedinode.services.upkeep import housekeeping
from fedinode.storage import deliveries, models, peers
from fedinode.storage.database import Session
from fedinode.storage.deliveries import Lease, Round
from fedinode.storage.peers import PeerRow
from tests.peer_server import Peer, PeerServer, Reply, Request
from tests.services.outgoing.conftest import Befriend, Clock, Write, until

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
GONE = Reply(status=410, body=b"nobody here")
BROKEN = Reply(status=500, body=b"<h1>Out of\n order</h1>")


async def rows_of(cap: Capabilities) -> list[models.Delivery]:
    return list(await cap.database.read(lambda session: session.scalars(select(models.Delivery)).all()))


async def states(cap: Capabilities) -> list[str]:
    def read(session: Session) -> Iterable[str]:
        return session.scalars(select(models.Delivery.state).order_by(models.Delivery.id)).all()

    return list(await cap.database.read(read))


async def peer_row(cap: Capabilities, peer: Peer) -> PeerRow:
    found = await cap.database.read(lambda session: peers.find(session, peer.host))
    assert found is not None
    return found


def inbox(peer: Peer, reply: Any) -> None:
    """Let the shared inbox of a peer answer so from now on."""
    peer.answer("/inbox", reply, method="POST")


async def post(cap: Capabilities, manuscript: Write, text: str = "Text.") -> str:
    return (await publishing.post(cap, manuscript(NEWS, text), again=True)).uri


# -- what arrives


async def test_delivery_is_signed_now_by_the_collective(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    assert await delivering.deliver_once(cap) == 1
    (request,) = [each for each in koeln.requests if each.method == "POST"]
    signature = request.header("signature") or ""
    assert f'keyId="{cap.urls.collective("berlin")}#main-key"' in signature
    assert request.path == "/inbox"
    (row,) = await rows_of(cap)
    assert (row.state, row.attempts, row.last_status, row.lease_until) == ("delivered", 1, 202, None)
    assert row.finished_at is not None


async def test_what_was_delivered_is_not_sent_again(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    assert await delivering.deliver_once(cap) == 0
    assert len(koeln.received()) == 1


async def test_many_hosts_and_many_posts_all_arrive_once_and_in_order(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer
) -> None:
    hosts = [server.peer(f"host{number}") for number in range(12)]
    for host in hosts:
        await befriend(host)
    uri = await post(cap, manuscript, "Fassung 0.")
    for number in range(1, 5):
        await revising.edit(cap, uri, manuscript(NEWS, f"Fassung {number}."))
    assert await delivering.deliver_once(cap) == 60
    for host in hosts:
        texts = [each["object"]["content"] for each in host.received()]
        assert [f"Fassung {number}." in text for number, text in enumerate(texts)] == [True] * 5


async def test_update_waits_until_the_create_arrived(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(status=403, body=b"not now"))
    uri = await post(cap, manuscript, "Eins.")
    await revising.edit(cap, uri, manuscript(NEWS, "Zwei."))
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["Create", "Create"]  # knocked twice
    inbox(koeln, Reply(status=202))
    clock.advance(minutes=2)
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()][2:] == ["Create", "Update"]


async def test_retries_carry_the_same_bytes(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    await post(cap, manuscript)
    for _ in range(3):
        await delivering.deliver_once(cap)
        clock.advance(hours=6)
    bodies = {each.body for each in koeln.requests if each.method == "POST"}
    assert len(bodies) == 1
    assert len(koeln.received()) == 3


# -- what does not


async def test_broken_server_is_asked_again_later_and_later(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    await post(cap, manuscript)
    asked = []
    for minutes in [1] * 4 + [10] * 40:
        if await delivering.deliver_once(cap):
            asked.append(clock.now)
        clock.advance(minutes=minutes)
    waits = [later - earlier for earlier, later in pairwise(asked)]
    assert timedelta(0) < waits[0] <= timedelta(minutes=2)
    assert waits[-1] > timedelta(minutes=30)
    (row,) = await rows_of(cap)
    assert (row.state, row.last_status, row.last_words) == ("waiting", 500, "Out of order")


async def test_rows_of_a_silent_server_wait_together(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    for _ in range(3):
        await post(cap, manuscript)
    # The first round asks a few at once; from then on one row finds out for all.
    await delivering.deliver_once(cap)
    await post(cap, manuscript)
    assert await delivering.deliver_once(cap) == 0
    assert (await peer_row(cap, koeln)).failing_since is not None


async def test_failing_server_is_asked_with_one_row_at_a_time(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    for _ in range(6):
        await post(cap, manuscript)
    await delivering.deliver_once(cap)
    clock.advance(hours=1)
    assert await delivering.deliver_once(cap) == 1


async def test_refusal_for_good_ends_only_this_delivery(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(status=422, body=b"I do not like this one"))
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    (row,) = await rows_of(cap)
    assert (row.state, row.last_status, row.last_words) == ("abandoned", 422, "I do not like this one")
    inbox(koeln, Reply(status=202))
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    assert await states(cap) == ["abandoned", "delivered"]


async def test_retry_after_is_honoured(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(status=429, headers=(("Retry-After", "7200"),)))
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    await post(cap, manuscript)
    assert await delivering.deliver_once(cap) == 0
    clock.advance(minutes=110)
    assert await delivering.deliver_once(cap) == 0
    inbox(koeln, Reply(status=202))
    clock.advance(minutes=11)
    assert await delivering.deliver_once(cap) == 2
    row = await peer_row(cap, koeln)
    assert (row.failing_since, row.not_before) == (None, None)


async def test_server_that_does_not_answer_delays_nobody_else(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer
) -> None:
    silent = [server.peer(f"silent{number}") for number in range(3)]
    for host in silent:
        await befriend(host)
        inbox(host, Reply(is_silent=True))
    halle = server.peer("halle")
    await befriend(halle)
    await post(cap, manuscript)
    dispatcher = Dispatcher(cap)
    async with anyio.create_task_group() as group:
        group.start_soon(dispatcher.run)
        # The client gives up a silent server after 5 seconds.
        await until(halle.received, 4.5)
        dispatcher.stop()
    assert sorted(await states(cap)) == ["delivered", "waiting", "waiting", "waiting"]


# -- inboxes and peers that are gone


async def test_inbox_that_is_gone_ends_once_its_actor_is_gone(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, GONE)
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    assert await states(cap) == ["waiting"]
    koeln.answer("/users/mira", GONE)
    await post(cap, manuscript)
    clock.advance(hours=1)
    await delivering.deliver_once(cap)
    assert set(await states(cap)) == {"abandoned"}
    assert (await publishing.post(cap, manuscript(NEWS), again=True)).deliveries == 0


async def test_server_that_fails_on_seven_days_is_parked(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    await post(cap, manuscript)
    for _ in range(7):
        assert (await peer_row(cap, koeln)).parked_at is None
        await delivering.deliver_once(cap)
        clock.advance(days=1, minutes=1)
    assert (await peer_row(cap, koeln)).parked_at is not None
    await post(cap, manuscript)
    assert set(await states(cap)) == {"parked"}
    clock.advance(days=2)
    assert await delivering.deliver_once(cap) == 0


async def test_failures_of_one_day_do_not_park(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    clock.now = datetime(2026, 11, 21, 0, 5, tzinfo=UTC)
    await befriend(koeln)
    inbox(koeln, BROKEN)
    await post(cap, manuscript)
    for _ in range(20):
        await delivering.deliver_once(cap)
        clock.advance(hours=1)
    row = await peer_row(cap, koeln)
    assert (row.failing_days, row.parked_at) == (1, None)


async def test_parked_rows_are_dropped_after_a_week(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    await park(cap, koeln)
    await post(cap, manuscript)
    clock.advance(days=6)
    await housekeeping.purge_once(cap)
    assert await states(cap) == ["parked"]
    clock.advance(days=1, minutes=1)
    await housekeeping.purge_once(cap)
    (row,) = await rows_of(cap)
    assert (row.state, row.last_words) == ("abandoned", "dropped: the server did not answer for a week")


async def park(cap: Capabilities, peer: Peer) -> None:
    row = await peer_row(cap, peer)

    def write(session: Session) -> None:
        peers.record_failure(session, row, None, cap.clock())
        peers.record_parked(session, row.id, cap.clock())

    await cap.database.write(write)


# -- waking


async def wake(cap: Capabilities, peer: Peer) -> bool:
    return await cap.database.write(
        lambda session: waking.wake_peer(session, cap.urls, peer.host, cap.clock())
    )


async def test_woken_server_gets_what_waited(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await park(cap, koeln)
    uri = await post(cap, manuscript)
    assert await wake(cap, koeln)
    assert not await wake(cap, koeln)
    await delivering.deliver_once(cap)
    assert [each["object"]["id"] for each in koeln.received("Create")] == [uri]


async def test_woken_server_gets_the_newest_of_each_post_and_not_the_history(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    known = await post(cap, manuscript, "Bekannt.")
    await delivering.deliver_once(cap)
    await park(cap, koeln)
    new = await post(cap, manuscript, "Eins.")
    for text in ("Zwei.", "Drei."):
        await revising.edit(cap, new, manuscript(NEWS, text))
        await revising.edit(cap, known, manuscript(NEWS, f"Bekannt, {text}"))
    await wake(cap, koeln)
    await delivering.deliver_once(cap)
    arrived = {
        (each["type"], each["object"]["id"]): each["object"]["content"] for each in koeln.received()[1:]
    }
    # A post that it never saw comes as new, because an Update of the unknown would be ignored.
    assert set(arrived) == {("Create", new), ("Update", known)}
    assert "Drei." in arrived["Create", new]
    assert "Drei." in arrived["Update", known]


async def test_second_woken_server_gets_the_same_new_create(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, server: PeerServer
) -> None:
    halle = server.peer("halle")
    for peer in (koeln, halle):
        await befriend(peer)
        await park(cap, peer)
    uri = await post(cap, manuscript, "Eins.")
    await revising.edit(cap, uri, manuscript(NEWS, "Zwei."))
    for peer in (koeln, halle):
        await wake(cap, peer)
    await delivering.deliver_once(cap)
    (one,), (other,) = koeln.received("Create"), halle.received("Create")
    assert one == other


async def test_woken_server_learns_of_a_deletion_and_nothing_else_of_that_post(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    uri = await post(cap, manuscript, "Eins.")
    await delivering.deliver_once(cap)
    await park(cap, koeln)
    await revising.edit(cap, uri, manuscript(NEWS, "Zwei."))
    await publishing.delete(cap, uri)
    await wake(cap, koeln)
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()] == ["Create", "Delete"]


async def test_sign_of_life_ends_a_wait_at_once(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, BROKEN)
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    inbox(koeln, Reply(status=202))
    assert await delivering.deliver_once(cap) == 0
    await wake(cap, koeln)
    assert await delivering.deliver_once(cap) == 1
    assert await states(cap) == ["delivered"]


async def test_wake_greets_every_server_once(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, server: PeerServer, clock: Clock
) -> None:
    halle = server.peer("halle")
    await befriend(koeln, "mira")
    await befriend(koeln, "jo")
    await befriend(halle)
    await park(cap, halle)
    assert await delivering.wake(cap) == 2
    await delivering.deliver_once(cap)
    for peer in (koeln, halle):
        (update,) = peer.received("Update")
        assert update["object"]["id"] == cap.urls.collective("berlin")
    clock.advance(minutes=1)
    assert await delivering.wake(cap) == 2


async def test_retry_sends_what_was_given_up(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(status=400))
    await post(cap, manuscript)
    await delivering.deliver_once(cap)
    assert await states(cap) == ["abandoned"]
    inbox(koeln, Reply(status=202))
    assert await delivering.retry(cap, koeln.host.upper()) == 1
    await delivering.deliver_once(cap)
    assert await states(cap) == ["delivered"]
    assert await delivering.retry(cap) == 0
    with pytest.raises(NotFound, match=r"nowhere\.example"):
        await delivering.retry(cap, "nowhere.example")


async def test_retry_does_not_send_what_something_newer_replaced(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(status=400))
    uri = await post(cap, manuscript, "Eins.")
    await delivering.deliver_once(cap)
    await revising.edit(cap, uri, manuscript(NEWS, "Zwei."))
    await delivering.deliver_once(cap)
    inbox(koeln, Reply(status=202))
    assert await delivering.retry(cap) == 1
    await delivering.deliver_once(cap)
    assert [each["type"] for each in koeln.received()][-1] == "Update"


# -- dialects


async def test_dialect_that_works_is_remembered(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    def only_rfc9421(request: Request) -> Reply:
        return Reply(status=202 if request.header("signature-input") else 401)

    await befriend(koeln)
    inbox(koeln, only_rfc9421)
    for _ in range(3):
        await post(cap, manuscript)
        await delivering.deliver_once(cap)
    row = await peer_row(cap, koeln)
    assert (row.dialect, row.rfc9421_successes) == (Dialect.RFC9421, 2)
    knocks = [bool(each.header("signature-input")) for each in koeln.requests if each.method == "POST"]
    # Cavage first until two activities got through; then RFC 9421 at once.
    assert knocks == [False, True, False, True, True]


# -- leases


def a_round(now: datetime, **changes: Any) -> Round:
    facts: dict[str, Any] = {"peers": 10, "after_peer_id": 0, "busy_peer_ids": (), "failing": False}
    return Round(now=now, **(facts | changes))


async def claim(cap: Capabilities, rows: int = 10, per_peer: int = 4) -> list[deliveries.ClaimedDelivery]:
    now = cap.clock()
    lease = Lease(now=now, until=now + LEASE_AFTER, per_peer=per_peer, rows=rows)

    def write(session: Session) -> list[deliveries.ClaimedDelivery]:
        return deliveries.claim(session, deliveries.due_peers(session, a_round(now)), lease)

    return await cap.database.write(write)


async def test_leased_row_is_nobody_elses_until_the_lease_is_over(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    assert len(await claim(cap)) == 1
    assert await claim(cap) == []
    assert await delivering.recover(cap) == 0
    clock.advance(seconds=61)
    assert await delivering.recover(cap) == 1
    await delivering.deliver_once(cap)
    assert len(koeln.received()) == 1


async def test_process_that_starts_alone_recovers_all_leases_at_once(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    await claim(cap)
    assert await delivering.recover(cap, all_leases=True) == 1
    assert await states(cap) == ["waiting"]


async def test_outcome_after_a_lost_lease_changes_nothing(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    (late,) = await claim(cap)
    clock.advance(seconds=61)
    await delivering.recover(cap)
    await delivering.deliver_once(cap)
    result = deliveries.Result(
        id=late.id, lease_until=late.lease_until, state="abandoned", due_at=None, status=500, words="late"
    )
    await cap.database.write(lambda session: deliveries.record(session, [result], clock()))
    assert await states(cap) == ["delivered"]


async def test_released_rows_count_no_attempt(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    claimed = await claim(cap)
    await cap.database.write(lambda session: deliveries.release(session, claimed, cap.clock()))
    (row,) = await rows_of(cap)
    assert (row.state, row.attempts, row.lease_until) == ("waiting", 0, None)


async def test_hosts_take_turns(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer
) -> None:
    hosts = [server.peer(f"host{number}") for number in range(5)]
    for host in hosts:
        await befriend(host)
    for _ in range(3):
        await post(cap, manuscript)
    claimed = await claim(cap, rows=7, per_peer=4)
    counts = sorted(
        sum(1 for each in claimed if each.peer_id == peer) for peer in {each.peer_id for each in claimed}
    )
    assert counts == [1, 1, 1, 2, 2]


async def test_round_goes_on_after_the_last_host_and_begins_again(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer
) -> None:
    for number in range(5):
        await befriend(server.peer(f"host{number}"))
    await post(cap, manuscript)
    now = cap.clock()

    def due(**changes: Any) -> tuple[int, ...]:
        return cap.database.read_now(lambda session: deliveries.due_peers(session, a_round(now, **changes)))

    everyone = await asyncio.to_thread(due)
    assert len(everyone) == 5
    assert await asyncio.to_thread(due, peers=2) == everyone[:2]
    assert await asyncio.to_thread(due, peers=4, after_peer_id=everyone[2]) == (*everyone[3:], *everyone[:2])
    assert await asyncio.to_thread(due, busy_peer_ids=everyone[:4]) == everyone[4:]
    assert await asyncio.to_thread(due, failing=True) == ()


async def test_two_engines_share_the_work_without_sending_anything_twice(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer
) -> None:
    hosts = [server.peer(f"host{number}") for number in range(8)]
    for host in hosts:
        await befriend(host)
    for _ in range(5):
        await post(cap, manuscript)
    attempts = await asyncio.gather(Dispatcher(cap).drain(), Dispatcher(cap).drain())
    assert sum(attempts) == 40
    for host in hosts:
        ids = [each["id"] for each in host.received()]
        assert len(ids) == len(set(ids)) == 5


async def test_engine_that_is_stopped_gives_back_what_it_could_not_finish(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    inbox(koeln, Reply(is_silent=True))
    await post(cap, manuscript)
    dispatcher = Dispatcher(cap, finish_seconds=0.05)
    async with anyio.create_task_group() as group:
        group.start_soon(dispatcher.run)
        await until(koeln.received)
        dispatcher.stop()
    (row,) = await rows_of(cap)
    assert (row.state, row.attempts, row.lease_until) == ("waiting", 0, None)


async def test_running_engine_notices_what_this_process_commits(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    dispatcher = Dispatcher(cap, poll_seconds=600.0)
    async with anyio.create_task_group() as group:
        group.start_soon(dispatcher.run)
        # It has looked once, and waits.
        await until(cap.vitals.heartbeats)
        await post(cap, manuscript)
        await until(koeln.received)
        dispatcher.stop()
    assert await states(cap) == ["delivered"]


async def test_own_fault_is_logged_and_tried_again_without_blaming_the_peer(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)
    cap.keyring.forget()
    await cap.database.write(
        lambda session: session.execute(
            update(models.SigningKey)
            .where(models.SigningKey.purpose == "delivery")
            .values(retired_at=cap.clock())
        )
    )
    with caplog.at_level(logging.ERROR):
        await delivering.deliver_once(cap)
    assert "broke off" in caplog.text
    (row,) = await rows_of(cap)
    assert row.state == "waiting"
    assert (await peer_row(cap, koeln)).failing_since is None


# -- reports


async def test_report_tells_where_a_post_has_got_to(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, server: PeerServer
) -> None:
    halle, leipzig = server.peer("halle"), server.peer("leipzig")
    for peer in (koeln, halle, leipzig):
        await befriend(peer)
    inbox(halle, BROKEN)
    inbox(leipzig, Reply(status=400, body=b"malformed"))
    uri = await post(cap, manuscript)
    await delivering.deliver_once(cap)
    found = {
        each.host: (each.state, each.last_status, each.last_words)
        for each in await delivering.report(cap, uri)
    }
    assert found == {
        koeln.host: ("delivered", 202, ""),
        halle.host: ("waiting", 500, "Out of order"),
        leipzig.host: ("abandoned", 400, "malformed"),
    }
    (summary,) = await delivering.summaries(cap, uri)
    assert (summary.delivered, summary.total, summary.open, summary.failed) == (1, 3, 1, 1)
    failed = await delivering.report(cap, failed=True)
    assert {each.host for each in failed} == {halle.host, leipzig.host}
    assert {each.due_at is None for each in failed} == {True, False}
    with pytest.raises(NotFound):
        await delivering.report(cap, cap.urls.post("nothing"))


async def test_two_rows_of_one_cause_are_impossible(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await post(cap, manuscript)

    def again(session: Session) -> int:
        activity_id = session.scalars(select(models.OutgoingActivity.id)).one()
        inbox_ids = session.scalars(select(models.Delivery.inbox_id)).all()
        return deliveries.enqueue(session, activity_id, "x", inbox_ids, cap.clock())

    assert await cap.database.write(again) == 0
    total = await cap.database.read(
        lambda session: session.scalar(select(func.count()).select_from(models.Delivery))
    )
    assert total == 1


@pytest.mark.parametrize("is_domain_above", [False, True], ids=["itself", "the-domain-above"])
async def test_nothing_is_queued_for_a_blocked_server(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, *, is_domain_above: bool
) -> None:
    await befriend(koeln)
    uri = await post(cap, manuscript)
    await excluding.block(cap, koeln.host.partition(".")[2] if is_domain_above else koeln.host)
    assert await delivering.deliver_once(cap) == 0
    await revising.edit(cap, uri, manuscript(NEWS, "Neu."))
    assert len(await rows_of(cap)) == 1
