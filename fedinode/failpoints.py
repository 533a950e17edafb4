"""Named points at which a test may kill the process, as a power cut would.

`FEDINODE_FAILPOINT=accept.before-commit` kills at the first pass, `accept.before-commit:3` at the third.
Without the variable a point costs one look at the environment and does nothing.
"""

import os
import signal

VARIABLE = "FEDINODE_FAILPOINT"


def hit(name: str) -> None:
    """Kill the own process here, without any clean-up, if the environment names this point."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        return
    point, _, passes = wanted.partition(":")
    if point != name:
        return
    left = int(passes or 1) - 1
    if left <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
    os.environ[VARIABLE] = f"{point}:{left}"
