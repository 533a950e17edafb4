"""Every command does what it says: what it makes on stdout, what people read on stderr."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, runner
from tests.nodes.harness import Node, wait_until
from tests.peer_server import PeerActor, PeerServer, peer_server

NEWS = '+++\ntype = "news"\nlanguage = "en"\ntitle = "{title}"\n+++\n\nText of {title}.\n'


def rows(run: Run, *arguments: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run(*arguments, "--json").out)
    return listed


@pytest.fixture(scope="module")
def peers() -> Iterator[PeerServer]:
    with peer_server() as server:
        yield server


@pytest.fixture
def rita(peers: PeerServer, request: pytest.FixtureRequest) -> PeerActor:
    """Return somebody on another server."""
    name = f"lisbon{abs(hash(request.node.name)) % 10**6}"
    return peers.peer(name).actor("rita")


def handle_of(actor: PeerActor) -> str:
    return f"@rita@{actor.uri.split('/')[2]}"


def news(folder: Path, title: str = "The archive") -> str:
    path = folder.parent / "news.md"
    path.write_text(NEWS.format(title=title), "utf-8")
    return str(path)


# -- the house


def test_collectives_are_added_and_listed(run: Run, made: Node) -> None:
    added = run("collective", "add", "kitchen", "--name", "Die Küche", "--language", "de")
    assert added.id == f"{made.origin}/collectives/kitchen"
    assert [each["name"] for each in rows(run, "collective", "list")] == ["berlin", "kitchen"]
    table = run("collective", "list").out
    assert f"@kitchen@{made.host}" in table
    assert "Die Küche" in table


def test_a_member_gets_links_that_sign_in_once(run: Run, made: Node) -> None:
    first = run("account", "add", "mira@berlin.example", "--role", "editor")
    second = run("account", "link", "mira@berlin.example")
    assert first.id.startswith(f"{made.origin}/sign-in/")
    assert first.id != second.id
    assert "signs mira@berlin.example in once, until " in second.err


def test_upgrading_twice_changes_nothing(run: Run) -> None:
    assert run("upgrade").err == "The database was up to date already.\n"


def test_the_doctor_says_what_is_wrong_and_what_to_do(run: Run, made: Node) -> None:
    done = run("doctor", code=1)
    assert f"door: Other servers cannot read {made.origin}/actor" in done.out
    assert "Does `fedinode serve` run?" in done.out
    assert done.err.endswith("\n3 faults found.\n")
    listed = json.loads(run("doctor", "--json", code=1).out)
    assert {each["subject"] for each in listed} == {"door"}


# -- writing


def test_a_post_is_published_edited_and_deleted(run: Run, folder: Path, made: Node) -> None:
    done = run("post", news(folder))
    assert done.id.startswith(f"{made.origin}/posts/")
    assert "Public at" in done.err
    assert "nobody is sent it" in done.err
    edited = run("edit", done.id, news(folder, "The workshop"))
    assert edited.id == done.id
    assert "The workshop" in run("posts").out
    asked = run("delete", done.id, code=2)
    assert '"The workshop" would be taken back here and on 0 other servers, for good.' in asked.err
    assert "--yes" in asked.err
    assert run("delete", done.id, "--yes").id == done.id


def test_the_same_file_again_is_already_published(run: Run, folder: Path) -> None:
    first, second = run("post", news(folder)), run("post", news(folder))
    assert first.id == second.id
    assert second.err.startswith("already published: ")
    assert run("post", news(folder), "--again").id != first.id


def test_a_draft_waits_for_publish(run: Run, folder: Path) -> None:
    draft = run("post", news(folder), "--draft")
    assert "Kept as a draft" in draft.err
    assert "with an offset" in run("publish", draft.id, "--at", "2027-03-14T20:00", code=2).err
    assert "over already" in run("publish", draft.id, "--at", "2020-03-14T20:00Z", code=1).err
    moment = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    set_for = run("publish", draft.id, "--at", moment.isoformat())
    assert f"It will be published at {moment:%Y-%m-%d %H:%M} UTC" in set_for.err
    assert [each["id"] for each in rows(run, "decisions")] == [set_for.id]
    assert [each["state"] for each in rows(run, "posts")] == ["draft"]
    assert "Public at" in run("publish", draft.id).err
    assert [each["state"] for each in rows(run, "posts")] == ["public"]


def test_a_post_is_told_as_json(run: Run, folder: Path) -> None:
    told = json.loads(run("post", news(folder), "--json").out)
    assert told["state"] == "public"
    assert told["already"] is False


def test_warnings_are_told(run: Run, folder: Path) -> None:
    path = Path(news(folder))
    path.write_text(path.read_text("utf-8") + "[x](https://a.example/?fbclid=1)\n", "utf-8")
    assert f"Note: {path}: tracking parameters were cut from a link: fbclid.\n" in run("post", str(path)).err


def test_without_posts_the_list_says_how_to_begin(run: Run) -> None:
    assert run("posts").err == "There are no posts yet; publish one with `fedinode post FILE.md`.\n"


def test_a_reply_is_a_text_or_a_file(run: Run, folder: Path) -> None:
    post = run("post", news(folder)).id
    plain = folder.parent / "answer.md"
    plain.write_text("From a *file*.", "utf-8")
    full = folder.parent / "full.md"
    full.write_text('+++\ntype = "news"\nlanguage = "de"\n+++\nMit Kopf.', "utf-8")
    replies = [run("reply", post, answer).id for answer in ("A *text*.", str(plain), str(full))]
    assert len(set(replies)) == 3
    missing = run("reply", post, "mistyped.md", code=1)
    assert missing.err == "There is no file mistyped.md.\n"


def test_an_archive_is_imported_and_wrong_files_are_named(run: Run, folder: Path) -> None:
    archive = folder.parent / "archive"
    archive.mkdir()
    (archive / "a.md").write_text(NEWS.format(title="Old"), "utf-8")
    (archive / "b.md").write_text(NEWS.format(title="Wrong").replace("title", "titel"), "utf-8")
    tried = run("import", "markdown", str(archive), "--dry-run", code=1)
    assert "1 post would be imported" in tried.err
    assert rows(run, "posts") == []
    done = run("import-markdown", str(archive), code=1)
    assert "1 post imported, 0 here already." in done.err
    assert f'{archive / "b.md"}, line 4: there is no key "titel"' in done.err
    assert done.err.endswith("Left out: 1 wrong file; mend what is named above, import again.\n")
    (archive / "b.md").unlink()
    assert "0 posts imported, 1 here already." in run("import", "markdown", str(archive)).err
    assert rows(run, "deliveries") == []


# -- others


def test_a_rule_says_what_is_reshared_by_itself(run: Run, rita: PeerActor) -> None:
    run("follow", handle_of(rita))
    assert run("rule", handle_of(rita), "auto", "--kinds", "note", "event").id == rita.uri
    (rule,) = json.loads(run("rules", "--json").out)
    assert (rule["mode"], rule["kinds"], rule["set_by"]) == ("auto", ["note", "event"], "")
    assert rita.peer.host in run("rule", rita.peer.host, "never").out
    assert "the machine" in run("rules").out
    assert "no rule any more" in run("rule", rita.uri, "none").err
    assert "no rule about" in run("rule", rita.uri, "none", code=1).err
    assert "no server" in run("rule", "nowhere", "auto", code=2).err


def test_somebody_is_followed_and_no_longer(run: Run, rita: PeerActor) -> None:
    done = run("follow", handle_of(rita))
    assert done.id == rita.uri
    assert "is asked" in done.err
    assert [each["actor_uri"] for each in rows(run, "following")] == [rita.uri]
    assert "requested" in run("following").out
    assert run("unfollow", handle_of(rita)).id == rita.uri
    assert rows(run, "following") == []
    assert run("followers").err == "Nobody follows yet.\n"


def test_a_post_of_others_is_reshared_and_no_longer(run: Run, rita: PeerActor, made: Node) -> None:
    note = rita.peer.serve(rita.note(content="<p>Hello</p>"))
    done = run("reshare", note["id"], "--comment", "Worth reading.")
    assert done.id.startswith(f"{made.origin}/activities/")
    assert f"Reshared {note['id']}" in done.err
    assert run("reshare", note["id"]).err == "already reshared\n"
    assert "no longer reshared" in run("unreshare", note["id"]).err


def test_deliveries_are_shown_and_tried_again(run: Run, rita: PeerActor) -> None:
    assert run("deliveries").err == "There is nothing to deliver.\n"
    run("follow", handle_of(rita))
    (waiting,) = rows(run, "deliveries")
    assert waiting["state"] == "waiting"
    assert "Follow" in run("deliveries").out
    assert rows(run, "deliveries", "--failed") == []
    assert run("retry").err == "Tried again now: 1 delivery.\n"
    assert run("wake").err.startswith("Told that we are back: ")


def test_a_server_is_blocked_and_let_in_again(run: Run) -> None:
    done = run("block", "bad.example", "--severity", "silence", "--reason", "spam")
    assert done.id == "bad.example"
    assert "bad.example is blocked (silence)." in done.err
    assert [each["reason"] for each in rows(run, "blocks")] == ["spam"]
    assert "bad.example" in run("blocks").out
    assert "bad.example" in run("blocks", "--csv").out.splitlines()[1]
    assert run("unblock", "bad.example").id == "bad.example"
    assert run("blocks").err == "Nobody is blocked.\n"


def test_a_block_that_ends_follows_wants_yes(run: Run, rita: PeerActor) -> None:
    run("follow", handle_of(rita))
    host = rita.uri.split("/")[2]
    asked = run("block", host, code=2)
    assert "This would take away 0 followers, end 1 follow of ours, and remove 0 replies." in asked.err
    run("block", host, "--yes")
    assert rows(run, "following") == []


# -- what waits for a decision


@pytest.fixture
def served(
    made: Node, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Node, Run]]:
    """Serve a node whose follow requests wait, and return it with its runner."""
    monkeypatch.setenv("FEDINODE_FEDERATION__ACCEPT_FOLLOWS", "manual")
    environ = {"FEDINODE_FEDERATION__ACCEPT_FOLLOWS": os.environ["FEDINODE_FEDERATION__ACCEPT_FOLLOWS"]}
    node = Node(name=made.name, folder=folder, port=made.port, origin=made.origin, environ=environ)
    node.start()
    yield node, runner(folder, capsys)
    node.stop()


def test_requests_and_replies_are_listed_and_decided(served: tuple[Node, Run], rita: PeerActor) -> None:
    node, run = served
    assert run("requests").err == "No follow request waits.\n"
    assert run("held").err == "No reply waits.\n"
    post = run("post", news(node.folder)).id
    rita.deliver(f"{node.origin}/inbox", rita.activity("Follow", node.actor_uri))
    note = rita.note(inReplyTo=post, content="<p>Well said.</p>", to=[node.actor_uri, PUBLIC])
    rita.peer.serve(note)
    rita.deliver(f"{node.origin}/inbox", rita.activity("Create", note))
    wait_until(lambda: rows(run, "requests") and rows(run, "held"), "both arrive")
    assert "rita" in run("requests").out
    assert "Well said." in run("held").out
    request, reply = rows(run, "requests")[0]["id"], rows(run, "held")[0]["id"]
    assert "follows now." in run("accept", str(request)).err
    assert "rita" in run("followers").out
    assert "does not follow." in run("reject", str(request)).err
    assert "is shown." in run("approve", str(reply)).err
    assert "is hidden." in run("hide", str(reply)).err
    assert run("doctor").err.endswith("Nothing is wrong.\n")


PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
