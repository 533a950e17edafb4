"""Two members decide, on the command line: what each command prints, and the sentences of what cannot be."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.nodes.harness import Node

#: Whom `init` made, and who come later.
OWNER, BEN, CEM = "owner@berlin.localhost", "ben@berlin.example", "cem@berlin.example"
NEWS = '+++\ntype = "news"\ntitle = "Streik"\nlanguage = "de"\n+++\n\n{text}\n'


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "streik.md"
    path.write_text(NEWS.format(text="Wir streiken."), "utf-8")
    return path


@pytest.fixture
def pair(run: Run) -> None:
    assert "/sign-in/" in run("account", "add", BEN, "--role", "owner").id
    assert "publish 2, edit 2, delete 2" in run("collective", "set", "berlin", "--publish", "2").err


@pytest.mark.usefixtures("pair")
def test_a_post_is_published_changed_and_taken_back_by_two(run: Run, written: Path) -> None:
    assert "2 members decide" in run("post", str(written), code=1).err
    uri = run("post", str(written), "--draft").id
    assert "--account EMAIL" in run("publish", uri, code=1).err
    asked = run("publish", uri, "--account", OWNER)
    assert "1 more member must agree" in asked.err
    assert f"`fedinode vote {asked.id} yes --account EMAIL`" in asked.err
    (waiting,) = json.loads(run("decisions", "--json").out)
    assert (waiting["id"], waiting["yes"], waiting["action"]) == (asked.id, ["owner"], "publish")
    assert "1 of 2" in run("decisions").out
    for arguments, sentence in (
        (("nothing", "yes", "--account", OWNER), "There is no decision nothing"),
        ((asked.id, "yes", "--account", CEM), "There is no account with this address"),
        ((asked.id, "yes", "--account", OWNER), "has said yes already, which counts once"),
    ):
        refused = run("vote", *arguments, code=1)
        assert refused.out == ""
        assert refused.err.count("\n") == 1
        assert sentence in refused.err
    assert "invalid choice: 'maybe'" in run("vote", asked.id, "maybe", "--account", BEN, code=2).err
    assert run("vote", asked.id, "yes", "--account", BEN).id == uri
    assert "is executed: it takes no more votes" in run("vote", asked.id, "no", "--account", BEN, code=1).err

    written.write_text(NEWS.format(text="Wir streiken weiter."), "utf-8")
    change = run("edit", uri, str(written), "--account", OWNER)
    assert f"`fedinode edit {uri} FILE.md --account EMAIL`" in change.err
    assert "the same file" in run("vote", change.id, "yes", "--account", BEN, code=1).err
    done = run("edit", uri, str(written), "--account", BEN)
    assert (done.id, "Changed at" in done.err) == (uri, True)

    doomed = run("delete", uri, "--yes", "--account", BEN)
    assert run("vote", doomed.id, "no", "--account", BEN).err.startswith("The members have decided: refused")
    again = run("delete", uri, "--yes", "--account", BEN)
    assert run("vote", again.id, "yes", "--account", OWNER).id == uri
    assert json.loads(run("posts", "--json").out)[0]["state"] == "withdrawn"


@pytest.mark.usefixtures("pair")
def test_members_come_go_and_are_told(run: Run) -> None:
    asked = run("account", "add", CEM, "--role", "signer", "--account", OWNER)
    assert "must agree" in asked.err
    run("vote", asked.id, "yes", "--account", BEN)
    members = {each["email"]: each["roles"] for each in json.loads(run("account", "list", "--json").out)}
    assert members[CEM] == ["signer"]
    assert CEM in run("account", "list").out
    gone = run("account", "remove", CEM, "--yes", "--account", OWNER)
    assert "must agree" in gone.err
    assert "would lose every role" in run("account", "remove", BEN, "--account", BEN, code=2).err
    run("vote", gone.id, "yes", "--account", BEN)
    assert "1 role taken" in run("account", "remove", BEN, "--yes", "--account", BEN).err
    assert "in the audit" in run("account", "wake", OWNER).err
    assert "There is no account" in run("account", "wake", "nobody@berlin.example", code=1).err
    first, other = run("account", "feed", OWNER).id, run("account", "feed", OWNER).id
    assert first != other
    assert "no address any more" in run("account", "feed", OWNER, "--off").err
    lower = run("collective", "set", "berlin", "--publish", "1", "--account", OWNER)
    assert "Too few members are left" in lower.err
    assert (
        run("collective", "set", "berlin").id == "publish 2, edit 2, delete 2, cosign 1, withdraw 1, block 1"
    )
    assert (
        "could never agree"
        in run("collective", "set", "berlin", "--cosign", "9", "--account", OWNER, code=1).err
    )


@pytest.mark.usefixtures("pair")
def test_the_audit_is_listed_and_a_changed_entry_is_noticed(run: Run, node: Node) -> None:
    listed = run("audit")
    assert "threshold.raised" in listed.out
    assert "Keep its last hash elsewhere" in listed.err
    deeds = json.loads(run("audit", "--json").out)["deeds"]
    assert [each["deed"] for each in deeds] == ["member.added", "threshold.raised"]
    with sqlite3.connect(node.folder / "fedinode.db") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit SET action = 'nothing' WHERE id = 1")
    assert "Entry 1 of the audit does not fit" in run("audit", code=1).err


@pytest.mark.usefixtures("pair")
def test_what_was_agreed_to_waits_and_is_stopped_and_so_is_everything(run: Run, written: Path) -> None:
    set_to = run("collective", "set", "berlin", "--cooling", "30", "--account", OWNER)
    assert "cooling-off 30 minutes" in set_to.err
    assert "at most 1440 minutes" in run("collective", "set", "berlin", "--cooling", "-1", code=2).err
    uri = run("post", str(written), "--draft").id
    asked = run("publish", uri, "--account", OWNER)
    agreed = run("vote", asked.id, "yes", "--account", BEN)
    assert "Enough agreed. The node does it by itself from" in agreed.err
    assert f"fedinode stop {asked.id}" in agreed.err
    (waiting,) = json.loads(run("decisions", "--json").out)
    assert waiting["done_at"] > waiting["agreed_at"]
    assert run("stop", asked.id, "--account", BEN).id == asked.id
    assert "nothing to stop" in run("stop", asked.id, code=1).err
    assert "There is no decision" in run("stop", "nothing", code=1).err
    assert json.loads(run("decisions", "--json").out) == []

    assert "--yes" in run("stop", code=2).err
    assert run("stop", "--yes", "--why", "Somebody has our key", "--account", BEN).id == "stopped"
    assert (
        "Everything was stopped on" in run("collective", "look", "berlin", "--accent", "#aa0000", code=1).err
    )
    assert "Somebody has our key" in run("resume", code=2).err
    assert "Everything goes on" in run("resume", "--yes").err
    assert "Nothing is stopped" in run("resume").err
    assert run("collective", "look", "berlin", "--accent", "#aa0000").code == 0
