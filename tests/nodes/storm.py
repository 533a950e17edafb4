"""A bad network: a TLS front that loses, delays, repeats and reorders requests, and cuts connections.

Which fault hits which request is drawn from a deck that a seed shuffles, so that each kind comes up again and
again. Every request between nodes is a connection of its own behind the front.
"""

import asyncio
import contextlib
import random
import re
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.nodes import tls_front

#: What happens to requests, in this proportion.
DECK = (
    *["pass"] * 9,
    "drop",
    "drop",
    "cut",
    "cut",
    "delay",
    "delay",
    "repeat",
    "repeat",
    "reorder",
    "reorder",
)
FAULTS = frozenset(DECK) - {"pass"}
#: A request that is to be overtaken waits so long for another one.
PATIENCE_SECONDS = 2.0
_DELAY_SECONDS = (0.05, 1.0)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection: *[^\r]*", re.IGNORECASE)


@dataclass
class Weather:
    """What strikes the requests of all nodes; `counts` tells how often."""

    seed: int
    is_stormy: bool = True
    counts: Counter[str] = field(default_factory=Counter)
    _deck: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def draw(self) -> str:
        """Return what happens to the next request."""
        with self._lock:
            if not self._deck:
                self._deck = self._dice.sample(DECK, len(DECK))
            return self._deck.pop() if self.is_stormy else "pass"

    def put_back(self, fault: str) -> None:
        """Let a fault that could not be strike the next request."""
        with self._lock:
            self._deck.append(fault)

    def delay_seconds(self) -> float:
        with self._lock:
            return self._dice.uniform(*_DELAY_SECONDS)

    def front(
        self, port: int, backend_port: int, context: ssl.SSLContext
    ) -> contextlib.AbstractContextManager[None]:
        """Stand between a node and the others, as `tls_front` does in good weather."""
        return tls_front.serving(_StormyFront(backend_port, self), port, context)


class _StormyFront(tls_front.Front):
    """Hands requests on one by one, or not."""

    def __init__(self, backend_port: int, weather: Weather) -> None:
        super().__init__(backend_port)
        self._weather = weather
        self._passed = 0
        self._has_passed = asyncio.Condition()
        self._under_way: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._under_way.add(task)
        try:
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
                await self._answer(await _read_request(reader), writer)
        finally:
            self._under_way.discard(task)
            writer.transport.abort() if writer.is_closing() else writer.close()

    async def close(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        fault = self._weather.draw()
        if fault == "reorder" and not await self._is_overtaken():
            self._weather.put_back(fault)
            fault = "pass"
        self._weather.counts[fault] += 1
        if fault == "drop":
            return
        if fault == "delay":
            await asyncio.sleep(self._weather.delay_seconds())
        answer = await self._ask(request)
        if fault == "repeat":
            answer = await self._ask(request)
        # Who sent a request that was cut off does not know whether it arrived.
        writer.write(answer[: len(answer) // 2] if fault == "cut" else answer)
        await writer.drain()

    async def _is_overtaken(self) -> bool:
        """Wait until another request has passed; False if none came."""
        before = self._passed
        async with self._has_passed:
            try:
                await asyncio.wait_for(
                    self._has_passed.wait_for(lambda: self._passed > before), PATIENCE_SECONDS
                )
            except TimeoutError:
                return False
        return True

    async def _ask(self, request: bytes) -> bytes:
        """Send a request to the node and return all that it answers. Raises: ConnectionError."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.backend_port)
        with contextlib.closing(writer):
            writer.write(request)
            answer = await reader.read(-1)
        async with self._has_passed:
            self._passed += 1
            self._has_passed.notify_all()
        return answer


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Read one request, and ask for the end of the connection in it: then the answer ends where it ends."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    return _CONNECTION.sub(b"", head)[:-2] + b"connection: close\r\n\r\n" + body


def seeds_of(written: str) -> Iterator[int]:
    """Read seeds as they stand in a variable: `7`, `1,5,9` or `1-20`."""
    for part in written.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
