"""Asks for a few addresses in turn, so many times a second, and says how long that took.

Run as a process of its own, never faster than told: it shows what a reader feels while others load the node.
"""

import http.client
import json
import sys
import time

#: Stands in a path for a number that is new each time, so that no cache has the answer.
NEW = "{new}"


def read(port: int, host: str, paths: list[str], per_second: float, seconds: float) -> dict[str, float]:
    """Ask over one connection; return how often, and the middle and the 99th hundredth of the times.

    Once for all, and once for what may stand in a cache.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port)
    durations: list[float] = []
    cached: list[float] = []
    due = time.perf_counter()
    for number in range(int(per_second * seconds)):
        # What was late is not caught up with: readers do not come in crowds because a page was slow.
        due = max(due + 1 / per_second, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))
        asked = time.perf_counter()
        path = paths[number % len(paths)]
        url = path.replace(NEW, str(time.perf_counter_ns()))
        connection.request("GET", url, headers={"host": host, "accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise ValueError(f"{url} answered {answer.status}")
        durations.append(time.perf_counter() - asked)
        if NEW not in path:
            cached.append(durations[-1])
    return {
        "count": len(durations),
        "median_ms": _hundredth(durations, 50),
        "p99_ms": _hundredth(durations, 99),
        "cached_p99_ms": _hundredth(cached, 99),
    }


def _hundredth(durations: list[float], number: int) -> float:
    return sorted(durations)[len(durations) * number // 100] * 1000


def main() -> None:
    """Read port, host, paths, rate and seconds from the command line; print the outcome as JSON."""
    port, host, paths, per_second, seconds = sys.argv[1:]
    print(json.dumps(read(int(port), host, json.loads(paths), float(per_second), float(seconds))))


if __name__ == "__main__":
    main()
