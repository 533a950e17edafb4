"""Processes that stay: they end when asked to, share the work where they may, and say where they listen."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy

from tests.nodes.harness import Node, make_node, wait_until
from tests.peer_server import peer_server
from tests.ports import free_port

NEWS = '+++\ntype = "news"\nlanguage = "en"\n+++\n\nText.\n'
_COMMAND = (sys.executable, "-c", "from fedinode.cli.main import main; raise SystemExit(main())")


@contextmanager
def running(node: Node, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a further command of a node until the end of the block."""
    with node.log_path.open("ab") as log:
        process = subprocess.Popen(
            [*_COMMAND, "--data", str(node.folder), *arguments],
            stdout=log,
            stderr=log,
            cwd=node.folder.parent,
            env=node.environment(),
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serving_ends_when_asked_to(node: Node, number: signal.Signals) -> None:
    node.start()
    assert f"{node.origin} is served on 127.0.0.1 port {node.port}; Ctrl-C ends it." in node.log
    assert node.process
    node.process.send_signal(number)
    assert node.process.wait(timeout=30) == 0
    assert "Traceback" not in node.log
    node.start()
    assert node.stop() == 0


def test_requests_are_not_logged_and_the_server_is_not_named(node: Node) -> None:
    node.start()
    assert "server" not in node.get("/about").headers
    node.stop()
    assert "/about" not in node.log


def test_a_worker_delivers_what_the_web_leaves(node: Node, tmp_path: Path) -> None:
    path = tmp_path / "news.md"
    path.write_text(NEWS, "utf-8")
    with peer_server() as server:
        rita = server.peer("lisbon").actor("rita")
        node.start("--no-deliver")
        answered = rita.deliver(f"{node.origin}/inbox", rita.activity("Follow", node.actor_uri))
        assert answered.status_code == 202
        with running(node, "worker") as worker:
            wait_until(lambda: rita.peer.received("Accept"), "the worker answers the follow")
            node.cli("post", str(path))
            wait_until(lambda: rita.peer.received("Create"), "the worker delivers")
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=30) == 0


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Iterator[Node]:
    """Return a node on PostgreSQL."""
    engine = sqlalchemy.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    name = f"processes_{free_port()}"
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = sqlalchemy.make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    made = make_node("berlin", tmp_path, {"FEDINODE_DATABASE_URL": url})
    made.init()
    yield made
    made.stop()


def children(node: Node) -> list[int]:
    """Return the numbers of the processes that serve together."""
    assert node.process
    number = node.process.pid
    return [int(word) for word in Path(f"/proc/{number}/task/{number}/children").read_text("ascii").split()]


def are_gone(numbers: list[int]) -> bool:
    return not any(Path(f"/proc/{number}").exists() for number in numbers)


def test_two_processes_share_a_port_and_end_together(shared: Node) -> None:
    shared.start("--workers", "2")
    both = children(shared)
    assert len(both) == 2
    assert shared.stop() == 0
    assert are_gone(both)


def test_when_one_process_dies_all_end_and_say_so(shared: Node) -> None:
    shared.start("--workers", "2")
    both = children(shared)
    os.kill(both[0], signal.SIGKILL)
    assert shared.process
    assert shared.process.wait(timeout=30) == 1
    assert "A process of the node ended by itself; its log says why." in shared.log
    assert are_gone(both)
