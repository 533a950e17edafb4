"""Nodes whose commands and servers are forked: real processes, without the second that imports take."""

import itertools
import os
import signal
import subprocess
from dataclasses import dataclass, field

from tests.nodes.harness import Node
from tests.nodes.zygote import Child, Zygote

_numbers = itertools.count(1)


@dataclass
class ForkedNode(Node):
    """A node as any other, to be used in the same way; its processes are children of a zygote."""

    zygote: Zygote = field(kw_only=True)
    child: Child | None = None

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a `fedinode` command on this node's data and return how it ended."""
        assert stdin is None, "a forked command reads nothing"
        said, errors = (
            self.folder.parent / f"{self.name}.{next(_numbers)}.{kind}" for kind in ("out", "err")
        )
        command = ["--data", str(self.folder), *arguments]
        code = self.zygote.start(command, said, errors=errors, environ=self.environ).exit_code()
        texts = [path.read_text("utf-8", "replace") for path in (said, errors)]
        said.unlink()
        errors.unlink()
        return subprocess.CompletedProcess(command, code, *texts)

    def launch(self, *options: str) -> None:
        """Start the process without waiting for it."""
        command = ["--data", str(self.folder), "serve", "--port", str(self.port), *options]
        self.child = self.zygote.start(command, self.log_path, environ=self.environ)

    def is_running(self) -> bool:
        """Whether the process that serves was started and has not ended."""
        return self.child is not None and not self.child.has_ended()

    def _end(self, number: signal.Signals) -> int:
        if self.child is None:
            return 0
        if not self.child.has_ended():
            os.kill(self.child.pid, number)
        code = self.child.exit_code()
        self.child = None
        return code
