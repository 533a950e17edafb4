"""The hostile activities and addresses of tests/vectors, each thrown at a real node over HTTP.

The names of the vectors stand for peers on loopback: remote.example is remote.peers.localhost, and so on.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.nodes.conftest import running_node
from tests.nodes.harness import Node, make_node, wait_until
from tests.peer_server import Document, Peer, PeerActor, PeerServer, Reply, Request, peer_server

pytestmark = pytest.mark.nodes

VECTORS = Path(__file__).parents[1] / "vectors"
CASES = {case["id"]: case for case in json.loads((VECTORS / "hostile_activities.json").read_text())["cases"]}
SSRF = json.loads((VECTORS / "ssrf.json").read_text())
NEWS = '+++\ntype = "news"\ntitle = "News"\nlanguage = "en"\nshow = "full"\ncomments = "open"\n+++\n\nText.\n'


@dataclass(frozen=True, slots=True)
class Besieged:
    """A node with one public post, which follows bob, and the peers around it."""

    node: Node
    server: PeerServer
    post: str
    bob: PeerActor

    def peer(self, name: str) -> Peer:
        return self.server.peer(name)

    def translated(self, value: Any) -> Any:
        """Return what the vectors say, with the names of this test."""
        text = json.dumps(value).replace("https://node.example/notes/1", self.post)
        text = text.replace("https://node.example/actor", self.node.actor_uri)

        def renamed(match: re.Match[str]) -> str:
            top = "PEERS.localhost" if match[2] == "EXAMPLE" else "peers.localhost"
            return f"http://{match[1]}.{top}:{self.server.port}"

        return json.loads(re.sub(r"https://([A-Za-z0-9.]+)\.(example|EXAMPLE)", renamed, text))

    def case(self, name: str) -> Document:
        activity: Document = self.translated(CASES[name]["activity"])
        return activity

    def throw(self, actor: PeerActor, activity: Document | bytes) -> int:
        """Deliver an activity, wait until the node is done with it, and return the status."""
        message = actor.signed(f"{self.node.origin}/inbox", activity)
        answer = self.node.post_signed(message)
        if answer.status_code != 202:
            assert list(answer.json()) == ["error"]
        self.settle()
        return answer.status_code

    def settle(self) -> None:
        wait_until(lambda: self.count("journal WHERE state = 'waiting'") == 0, "the journal is applied")

    def count(self, rows: str, **values: Any) -> int:
        """Count rows: of a table, with conditions."""
        found = self.node.rows(f"SELECT count(*) AS number FROM {rows}", **values)
        return int(found[0]["number"])

    def kept(self) -> list[int]:
        """Return how much of what could be forged is kept."""
        return [self.count(table) for table in ("remote_objects", "replies", "reactions", "follows")]


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    folder = tmp_path_factory.mktemp("besieged")
    with ExitStack() as stack:
        server = stack.enter_context(peer_server())
        node = running_node(stack, "berlin", folder, {})
        manuscript = folder / "news.md"
        manuscript.write_text(NEWS, "utf-8")
        post = node.document(node.cli("post", str(manuscript)))["id"]
        found = Besieged(node=node, server=server, post=post, bob=server.peer("remote").actor("bob"))
        follow_bob(found)
        yield found
        # Whatever was thrown at it, it stands, and nothing broke inside.
        assert node.get("/healthz").status_code == 200
        assert "Traceback" not in node.log


def follow_bob(besieged: Besieged) -> None:
    bob = besieged.bob
    besieged.node.cli("follow", f"@bob@{bob.peer.host}")
    (follow,) = wait_until(lambda: bob.peer.received("Follow"), "bob is asked")
    assert besieged.throw(bob, bob.activity("Accept", follow)) == 202
    assert besieged.count("follows WHERE direction = 'out' AND state = 'accepted'") == 1


# -- hostile activities

#: Those that are refused, or accepted and dropped, whatever is known; each other has a test of its own.
LEAVES_NOTHING = {
    "id-other-host": 403,
    "jsonld-graph": 400,
    "actor-array": 400,
    "activity-id-other-host": 403,
    "actor-not-signer": 202,
}
OWN_TESTS = {
    *("update-other-owner-same-host", "undo-other-actor", "move-without-alsoKnownAs"),
    *("announce-embedded-forged-object", "unicode-host", "subdomain-of-blocked", "10k-recipients"),
    *("infinite-collection", "stale-update", "duplicate-delivery"),
}


def test_every_hostile_activity_is_tried() -> None:
    assert set(CASES) == set(LEAVES_NOTHING) | OWN_TESTS


@pytest.mark.parametrize("name", LEAVES_NOTHING)
def test_a_hostile_activity_leaves_nothing(besieged: Besieged, name: str) -> None:
    kept, asked = besieged.kept(), len(besieged.peer("victim").requests)
    assert besieged.throw(besieged.bob, besieged.case(name)) == LEAVES_NOTHING[name]
    assert besieged.kept() == kept
    assert len(besieged.peer("victim").requests) == asked


def test_a_neighbour_does_not_change_what_somebody_else_wrote(besieged: Besieged) -> None:
    activity = besieged.case("update-other-owner-same-host")
    alice = besieged.bob.peer.actor("alice")
    note = alice.note(id=activity["object"]["id"], inReplyTo=besieged.post, content="<p>Mine</p>")
    assert besieged.throw(alice, alice.activity("Create", note)) == 202
    assert besieged.throw(besieged.bob, activity) == 202
    (row,) = besieged.node.rows("SELECT html_clean FROM replies WHERE uri = :uri", uri=note["id"])
    assert row["html_clean"] == "<p>Mine</p>"


def test_nobody_takes_back_the_follow_of_somebody_else(besieged: Besieged) -> None:
    undo = besieged.case("undo-other-actor")
    victim = besieged.peer("victim").actor("v")
    follow = victim.activity("Follow", besieged.node.actor_uri, id=undo["object"]["id"])
    assert besieged.throw(victim, follow) == 202
    assert besieged.throw(besieged.bob, undo) == 403
    assert besieged.throw(besieged.bob, undo | {"object": follow["id"]}) == 403
    assert besieged.count("follows WHERE direction = 'in' AND state = 'accepted'") == 1


def test_a_move_that_the_target_does_not_know_of_has_no_effect(besieged: Besieged) -> None:
    besieged.peer("evil").actor("e")
    assert besieged.throw(besieged.bob, besieged.case("move-without-alsoKnownAs")) == 202
    assert besieged.count("follows WHERE direction = 'out' AND state = 'accepted'") == 1
    assert besieged.peer("evil").received("Follow") == []


def test_a_forged_object_in_an_announce_is_fetched_from_its_origin(besieged: Besieged) -> None:
    activity = besieged.case("announce-embedded-forged-object")
    victim = besieged.peer("victim").actor("v")
    true = victim.note(id=activity["object"]["id"], content="<p>True</p>")
    victim.peer.serve(true)
    assert besieged.throw(besieged.bob, activity) == 202
    (row,) = besieged.node.rows("SELECT html_clean FROM remote_objects WHERE uri = :uri", uri=true["id"])
    assert row["html_clean"] == "<p>True</p>"


def test_hosts_are_compared_as_hosts(besieged: Besieged) -> None:
    activity = besieged.case("unicode-host")
    assert besieged.throw(besieged.bob, activity) == 202
    (row,) = besieged.node.rows(
        "SELECT activity_uri FROM reactions WHERE actor_uri = :uri", uri=besieged.bob.uri
    )
    assert row["activity_uri"] == activity["id"]


def test_a_block_covers_the_servers_under_a_domain(besieged: Besieged) -> None:
    blocked = besieged.peer("x7.blocked").actor("b")
    besieged.node.cli("block", "blocked.peers.localhost")
    assert besieged.throw(blocked, blocked.activity("Like", besieged.post)) == 403
    assert blocked.peer.requests == []


def test_ten_thousand_recipients_are_refused_before_anything_is_fetched(besieged: Besieged) -> None:
    crowd = besieged.peer("crowd")
    activity = besieged.bob.activity("Like", besieged.post)
    everybody = [f"{crowd.origin}/users/{number}" for number in range(10_000)]
    assert besieged.throw(besieged.bob, activity | {"to": everybody}) == 413
    assert crowd.requests == []


def test_a_collection_without_end_is_not_walked(besieged: Besieged) -> None:
    endless = besieged.peer("endless")

    def page(request: Request) -> Reply:
        number = int(request.path.rpartition("/")[2])
        return Reply.json(
            {
                "id": f"{endless.origin}{request.path}",
                "type": "CollectionPage",
                "items": [],
                "next": f"{endless.origin}/c/{number + 1}",
            }
        )

    for number in range(50):
        endless.answer(f"/c/{number}", page)
    first = f"{endless.origin}/c/0"
    note = besieged.bob.note(replies=first, likes=first, shares=first)
    assert besieged.throw(besieged.bob, besieged.bob.activity("Create", note)) == 202
    assert besieged.count("remote_objects WHERE uri = :uri", uri=note["id"]) == 1
    assert len(endless.requests) <= 10


def test_a_stale_update_is_ignored(besieged: Besieged) -> None:
    note = besieged.bob.note(updated="2026-11-21T14:00:00Z", content="<p>New</p>")
    stale = note | {"updated": "2026-11-21T13:00:00Z", "content": "<p>Old</p>"}
    for kind, version in (("Create", note), ("Update", stale)):
        assert besieged.throw(besieged.bob, besieged.bob.activity(kind, version)) == 202
    (row,) = besieged.node.rows("SELECT html_clean FROM remote_objects WHERE uri = :uri", uri=note["id"])
    assert row["html_clean"] == "<p>New</p>"


def test_one_activity_delivered_many_times_at_once_has_one_effect(besieged: Besieged) -> None:
    fan = besieged.peer("fans").actor("nino")
    like = fan.activity("Like", besieged.post)
    same = fan.signed(f"{besieged.node.origin}/inbox", like)
    signed_anew = [replace(same)] * 4 + [fan.signed(f"{besieged.node.origin}/inbox", like) for _ in range(4)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(besieged.node.post_signed, signed_anew))
    assert {answer.status_code for answer in answers} == {202}
    besieged.settle()
    assert besieged.count("reactions WHERE actor_uri = :uri", uri=fan.uri) == 1


# -- hostile addresses


def local_spellings(port: int) -> list[str]:
    """Return addresses of this very machine, on a port where somebody listens."""
    hosts = (
        *("127.0.0.1", "[::1]", "0.0.0.0", "[::]", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"),
        *("[::ffff:127.0.0.1]", "localhost.", "x@127.0.0.1", "127.0.0.1."),
    )
    return [f"http://{host}:{port}/secret" for host in hosts]


def hostile_urls(port: int) -> list[str]:
    addresses = SSRF["reject_ip"] + SSRF["python_3_11_is_global_wrong"]
    literals = [f"https://[{each}]/" if ":" in each else f"https://{each}/" for each in addresses]
    return [*SSRF["reject_url"], *literals, *local_spellings(port)]


def require_untouched(server: PeerServer) -> None:
    """Check that nobody was asked under a name that is none of our peers'."""
    assert not {name for name in server.peers if "local" in name or ":" in name or name[0].isdigit()}


@pytest.fixture(scope="module")
def in_public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node as it stands on the open net: its origin is public, and nothing else is allowed."""
    node = make_node("berlin", tmp_path_factory.mktemp("public"))
    node.origin = "https://berlin.example"
    node.init()
    node.start()
    yield node
    assert "Traceback" not in node.log
    node.stop()


def test_no_key_is_fetched_from_a_hostile_address(besieged: Besieged, in_public: Node) -> None:
    like = besieged.bob.activity("Like", f"{in_public.origin}/posts/1")
    # To this node, everybody on loopback is hostile, peers of the other tests included.
    for url in (*hostile_urls(besieged.server.port), besieged.peer("elsewhere").origin + "/users/bob"):
        if not url.isprintable():
            # Such a key id cannot even be written into a header.
            continue
        liar = replace(besieged.bob, key_id=url[:1900])
        answer = in_public.post_signed(liar.signed(f"{in_public.origin}/inbox", like))
        assert answer.status_code in (400, 401), url
        assert list(answer.json()) == ["error"]
    assert in_public.rows("SELECT 1 FROM journal") == in_public.rows("SELECT 1 FROM peers") == []
    assert besieged.peer("elsewhere").requests == []
    require_untouched(besieged.server)


def test_no_object_is_fetched_from_a_hostile_address(besieged: Besieged) -> None:
    kept = besieged.kept()
    for url in hostile_urls(besieged.server.port):
        # This node lives on localhost, so other names there are no strangers to it.
        if "localhost/" not in url:
            announce = besieged.bob.activity("Announce", url)
            assert besieged.throw(besieged.bob, announce) in (202, 400), url
    assert besieged.kept() == kept
    require_untouched(besieged.server)


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://remote.example:22/", "file:///etc/passwd"])
def test_nobody_is_followed_at_a_hostile_address(in_public: Node, url: str) -> None:
    done = in_public.run("follow", url)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1


def redirected(besieged: Besieged, number: int) -> tuple[str, str]:
    """Set up a redirect of the vectors; return where it begins and where it leads."""
    url, status, target, _ = besieged.translated(SSRF["redirect_cases"][number])
    begin = besieged.peer("ok")
    begin.answer(url.removeprefix(begin.origin), Reply(status=int(status), headers=(("Location", target),)))
    return url, target


@pytest.mark.parametrize("number", [0, 1])
def test_a_redirect_of_a_key_to_nowhere_is_not_followed(besieged: Besieged, number: int) -> None:
    url, _ = redirected(besieged, number)
    liar = replace(besieged.bob, uri=url, key_id=f"{url}#main-key")
    assert besieged.throw(liar, liar.activity("Like", besieged.post)) in (401, 503)
    assert besieged.count("actors WHERE uri = :uri", uri=url) == 0
    require_untouched(besieged.server)


def test_a_redirect_of_an_actor_leads_to_the_one_whose_id_is_where_it_ends(besieged: Besieged) -> None:
    url, target = redirected(besieged, 2)
    www = besieged.peer("www.ok")
    actor = www.actor("actor", id=target, inbox=f"{www.origin}/inbox", publicKey=None)
    www.answer("/actor", Reply.json(actor.document | {"id": url}))
    assert besieged.node.run("follow", url).returncode == 1
    assert besieged.count("actors WHERE uri IN (:url, :target)", url=url, target=target) == 0
    www.answer("/actor", Reply.json(actor.document))
    besieged.node.cli("follow", url)
    assert besieged.count("actors WHERE uri = :uri", uri=target) == 1
    assert besieged.count("actors WHERE uri = :uri", uri=url) == 0
