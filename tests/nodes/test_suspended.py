"""A suspended domain on every path to a real node: bad.peers.localhost is suspended, eve is at x.bad.

Each way in stands in a table, with the answers that it may get. After each nothing of hers is kept, and
nobody under the suspended domain was asked for anything.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from federation import activities, signatures
from federation.negotiation import ACTIVITY_JSON
from federation.signatures import Dialect, HttpMessage
from tests.nodes.conftest import running_node
from tests.nodes.harness import Node, wait_until
from tests.peer_server import Document, Peer, PeerActor, PeerServer, Reply, peer_server

pytestmark = pytest.mark.nodes

SUSPENDED = "bad.peers.localhost"
NEWS = '+++\ntype = "news"\ntitle = "News"\nlanguage = "en"\nshow = "full"\ncomments = "open"\n+++\n\nText.\n'
TABLES = ("reactions", "remote_objects", "remote_shares", "reports", "cosignatures")


@dataclass(frozen=True, slots=True, kw_only=True)
class Siege:
    """A node with one public post under which eve has written before her domain was suspended."""

    node: Node
    server: PeerServer
    post: str
    eve: PeerActor
    #: Where eve lives, under the suspended domain; followed by the node, and elsewhere.
    bad: Peer
    friend: PeerActor
    third: PeerActor
    old_note: Document

    def send(self, actor: PeerActor, document: Document, key_id: str = "") -> int:
        """Deliver an activity, wait until the node is done with it, and return the status."""
        sender = actor if not key_id else PeerActor(**{**_members(actor), "key_id": key_id})
        answer = self.node.post_signed(sender.signed(f"{self.node.origin}/inbox", document))
        wait_until(lambda: self.count("journal WHERE state = 'waiting'") == 0, "the journal is applied")
        return answer.status_code

    def get(self, actor: PeerActor, address: str, dialect: Dialect = Dialect.CAVAGE) -> int:
        """Fetch a document of the node, signed by an actor."""
        message = HttpMessage(
            method="GET", target_uri=address, headers=(("Accept", ACTIVITY_JSON),), body=None
        )
        signed = signatures.sign(message, actor.key, actor.key_id, datetime.now(UTC), dialect)
        return self.node.send_signed(signed).status_code

    def note(self, **members: Any) -> Document:
        """Make a reply of eve's to the post, served at its id."""
        return self.bad.serve(self.eve.note(inReplyTo=self.post, **members))

    def count(self, rows: str, **values: Any) -> int:
        found = self.node.rows(f"SELECT count(*) AS number FROM {rows}", **values)
        return int(found[0]["number"])

    def kept(self) -> dict[str, int]:
        """Return how much there is of all that she could bring in."""
        counts = {table: self.count(table) for table in TABLES}
        counts["replies"] = self.count(
            "replies JOIN actors ON actors.id = replies.actor_id WHERE actors.uri LIKE :there",
            there="%.bad.peers%",
        )
        counts["shown"] = self.count("replies WHERE state IN ('shown', 'held')")
        counts["follows"] = self.count("follows WHERE state IN ('accepted', 'pending')")
        counts["actors"] = self.count("actors WHERE uri LIKE :there", there="%.bad.peers%")
        counts["sent"] = self.count(
            "deliveries JOIN peers ON peers.id = deliveries.peer_id WHERE host LIKE :there",
            there="%bad.peers%",
        )
        return counts


def _members(actor: PeerActor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in PeerActor.__dataclass_fields__}


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    folder = tmp_path_factory.mktemp("siege")
    with ExitStack() as stack:
        server = stack.enter_context(peer_server())
        node = running_node(stack, "berlin", folder, {})
        (folder / "news.md").write_text(NEWS, "utf-8")
        post = node.document(node.cli("post", str(folder / "news.md")))["id"]
        bad = server.peer("x.bad")
        eve, friend = bad.actor("eve"), server.peer("friend").actor("ada")
        third = server.peer("third").actor("carl")
        note = bad.serve(eve.note(inReplyTo=post, cc=[node.actor_uri]))
        found = Siege(
            node=node,
            server=server,
            post=post,
            eve=eve,
            bad=bad,
            friend=friend,
            third=third,
            old_note=note,
        )
        assert found.send(eve, eve.activity("Follow", node.actor_uri)) == 202
        assert found.send(eve, eve.activity("Create", note)) == 202
        assert found.send(eve, eve.activity("Like", post)) == 202
        assert found.kept()["shown"] == found.kept()["reactions"] == found.kept()["follows"] == 1
        node.cli("follow", f"@ada@{friend.peer.host}")
        (follow,) = wait_until(lambda: friend.peer.received("Follow"), "ada is asked")
        assert found.send(friend, friend.activity("Accept", follow)) == 202
        node.cli("block", SUSPENDED, "--yes")
        assert found.kept()["shown"] == found.kept()["reactions"] == 0
        assert found.kept()["follows"] == 1
        bad.requests.clear()
        yield found
        assert "Traceback" not in node.log


# -- the ways in


def _elsewhere(siege: Siege) -> PeerActor:
    """An actor of another server that says that it is signed for by a key under the suspended domain."""
    return siege.server.peer("third").actor("mallory", key_id=f"{siege.bad.origin}/keys/mallory")


def _key_elsewhere(siege: Siege) -> int:
    """Her key lies on a server that is not suspended, and names her as its owner."""
    peer, key_id = siege.third.peer, f"{siege.third.peer.origin}/keys/eve"
    key = {"id": key_id, "owner": siege.eve.uri, "publicKeyPem": siege.eve.key.public.pem()}
    peer.answer("/keys/eve", Reply.json({"id": key_id, "type": "Key", **key}))
    return siege.send(siege.eve, siege.eve.activity("Like", siege.post), key_id)


def _redirected(siege: Siege) -> int:
    """An actor of another server whose document leads under the suspended domain."""
    peer = siege.server.peer("leading")
    actor = peer.actor("gate")
    peer.answer("/users/gate", Reply(status=302, headers=(("Location", siege.eve.uri),)))
    return siege.send(actor, actor.activity("Like", siege.post))


def _announced(siege: Siege, address: str) -> int:
    return siege.send(siege.friend, siege.friend.activity("Announce", address))


def _announced_over_redirect(siege: Siege) -> int:
    peer = siege.server.peer("shortener")
    address = peer.answer("/s/1", Reply(status=301, headers=(("Location", siege.note()["id"]),)))
    return _announced(siege, address)


def _announced_with_her_as_author(siege: Siege) -> int:
    note = siege.third.note(attributedTo=siege.eve.uri)
    return _announced(siege, siege.third.peer.serve(note)["id"])


def _in_a_thread(siege: Siege) -> int:
    """Carl answers the post; eve answers Carl; Carl's server passes her answer on."""
    answer = siege.third.peer.serve(siege.third.note(inReplyTo=siege.post, cc=[siege.node.actor_uri]))
    assert siege.send(siege.third, siege.third.activity("Create", answer)) == 202
    note = siege.bad.serve(siege.eve.note(inReplyTo=answer["id"]))
    status = siege.send(siege.third, siege.eve.activity("Create", note))
    gone = siege.third.activity("Delete", {"id": answer["id"], "type": "Tombstone"})
    assert siege.send(siege.third, gone) == 202
    siege.third.peer.answer(answer["id"].removeprefix(siege.third.peer.origin), Reply(status=410))
    return status


def _moved(siege: Siege) -> int:
    """Whom we follow moves to her, and she says that she was them."""
    siege.bad.serve(siege.eve.document | {"alsoKnownAs": [siege.friend.uri]})
    move = siege.friend.activity("Move", siege.friend.uri, target=siege.eve.uri)
    return siege.send(siege.friend, move)


def _by_eve(kind: str) -> Callable[[Siege], int]:
    def send(siege: Siege) -> int:
        subjects: dict[str, Any] = {
            activities.CREATE: siege.note(),
            activities.UPDATE: {
                **siege.old_note,
                "content": "<p>Worse</p>",
                "updated": "2030-01-01T00:00:00Z",
            },
            activities.DELETE: siege.old_note["id"],
            activities.FOLLOW: siege.node.actor_uri,
            activities.MOVE: siege.eve.uri,
        }
        return siege.send(siege.eve, siege.eve.activity(kind, subjects.get(kind, siege.post)))

    return send


#: What she or somebody for her tries, and which answers are right: refused, or taken and dropped.
WAYS: dict[str, tuple[Callable[[Siege], int], set[int]]] = {
    **{f"her {kind}": (_by_eve(kind), {403}) for kind in sorted(activities.HANDLED)},
    "an activity of no known type": (_by_eve("Wave"), {403}),
    "her signed GET of the post": (lambda siege: siege.get(siege.eve, siege.post), {403}),
    "her signed GET of the actor": (lambda siege: siege.get(siege.eve, siege.node.actor_uri), {403}),
    "her GET in the newer dialect": (
        lambda siege: siege.get(siege.eve, f"{siege.node.actor_uri}/outbox", Dialect.RFC9421),
        {403},
    ),
    "her reply, passed on by a third server": (
        lambda siege: siege.send(siege.third, siege.eve.activity("Create", siege.note())),
        {202},
    ),
    "her reply, named by a third server": (
        lambda siege: siege.send(siege.third, siege.third.activity("Create", siege.note()["id"])),
        {202, 400, 403},
    ),
    "her answer in a thread, passed on": (_in_a_thread, {202}),
    "an Update of her old reply, passed on": (
        lambda siege: siege.send(siege.third, siege.eve.activity("Update", siege.old_note)),
        {202},
    ),
    "a friend's Announce of her post": (lambda siege: _announced(siege, siege.note()["id"]), {202}),
    "a friend's Announce of an address that leads to her": (_announced_over_redirect, {202}),
    "a friend's Announce of a post that names her": (_announced_with_her_as_author, {202}),
    "a friend's Announce with her post in it": (
        lambda siege: siege.send(siege.friend, siege.friend.activity("Announce", siege.note())),
        {202},
    ),
    "a friend's Move to her": (_moved, {202}),
    "a key under her domain for an actor elsewhere": (
        lambda siege: siege.send(_elsewhere(siege), _elsewhere(siege).activity("Like", siege.post)),
        {403},
    ),
    "her with a key elsewhere": (_key_elsewhere, {401, 403}),
    "an actor whose document leads to her": (_redirected, {401, 403}),
}


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_a_suspended_domain_comes_in_by(siege: Siege, way: str) -> None:
    attempt, answers = WAYS[way]
    before = siege.kept()
    assert attempt(siege) in answers
    assert siege.kept() == before
    assert siege.bad.requests == [], "nobody there is asked"


def test_members_reach_nobody_under_a_suspended_domain(siege: Siege) -> None:
    """WebFinger on a host that is not suspended leads to her; and nothing that is published goes there."""
    link = {"rel": "self", "type": ACTIVITY_JSON, "href": siege.eve.uri}
    finger = {"subject": f"acct:eve@{siege.third.peer.host}", "links": [link]}
    siege.third.peer.answer("/.well-known/webfinger", Reply.json(finger, "application/jrd+json"))
    before = siege.kept()
    for arguments in (
        ("follow", f"@eve@{siege.third.peer.host}"),
        ("follow", f"@eve@{siege.bad.host}"),
        ("follow", siege.eve.uri),
        ("reshare", siege.note()["id"]),
        ("take-over", siege.note()["id"]),
    ):
        done = siege.node.run(*arguments)
        assert done.returncode != 0, arguments
        assert "blocked" in done.stderr, done.stderr
    assert siege.kept() == before
    assert siege.bad.requests == []


def test_lifting_brings_back_what_was_taken_and_lets_her_in_again(siege: Siege) -> None:
    siege.node.cli("unblock", SUSPENDED)
    kept = siege.kept()
    assert (kept["shown"], kept["reactions"], kept["follows"]) == (1, 1, 2)
    assert siege.get(siege.eve, siege.post) == 200
    assert siege.send(siege.eve, siege.eve.activity("Create", siege.note())) == 202
    assert siege.kept()["shown"] == 2
