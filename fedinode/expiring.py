"""What a process remembers for a short while, bounded in number and in time, whoever fills it.

For one event loop only; nothing here is kept over a restart.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")

Monotonic = Callable[[], float]


class Expiring(Generic[K, V]):
    """A table whose entries leave after some seconds, or when newer ones need their place."""

    def __init__(
        self, *, seconds: float, max_entries: int = 4096, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._max_entries = max_entries
        self._monotonic = monotonic
        self._entries: OrderedDict[K, tuple[V, float]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what was put under the key, while it lasts."""
        value, until = self._entries.get(key, (None, 0.0))
        return value if self._monotonic() < until else None

    def put(self, key: K, value: V) -> None:
        """Keep a value from now on."""
        self._entries[key] = (value, self._monotonic() + self._seconds)
        self._entries.move_to_end(key)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)


class Budget(Generic[K]):
    """Allows each key a number of uses in a stretch of seconds."""

    def __init__(
        self,
        *,
        uses: int,
        seconds: float,
        max_entries: int = 4096,
        monotonic: Monotonic = time.monotonic,
    ) -> None:
        self._uses = uses
        self._counts: Expiring[K, list[int]] = Expiring(
            seconds=seconds, max_entries=max_entries, monotonic=monotonic
        )

    def spend(self, key: K) -> bool:
        """Take one use and return whether there was one left."""
        spent = self._counts.get(key)
        if spent is None:
            self._counts.put(key, [1])
            return True
        spent[0] += 1
        return spent[0] <= self._uses


class SingleFlight(Generic[K, V]):
    """Lets many who want the same thing at once wait for one who gets it."""

    def __init__(self) -> None:
        self._flights: dict[K, asyncio.Task[V]] = {}

    async def run(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Return what ``make`` returns, or raise what it raises, together with all who asked meanwhile."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(_awaited(make))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._land(key, done))
        # Who gives up waiting does not take it from the others.
        return await asyncio.shield(flight)

    def _land(self, key: K, flight: asyncio.Task[V]) -> None:
        del self._flights[key]
        if not flight.cancelled():
            # Read it, so that a failure that nobody waited for is not reported as lost.
            flight.exception()


class Together(Generic[K, V]):
    """Has what many ask within a moment answered in one go; what is asked meanwhile goes into the next.

    Whoever asks gets an answer whose making began after that.
    """

    def __init__(self, *, at_most: int = 64) -> None:
        self._at_most = at_most
        self._waiting: list[tuple[K, asyncio.Future[V]]] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, item: K, answer_all: Callable[[tuple[K, ...]], Awaitable[Mapping[K, V]]]) -> V:
        """Return what ``answer_all`` has for this item, or raise what it raises."""
        answer: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._work is None:
            self._work = asyncio.ensure_future(self._run(answer_all))
        return await answer

    async def _run(self, answer_all: Callable[[tuple[K, ...]], Awaitable[Mapping[K, V]]]) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
            items = tuple({item: None for item, _ in asked})
            done, _ = await asyncio.wait([asyncio.ensure_future(answer_all(items))])
            answering = done.pop()
            for item, answer in asked:
                _tell(answer, item, answering)
        self._work = None


def _tell(answer: asyncio.Future[V], item: K, answering: asyncio.Future[Mapping[K, V]]) -> None:
    if answer.done():
        # Who asked has gone away meanwhile.
        return
    if answering.cancelled():
        answer.cancel()
    elif (error := answering.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(answering.result()[item])


async def _awaited(make: Callable[[], Awaitable[V]]) -> V:
    return await make()
