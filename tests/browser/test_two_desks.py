"""Members of two real nodes at their desks: they invite and co-sign, and one answers the other's report."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageOf
from tests.browser.desk_visitors import Desk, submit
from tests.nodes.conftest import running_node
from tests.nodes.harness import Node, wait_until

QUICK = {"FEDINODE_COSIGNING__ANNOUNCE_SECONDS": "1", "FEDINODE_COSIGNING__CHECKPOINT_SECONDS": "1"}
TITLE, BODY = "For the eight hour day", "Eight hours are enough."
NEWS = '+++\ntype = "news"\ntitle = "Strike"\nlanguage = "en"\ncomments = "open"\n+++\n\nWe strike.\n'
INSULT = "You are all fools."


@dataclass(frozen=True, slots=True)
class Two:
    """Two nodes, each with its desk."""

    bonn: Desk
    koeln: Desk


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, page_of: PageOf) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two-desks")
    with ExitStack() as stack:
        bonn, koeln = (running_node(stack, name, folder, QUICK) for name in ("bonn", "koeln"))
        yield Two(Desk(node=bonn, page_of=page_of), Desk(node=koeln, page_of=page_of))


def has(node: Node, query: str) -> bool:
    return bool(node.rows(query))


def write_statement(page: Page) -> None:
    """Write a statement that invited collectives can sign, and go to where it is released."""
    page.get_by_role("link", name="Texts", exact=True).click()
    page.get_by_role("link", name="Write something").click()
    page.get_by_label("Statement").check()
    page.get_by_label("an empty page").check()
    submit(page, "Begin")
    page.get_by_label("Title").fill(TITLE)
    page.get_by_label("Text", exact=True).fill(BODY)
    page.get_by_label("Co-signed by").select_option("invited")
    submit(page, "Save")
    page.get_by_role("link", name="Release", exact=True).click()


def test_a_collective_is_invited_at_one_desk_and_signs_at_the_other(two: Two) -> None:
    bonn, koeln = two.bonn, two.koeln
    author = bonn.enter("ana@example.org", "owner", javascript=False)
    write_statement(author)
    text = author.url
    submit(author, "Ask others to sign it first")
    expect(author.get_by_role("heading", level=1)).to_have_text(TITLE)
    author.get_by_label("Handles, one a line").fill(f"{koeln.node.handle}\n@nobody@{koeln.node.host}")
    submit(author, "Look whether they can be asked")
    expect(author.get_by_text("can be asked", exact=True)).to_be_visible()
    expect(author.get_by_text("cannot be asked", exact=True)).to_be_visible()
    assert bonn.barriers(author) == []
    author.get_by_label("Handles, one a line").fill(koeln.node.handle)
    submit(author, "Ask them")
    expect(author.get_by_role("status")).to_be_visible()
    wait_until(lambda: has(koeln.node, "SELECT 1 FROM invitations"), "the invitation arrives")

    signer = koeln.enter("mo@example.org", "owner", javascript=False, width=360)
    koeln.go(signer, "/desk/signatures")
    expect(signer.get_by_text(BODY)).to_be_visible()
    assert koeln.barriers(signer, width=360) == []
    submit(signer, "Sign exactly this text")
    expect(signer.get_by_role("status")).to_be_visible()
    listed = "SELECT 1 FROM cosignatures WHERE author_state = 'accepted'"
    wait_until(lambda: has(bonn.node, listed), "the author lists the consent")

    author.goto(text)
    submit(author, "Publish now")
    wait_until(lambda: TITLE in bonn.node.page("/"), "the statement is public")
    public = "SELECT 1 FROM cosignatures WHERE signer_state = 'public'"
    wait_until(lambda: has(koeln.node, public), "the signer shows the statement")
    koeln.go(signer, "/desk/signatures")
    expect(signer.get_by_text("public", exact=True)).to_be_visible()
    assert koeln.barriers(signer, width=360) == []


def test_a_report_from_one_node_is_answered_at_the_desk_of_the_other(two: Two, tmp_path: Path) -> None:
    bonn, koeln = two.bonn.node, two.koeln.node
    (tmp_path / "news.md").write_text(NEWS, "utf-8")
    news = koeln.cli("post", str(tmp_path / "news.md"))
    (tmp_path / "insult.md").write_text(
        NEWS.replace("We strike.", INSULT).replace("Strike", "Answer"), "utf-8"
    )
    insult = bonn.cli("reply", news, str(tmp_path / "insult.md"))
    wait_until(lambda: has(koeln, "SELECT 1 FROM replies"), f"{insult} arrives")

    reporter = two.koeln.enter("kim@example.org", "moderator", javascript=False, width=360)
    reply = koeln.rows("SELECT id FROM replies")[0]["id"]
    two.koeln.go(reporter, f"/desk/moderation/reply/{reply}")
    reporter.get_by_role("link", name="Write to their server").click()
    reporter.get_by_label("What is wrong").fill("This is an insult.")
    submit(reporter, "Look at what will be sent")
    assert two.koeln.barriers(reporter, width=360) == []
    submit(reporter, "Send it")
    wait_until(lambda: has(bonn, "SELECT 1 FROM reports"), "the report arrives")

    judge = two.bonn.enter("ben@example.org", "owner", javascript=False, width=360)
    two.bonn.go(judge, "/desk/moderation?kind=report")
    expect(judge.get_by_text("This is an insult.")).to_be_visible()
    judge.get_by_role("link", name="Look at it Report").click()
    assert two.bonn.barriers(judge, width=360) == []
    judge.get_by_text("Delete our post").click()
    submit(judge, "Delete it and close the report")
    expect(judge.get_by_role("status")).to_be_visible()
    assert bonn.rows("SELECT state, deed FROM reports") == [{"state": "resolved", "deed": "delete"}]
    gone = "SELECT 1 FROM replies WHERE state = 'deleted'"
    wait_until(lambda: has(koeln, gone), "the reply is gone there, too")
