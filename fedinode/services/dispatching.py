"""The engine of the delivery queue: leases rows, attempts them side by side, records outcomes in batches.

A lease outlasts the longest attempt; leasing and recording are short transactions, none is open across a
request. Whoever kills this process loses nothing: what was leased is leased again when the lease is over,
with the same activity id and the same bytes.
"""

import asyncio
import logging
import random
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from federation.net import delivery
from federation.net.delivery import Deferred, DeliveryRequest
from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.services import judging, readying, recording
from fedinode.services.bodies import Bodies
from fedinode.services.judging import Attempted
from fedinode.services.members import halting
from fedinode.services.upkeep.selfchecking import Guard
from fedinode.storage import deliveries, inboxes, outgoing_activities, peers
from fedinode.storage.database import Session
from fedinode.storage.deliveries import ClaimedDelivery, Lease, Round
from fedinode.storage.peers import PeerRow

logger = logging.getLogger(__name__)

#: Two knocks of 10 seconds, and what a busy machine adds.
LEASE_AFTER = timedelta(seconds=60)
#: What the loop is called where its heart beats.
LOOP = "deliver"
#: Hosts that are looked for together: with ten thousand in the queue a look takes a while.
ROUND_HOSTS = 256
#: How often other processes' new rows are looked for.
POLL_SECONDS = 1.0
#: Outcomes are gathered for so long before they are written down.
GATHER_SECONDS = 0.02
#: At the end, what is under way may take so long to finish; the rest is given back.
FINISH_SECONDS = 8.0
_GONE = 410
_OWN_FAULT_WORDS = "this node could not send it; see its log"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leased:
    """What a claim brought: rows, their peers, activities not in memory yet, and actors to ask."""

    rows: tuple[ClaimedDelivery, ...]
    peers: dict[int, PeerRow]
    bodies: dict[int, bytes]
    #: Somebody behind an inbox that said it is gone, by inbox.
    actor_uris: dict[int, str]


class Dispatcher:
    """Delivers for one process: `run` until `stop`, or `drain` until nothing is due. Use it once."""

    def __init__(
        self,
        cap: Capabilities,
        *,
        finish_seconds: float = FINISH_SECONDS,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._cap = cap
        self._poll_seconds = poll_seconds
        self._finish_seconds = finish_seconds
        self._guard = Guard(cap)
        connections = cap.settings.limits.connections
        # As many as the client posts at the same time, and as many again that wait for their turn there while
        # the next ones are leased. Waiting and attempting together stay within a lease.
        posting = max(connections - max(connections // 4, 1), 1)
        self._capacity = 2 * posting
        # Hosts that do not answer hold their place for ten seconds each.
        self._failing_capacity = max(posting // 8, 1)
        self._tasks: dict[asyncio.Task[Attempted], tuple[ClaimedDelivery, PeerRow]] = {}
        self._under_way: Counter[int] = Counter()
        self._failing_under_way = 0
        #: Hosts that are due, in turn, by lane: those that failed when last asked, and the others.
        self._hosts: dict[bool, deque[int]] = {False: deque(), True: deque()}
        self._after_peer_id = {False: 0, True: 0}
        self._bodies = Bodies()
        self._finished: list[Attempted] = []
        self._has_finished = asyncio.Event()
        self._look = asyncio.Event()
        self._is_stopping = False
        self.attempts = 0

    # -- loops

    async def run(self) -> None:
        """Deliver until `stop` is called; then finish what is under way, or give it back."""
        recorder = asyncio.create_task(self._record_until_stopped(), name="delivery recorder")
        try:
            while not self._is_stopping and not recorder.done():
                self._look.clear()
                self._cap.bells.deliver.clear()
                self._cap.vitals.beat(LOOP, self._cap.clock())
                if await self._guard.may_deliver():
                    await self.lease_due()
                await self._wait(self._poll_seconds)
        finally:
            await self._finish(recorder)
            self._cap.vitals.stop_watching(LOOP)

    def stop(self) -> None:
        """Lease nothing more."""
        self._is_stopping = True
        self._look.set()

    async def drain(self) -> int:
        """Deliver until nothing is due and nothing is under way; return how many attempts that took."""
        recorder = asyncio.create_task(self._record_until_stopped(), name="delivery recorder")
        try:
            is_idle = False
            while not is_idle and not recorder.done():
                self._look.clear()
                self._cap.bells.deliver.clear()
                # What is recorded while we look may make further rows due: it is looked once more then.
                was_idle = not self._under_way
                is_idle = await self.lease_due() == 0 and was_idle
                if not is_idle:
                    await self._wait(self._poll_seconds)
        finally:
            await self._finish(recorder)
        return self.attempts

    async def _wait(self, seconds: float) -> None:
        """Wait until there may be something to lease: after a commit of this process, a record, a while."""
        waiting = [
            asyncio.ensure_future(self._look.wait()),
            asyncio.ensure_future(self._cap.bells.deliver.wait()),
        ]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()

    async def _finish(self, recorder: asyncio.Task[None]) -> None:
        self._is_stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._finish_seconds)
        given_back = [claimed for claimed, _ in self._tasks.values()]
        for task in self._tasks:
            task.remove_done_callback(self._note_finished)
            task.cancel()
        self._tasks.clear()
        self._has_finished.set()
        await recorder
        if given_back:
            now = self._cap.clock()
            await self._cap.database.write(
                lambda session: deliveries.release(session, given_back, now), keep=True
            )

    # -- leasing

    async def lease_due(self) -> int:
        """Lease as many due rows as can be attempted now, and begin; return how many."""
        if not await self._cap.database.read(halting.is_running):
            return 0
        free = self._capacity - len(self._tasks)
        # A transaction for every single place that becomes free would cost more than it gains.
        if free < self._capacity // 2:
            return 0
        room = min(free, self._failing_capacity - self._failing_under_way)
        leased = await self._lease(room, failing=True) if room > 0 else 0
        return leased + (await self._lease(free - leased, failing=False) if free > leased else 0)

    async def _lease(self, rows: int, *, failing: bool) -> int:
        now = self._cap.clock()
        peer_ids = await self._next_hosts(rows, now, failing=failing)
        if not peer_ids:
            return 0
        # One row shows whether a failing host is back.
        per_peer = 1 if failing else self._cap.settings.limits.per_peer
        lease = Lease(now=now, until=now + LEASE_AFTER, per_peer=per_peer, rows=rows)
        known = self._bodies.known()
        leased = await self._cap.database.write(lambda session: _claim(session, peer_ids, lease, known))
        failpoints.hit("deliver.after-lease")
        self._bodies.keep(leased.bodies)
        await readying.make_ready(self._cap, leased.bodies.values())
        for claimed in leased.rows:
            self._begin(claimed, leased)
        self._bodies.shrink()
        return len(leased.rows)

    async def _next_hosts(self, count: int, now: datetime, *, failing: bool) -> tuple[int, ...]:
        """Return the hosts whose turn it is, without those that have enough under way."""
        hosts = self._hosts[failing]
        if not hosts:
            turn = Round(
                now=now,
                peers=ROUND_HOSTS,
                after_peer_id=self._after_peer_id[failing],
                busy_peer_ids=tuple(self._under_way),
                failing=failing,
            )
            hosts.extend(await self._cap.database.read(lambda session: deliveries.due_peers(session, turn)))
            if hosts:
                self._after_peer_id[failing] = hosts[-1]
        chosen: list[int] = []
        while hosts and len(chosen) < count:
            host = hosts.popleft()
            if host not in self._under_way:
                chosen.append(host)
        return tuple(chosen)

    def _begin(self, claimed: ClaimedDelivery, leased: _Leased) -> None:
        peer = leased.peers[claimed.peer_id]
        body = self._bodies.get(claimed.activity_id)
        actor_uri = leased.actor_uris.get(claimed.inbox_id)
        task = asyncio.create_task(self._attempt(claimed, peer, body, actor_uri))
        self._tasks[task] = (claimed, peer)
        self._under_way[peer.id] += 1
        self._failing_under_way += peer.failing_since is not None
        task.add_done_callback(self._note_finished)

    # -- attempting

    async def _attempt(
        self, claimed: ClaimedDelivery, peer: PeerRow, body: bytes, actor_uri: str | None
    ) -> Attempted:
        request = DeliveryRequest(
            inbox_url=claimed.inbox_url,
            body=body,
            signer=await self._cap.keyring.signer(claimed.actor_uri),
            speech=judging.speech_of(peer),
            actor_uri=actor_uri,
        )
        outcome = await delivery.attempt(self._cap.client, request)
        failpoints.hit("deliver.after-send")
        return Attempted(claimed=claimed, peer=peer, outcome=outcome)

    def _note_finished(self, task: asyncio.Task[Attempted]) -> None:
        claimed, peer = self._tasks.pop(task)
        error = task.exception()
        if error is None:
            attempted = task.result()
        else:
            logger.error("delivery %d to %s broke off", claimed.id, peer.host, exc_info=error)
            fault = Deferred(status=None, last_words=_OWN_FAULT_WORDS, retry_after=None, skew_seconds=None)
            attempted = Attempted(claimed=claimed, peer=peer, outcome=fault, is_own_fault=True)
        self.attempts += 1
        self._finished.append(attempted)
        self._has_finished.set()

    # -- recording

    async def _record_until_stopped(self) -> None:
        while not (self._is_stopping and not self._tasks and not self._finished):
            await self._has_finished.wait()
            self._has_finished.clear()
            if not self._is_stopping:
                await asyncio.sleep(GATHER_SECONDS)
            await self._record()

    async def _record(self) -> None:
        attempts, self._finished = self._finished, []
        if not attempts:
            return
        now = self._cap.clock()
        # Drawn here: the job may be run twice, and must do the same both times.
        dice = [random.random() for _ in attempts]
        await self._cap.database.write(
            lambda session: recording.record(session, attempts, dice, now), keep=True
        )
        for each in attempts:
            self._note_recorded(each)
        self._look.set()

    def _note_recorded(self, attempted: Attempted) -> None:
        peer, outcome = attempted.peer, attempted.outcome
        self._under_way[peer.id] -= 1
        if not self._under_way[peer.id]:
            del self._under_way[peer.id]
        self._failing_under_way -= peer.failing_since is not None
        self._guard.note(peer.host, outcome.status, outcome.skew_seconds, self._cap.clock())
        self._cap.vitals.count(f"delivery.{type(outcome).__name__.lower()}")
        logger.info("%s: %s for %s", peer.host, type(outcome).__name__.lower(), attempted.claimed.object_uri)


def _claim(
    session: Session, peer_ids: tuple[int, ...], lease: Lease, known_bodies: frozenset[int]
) -> _Leased:
    rows = deliveries.claim(session, peer_ids, lease)
    wanted = {row.activity_id for row in rows} - known_bodies
    gone = {row.inbox_id for row in rows if row.last_status == _GONE}
    return _Leased(
        rows=tuple(rows),
        peers=peers.get_many(session, {row.peer_id for row in rows}),
        bodies=outgoing_activities.bodies(session, wanted) if wanted else {},
        actor_uris=inboxes.actors_behind(session, gone) if gone else {},
    )
