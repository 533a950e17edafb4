"""When many servers refuse us, we look at ourselves before going on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from federation.keys import generate_rsa
from fedinode.capabilities import Capabilities
from fedinode.config import Settings
from fedinode.services import delivering, portraying, publishing
from fedinode.services.dispatching import Dispatcher
from fedinode.services.upkeep import selfchecking
from fedinode.services.upkeep.selfchecking import Guard, Watch
from tests.peer_server import Peer, PeerServer, Reply
from tests.services.outgoing.conftest import Befriend, Clock, Write, until

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'


def test_three_hosts_within_ten_minutes_are_many() -> None:
    watch = Watch()
    for host in ("a", "b", "b"):
        watch.note(host, 401, None, NOW)
    assert not watch.is_refused_by_many(NOW)
    watch.note("c", 403, None, NOW)
    assert not watch.is_refused_by_many(NOW)
    watch.note("c", 401, None, NOW + timedelta(minutes=9))
    assert watch.is_refused_by_many(NOW + timedelta(minutes=9))
    assert not watch.is_refused_by_many(NOW + timedelta(minutes=11))
    watch.forget_refusals()
    assert not watch.is_refused_by_many(NOW)


def test_clock_is_judged_by_what_most_servers_say() -> None:
    watch = Watch()
    watch.note("a", 202, 600.0, NOW)
    watch.note("b", 202, 1.0, NOW)
    assert selfchecking.clock_trouble(watch) is None
    watch.note("c", 202, -1.0, NOW)
    assert selfchecking.clock_trouble(watch) is None
    for host in ("b", "c"):
        watch.note(host, 202, 45.0, NOW)
    assert "45 seconds behind" in (selfchecking.clock_trouble(watch) or "")
    for host in ("a", "b"):
        watch.note(host, 202, -90.0, NOW)
    assert "90 seconds ahead of" in (selfchecking.clock_trouble(watch) or "")


def test_memory_of_the_watch_is_bounded() -> None:
    watch = Watch()
    for number in range(1000):
        watch.note(f"host{number}", 401, 0.0, NOW)
    assert watch.skew_seconds() == 0.0
    assert watch.is_refused_by_many(NOW)


@pytest.fixture
def outside(server: PeerServer) -> Peer:
    """What the world sees at our address."""
    return server.peer("berlin")


@pytest.fixture
def settings(settings: Settings, outside: Peer) -> Settings:
    return replace(settings, origin=outside.origin)


async def be_seen(cap: Capabilities, outside: Peer) -> None:
    """Let our address answer as it should."""
    outside.serve(await cap.database.read(lambda session: portraying.node_document(session, cap.urls)))


async def refused_by_three(cap: Capabilities) -> Guard:
    guard = Guard(cap)
    for host in ("a", "b", "c"):
        guard.note(host, 401, 0.0, cap.clock())
    return guard


async def test_refusals_mean_nothing_where_we_find_ourselves_well(cap: Capabilities, outside: Peer) -> None:
    await be_seen(cap, outside)
    guard = await refused_by_three(cap)
    assert guard.is_paused()
    assert await guard.may_deliver()
    assert not guard.is_paused()
    assert cap.vitals.troubles() == {}
    for host in ("a", "b", "c"):
        guard.note(host, 401, 0.0, cap.clock())
    assert not guard.is_paused()


async def test_deliveries_wait_while_our_address_does_not_answer(
    cap: Capabilities, outside: Peer, clock: Clock
) -> None:
    guard = await refused_by_three(cap)
    assert not await guard.may_deliver()
    assert "cannot be fetched" in cap.vitals.troubles()["delivery"]
    await be_seen(cap, outside)
    # It is not looked again at once.
    assert not await guard.may_deliver()
    clock.advance(minutes=5, seconds=1)
    assert await guard.may_deliver()
    assert cap.vitals.troubles() == {}


async def test_another_node_at_our_address_is_recognised_by_its_key(cap: Capabilities, outside: Peer) -> None:
    document = await cap.database.read(lambda session: portraying.node_document(session, cap.urls))
    document["publicKey"]["publicKeyPem"] = generate_rsa().public.pem()
    outside.serve(document)
    assert not await (await refused_by_three(cap)).may_deliver()
    assert "Another node answers" in cap.vitals.troubles()["delivery"]


async def test_wrong_clock_is_told_before_anything_else(cap: Capabilities) -> None:
    guard = Guard(cap)
    for host in ("a", "b", "c"):
        guard.note(host, 401, 7200.0, cap.clock())
    assert "clock" in cap.vitals.troubles()
    assert not await guard.may_deliver()
    assert "7200 seconds behind" in cap.vitals.troubles()["delivery"]
    for host in ("a", "b", "c"):
        guard.note(host, 202, 1.0, cap.clock())
    assert "clock" not in cap.vitals.troubles()


async def test_engine_that_many_refuse_pauses_and_goes_on_by_itself(
    cap: Capabilities, manuscript: Write, befriend: Befriend, server: PeerServer, outside: Peer, clock: Clock
) -> None:
    refusing = [server.peer(f"strict{number}") for number in range(3)]
    for peer in refusing:
        await befriend(peer)
        peer.answer("/inbox", Reply(status=401), method="POST")
    await publishing.post(cap, manuscript(NEWS))
    dispatcher = Dispatcher(cap)
    async with anyio.create_task_group() as group:
        group.start_soon(dispatcher.run)
        await until(lambda: "delivery" in cap.vitals.troubles())
        koeln = server.peer("koeln")
        await befriend(koeln)
        await publishing.post(cap, manuscript(NEWS), again=True)
        await be_seen(cap, outside)
        assert not koeln.received()
        clock.advance(minutes=6)
        cap.bells.deliver.set()
        await until(koeln.received)
        dispatcher.stop()
    states = {each.host: each.state for each in await delivering.report(cap) if each.attempts}
    assert all(states[peer.host] == "waiting" for peer in refusing)
