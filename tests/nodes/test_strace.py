"""What the kernel sees: between reading a POST and answering 202, the write-ahead log goes to the disk."""

import json
import os
import re
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from federation.signatures import HttpMessage
from tests.nodes.harness import Node, make_node, wait_until
from tests.peer_server import PeerActor, peer_server

pytestmark = pytest.mark.strace

_CALLS = "read,recvfrom,recvmsg,write,writev,sendto,sendmsg,fsync,fdatasync"
_READ_POST = re.compile(r'(?:read|recvfrom|recvmsg)\b.*"POST /inbox')
_ANSWERED = re.compile(r'(?:write|writev|sendto|sendmsg)\b.*"HTTP/1\.1 (\d{3})')
_SYNC_BEGUN = re.compile(r"^(\d+) +f(?:data)?sync\(\d+<[^>]*-wal>")
_SYNC_RESUMED = re.compile(r"^(\d+) +<\.\.\. f(?:data)?sync resumed>\)\s+= 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A serving node whose system calls are written down, and somebody who writes to it."""

    node: Node
    actor: PeerActor
    trace: Path

    def calls_of(self, message: HttpMessage, status: int) -> list[str]:
        """Send a request; return the system calls from reading it to answering with this status."""
        before = len(self.trace.read_text("utf-8", "replace").splitlines())
        assert self.node.post_signed(message).status_code == status

        def between() -> list[str] | None:
            lines = self.trace.read_text("utf-8", "replace").splitlines()[before:]
            first = next((number for number, line in enumerate(lines) if _READ_POST.search(line)), None)
            last = next((number for number, line in enumerate(lines) if _ANSWERED.search(line)), None)
            return lines[first : last + 1] if first is not None and last is not None else None

        return wait_until(between, "strace has written down the answer")


def finished_syncs(lines: list[str]) -> int:
    """Count how often the write-ahead log was brought to the disk, to the end, within these lines."""
    begun: set[str] = set()
    finished = 0
    for line in lines:
        start, end = _SYNC_BEGUN.match(line), _SYNC_RESUMED.match(line)
        if start and line.endswith("= 0"):
            finished += 1
        elif start:
            begun.add(start[1])
        elif end and end[1] in begun:
            begun.discard(end[1])
            finished += 1
    return finished


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    folder = tmp_path_factory.mktemp("traced")
    trace = folder / "trace"
    node = make_node("berlin", folder)
    node.init()
    node.wrapper = (
        strace,
        "-f",
        "--seccomp-bpf",
        "-y",
        "-s",
        "40",
        "-e",
        f"trace={_CALLS}",
        "-o",
        str(trace),
    )
    node.start()
    with peer_server() as server:
        actor = server.peer("paris").actor("mira")
        yield Traced(node=node, actor=actor, trace=trace)
    assert node.process is not None
    children = Path(f"/proc/{node.process.pid}/task/{node.process.pid}/children").read_text("ascii")
    os.kill(int(children.split()[0]), signal.SIGTERM)
    assert node.process.wait(30) == 0


def test_what_is_acknowledged_is_on_the_disk(traced: Traced) -> None:
    for _ in range(3):
        follow = traced.actor.activity("Follow", traced.node.actor_uri)
        calls = traced.calls_of(traced.actor.signed(f"{traced.node.origin}/inbox", follow), 202)
        assert finished_syncs(calls) >= 1, "\n".join(calls)


def test_what_is_refused_leaves_the_disk_alone(traced: Traced) -> None:
    follow = traced.actor.activity("Follow", traced.node.actor_uri)
    message = traced.actor.signed(f"{traced.node.origin}/inbox", follow)
    forged = replace(message, body=json.dumps(follow | {"id": "https://elsewhere.example/1"}).encode())
    # Whatever else the node has to write may fall into one of the tries, not into each.
    assert min(finished_syncs(traced.calls_of(forged, 401)) for _ in range(5)) == 0
