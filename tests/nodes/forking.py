"""Starts `fedinode` commands as processes forked from one that has imported everything (`fork_server`)."""

import atexit
import functools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

REPOSITORY = Path(__file__).resolve().parents[2]


class ForkServer:
    """The process that forks, seen from the test. Its children end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.nodes.fork_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        )

    def start(
        self,
        arguments: list[str],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        stdout: Path,
        stderr: Path,
        stdin: Path = Path(os.devnull),
    ) -> "Child":
        """Start a command; what it writes is added to files."""
        files = {"stdin": str(stdin), "stdout": str(stdout), "stderr": str(stderr)}
        pid = self.ask(do="start", arguments=arguments, environ=dict(environ), cwd=str(cwd), **files)
        return Child(server=self, pid=pid)

    def ask(self, **request: Any) -> Any:
        """Send a request and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End the process with all its children."""
        self._process.communicate()


@functools.cache
def fork_server() -> ForkServer:
    """Return the fork server of this process, started when it is first asked for."""
    server = ForkServer()
    atexit.register(server.close)
    return server


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One command in a process of its own, as `subprocess.Popen` shows one."""

    server: ForkServer
    pid: int

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        return cast(int | None, self.server.ask(do="poll", pid=self.pid))

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code. Raises: TimeoutError."""
        code = self.poll()
        if code is None:
            self._await_end(timeout)
            code = self.poll()
        assert code is not None
        return code

    def _await_end(self, timeout: float | None) -> None:
        poll = select.poll()
        pidfd = os.pidfd_open(self.pid)
        try:
            poll.register(pidfd, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise TimeoutError(f"process {self.pid} still runs after {timeout} s")
        finally:
            os.close(pidfd)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.send_signal(signal.SIGKILL)
