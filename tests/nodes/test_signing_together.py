"""Two real nodes: a cell is invited to a draft, signs it, sees it published, and withdraws."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.nodes.conftest import MakeDatabase, running_node
from tests.nodes.harness import Node, wait_until

STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "invited"
[translations.de]
title = "Für den Achtstundentag"
body = "Acht Stunden sind **genug**."
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


def states(node: Node, statement: str) -> list[tuple[str | None, str | None]]:
    rows = node.rows(
        "SELECT author_state, signer_state FROM cosignatures WHERE statement_uri = :uri ORDER BY id",
        uri=statement,
    )
    return [(row["author_state"], row["signer_state"]) for row in rows]


def test_a_cell_signs_a_draft_and_withdraws_after_publication(author: Node, cell: Node) -> None:
    path = author.folder.parent / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    statement = author.cli("post", str(path), "--draft")
    assert author.get(statement).status_code == 404
    author.cli("invite", statement, cell.handle)
    wait_until(
        lambda: cell.rows("SELECT 1 FROM invitations WHERE statement_uri = :uri", uri=statement),
        "the invitation arrives",
    )
    cell.cli("cosign", statement)
    wait_until(lambda: states(author, statement) == [("accepted", None)], "the author lists the consent")
    wait_until(lambda: states(cell, statement) == [("accepted", "accepted")], "the cell has the stamp")
    author.cli("publish", statement)
    wait_until(lambda: states(cell, statement) == [("accepted", "public")], "the cell shows the statement")
    cell.cli("withdraw", statement)
    wait_until(lambda: states(author, statement) == [("withdrawn", None)], "the author lists it no more")
