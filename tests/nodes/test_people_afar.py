"""Somebody on Fedify signs and withdraws; a real node that keeps a copy names her as long as she wants it.

Fedify shares no code with ours. The copy is asked as the world asks it: over HTTP.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fedify.fedify_peer import FedifyPeer, running_fedify
from tests.nodes.conftest import running_node
from tests.nodes.harness import Node, wait_until

pytestmark = [pytest.mark.fedify, pytest.mark.nodes]

STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
individuals = true
+++

Eight hours are enough.
"""
QUICK = {"FEDINODE_COSIGNING__ANNOUNCE_SECONDS": "1", "FEDINODE_COSIGNING__CHECKPOINT_SECONDS": "1"}
ALICE = "Alice of Fedify"
BEN = "Ben Beck"


@dataclass(frozen=True, slots=True)
class Stage:
    """An author, a cell that keeps a copy, and alice, who signs."""

    author: Node
    cell: Node
    alice: FedifyPeer
    statement: str
    digest: str

    def whisper(self, words: str, answers: str | None = None) -> dict[str, Any]:
        """Let alice write to the author in private, and return the Note that answers her."""
        before = len(self.alice.believed("Create"))
        said = self.alice.do("whisper", actor=self.author.actor_uri, object=answers, content=words)
        note: dict[str, Any] = self.alice.wait_for("Create", before + 1)["document"]["object"]
        assert (note["inReplyTo"], note["to"], note.get("cc", [])) == (
            said["object"],
            [self.alice.actor_uri],
            [],
        )
        return note

    def names_at_author(self) -> list[str]:
        """Return the names that the author signed for those who keep copies."""
        answer = self.author.get(f"{self.statement}/signer-lists/1")
        return [each["name"] for each in answer.json()["signers"]] if answer.status_code == 200 else []

    def names_at_cell(self) -> list[str]:
        """Return who is named on the copy's page of names."""
        page = self.cell.get(f"/mirror/{self.digest}/signers").text
        return [name for name in (BEN, ALICE) if name in page]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("afar")
    with ExitStack() as stack:
        alice = stack.enter_context(running_fedify(folder))
        author, cell = (running_node(stack, name, folder, QUICK) for name in ("bonn", "koeln"))
        statement = published_and_signed(author, cell, folder)
        (digest,) = {row["text_digest"] for row in author.rows("SELECT text_digest FROM kept_statements")}
        yield Stage(author=author, cell=cell, alice=alice, statement=statement, digest=str(digest))


def published_and_signed(author: Node, cell: Node, folder: Path) -> str:
    path = folder / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    statement = author.cli("post", str(path), "--draft")
    author.cli("invite", statement, cell.handle)
    wait_until(lambda: cell.rows("SELECT 1 FROM invitations"), "the invitation arrives")
    cell.cli("cosign", statement)
    accepted = "SELECT 1 FROM cosignatures WHERE author_state = 'accepted'"
    wait_until(lambda: author.rows(accepted) and cell.rows(accepted), "the signature is listed on both sides")
    author.cli("publish", statement)
    wait_until(lambda: cell.rows("SELECT 1 FROM kept_statements"), "the cell keeps a copy")
    return statement


def test_somebody_signs_withdraws_and_is_erased_where_the_author_is_gone(stage: Stage) -> None:
    paper = stage.author.folder.parent / "paper.csv"
    paper.write_text(f"name,shown\n{BEN},everywhere\n", "utf-8")
    stage.author.cli("import-signers", stage.statement, str(paper))
    wait_until(lambda: stage.names_at_cell(), "the copy names whoever signed on paper")
    assert stage.names_at_cell() == [BEN]

    question = stage.whisper("<p>sign</p>", stage.statement)
    assert "For the eight hour day" in question["content"]
    assert ALICE in question["content"]
    assert stage.names_at_author() == [BEN]
    thanks = stage.whisper("<p>3</p>", question["id"])
    assert "everywhere" not in thanks["content"]
    wait_until(lambda: stage.names_at_author() == [BEN, ALICE], "the author names alice")
    wait_until(lambda: stage.names_at_cell() == [BEN, ALICE], "the copy names alice")
    assert ALICE not in stage.cell.get(f"/mirror/{stage.digest}/bundle.json").text
    assert f"/mirror/{stage.digest}/signers" in stage.cell.page(f"/mirror/{stage.digest}")

    left = stage.whisper("<p>withdraw</p>", thanks["id"])
    assert "taken back" in left["content"]
    wait_until(lambda: stage.names_at_author() == [BEN], "the author does not name alice")
    wait_until(lambda: stage.names_at_cell() == [BEN], "the copy does not name alice")
    assert [row["name"] for row in stage.cell.rows("SELECT name FROM copied_signers")] == [BEN]

    stage.author.stop()
    copy = f"{stage.cell.origin}/mirror/{stage.digest}"
    stage.cell.cli("erase-copied-signer", copy, BEN)
    wait_until(lambda: stage.names_at_cell() == [], "the copy names nobody")
    assert not stage.cell.rows("SELECT 1 FROM copied_signers")
    for node in (stage.author, stage.cell):
        assert not any(name in node.log for name in (ALICE, BEN))
        assert stage.alice.actor_uri not in node.log
    assert stage.alice.log()["refusedNames"] == []
