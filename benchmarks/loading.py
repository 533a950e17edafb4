"""Sends prepared requests over kept connections, as fast as they are answered, and says how that went.

Run as a process of its own, so that it does not share the measured node's interpreter.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path


async def send_all(requests: list[bytes], port: int, connections: int) -> dict[str, object]:
    """Send every request once; return statuses, seconds and the 99th hundredth of the answer times."""
    queue = iter(requests)
    statuses: Counter[str] = Counter()
    seconds: list[float] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in queue:
            began = time.perf_counter()
            writer.write(request)
            statuses[await _status(reader)] += 1
            seconds.append(time.perf_counter() - began)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return {
        "statuses": statuses,
        "seconds": time.perf_counter() - began,
        "p99_ms": sorted(seconds)[int(len(seconds) * 0.99)] * 1000,
    }


async def _status(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0]
    await reader.readexactly(int(length or 0))
    return head.split(" ", 2)[1]


def main() -> None:
    """Read requests, port and number of connections from the command line; print the outcome as JSON."""
    path, port, connections = sys.argv[1:]
    requests = [request.encode("ascii") for request in json.loads(Path(path).read_text("ascii"))]
    print(json.dumps(asyncio.run(send_all(requests, int(port), int(connections)))))


if __name__ == "__main__":
    main()
