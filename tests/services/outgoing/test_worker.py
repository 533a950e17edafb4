"""The loops: they run, they are restarted, they stop; and on SQLite one process has them."""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from fedinode import worker
from fedinode.capabilities import Capabilities
from fedinode.errors import AlreadyRunning
from fedinode.services import publishing
from fedinode.storage import leases, models
from fedinode.storage.database import Session
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Write, until

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
#: On PostgreSQL any number of processes may work, and each waits for the others' leases.
ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"])
SOMEBODY = leases.Holder(boot_id="another-machine", pid_namespace="x", pid=1, started="1")


async def test_running_worker_delivers(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    async with worker.running(cap):
        await publishing.post(cap, manuscript(NEWS))
        await until(lambda: koeln.received("Create"))


async def test_node_that_was_told_not_to_delivers_nothing(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    async with worker.running(cap, deliver=False):
        await publishing.post(cap, manuscript(NEWS))
        assert "deliver" not in cap.vitals.heartbeats()
        await until(lambda: "react" in cap.vitals.heartbeats())
    assert not koeln.received()


async def test_hearts_beat_while_it_runs_and_are_not_missed_afterwards(cap: Capabilities) -> None:
    async with worker.running(cap):
        await until(lambda: {"deliver", "react"} <= set(cap.vitals.heartbeats()))
    assert cap.vitals.heartbeats() == {}


@ON_SQLITE
async def test_worker_starts_with_what_a_killed_one_had_leased(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await publishing.post(cap, manuscript(NEWS))

    def lease(session: Session) -> None:
        row = session.scalars(select(models.Delivery)).one()
        row.state, row.lease_until = "leased", cap.clock()

    await cap.database.write(lease)
    async with worker.running(cap):
        await until(lambda: koeln.received("Create"))


async def test_loop_that_broke_off_is_started_again(
    cap: Capabilities, manuscript: Write, befriend: Befriend, koeln: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    await befriend(koeln)
    calls = 0

    def clock() -> datetime:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise RuntimeError("out of memory")
        return cap.clock()

    broken = replace(cap, clock=clock)
    with caplog.at_level(logging.ERROR):
        async with worker.running(broken):
            await publishing.post(cap, manuscript(NEWS))
            await until(lambda: koeln.received("Create") and "started again" in caplog.text)


# -- one process on SQLite


@ON_SQLITE
async def test_second_process_on_the_same_folder_is_refused(cap: Capabilities) -> None:
    await cap.database.write(lambda session: leases.take(session, "worker", SOMEBODY, cap.clock()))
    with pytest.raises(AlreadyRunning):
        async with worker.running(cap):
            pytest.fail("two processes must not work on one folder")


@ON_SQLITE
async def test_web_without_delivery_leaves_room_for_a_worker(cap: Capabilities) -> None:
    async with worker.running(cap, deliver=False):
        await cap.database.write(lambda session: leases.take(session, "worker", SOMEBODY, cap.clock()))


@ON_SQLITE
async def test_lease_is_given_back_at_the_end(cap: Capabilities) -> None:
    async with worker.running(cap):
        pass
    await cap.database.write(lambda session: leases.take(session, "worker", SOMEBODY, cap.clock()))


@ON_SQLITE
async def test_process_that_lost_its_lease_ends(cap: Capabilities) -> None:
    tenure = worker.Tenure(cap, "worker")
    await tenure.begin()

    async def lose() -> None:
        def write(session: Session) -> None:
            session.get_one(models.Lease, "worker").holder = str(SOMEBODY)

        await cap.database.write(write)
        await tenure.renew(cap)

    async def work() -> None:
        with tenure.cancelling():
            loser = asyncio.create_task(lose())
            await asyncio.sleep(10)
            await loser

    with pytest.raises(AlreadyRunning, match="taken over"):
        await work()


@ON_SQLITE
async def test_cancellation_from_elsewhere_stays_one(cap: Capabilities) -> None:
    tenure = worker.Tenure(cap, "worker")

    async def work() -> None:
        with tenure.cancelling():
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
