"""The loops: reacting to what came in, delivering what goes out, housekeeping; and the watchdog over them.

A loop that ends by itself is restarted and shown in the log; one that hangs is missed at /healthz. On SQLite
one process plays the worker at a time, and holds a lease that says so.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from fedinode.capabilities import Capabilities
from fedinode.errors import AlreadyRunning
from fedinode.services import correcting, delivering, indexing, mailing, reacting
from fedinode.services.cosigning import rechecking, ticking
from fedinode.services.dispatching import LOOP, Dispatcher
from fedinode.services.moderation import alerting
from fedinode.services.upkeep import housekeeping, panicking
from fedinode.storage import leases

logger = logging.getLogger(__name__)

#: A loop that died is started again after so long.
RESTART_SECONDS = 1.0
#: How often each lane of the journal is looked at when nobody rings.
REACT_POLL_SECONDS = 1.0
PURGE_SECONDS = 3600.0
#: So soon after its time an alarm ends.
ATTACK_SECONDS = 30.0
RECOVER_SECONDS = 15.0
COSIGN_SECONDS = 3.0
COSIGN_RETRY_SECONDS = 6 * 3600.0
#: Once a day; looked at more often, for nodes that sleep at night.
SIGNATURES_SECONDS = 3600.0
#: How often it is looked which source of a text that we took over is to be asked; each is once a day.
SOURCES_SECONDS = 1800.0
MAIL_SECONDS = 10.0
#: How soon this process drops keys that a command dropped.
PANIC_SECONDS = 3.0
LEASE_RENEW_SECONDS = leases.LEASE_SECONDS / 3

Loop = Callable[[], Awaitable[None]]
Work = Callable[[Capabilities], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    name: str
    run: Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """One lane of the journal: its name, what works through it, and who rings for it."""

    name: str
    work: Callable[[Capabilities], Awaitable[int]]
    bell: asyncio.Event


class Tenure:
    """The lease of the one process that plays a part on an SQLite database; on PostgreSQL many may."""

    def __init__(self, cap: Capabilities, part: str) -> None:
        self._cap = cap
        self._part = part
        self._holder = leases.this_process()
        self._body: asyncio.Task[object] | None = None
        self._lost: AlreadyRunning | None = None
        self.is_alone = cap.database.kind == "sqlite"

    async def begin(self) -> None:
        """Take the lease. Raises AlreadyRunning."""
        if self.is_alone:
            now = self._cap.clock()
            await self._cap.database.write(
                lambda session: leases.take(session, self._part, self._holder, now)
            )

    async def renew(self, cap: Capabilities) -> None:
        """Hold the lease for longer; if another process took it, end what this one does."""
        now = cap.clock()
        try:
            await cap.database.write(
                lambda session: leases.renew(session, self._part, self._holder, now), keep=True
            )
        except AlreadyRunning as error:
            self._lost = error
            if self._body is not None:
                self._body.cancel()

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """Let the block be cancelled when the lease is lost, and say why it was."""
        self._body = asyncio.current_task()
        try:
            yield
        except asyncio.CancelledError:
            if self._lost is not None:
                raise self._lost from None
            raise
        finally:
            self._body = None

    async def end(self) -> None:
        """Give the lease back."""
        if self.is_alone:
            await self._cap.database.write(
                lambda session: leases.release(session, self._part, self._holder), keep=True
            )


@asynccontextmanager
async def running(cap: Capabilities, *, deliver: bool = True) -> AsyncIterator[None]:
    """Run the loops while the block lasts, and stop them gracefully after it.

    Raises AlreadyRunning if another process works on the same data folder, or takes it over later: then the
    block is cancelled.
    """
    tenure = Tenure(cap, "worker" if deliver else "web")
    await tenure.begin()
    try:
        if deliver and tenure.is_alone:
            # Whoever held a lease on a row is dead: this process is the only one that delivers.
            await delivering.recover(cap, all_leases=True)
        stopping = asyncio.Event()
        loops = _loops(cap, stopping, tenure, deliver=deliver)
        tasks = [asyncio.create_task(_watch(each, stopping), name=each.name) for each in loops]
        try:
            with tenure.cancelling():
                yield
        finally:
            stopping.set()
            cap.bells.deliver.set()
            cap.bells.react.set()
            cap.bells.fetch.set()
            cap.bells.mail.set()
            await asyncio.gather(*tasks)
    finally:
        await tenure.end()


def _loops(cap: Capabilities, stopping: asyncio.Event, tenure: Tenure, *, deliver: bool) -> list[_Named]:
    def every(name: str, seconds: float, work: Work) -> _Named:
        return _Named(name=name, run=lambda: _every(cap, stopping, seconds, work))

    quick = _Lane(name="react", work=reacting.react_once, bell=cap.bells.react)
    slow = _Lane(name="fetch", work=reacting.fetch_once, bell=cap.bells.fetch)
    loops = [
        _Named(name=quick.name, run=lambda: _react(cap, stopping, quick)),
        _Named(name=slow.name, run=lambda: _react(cap, stopping, slow)),
        every("housekeeping", PURGE_SECONDS, _purge),
        every("attack", ATTACK_SECONDS, alerting.end_due),
    ]
    loops.append(_Named(name="panic", run=lambda: _heed_panic(cap, stopping)))
    if tenure.is_alone:
        loops.append(every("lease", LEASE_RENEW_SECONDS, tenure.renew))
    if deliver:
        loops.append(_Named(name=LOOP, run=lambda: _deliver(cap, stopping)))
        loops.append(every("recover", RECOVER_SECONDS, _recover))
        loops.append(every("cosigning", COSIGN_SECONDS, ticking.act))
        loops.append(every("cosigning-lists", COSIGN_SECONDS, ticking.ask_others))
        loops.append(every("cosigning-retry", COSIGN_RETRY_SECONDS, ticking.tick_slowly))
        loops.append(every("signatures", SIGNATURES_SECONDS, _recheck))
        loops.append(every("sources", SOURCES_SECONDS, _ask_sources))
        loops.append(_Named(name="mail", run=lambda: _send_mail(cap, stopping)))
    return loops


async def _watch(loop: _Named, stopping: asyncio.Event) -> None:
    """Run a loop until we stop; start it again when it breaks off."""
    while not stopping.is_set():
        try:
            await loop.run()
        # Whatever broke it, the node must go on: what it did is in the rows, and is taken up again.
        except Exception:
            logger.exception("the loop %r broke off and is started again", loop.name)
            await _wait(stopping, RESTART_SECONDS)


# -- the loops


async def _deliver(cap: Capabilities, stopping: asyncio.Event) -> None:
    dispatcher = Dispatcher(cap)
    stopper = asyncio.create_task(stopping.wait())
    stopper.add_done_callback(lambda _: dispatcher.stop())
    try:
        await dispatcher.run()
    finally:
        stopper.cancel()


async def _react(cap: Capabilities, stopping: asyncio.Event, lane: _Lane) -> None:
    while not stopping.is_set():
        cap.vitals.beat(lane.name, cap.clock())
        lane.bell.clear()
        if await lane.work(cap) == 0:
            await _wait(lane.bell, REACT_POLL_SECONDS)
    cap.vitals.stop_watching(lane.name)


async def _every(cap: Capabilities, stopping: asyncio.Event, seconds: float, work: Work) -> None:
    """Do something now and then, never in step with other nodes."""
    while not stopping.is_set():
        await work(cap)
        await _wait(stopping, seconds * random.uniform(0.8, 1.2))


async def _send_mail(cap: Capabilities, stopping: asyncio.Event) -> None:
    pace = mailing.pace_of(cap.settings.mail)
    while not stopping.is_set():
        cap.bells.mail.clear()
        if not await mailing.send_due(cap, pace):
            await _wait(cap.bells.mail, MAIL_SECONDS)


async def _heed_panic(cap: Capabilities, stopping: asyncio.Event) -> None:
    """Let go of keys that another process dropped."""
    seen = await panicking.keys_mark(cap)
    while not stopping.is_set():
        seen = await panicking.heed(cap, seen)
        await _wait(stopping, PANIC_SECONDS)


async def _purge(cap: Capabilities) -> None:
    await indexing.bring_up_to_date(cap)
    await housekeeping.purge_once(cap)


async def _recheck(cap: Capabilities) -> None:
    await rechecking.check_if_due(cap)


async def _ask_sources(cap: Capabilities) -> None:
    await correcting.ask_sources(cap)


async def _recover(cap: Capabilities) -> None:
    if await delivering.recover(cap):
        cap.bells.deliver.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
