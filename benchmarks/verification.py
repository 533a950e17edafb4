"""How long the offline verifier takes for a list, beside what its Ed25519 signatures alone would take.

Each list is verified in a process of its own that has loaded nothing but the verifier.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figures import Figure
from federation import jsonld, keys
from federation.cosigning.verify import verify
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import LEIPZIG, Cell
from tests.nodes.forking import REPOSITORY

_COUNTS = (200, 5_000)
_BARE_CHECKS = 2_000


def measure(folder: Path) -> list[Figure]:
    """Verify bundles of 200 and of 5,000 co-signatures and return seconds, memory and the ratio."""
    return [figure for count in _COUNTS for figure in _measure_one(folder, count)]


def _measure_one(folder: Path, count: int) -> list[Figure]:
    path = folder / f"bundle-{count}.json"
    path.write_bytes(_bundle(count))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.verification", str(path)],
        stdout=subprocess.PIPE,
        check=True,
        cwd=REPOSITORY,
    )
    found = json.loads(done.stdout)
    name = f"verification of {count:,} co-signatures"
    size = path.stat().st_size / 1_000_000
    # Two signatures an entry, the author's under the statement, and the count.
    bare = found["bare_seconds"] * (2 * count + 2)
    return [
        Figure(name=name, value=found["seconds"], unit="s", note=f"processor time; a file of {size:.1f} MB"),
        Figure(name="as a multiple of its Ed25519 checks alone", value=found["seconds"] / bare, unit="times"),
        Figure(name="memory of the whole process at most", value=found["memory"], unit="MB"),
    ]


def _bundle(count: int) -> bytes:
    """Return a sound list of cells that have each a key of their own."""
    signers = [Cell(f"cell-{number}.example") for number in range(count)]
    entries = [cells.entry(each) for each in signers]
    return jsonld.dump(cells.bundle(*entries, actors=[LEIPZIG.actor, *(each.actor for each in signers)]))


def _bare_seconds() -> float:
    """Return how long one Ed25519 check takes here and now."""
    key = keys.generate_ed25519()
    message = b"the 64 bytes that an object proof signs, two digests of SHA-256.."
    signature, public = key.sign(message), key.public
    began = time.process_time()
    for _ in range(_BARE_CHECKS):
        public.verify(signature, message)
    return (time.process_time() - began) / _BARE_CHECKS


def main() -> None:
    """Verify the file that the command line names, between two measures of bare checks."""
    source = Path(sys.argv[1]).read_bytes()
    before = _bare_seconds()
    began = time.process_time()
    report = verify(source)
    seconds = time.process_time() - began
    assert report.is_sound, report
    held = Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0]
    bare = (before + _bare_seconds()) / 2
    sys.stdout.write(json.dumps({"seconds": seconds, "bare_seconds": bare, "memory": int(held) / 1024}))


if __name__ == "__main__":
    main()
