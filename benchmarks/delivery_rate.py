"""Posts to followers on a thousand servers, over TLS, each signature verified by the receiver.

The servers are names on loopback in front of one process, so the node pays what it would pay for a thousand
machines (connections, handshakes, signatures) and the receiver pays the same on this machine.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trustme

from benchmarks.figures import Figure, processor_seconds, pss_of_tree, rsa_signing_rate
from benchmarks.measured import new_node, serving
from fedinode.config import load_settings
from fedinode.storage import follows, remote_actors
from fedinode.storage.database import Session, open_database
from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import Node

_SERVERS = 1_000
_POSTS = 3
_DEADLINE_SECONDS = 240.0
_POST = """+++
type = "news"
language = "en"
title = "To everybody, number {number}"
+++

We write to a thousand servers at once.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """The receiving process."""

    process: subprocess.Popen[bytes]
    port: int

    def outcome(self) -> dict[str, float]:
        """Wait until all has arrived, and return what the receiver counted."""
        output, _ = self.process.communicate(timeout=_DEADLINE_SECONDS)
        found: dict[str, float] = json.loads(output)
        return found


def measure(folder: Path) -> list[Figure]:
    """Publish posts to followers on a thousand servers and return how fast they arrived."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    node = new_node(folder, {"SSL_CERT_FILE": str(folder / "authority.pem")})
    for number in range(_POSTS):
        (folder / f"post{number}.md").write_text(_POST.format(number=number), "utf-8")
    signing = rsa_signing_rate()
    with open_sink(folder, authority, node, _SERVERS * _POSTS) as sink:
        _add_followers(node, sink.port)
        with serving(node) as pid:
            computed = processor_seconds(pid)
            began = time.perf_counter()
            for number in range(_POSTS):
                node.cli("post", str(folder / f"post{number}.md"))
            outcome = sink.outcome()
            seconds = time.perf_counter() - began
            computed = processor_seconds(pid) - computed
            memory = pss_of_tree(pid)
    assert outcome["refused"] == 0, outcome
    assert outcome["twice"] == 0, outcome
    note = f"{_POSTS} posts to {_SERVERS} servers"
    count = outcome["delivered"]
    return [
        Figure(
            name="deliveries, first to last arrival", value=count / outcome["seconds"], unit="/s", note=note
        ),
        Figure(name="deliveries, first command to last arrival", value=count / seconds, unit="/s"),
        Figure(name="processor time of the node per delivery", value=computed / count * 1000, unit="ms"),
        signing,
        Figure(name="memory after them", value=memory, unit="MB PSS"),
    ]


@contextmanager
def open_sink(folder: Path, authority: trustme.CA, node: Node, expected: int) -> Iterator[Sink]:
    """Listen for this many deliveries of a node's collective, under any number of names."""
    certificate = authority.issue_cert("*.sink.localhost")
    certificate.cert_chain_pems[0].write_to_path(folder / "sink.pem")
    certificate.private_key_pem.write_to_path(folder / "sink.key")
    keys = node.rows(
        "SELECT public FROM keys WHERE owner_uri = :uri AND purpose = 'delivery'", uri=node.actor_uri
    )
    (folder / "sender.pem").write_text(keys[0]["public"], "ascii")
    files = [str(folder / name) for name in ("sink.pem", "sink.key", "sender.pem")]
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", *files, str(expected)],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as process:
        assert process.stdout is not None
        try:
            yield Sink(process=process, port=int(process.stdout.readline()))
        finally:
            process.kill()


def _add_followers(node: Node, port: int) -> None:
    """Write accepted followers into the node's database, one on each server."""
    now = datetime.now(UTC)
    collective_id = node.rows("SELECT id FROM collectives")[0]["id"]

    def add_all(session: Session) -> None:
        for number in range(_SERVERS):
            facts = actor_at(f"p{number:04}.sink.localhost:{port}")
            follow = follows.NewFollow(
                direction="in",
                collective_id=collective_id,
                actor_id=remote_actors.record(session, facts, now),
                follow_uri=f"{facts.uri}#follow",
                body=b"{}",
            )
            follows.set_state(session, follows.put(session, follow, now), "accepted", now)

    database = open_database(load_settings(node.folder, node.environ))
    database.write_now(add_all)
    database.close()


def actor_at(host: str) -> remote_actors.ActorFacts:
    """Return what somebody at a name of the sink would say about itself."""
    uri = f"https://{host}/users/mira"
    return remote_actors.ActorFacts(
        uri=uri,
        host=host,
        type="Person",
        name="Mira",
        preferred_username="mira",
        url=None,
        icon_url=None,
        followers_uri=None,
        inbox_url=f"{uri}/inbox",
        inbox_host=host,
        shared_inbox_url=f"https://{host}/inbox",
        capabilities=frozenset(),
        also_known_as=(),
        moved_to=None,
        keys=(),
    )
