"""Signed activities into one inbox: how many a second are durable (202), and how many are applied.

Requests are signed beforehand and sent over kept connections by a process of its own.
"""

import itertools
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.archive import make_archive
from benchmarks.figures import Figure, processor_seconds
from benchmarks.measured import new_node, serving
from federation.signatures.message import HttpMessage
from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import Node
from tests.peer_server import PeerActor, PeerServer, peer_server

_ACTORS = 10
_POSTS = 100
_KINDS = ("Like", "Announce", "Create")
_CONNECTIONS = 48
_DEADLINE_SECONDS = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How sending went: statuses with their numbers, and the 99th hundredth of the answer times."""

    statuses: dict[str, int]
    seconds: float
    p99_ms: float


def measure(folder: Path) -> list[Figure]:
    """Send likes, boosts and replies of ten actors about a hundred posts, and wait until all are applied."""
    node = new_node(folder)
    objects = make_archive(node, folder / "archive", _POSTS)
    with serving(node) as pid, peer_server() as server:
        actors = _introduced(server, node, objects[0])
        requests = [
            _wire(actor.signed(f"{node.origin}/inbox", _activity(actor, kind, uri)))
            for uri, actor, kind in itertools.product(objects, actors, _KINDS)
        ]
        (folder / "requests.json").write_text(json.dumps(requests), "ascii")
        computed = processor_seconds(pid)
        began = time.perf_counter()
        sent = _send(folder / "requests.json", node.port)
        while _waiting(node):
            assert time.perf_counter() - began < _DEADLINE_SECONDS, "the journal is not applied in time"
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        computed = processor_seconds(pid) - computed
        parked = node.rows("SELECT count(*) AS number FROM journal WHERE state = 'parked'")[0]["number"]
    assert sent.statuses == {"202": len(requests)}, sent.statuses
    assert parked == 0, f"{parked} entries were parked"
    note = f"{len(requests)} requests, {_CONNECTIONS} connections"
    return [
        Figure(name="durable inbox requests", value=len(requests) / sent.seconds, unit="/s", note=note),
        Figure(name="slowest hundredth of them", value=sent.p99_ms, unit="ms"),
        Figure(
            name="applied activities, from first request to last effect",
            value=len(requests) / seconds,
            unit="/s",
        ),
        Figure(
            name="processor time of the node, each taken in and applied",
            value=computed / len(requests) * 1000,
            unit="ms",
        ),
    ]


def _introduced(server: PeerServer, node: Node, uri: str) -> list[PeerActor]:
    """Make actors that the node has met, so that no fetch of a key is measured."""
    actors = [server.peer(f"peer{number}").actor("mira") for number in range(_ACTORS)]
    for actor in actors:
        note = actor.note(inReplyTo=uri)
        answer = node.post_signed(
            actor.signed(f"{node.origin}/inbox", actor.activity("Create", note, to=note["to"]))
        )
        assert answer.status_code == 202, answer.text
    return actors


def _activity(actor: PeerActor, kind: str, uri: str) -> dict[str, object]:
    if kind == "Create":
        note = actor.note(inReplyTo=uri)
        return actor.activity("Create", note, to=note["to"], cc=note["cc"])
    return actor.activity(kind, uri)


def _wire(message: HttpMessage) -> str:
    """Return the bytes of a request as they go over a kept connection."""
    body = message.body or b""
    path = "/" + message.target_uri.split("/", 3)[3]
    head = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in message.headers)]
    head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]) + body.decode("ascii")


def _send(requests: Path, port: int) -> Sent:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.loading", str(requests), str(port), str(_CONNECTIONS)],
        check=True,
        capture_output=True,
        cwd=REPOSITORY,
    )
    return Sent(**json.loads(done.stdout))


def _waiting(node: Node) -> int:
    count: int = node.rows("SELECT count(*) AS number FROM journal WHERE state = 'waiting'")[0]["number"]
    return count
