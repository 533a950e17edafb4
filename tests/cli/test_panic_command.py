"""Panic on a real node: killed at every step and run again, nothing of what it wipes is left in any file."""

import os
import re
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.nodes.harness import Node

#: Each step of a panic ends at one of these.
STEPS = (
    "panic.shut",
    "panic.data-key",
    "panic.keys",
    "panic.drafts",
    "panic.members",
    "panic.signers",
    "panic.files",
    "panic.compact",
)
TEXT = '+++\ntype = "news"\ntitle = "{title}"\nlanguage = "de"\n+++\n\n{text}\n'
MEMBER = "zora.quell@hidden.example"


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def filled(run: Run, node: Node, tmp_path: Path) -> str:
    """A node with a public post, a draft, a member, and rows of a signer as they lie unsealed."""
    public, secret = tmp_path / "public.md", tmp_path / "secret.md"
    public.write_text(TEXT.format(title="Streik", text="Wir streiken."), "utf-8")
    secret.write_text(TEXT.format(title="Geheimplan", text="Wir besetzen das Rathaus."), "utf-8")
    uri = run("post", str(public)).id
    run("post", str(secret), "--draft")
    run("account", "add", MEMBER, "--role", "editor")
    with closing(sqlite3.connect(node.folder / "fedinode.db")) as database, database:
        (object_id,) = database.execute("SELECT id FROM objects WHERE uri = ?", (uri,)).fetchone()
        database.execute(
            "INSERT INTO supporters (uid, object_id, text_digest, method, identity_hmac, shown, kind, state,"
            " name, city, created_at, wants_updates, email) VALUES ('u', ?, 'd', 'mail', 'hmac-of-nadja',"
            " 'here', 'person', 'suspect', 'Nadja Verborgen', 'Bielefeld', 1, 1, x'0001aa')",
            (object_id,),
        )
    (node.folder / "tmp").mkdir(exist_ok=True)
    (node.folder / "tmp" / "spool").write_text("Nadja Verborgen")
    return uri


def test_a_panic_that_is_killed_anywhere_is_finished_by_the_next(node: Node, filled: str) -> None:
    old_key = (node.folder / "secrets" / "data.key").read_text().strip()
    before = bytes_in(node.folder)
    assert all(each in before for each in (b"zora", b"Nadja", b"Bielefeld", b"hmac-of-nadja"))
    refused = node.run("panic")
    assert refused.returncode == 2
    assert "all private keys and the data key" in refused.stderr
    assert node.run("backup-made", "a disk in the cellar").returncode == 0
    for step in STEPS:
        killed = replace(node, environ={"FEDINODE_FAILPOINT": step}).run("panic", "--yes")
        assert killed.returncode not in (0, 1, 2), (step, killed.stderr)
        (halted,) = node.rows("SELECT value FROM node_facts WHERE name = 'halted'")
        assert '"read-only"' in halted["value"], "the safer state comes first"
    done = node.run("panic", "--yes")
    assert done.returncode == 0, done.stderr
    assert "The private keys and the data key are gone" in done.stdout
    assert "a disk in the cellar" in done.stderr
    left = bytes_in(node.folder)
    for wiped in (MEMBER, "zora", "Nadja", "Bielefeld", "hmac-of-nadja", "Rathaus", "Geheimplan", old_key):
        assert wiped.encode() not in left, wiped
    assert node.rows("SELECT key_id FROM keys WHERE private IS NOT NULL") == []
    assert len(node.rows("SELECT id FROM posts")) == 1
    assert (
        not (node.folder / "fedinode.db-wal").exists() or not (node.folder / "fedinode.db-wal").stat().st_size
    )
    assert stat.S_IMODE(os.stat(node.folder / "secrets" / "data.key").st_mode) == 0o600

    assert "The audit is whole" in node.run("audit", "--verify").stderr
    node.start()
    page = node.get(filled.removeprefix(node.origin), accept="text/html")
    assert page.status_code in (200, 302, 303, 307)
    assert "Streik" in node.get("/").text
    document = node.get(filled.removeprefix(node.origin), accept="application/activity+json")
    assert document.json()["id"] == filled
    assert node.get("/sign-in").status_code == 200
    node.stop()
    assert not re.findall("Traceback|broke off", node.log), node.log[-3000:]
