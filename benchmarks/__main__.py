"""`python -m benchmarks [MEASURE ..]` measures this machine and prints figures."""

import argparse
import os
import platform
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import delivery_rate, inbox, memory, page_rate, propagation, sign_ups, start, verification
from benchmarks.figures import Figure

MEASURES: dict[str, Callable[[Path], list[Figure]]] = {
    "memory": memory.measure,
    "start": start.measure,
    "pages": page_rate.measure,
    "inbox": inbox.measure,
    "deliveries": delivery_rate.measure,
    "verification": verification.measure,
    "propagation": propagation.measure,
    "people": sign_ups.measure,
}


def main() -> int:
    """Run the measures that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=", ".join(MEASURES))
    parser.add_argument("--people", type=int, metavar="N", help="how many sign (10000)")
    asked = parser.parse_args()
    if asked.people:
        os.environ[sign_ups.PEOPLE_VARIABLE] = str(asked.people)
    names = asked.measures or list(MEASURES)
    unknown = set(names) - set(MEASURES)
    if unknown:
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    print(
        f"{len(os.sched_getaffinity(0))} cores, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}, {platform.system()} {platform.release()}"
    )
    for name in names:
        print(f"\n{name}", flush=True)
        with TemporaryDirectory(prefix="fedinode-bench-") as folder:
            for figure in MEASURES[name](Path(folder)):
                print(f"  {figure}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
