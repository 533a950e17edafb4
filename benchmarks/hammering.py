"""Asks for one thing again and again over kept connections for some seconds, and says how that went.

Run as a process of its own. It does as little as it can with an answer (where it ends, and whether it is the
one that is wanted), so that the server has most of the machine.
"""

import asyncio
import functools
import json
import sys
import time
from pathlib import Path
from typing import cast

import uvloop

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_PATIENCE_SECONDS = 30.0


class Asker(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, and asks again until the time is over."""

    def __init__(self, request: bytes, until: float, status: bytes) -> None:
        self._request = request
        self._until = until
        self._beginning = b"HTTP/1.1 " + status
        self._transport: asyncio.WriteTransport | None = None
        self._began = 0.0
        self._missing = 0
        self.seconds: list[float] = []
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        if self._missing == 0:
            self._missing = self._size_of(data)
        self._missing -= len(data)
        if self._missing == 0:
            now = time.perf_counter()
            self.seconds.append(now - self._began)
            if now < self._until:
                self._ask()
            else:
                self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _ask(self) -> None:
        assert self._transport is not None
        self._began = time.perf_counter()
        self._transport.write(self._request)

    def _size_of(self, data: bytes) -> int:
        head_end = data.index(_HEAD_END)
        if not data.startswith(self._beginning):
            raise ValueError(f"another answer than was expected: {data[:40]!r}")
        begin = data.find(_LENGTH, 0, head_end)
        length = 0 if begin < 0 else int(data[begin + len(_LENGTH) : data.index(b"\r\n", begin)])
        return head_end + len(_HEAD_END) + length


def _same(asker: Asker) -> Asker:
    return asker


async def hammer(request: bytes, status: bytes, port: int, connections: int, seconds: float) -> list[float]:
    """Ask over so many connections at once; return how long each answer took."""
    loop = asyncio.get_running_loop()
    until = time.perf_counter() + seconds
    askers = [Asker(request, until, status) for _ in range(connections)]
    for asker in askers:
        await loop.create_connection(functools.partial(_same, asker), "127.0.0.1", port)
    async with asyncio.timeout(seconds + _PATIENCE_SECONDS):
        await asyncio.gather(*(asker.done for asker in askers))
    return sorted(duration for asker in askers for duration in asker.seconds)


def main() -> None:
    """Read the request's file, its status, port, connections and seconds; print the outcome as JSON."""
    path, status, port, connections, seconds = sys.argv[1:]
    began = time.perf_counter()
    asked = hammer(Path(path).read_bytes(), status.encode(), int(port), int(connections), float(seconds))
    durations = uvloop.run(asked)
    outcome = {
        "count": len(durations),
        "seconds": time.perf_counter() - began,
        "p99_ms": durations[int(len(durations) * 0.99)] * 1000,
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main()
