"""Runs `fedinode` commands in forked processes: real ones, without the second that imports take.

As a program it reads one request a line and answers each with one line; it has a single thread, so that
forking it is sound. `Zygote` is the test's side. Children can be killed, or kill themselves at a failpoint.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from fedinode import failpoints
from fedinode.cli.main import main
from tests.nodes.harness import REPOSITORY


class Zygote:
    """The process that forks, seen from the test."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def start(
        self,
        arguments: list[str],
        log: Path,
        failpoint: str | None = None,
        *,
        errors: Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> "Child":
        """Start a command; with a failpoint it kills itself there.

        It writes to `log`, or to `log` and `errors`; `environ` is set beside what the zygote was given.
        """
        own = dict(environ or {}) | ({failpoints.VARIABLE: failpoint} if failpoint is not None else {})
        files = [str(log), str(errors or log)]
        return Child(
            zygote=self, pid=self.ask(do="start", arguments=arguments, files=files, environ=own), log=log
        )

    def ask(self, **request: Any) -> Any:
        """Send a request and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One command in a process of its own. `log` gets what it writes to stdout and stderr."""

    zygote: Zygote
    pid: int
    log: Path

    def has_ended(self) -> bool:
        """Tell whether the process is no more."""
        return cast(int | None, self.zygote.ask(do="poll", pid=self.pid)) is not None

    def exit_code(self) -> int:
        """Wait for the end and return the exit code; a signal is negative."""
        return cast(int, self.zygote.ask(do="wait", pid=self.pid))

    def stop(self) -> int:
        """Ask the process to end, wait for it, and return its exit code."""
        os.kill(self.pid, signal.SIGTERM)
        return self.exit_code()


@contextmanager
def running_zygote(environ: Mapping[str, str]) -> Iterator[Zygote]:
    """Start the process that forks, and end it with all its children."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.nodes.zygote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        env=dict(environ),
    ) as process:
        yield Zygote(process)
        assert process.stdin is not None
        process.stdin.close()


# -- the program


def _serve_requests() -> None:
    ended: dict[int, int] = {}
    children: set[int] = set()
    for line in sys.stdin:
        request = json.loads(line)
        answer: int | None
        match request.pop("do"):
            case "start":
                answer = pid = _fork(**request)
                children.add(pid)
            case "poll":
                answer = _status(request["pid"], ended, os.WNOHANG)
            case _:
                answer = _status(request["pid"], ended, 0)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    for pid in children - ended.keys():
        os.kill(pid, signal.SIGKILL)


def _status(pid: int, ended: dict[int, int], options: int) -> int | None:
    if pid not in ended:
        found, status = os.waitpid(pid, options)
        if found:
            ended[pid] = os.waitstatus_to_exitcode(status)
    return ended.get(pid)


def _fork(arguments: list[str], files: list[str], environ: dict[str, str]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number, path in enumerate(files, start=1):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(environ)
        code = main(arguments)
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        # Not sys.exit: the loop that forked is the parent's.
        os._exit(code)


if __name__ == "__main__":
    _serve_requests()
