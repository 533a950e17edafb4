"""`make bench`, or `make bench ARGS="inbox memory"`: measure and print, one line a figure."""

import sys
from collections.abc import Callable, Iterator

from benchmarks import incoming, outgoing, resting
from benchmarks.stage import Figure

MEASUREMENTS: dict[str, Callable[[], Iterator[Figure]]] = {
    "start": resting.start,
    "memory": resting.memory,
    "inbox": incoming.inbox,
    "deliveries": outgoing.deliveries,
}


def main(names: list[str]) -> int:
    """Run the measurements named, or all."""
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        sys.stderr.write(f"There is no {unknown[0]}; there are {', '.join(MEASUREMENTS)}.\n")
        return 2
    for name in names or MEASUREMENTS:
        for figure in MEASUREMENTS[name]():
            sys.stdout.write(f"{figure.name:<52} {figure.value:>10.1f} {figure.unit}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
