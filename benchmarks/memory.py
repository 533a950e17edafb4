"""Memory of a serving node after 1,000 mixed requests: what readers, feeds and other servers ask for."""

import itertools
from pathlib import Path

from benchmarks.archive import make_archive
from benchmarks.figures import Figure, pss_of_tree
from benchmarks.measured import new_node, serving
from tests.nodes.harness import ACTIVITY_JSON, Node
from tests.peer_server import peer_server

_REQUESTS = 1_000
_POSTS = 40
_SIGNED_SHARE = 5


def measure(folder: Path) -> list[Figure]:
    """Serve 1,000 requests, a fifth of them signed activities, and return the memory before and after."""
    node = new_node(folder)
    objects = make_archive(node, folder / "archive", _POSTS)
    with serving(node) as pid:
        idle = pss_of_tree(pid)
        _ask(node, objects)
        full = pss_of_tree(pid)
    return [
        Figure(name="memory of a node that serves nobody yet", value=idle, unit="MB PSS"),
        Figure(name="memory after 1,000 mixed requests", value=full, unit="MB PSS"),
    ]


def _ask(node: Node, objects: list[str]) -> None:
    reads = itertools.cycle(_addresses(node, objects))
    with peer_server() as server:
        actors = [server.peer(f"peer{number}").actor("mira") for number in range(5)]
        for number in range(_REQUESTS):
            if number % _SIGNED_SHARE == 0:
                actor = actors[number % len(actors)]
                note = actor.note(inReplyTo=objects[number % len(objects)])
                activity = actor.activity("Create", note, to=note["to"])
                answer = node.post_signed(actor.signed(f"{node.origin}/inbox", activity))
            else:
                answer = node.get(*next(reads))
            assert answer.status_code in (200, 202, 302, 303), f"{answer.status_code}: {answer.text[:200]}"


def _addresses(node: Node, objects: list[str]) -> list[tuple[str, str]]:
    pages = ("/", f"/@{node.name}", "/about", "/privacy")
    machines = ("/feed.atom", "/feed.json", "/nodeinfo/2.1")
    return [
        *((uri, ACTIVITY_JSON) for uri in objects),
        *((path, "text/html") for path in pages),
        *((uri, "text/html") for uri in objects),
        (node.actor_uri, ACTIVITY_JSON),
        (f"/collectives/{node.name}/outbox", ACTIVITY_JSON),
        *((path, "*/*") for path in machines),
        (f"/.well-known/webfinger?resource=acct:{node.name}@{node.host}", "*/*"),
    ]
