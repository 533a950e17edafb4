"""How many deliveries to different servers a node makes in a second, beside its signing alone."""

import time
from collections.abc import Iterator

from benchmarks import stage
from benchmarks.stage import Figure
from federation import keys
from tests.nodes.harness import Node, wait_until

HOSTS = 1_000
ROUNDS = 3
SIGNATURES = 1_000
_PATIENCE_SECONDS = 300.0


def deliveries() -> Iterator[Figure]:
    """Publish to followers on a thousand names over TLS, whose server verifies every signature."""
    with stage.running_crowd(tls=True) as members:
        environ = {"SSL_CERT_FILE": str(members.certificates), "FEDINODE_LIMITS__JOURNAL_BACKLOG": "100000"}
        with stage.running_node(environ) as node:
            members.trust(node)
            _gather_followers(members, node)
            rates = [_publish(members, node, number) for number in range(1, ROUNDS + 1)]
            assert members.tally()["refused"] == 0
    yield Figure(name="deliveries to 1,000 names, first post", value=rates[0], unit="/s")
    yield Figure(name="deliveries to 1,000 names, best of the later ones", value=max(rates[1:]), unit="/s")
    yield Figure(name="RSA-2048 signatures on one core", value=_signing_rate(), unit="/s")


def _gather_followers(members: stage.Crowd, node: Node) -> None:
    requests = [
        stage.raw(members.request(number, "Follow", node.actor_uri, f"{node.origin}/inbox"))
        for number in range(HOSTS)
    ]
    statuses = stage.send_all(node.port, requests, connections=8)
    assert statuses == {202: HOSTS}, statuses
    wait_until(lambda: _taken(members, "Accept") == HOSTS, "all may follow", _PATIENCE_SECONDS)


def _publish(members: stage.Crowd, node: Node, number: int) -> float:
    begin = time.monotonic()
    stage.publish(node, f"Post {number}")
    wait_until(
        lambda: _taken(members, "Create") == number * HOSTS, "the post is everywhere", _PATIENCE_SECONDS
    )
    elapsed: float = members.tally()["last_at"]["Create"] - begin
    return HOSTS / elapsed


def _taken(members: stage.Crowd, kind: str) -> int:
    return int(members.tally()["verified"].get(kind, 0))


def _signing_rate() -> float:
    key = keys.generate_rsa()
    begin = time.monotonic()
    for number in range(SIGNATURES):
        key.sign(b"%d" % number)
    return SIGNATURES / (time.monotonic() - begin)
