"""How soon a node answers, and how much memory it takes after a thousand requests."""

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import stage
from benchmarks.stage import Figure
from tests.nodes.harness import Node

STARTS = 5
REQUESTS = 1_000


def start() -> Iterator[Figure]:
    """Measure the time from the start of the process to the first correct actor document."""
    with stage.running_node() as node:
        seconds = [_restart(node) for _ in range(STARTS)]
    yield Figure(name="start to first actor document, median", value=statistics.median(seconds), unit="s")


def _restart(node: Node) -> float:
    node.stop()
    begin = time.monotonic()
    node.start()
    assert node.document(node.actor_uri)["id"] == node.actor_uri
    return time.monotonic() - begin


def memory() -> Iterator[Figure]:
    """Measure the memory of the process tree after mixed requests: pages, documents, feeds, deliveries."""
    with stage.running_crowd(tls=False) as members, stage.running_node() as node:
        uri = stage.publish(node, "Memory")
        requests = [_request(node, members, uri, number) for number in range(REQUESTS)]
        statuses = stage.send_all(node.port, requests)
        assert set(statuses) <= {200, 202, 303}, statuses
        assert node.process is not None
        yield Figure(name="memory after 1,000 requests (PSS)", value=_pss(node.process.pid) / 1e6, unit="MB")


def _request(node: Node, members: stage.Crowd, uri: str, number: int) -> bytes:
    if number % 5 == 0:
        like = members.request(number % 100, "Like", uri, f"{node.origin}/inbox", number)
        return stage.raw(like)
    path, accept = (
        (f"/@{node.name}", "text/html"),
        (node.actor_uri.removeprefix(node.origin), stage.ACTIVITY_JSON),
        (uri.removeprefix(node.origin), stage.ACTIVITY_JSON),
        (f"/.well-known/webfinger?resource=acct:{node.name}@{node.host}", "*/*"),
    )[number % 5 - 1]
    return f"GET {path} HTTP/1.1\r\nHost: {node.host}\r\nAccept: {accept}\r\n\r\n".encode()


def _pss(pid: int) -> int:
    """Return the proportional memory of a process and all its children, in bytes."""
    own = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
        if line.startswith("Pss:"):
            own = int(line.split()[1]) * 1024
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    return own + sum(_pss(int(child)) for child in children)
