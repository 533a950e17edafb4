"""Two nodes over real HTTPS on loopback exchange every activity: a smoke test with TLS before the nodes."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from tests.nodes.conftest import Pair, is_followed
from tests.nodes.harness import Node, wait_until
from tests.nodes.tls_front import tls_front
from tests.peer_server import peer_server
from tests.ports import free_port

NEWS = """+++
type = "news"
title = "Over the wire"
language = "en"
show = "full"
+++

Sealed on its way.
"""


def secure_node(stack: ExitStack, name: str, folder: Path, authority: trustme.CA, trusted: Path) -> Node:
    """Run a node behind TLS with a certificate of the test authority, which it also trusts."""
    outside, inside = free_port(), free_port()
    node = Node(
        name=name,
        folder=folder / name,
        port=inside,
        origin=f"https://{name}.localhost:{outside}",
        environ={"SSL_CERT_FILE": str(trusted), "FEDINODE_FEDERATION__ALLOW_ADDRESSES": "127.0.0.0/8"},
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(f"{name}.localhost").configure_cert(context)
    node.init()
    stack.enter_context(tls_front(outside, inside, context))
    node.start()
    stack.callback(node.stop)
    return node


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def secure_pair(authority: trustme.CA, trusted: Path, tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        writer = secure_node(stack, "berlin", tmp_path, authority, trusted)
        reader = secure_node(stack, "tbilisi", tmp_path, authority, trusted)
        yield Pair(writer=writer, reader=reader)


def total(node: Node, collection: str) -> int:
    number = node.document(collection)["totalItems"]
    assert isinstance(number, int)
    return number


def followers(node: Node) -> list[dict[str, object]]:
    return node.rows("SELECT 1 FROM follows WHERE direction = 'in' AND state = 'accepted'")


def test_every_activity_between_two_nodes(secure_pair: Pair, tmp_path: Path) -> None:
    writer, reader = secure_pair.writer, secure_pair.reader
    path = tmp_path / "news.md"
    path.write_text(NEWS, "utf-8")

    reader.cli("follow", writer.handle)  # Follow, Accept
    wait_until(lambda: is_followed(writer, reader), "the follow is accepted")

    uri = writer.document(writer.cli("post", str(path)))["id"]  # Create
    wait_until(lambda: secure_pair.copy(uri), "the post arrives")

    path.write_text(NEWS.replace("Sealed", "Still sealed"), "utf-8")
    writer.cli("edit", uri, str(path))  # Update
    wait_until(lambda: "Still sealed" in str(secure_pair.copy(uri)), "the edit arrives")

    reader.cli("reshare", uri)  # Announce
    wait_until(lambda: total(writer, f"{uri}/shares") == 1, "the reshare is counted")
    reader.cli("unreshare", uri)  # Undo
    wait_until(lambda: total(writer, f"{uri}/shares") == 0, "the reshare is taken back")

    reader.cli("reply", uri, "Received.")  # Create of a reply
    wait_until(lambda: writer.rows("SELECT 1 FROM replies WHERE state = 'held'"), "the reply arrives")

    writer.cli("delete", uri, "--yes")  # Delete
    wait_until(lambda: (secure_pair.copy(uri) or {}).get("deleted_at"), "the deletion arrives")

    reader.cli("unfollow", writer.handle)  # Undo of a Follow
    wait_until(lambda: not followers(writer), "the follow is taken back")


def test_what_only_other_software_sends(secure_pair: Pair, authority: trustme.CA, tmp_path: Path) -> None:
    writer = secure_pair.writer
    path = tmp_path / "news.md"
    path.write_text(NEWS, "utf-8")
    uri = writer.document(writer.cli("post", str(path)))["id"]
    inbox = f"{writer.origin}/inbox"
    with peer_server(authority) as server:
        nino = server.peer("elsewhere").actor("nino")

        def say(kind: str, target: object, **members: object) -> dict[str, object]:
            activity = nino.activity(kind, target, **members)
            answer = writer.post_signed(nino.signed(inbox, activity))
            assert answer.status_code == 202, answer.text
            return activity

        like = say("Like", uri)
        wait_until(lambda: total(writer, f"{uri}/likes") == 1, "the like is counted")
        say("Undo", like)
        wait_until(lambda: total(writer, f"{uri}/likes") == 0, "the like is taken back")

        follow = say("Follow", writer.actor_uri)
        wait_until(lambda: nino.peer.received("Accept"), "the follow is accepted")
        assert nino.peer.received("Accept")[0]["object"]["id"] == follow["id"]
        say("Block", writer.actor_uri)
        wait_until(lambda: not followers(writer), "the block ends the follow")

        say("Flag", [writer.actor_uri, uri], content="This is wrong.")
        wait_until(lambda: writer.rows("SELECT 1 FROM reports"), "the report is kept")
