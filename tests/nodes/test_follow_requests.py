"""Follow requests between nodes: decided by hand where the node says so, taken back, kept out by blocks."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.nodes.conftest import MakeDatabase, Pair, is_followed, running_node
from tests.nodes.harness import Node, wait_until

MANUAL = {"FEDINODE_FEDERATION__ACCEPT_FOLLOWS": "manual"}


@pytest.fixture
def strangers(tmp_path: Path, make_database: MakeDatabase) -> Iterator[Pair]:
    """Run two nodes that do not know each other; the first decides on followers by hand."""
    with ExitStack() as stack:
        careful = running_node(stack, "halle", tmp_path, make_database() | MANUAL)
        asking = running_node(stack, "porto", tmp_path, make_database())
        yield Pair(writer=careful, reader=asking)


def request_of(node: Node, who: Node) -> object:
    """Return the id of a waiting follow request, or None."""
    waiting = node.rows("SELECT 1 FROM follows WHERE direction = 'in' AND state = 'pending'")
    lines = [line for line in node.cli_json("requests") if who.host in str(line)] if waiting else []
    return lines[0]["id"] if lines else None


def test_a_follow_waits_for_a_decision_and_can_be_taken_back(strangers: Pair) -> None:
    careful, asking = strangers.writer, strangers.reader
    asking.cli("follow", careful.handle)
    number = wait_until(lambda: request_of(careful, asking), "the request arrives")
    assert not is_followed(careful, asking)
    careful.cli("accept", str(number))
    wait_until(lambda: is_followed(careful, asking), "the follow is accepted")
    asking.cli("unfollow", careful.handle)
    wait_until(lambda: not is_followed(careful, asking), "the follow is taken back")
    assert careful.cli_json("followers") == []


def test_a_rejected_follow_receives_nothing(strangers: Pair) -> None:
    careful, asking = strangers.writer, strangers.reader
    asking.cli("follow", careful.handle)
    number = wait_until(lambda: request_of(careful, asking), "the request arrives")
    careful.cli("reject", str(number))
    wait_until(
        lambda: asking.rows("SELECT 1 FROM follows WHERE direction = 'out' AND state = 'rejected'"),
        "the refusal arrives",
    )
    assert careful.cli_json("followers") == []


def test_a_blocked_server_cannot_follow(strangers: Pair) -> None:
    careful, asking = strangers.writer, strangers.reader
    careful.cli("block", asking.host, "--reason", "a test", "--yes")
    assert asking.host in str(careful.cli_json("blocks"))
    asking.cli("follow", careful.handle)
    wait_until(lambda: asking.rows("SELECT 1 FROM deliveries WHERE attempts > 0"), "the request was sent")
    assert careful.cli_json("requests") == []
    assert careful.rows("SELECT 1 FROM journal") == []


def test_a_handle_that_does_not_exist_is_one_sentence(strangers: Pair) -> None:
    done = strangers.reader.run("follow", f"@nobody@{strangers.writer.host}")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nobody" in done.stderr
