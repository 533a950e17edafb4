"""Follow requests between nodes: decided by hand where the node says so, taken back, kept out by blocks."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.nodes.conftest import MakeDatabase, Pair, running_node
from tests.nodes.harness import Node, wait_until
from tests.peer_server import PeerServer

MANUAL = {"FEDINODE_FEDERATION__ACCEPT_FOLLOWS": "manual"}


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Pair]:
    """Run two nodes; the first decides on followers by hand, the second has several collectives."""
    folder = tmp_path_factory.mktemp("strangers")
    with ExitStack() as stack:
        careful = running_node(stack, "halle", folder, make_database() | MANUAL)
        asking = running_node(stack, "porto", folder, make_database())
        yield Pair(writer=careful, reader=asking)


def ask(strangers: Pair, collective: str) -> str:
    """Let a new collective ask to follow, and return the number of its request."""
    asking = strangers.reader
    asking.cli("collective", "add", collective, "--name", collective.title(), "--language", "pt")
    asking.cli("follow", strangers.writer.handle, "--as", collective)
    uri = f"{asking.origin}/collectives/{collective}"
    wait_until(lambda: state_of(strangers.writer, uri) == "pending", "the request arrives")
    (line,) = [line for line in strangers.writer.cli_json("requests") if collective in str(line)]
    return str(line["id"])


def state_of(node: Node, follower_uri: str) -> object:
    """Return the state of somebody's follow of the node's collective, or None."""
    rows = node.rows(
        "SELECT state FROM follows JOIN actors ON actors.id = follows.actor_id"
        " WHERE direction = 'in' AND actors.uri = :uri",
        uri=follower_uri,
    )
    return rows[0]["state"] if rows else None


def own_state(node: Node, collective: str) -> object:
    """Return the state of a follow by one of the node's collectives."""
    rows = node.rows(
        "SELECT state FROM follows JOIN collectives ON collectives.id = follows.collective_id"
        " WHERE direction = 'out' AND collectives.name = :name",
        name=collective,
    )
    return rows[0]["state"] if rows else None


def test_a_follow_waits_for_a_decision_and_can_be_taken_back(strangers: Pair) -> None:
    careful, asking = strangers.writer, strangers.reader
    number = ask(strangers, "evora")
    uri = f"{asking.origin}/collectives/evora"
    assert own_state(asking, "evora") == "pending"
    careful.cli("accept", number)
    wait_until(lambda: own_state(asking, "evora") == "accepted", "the acceptance arrives")
    assert "evora" in str(careful.cli_json("followers"))
    asking.cli("unfollow", careful.handle, "--as", "evora")
    wait_until(lambda: state_of(careful, uri) != "accepted", "the follow is taken back")
    assert "evora" not in str(careful.cli_json("followers"))


def test_a_rejected_follow_is_told_and_receives_nothing(strangers: Pair) -> None:
    careful, asking = strangers.writer, strangers.reader
    careful.cli("reject", ask(strangers, "faro"))
    wait_until(lambda: own_state(asking, "faro") == "rejected", "the refusal arrives")
    assert "faro" not in str(careful.cli_json("followers"))


def test_a_blocked_server_cannot_follow_and_nothing_of_it_is_kept(strangers: Pair, peers: PeerServer) -> None:
    careful = strangers.writer
    rude = peers.peer("rude").actor("troll")
    careful.cli("block", rude.peer.host, "--reason", "a test", "--yes")
    assert rude.peer.host in str(careful.cli_json("blocks"))
    rude.deliver(f"{careful.actor_uri}/inbox", rude.activity("Follow", careful.actor_uri))
    assert state_of(careful, rude.uri) is None
    assert careful.rows("SELECT 1 FROM journal WHERE actor_uri = :uri", uri=rude.uri) == []
    assert rude.peer.fetches() == []


def test_a_handle_that_does_not_exist_is_one_sentence(strangers: Pair) -> None:
    done = strangers.reader.run("follow", f"@nobody@{strangers.writer.host}", "--as", "porto")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "nobody" in done.stderr
