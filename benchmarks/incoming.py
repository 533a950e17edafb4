"""How many signed requests an inbox takes in a second, durably, and how fast they are applied."""

import time
from collections.abc import Iterator

from benchmarks import stage
from benchmarks.stage import Figure
from tests.nodes.harness import Node, wait_until

ACTORS = 100
POSTS = 20
KINDS = ("Like", "Announce")


def inbox() -> Iterator[Figure]:
    """Send likes and boosts by a hundred actors whom the node has met before."""
    with stage.running_crowd(tls=False) as members, stage.running_node() as node:
        uris = [stage.publish(node, f"Post {number}") for number in range(POSTS)]
        _meet(members, node, uris[0])
        requests = [
            stage.raw(members.request(actor, kind, uri, f"{node.origin}/inbox", 1 + serial))
            for serial, uri in enumerate(uris[1:])
            for kind in KINDS
            for actor in range(ACTORS)
        ]
        begin = time.monotonic()
        statuses = stage.send_all(node.port, requests)
        taken = time.monotonic() - begin
        assert statuses == {202: len(requests)}, statuses
        wait_until(lambda: _waiting(node) == 0, "everything is applied", 120)
        applied = time.monotonic() - begin
        counted = node.rows("SELECT count(*) AS n FROM reactions")[0]["n"]
        assert counted == len(requests) + ACTORS, counted
        yield Figure(name="inbox, answered 202 after the commit", value=len(requests) / taken, unit="/s")
        yield Figure(name="inbox, applied", value=len(requests) / applied, unit="/s")


def _meet(members: stage.Crowd, node: Node, uri: str) -> None:
    first = [stage.raw(members.request(n, "Like", uri, f"{node.origin}/inbox")) for n in range(ACTORS)]
    statuses = stage.send_all(node.port, first, connections=4)
    assert statuses == {202: ACTORS}, statuses
    wait_until(lambda: _waiting(node) == 0, "the first likes are applied", 120)


def _waiting(node: Node) -> int:
    return int(node.rows("SELECT count(*) AS n FROM journal WHERE state = 'waiting'")[0]["n"])
