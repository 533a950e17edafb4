"""A failpoint kills at the named pass and is silent everywhere else."""

import os
import signal
import subprocess
import sys

import pytest

from fedinode import failpoints

PROGRAM = """
from fedinode import failpoints
for number in range(5):
    failpoints.hit("accept.before-commit")
    failpoints.hit("publish.after-commit")
    print(number, flush=True)
"""


def run(failpoint: str | None) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name != failpoints.VARIABLE}
    if failpoint is not None:
        environment[failpoints.VARIABLE] = failpoint
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout.decode().replace("\n", "")


@pytest.mark.parametrize(
    ("failpoint", "passes"),
    [
        ("accept.before-commit", ""),
        ("accept.before-commit:1", ""),
        ("accept.before-commit:3", "01"),
        ("publish.after-commit:5", "0123"),
    ],
)
def test_a_named_point_kills_at_its_pass(failpoint: str, passes: str) -> None:
    assert run(failpoint) == (-signal.SIGKILL, passes)


@pytest.mark.parametrize("failpoint", [None, "accept", "accept.before-commit:6", "other:1"])
def test_other_points_do_nothing(failpoint: str | None) -> None:
    assert run(failpoint) == (0, "01234")
