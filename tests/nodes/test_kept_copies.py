"""Two real nodes: what a co-signer keeps of a statement, so that it outlives the node that wrote it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image

from federation.cosigning import documents
from tests.nodes.conftest import MakeDatabase, running_node
from tests.nodes.harness import Node, wait_until

STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "invited"
[[media]]
file = "banner.png"
alt = "A banner"
+++

Eight hours are **enough**.
"""
QUICK = {"FEDINODE_COSIGNING__ANNOUNCE_SECONDS": "1", "FEDINODE_COSIGNING__CHECKPOINT_SECONDS": "1"}


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Node]:
    with ExitStack() as stack:
        yield running_node(stack, "bonn", tmp_path_factory.mktemp("author"), make_database() | QUICK)


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Node]:
    with ExitStack() as stack:
        yield running_node(stack, "koeln", tmp_path_factory.mktemp("cell"), make_database() | QUICK)


def post_draft(author: Node) -> str:
    folder = author.folder.parent
    Image.new("RGB", (40, 30), "red").save(folder / "banner.png")
    (folder / "statement.md").write_text(STATEMENT, "utf-8")
    return author.cli("post", str(folder / "statement.md"), "--draft")


def invited_text(author: Node, cell: Node, statement: str) -> None:
    author.cli("invite", statement, cell.handle)
    wait_until(
        lambda: cell.rows("SELECT 1 FROM invitations WHERE statement_uri = :uri", uri=statement),
        "the invitation arrives",
    )


def picture_of(author: Node) -> Path:
    (row,) = author.rows("SELECT path FROM media")
    return author.folder / "media" / str(row["path"])


def test_a_statement_and_its_files_outlive_the_node_that_wrote_them(author: Node, cell: Node) -> None:
    statement = post_draft(author)
    picture = picture_of(author)
    right = picture.read_bytes()
    picture.write_bytes(b"another picture")
    invited_text(author, cell, statement)
    refused = cell.run("cosign", statement)
    assert (refused.returncode, "another digest" in refused.stderr) == (1, True), refused.stderr
    picture.write_bytes(right)
    assert author.get(f"/media/{picture.name}").status_code == 404
    cell.cli("cosign", statement)
    (kept,) = (cell.folder / "copies").iterdir()
    assert kept.name == documents.digest_of_bytes(right)
    assert right[:16] not in kept.read_bytes()
    accepted = "SELECT 1 FROM cosignatures WHERE author_state = 'accepted'"
    wait_until(lambda: author.rows(accepted) and cell.rows(accepted), "the signature is listed on both sides")
    author.cli("publish", statement)
    (digest,) = {row["text_digest"] for row in author.rows("SELECT text_digest FROM kept_statements")}
    author.cli("organisation", "add", statement, "Teachers of Bonn", "--country", "DE")
    kept_file = f"/mirror/{digest}/{kept.name}"
    wait_until(lambda: cell.get(kept_file).status_code == 200, "the cell serves the file")
    wait_until(lambda: "tally" in bundle_of(cell, digest), "the cell has the author's count")
    saved = cell.get(kept_file)
    assert saved.content == right
    assert saved.headers["content-disposition"].startswith("attachment")
    assert (
        saved.headers["x-content-type-options"],
        "sandbox" in saved.headers["content-security-policy"],
    ) == (
        "nosniff",
        True,
    )
    checked = author.cli_json("check-signatures", "--ask")
    assert [(each["listed"], each["verified"], each["problem"]) for each in checked["lists"]] == [
        (1, 1, None)
    ]
    witnesses = {each["attributedTo"] for each in author.document(f"{statement}/bundle.json")["witnesses"]}
    assert witnesses == {author.actor_uri, cell.actor_uri}
    author.stop()
    assert f"https://CELL/mirror?statement={statement}" in cell.run("verify", statement).stderr
    is_sound_without_its_origin(cell, statement, picture)
    copy = cell.document(cell.cli("publish-copy", statement))
    assert "Eight hours are <strong>enough</strong>." in copy["content"]
    assert f"{cell.origin}/mirror/{digest}" in copy["content"]


def bundle_of(node: Node, digest: str) -> dict[str, object]:
    answer = node.get(f"/mirror/{digest}")
    bundle: dict[str, object] = answer.json() if answer.status_code == 200 else {}
    return bundle


def is_sound_without_its_origin(cell: Node, statement: str, picture: Path) -> None:
    """Verify the copy by the address of what is gone, with the keys that the cell saw."""
    (cell.folder.parent / picture.name).write_bytes(picture.read_bytes())
    verified = cell.run(
        *("verify", f"{cell.origin}/mirror?statement={statement}"),
        *("--files", str(cell.folder.parent)),
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    told = verified.stdout
    assert "statement: valid" in told
    assert f"file {picture.name}: checked" in told or "file A banner: checked" in told
    assert "your list names it" in told
    assert "1 organisation: confirmed by" in told
    assert "1 reachable" in told
