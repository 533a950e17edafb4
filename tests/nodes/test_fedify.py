"""A real node and Fedify, an implementation that shares no code with ours, exchange every activity.

Fedify says of each delivery whether the HTTP signature and the proof on the activity hold, each judged alone.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.fedify.fedify_peer import CAVAGE, RFC_9421, FedifyPeer, running_fedify
from tests.nodes.conftest import running_node
from tests.nodes.harness import Node, wait_until

pytestmark = [pytest.mark.fedify, pytest.mark.nodes]

MANUSCRIPTS = {
    "Article": """+++
type = "statement"
title = "{title}"
language = "ru"
summary = "Кратко"
issued_by = "Собрание"
demands = ["Мир"]
[translations.de]
title = "Erklärung"
summary = "Kurz"
issued_by = "Versammlung"
body = "Wir fordern Frieden."
+++

Мы требуем мира.
""",
    "Note": """+++
type = "news"
title = "{title}"
language = "en"
show = "full"
tags = ["archive"]
+++

Come **and** read.
""",
    "Event": """+++
type = "event"
title = "{title}"
language = "en"
starts = 2031-05-03T19:00:00
ends = 2031-05-03T21:00:00
timezone = "Europe/Berlin"
place = "Library"
[[organisers]]
name = "Cell Berlin"
+++

Bring a book.
""",
}
_numbers = count(1)

Delivery = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Meeting:
    """A node that alice, on Fedify, follows, and that follows her."""

    node: Node
    fedify: FedifyPeer
    folder: Path

    def sent(self, kind: str, *arguments: str) -> Delivery:
        """Run a command that sends an activity of a type, and return it once Fedify believes it."""
        before = len(self.fedify.believed(kind))
        self.node.cli(*arguments)
        return self.fedify.wait_for(kind, before + 1)

    def publish(self, kind: str = "Note") -> Delivery:
        """Publish something new and return the Create."""
        return self.sent("Create", "post", self.manuscript(kind, f"Number {next(_numbers)}"))

    def manuscript(self, kind: str, title: str) -> str:
        path = self.folder / "post.md"
        path.write_text(MANUSCRIPTS[kind].format(title=title), "utf-8")
        return str(path)

    def total(self, collection: str) -> int:
        """Return what our collection of likes, shares or replies counts."""
        number: int = self.node.document(collection)["totalItems"]
        return number

    def held(self, words: str) -> object:
        """Return the number of the held reply with these words, or None."""
        return next((line["id"] for line in self.node.cli_json("held") if words in str(line)), None)


@pytest.fixture(scope="module")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    folder = tmp_path_factory.mktemp("fedify")
    with ExitStack() as stack:
        fedify = stack.enter_context(running_fedify(folder))
        node = running_node(stack, "berlin", folder, {})
        fedify.do("follow", actor=node.actor_uri)
        fedify.wait_for("Accept")
        node.cli("follow", fedify.handle)
        wait_until(lambda: is_following(node), "alice accepts to be followed")
        yield Meeting(node=node, fedify=fedify, folder=folder)
        # Every context that our documents name is one that Fedify carries with it.
        assert fedify.log()["refusedNames"] == []


@pytest.fixture(scope="module")
def note_uri(meeting: Meeting) -> str:
    """The id of a Note of ours that Fedify has."""
    uri: str = meeting.publish()["document"]["object"]["id"]
    return uri


def is_following(node: Node) -> bool:
    return bool(node.rows("SELECT 1 FROM follows WHERE direction = 'out' AND state = 'accepted'"))


def require_signed(delivery: Delivery, node: Node, *, is_proven: bool = False) -> None:
    """Check that Fedify took a delivery as the collective's own, and that no proof on it is wrong."""
    assert delivery["status"] == 202
    assert delivery["signature"] == {
        "dialect": CAVAGE,
        "verified": True,
        "key": f"{node.actor_uri}#main-key",
        "owner": node.actor_uri,
        "reason": None,
    }
    assert delivery["proof"]["verified"] is delivery["proof"]["present"]
    assert delivery["proof"]["present"] or not is_proven


def test_fedify_sees_the_collective_with_all_its_keys(meeting: Meeting) -> None:
    seen = meeting.fedify.do("look", actor=meeting.node.actor_uri)

    assert (seen["type"], seen["id"]) == ("Organization", meeting.node.actor_uri)
    assert (seen["name"], seen["preferredUsername"]) == ("Berlin", "berlin")
    assert seen["sharedInbox"] == f"{meeting.node.origin}/inbox"
    assert seen["publicKeys"] == [f"{meeting.node.actor_uri}#main-key"]
    listed = meeting.node.document(meeting.node.actor_uri)["assertionMethod"]
    assert seen["assertionKeys"] == [key["id"] for key in listed]
    assert listed != []


def test_both_follows_are_asked_and_accepted(meeting: Meeting) -> None:
    require_signed(meeting.fedify.deliveries("Accept")[-1], meeting.node)
    require_signed(meeting.fedify.deliveries("Follow")[-1], meeting.node)
    (accept,) = meeting.fedify.believed("Accept")
    assert accept["object"].startswith(f"{meeting.fedify.origin}/follows/")
    assert meeting.fedify.handle.lstrip("@") in str(meeting.node.cli_json("followers"))
    assert meeting.fedify.handle.lstrip("@") in str(meeting.node.cli_json("following"))


@pytest.mark.parametrize("kind", ["Article", "Note", "Event"])
def test_fedify_verifies_what_is_published(meeting: Meeting, kind: str) -> None:
    delivery = meeting.publish(kind)

    # Statements are proven, so that whoever has one can check it without asking us.
    require_signed(delivery, meeting.node, is_proven=kind == "Article")
    published = delivery["document"]["object"]
    read = meeting.fedify.do("read", object=published["id"])
    assert (read["id"], read["type"]) == (published["id"], kind)
    assert read["attributedTo"] == meeting.node.actor_uri
    assert published["type"] == kind


def test_an_edit_and_a_deletion_reach_fedify(meeting: Meeting) -> None:
    uri = meeting.publish()["document"]["object"]["id"]

    edited = meeting.sent("Update", "edit", uri, meeting.manuscript("Note", "Changed"))
    require_signed(edited, meeting.node)
    assert "Changed" in edited["document"]["object"]["content"]

    deleted = meeting.sent("Delete", "delete", uri, "--yes")
    require_signed(deleted, meeting.node)
    assert deleted["document"]["object"]["type"] == "Tombstone"
    assert meeting.fedify.believed("Delete")[-1]["object"] == uri


@pytest.mark.parametrize(("command", "collection"), [("like", "likes"), ("announce", "shares")])
def test_a_reaction_by_fedify_is_counted_and_taken_back(
    meeting: Meeting, note_uri: str, command: str, collection: str
) -> None:
    done = meeting.fedify.do(command, object=note_uri)
    wait_until(lambda: meeting.total(f"{note_uri}/{collection}") == 1, f"the {command} is counted")

    meeting.fedify.do("undo", activity=done["id"], actor=meeting.node.actor_uri)
    wait_until(lambda: meeting.total(f"{note_uri}/{collection}") == 0, f"the {command} is taken back")


def test_a_reply_by_fedify_is_changed_shown_and_removed(meeting: Meeting, note_uri: str) -> None:
    actor = meeting.node.actor_uri

    reply = meeting.fedify.do("reply", object=note_uri, content="<p>We bring onions</p>")["object"]
    wait_until(lambda: meeting.held("onions"), "the reply arrives")
    meeting.fedify.do("edit", note=reply, content="<p>We bring tomatoes</p>", actor=actor)
    number = wait_until(lambda: meeting.held("tomatoes"), "the edit arrives")
    assert meeting.held("onions") is None

    meeting.node.cli("approve", str(number))
    wait_until(lambda: "tomatoes" in meeting.node.page(note_uri), "the page shows the reply")
    meeting.fedify.do("remove", note=reply, actor=actor)
    wait_until(lambda: "tomatoes" not in meeting.node.page(note_uri), "the reply is gone")


def test_a_post_by_alice_whom_we_follow_is_kept_and_reshared(meeting: Meeting) -> None:
    actor = meeting.node.actor_uri
    note = meeting.fedify.do("write", actor=actor, content="<p>Good morning</p>")["object"]

    kept = wait_until(
        lambda: meeting.node.rows("SELECT * FROM remote_objects WHERE uri = :uri", uri=note),
        "the post arrives",
    )
    assert "Good morning" in kept[0]["html_clean"]

    require_signed(meeting.sent("Announce", "reshare", note), meeting.node)
    assert meeting.fedify.believed("Announce")[-1]["object"] == note
    require_signed(meeting.sent("Undo", "unreshare", note), meeting.node)


def test_each_side_falls_back_to_the_dialect_that_the_other_takes(tmp_path: Path) -> None:
    with ExitStack() as stack:
        fedify = stack.enter_context(running_fedify(tmp_path, CAVAGE))
        node = running_node(stack, "halle", tmp_path, {})
        fedify.do("refuse", times=1)
        node.cli("follow", fedify.handle)
        # Her Accept is signed in the older dialect, our Follow got through in the newer.
        wait_until(lambda: is_following(node), "alice accepts to be followed")

        first, second = fedify.deliveries("Follow")
        assert (first["signature"]["dialect"], first["status"]) == (CAVAGE, 401)
        assert (second["signature"]["dialect"], second["status"]) == (RFC_9421, 202)
        assert second["signature"]["verified"] is True
        assert second["signature"]["key"] == f"{node.actor_uri}#main-key"
        assert second["document"] == first["document"]
        assert fedify.log()["refusedNames"] == []
