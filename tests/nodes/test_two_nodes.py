"""Two nodes over real HTTP: what one publishes, changes and takes back arrives, and what comes back too."""

from pathlib import Path

import pytest

from tests.nodes.conftest import Pair
from tests.nodes.harness import Node, wait_until
from tests.peer_server import PeerServer

STATEMENT = """+++
type = "statement"
title = "Solidarity with the harbour workers"
language = "en"
issued_by = "General assembly of the cell"
adopted = 2026-03-14
demands = ["Eight hours", "No dismissals"]
[translations.de]
title = "Solidarität mit den Hafenarbeitern"
issued_by = "Vollversammlung der Zelle"
body = "Wir stehen an ihrer Seite."
+++

We stand with them.
"""
NEWS = """+++
type = "news"
title = "The archive is open"
language = "en"
show = "full"
tags = ["archive"]
+++

Come **and** read.
"""
EVENT = """+++
type = "event"
title = "Reading circle"
language = "en"
starts = 2031-05-03T19:00:00
timezone = "Europe/Berlin"
show_zones = ["Asia/Tbilisi"]
place = "Library"
[[organisers]]
name = "Cell Berlin"
+++

Bring a book.
"""


def publish(node: Node, folder: Path, manuscript: str) -> str:
    """Publish a manuscript under a key of its own, and return the id of the post's object."""
    path = folder / "post.md"
    path.write_text(manuscript, "utf-8")
    return object_uri(node, node.cli("post", str(path)))


def object_uri(node: Node, address: str) -> str:
    """Return the object's id, whether a command printed the id or the page."""
    found = node.document(address)["id"]
    assert isinstance(found, str)
    return found


def edited(node: Node, folder: Path, uri: str, manuscript: str) -> None:
    path = folder / "edited.md"
    path.write_text(manuscript, "utf-8")
    node.cli("edit", uri, str(path))


@pytest.mark.parametrize(
    ("manuscript", "kind", "title", "words"),
    [
        (STATEMENT, "Article", "Solidarity with the harbour workers", "We stand with them."),
        (NEWS, "Note", "The archive is open", "<strong>and</strong>"),
        (EVENT, "Event", "Reading circle", "Bring a book."),
    ],
    ids=["statement", "news", "event"],
)
def test_a_post_arrives_at_the_follower(
    pair: Pair, tmp_path: Path, manuscript: str, kind: str, title: str, words: str
) -> None:
    uri = publish(pair.writer, tmp_path, manuscript)
    copy = wait_until(lambda: pair.copy(uri), f"the {kind} arrives")
    assert copy["type"] == kind
    assert copy["language"] == "en"
    assert title in f"{copy['name']} {copy['html_clean']}"
    assert words in str(copy["html_clean"])


def test_the_same_file_is_published_once(pair: Pair, tmp_path: Path) -> None:
    path = tmp_path / "once.md"
    path.write_text(NEWS.replace("archive", "kitchen"), "utf-8")
    first, second = pair.writer.run("post", str(path)), pair.writer.run("post", str(path))
    assert first.stdout.split("\n")[0] == second.stdout.split("\n")[0]
    assert "already published" in second.stderr + second.stdout
    assert second.returncode == 0


def test_an_edit_reaches_the_follower(pair: Pair, tmp_path: Path) -> None:
    manuscript = NEWS.replace("The archive", "The workshop")
    uri = publish(pair.writer, tmp_path, manuscript)
    wait_until(lambda: pair.copy(uri), "the post arrives")
    edited(pair.writer, tmp_path, uri, manuscript.replace("Come **and** read", "Come and build"))
    wait_until(lambda: "Come and build" in str((pair.copy(uri) or {}).get("html_clean")), "the edit arrives")
    document = pair.writer.document(uri)
    assert document["updated"] > document["published"]


def test_a_deletion_reaches_the_follower_and_leaves_a_tombstone(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The roof"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    pair.writer.cli("delete", uri, "--yes")
    wait_until(lambda: (pair.copy(uri) or {}).get("deleted_at"), "the deletion arrives")
    assert (pair.copy(uri) or {})["body"] is None
    answer = pair.writer.get(uri, "application/activity+json")
    assert (answer.status_code, answer.json()["type"]) == (410, "Tombstone")


def test_a_deletion_without_yes_only_says_what_it_would_do(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The cellar"))
    asked = pair.writer.run("delete", uri)
    assert asked.returncode != 0
    assert "--yes" in asked.stderr
    assert pair.writer.document(uri)["type"] == "Note"


def test_a_reply_is_held_until_it_is_approved(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The garden"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    pair.reader.cli("reply", uri, "We will bring *tomatoes*.")
    held = wait_until(lambda: held_for(pair.writer, "tomatoes"), "the reply arrives")
    assert "tomatoes" not in pair.writer.page(uri)
    pair.writer.cli("approve", str(held))
    wait_until(lambda: "tomatoes" in pair.writer.page(uri), "the page shows the reply")
    assert pair.writer.document(f"{uri}/replies")["totalItems"] == 1


def held_for(node: Node, words: str) -> object:
    """Return the number of the held reply with these words, as the command lists it, or None."""
    waiting = node.rows(
        "SELECT 1 FROM replies WHERE state = 'held' AND html_clean LIKE :words", words=f"%{words}%"
    )
    listed = [line["id"] for line in node.cli_json("held") if words in str(line)] if waiting else []
    return listed[0] if listed else None


def test_a_hidden_reply_is_never_shown(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The stove"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    pair.reader.cli("reply", uri, "Buy my cabbages.")
    held = wait_until(lambda: held_for(pair.writer, "cabbages"), "the reply arrives")
    pair.writer.cli("hide", str(held))
    assert held_for(pair.writer, "cabbages") is None
    assert "cabbages" not in pair.writer.page(uri)


def shares(node: Node, uri: str) -> int:
    total = node.document(f"{uri}/shares")["totalItems"]
    assert isinstance(total, int)
    return total


def test_a_reshare_is_counted_and_taken_back(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The bridge"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    pair.reader.cli("reshare", uri)
    wait_until(lambda: shares(pair.writer, uri) == 1, "the reshare is counted")
    assert uri in str(outbox(pair.reader))
    pair.reader.cli("unreshare", uri)
    wait_until(lambda: shares(pair.writer, uri) == 0, "the reshare is taken back")


def outbox(node: Node) -> list[object]:
    """Return the newest activities of the node's collective."""
    collection = node.document(f"{node.actor_uri}/outbox")
    items = node.document(collection["first"])["orderedItems"]
    assert isinstance(items, list)
    return items


def test_a_like_by_another_server_is_counted_and_taken_back(
    pair: Pair, peers: PeerServer, tmp_path: Path
) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The lamp"))
    fan = peers.peer("fans").actor("nino")
    like = fan.activity("Like", uri)
    assert fan.deliver(f"{pair.writer.actor_uri}/inbox", like).status_code == 202
    wait_until(lambda: likes(pair.writer, uri) == 1, "the like is counted")
    assert fan.deliver(f"{pair.writer.origin}/inbox", fan.activity("Undo", like)).status_code == 202
    wait_until(lambda: likes(pair.writer, uri) == 0, "the like is taken back")


def likes(node: Node, uri: str) -> int:
    total = node.document(f"{uri}/likes")["totalItems"]
    assert isinstance(total, int)
    return total


def test_deliveries_show_where_a_post_has_got_to(pair: Pair, tmp_path: Path) -> None:
    uri = publish(pair.writer, tmp_path, NEWS.replace("The archive", "The window"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    wait_until(
        lambda: pair.writer.rows(
            "SELECT 1 FROM deliveries WHERE object_uri = :uri AND state = 'delivered'", uri=uri
        ),
        "the success is recorded",
    )
    listed = str(pair.writer.cli_json("deliveries", uri))
    assert pair.reader.host in listed
    assert "delivered" in listed


def test_followers_and_following_are_listed(pair: Pair) -> None:
    assert pair.reader.handle.lstrip("@") in str(pair.writer.cli_json("followers"))
    assert pair.writer.handle.lstrip("@") in str(pair.reader.cli_json("following"))


def test_a_report_from_another_node_comes_from_its_own_actor_and_is_answered(
    pair: Pair, tmp_path: Path
) -> None:
    writer, reader = pair.writer, pair.reader
    uri = publish(writer, tmp_path, NEWS.replace("The archive", "The cellar"))
    wait_until(lambda: pair.copy(uri), "the post arrives")
    unsure = reader.run("report", uri, "--comment", "This is not true.")
    assert unsure.returncode == 2
    assert f'"{reader.origin}/actor"' in unsure.stderr, "what would be sent is shown"
    for _ in range(2):
        reader.cli("report", uri, "--comment", "This is not true.", "--yes")

    (report,) = wait_until(lambda: writer.cli_json("reports"), "the report arrives")
    assert report["from_uri"] == f"{reader.origin}/actor"
    assert report["words"] == "This is not true."
    assert {each["uri"] for each in report["about"]} == {writer.actor_uri, uri}
    answer = ("resolve", str(report["id"]), "--by", "delete", "--about", uri)
    assert writer.run(*answer).returncode == 2
    writer.cli(*answer, "--yes")
    wait_until(lambda: (pair.copy(uri) or {}).get("deleted_at"), "the deletion arrives")
    (closed,) = writer.cli_json("reports", "--state", "resolved")
    assert closed["deed"] == "delete"
    assert writer.run(*answer, "--yes").returncode == 1, "once"
