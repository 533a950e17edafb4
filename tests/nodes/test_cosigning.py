"""Four nodes over HTTPS: a draft is signed before it is public, the list is equal everywhere, copies outlive.

And an embargo: until publication a word of the draft is found nowhere but in the invitation.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes.harness import Node, wait_until
from tests.nodes.ring import Ring, is_invited, lines, listed_at, ring_of_nodes, wait_for_lists, wait_for_state

CANARY = "Zwielichtsegler"
STATEMENT = f"""+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
+++

Eight hours are **enough**, says {CANARY}.
"""
#: What anybody can ask of a node that is about lists of things.
ROUTES = (
    "/", "/about", "/archive", "/archive/feed.atom", "/feed.atom", "/feed.json", "/sitemap.xml",
    "/sitemaps/1.xml", "/search?q={word}", "/network", "/events.ics", "/metrics", "/robots.txt",
    "/@{name}", "/@{name}/en", "/@{name}/feed.atom", "/@{name}/feed.json", "/collectives/{name}",
    "/collectives/{name}/outbox", "/collectives/{name}/outbox/1", "/collectives/{name}/featured",
    "/nodeinfo/2.1", "/@{name}/en/for-the-eight-hour-day", "/mirror?statement={uri}",
)  # fmt: skip
UNDER_STATEMENT = (
    "", "/bundle.json", "/bundle.jsonl", "/badge.svg", "/cosignatures", "/cosignatures/1",
    "/cosignatures/checkpoint", "/likes", "/shares", "/replies",
)  # fmt: skip


@pytest.fixture
def ring(tmp_path: Path) -> Iterator[Ring]:
    with ring_of_nodes(tmp_path) as ring:
        yield ring


def found_in_files(node: Node, word: str) -> list[Path]:
    """Return the files of a node, its database and log among them, that hold a word in plain text."""
    files = [path for path in node.folder.rglob("*") if path.is_file()]
    return [path for path in (*files, node.log_path) if word.encode() in path.read_bytes()]


def require_embargo(node: Node, statement: str) -> None:
    """Fail if a word of the draft is to be had from a node by anybody."""
    path = statement.partition(".localhost")[2].partition("/")[2]
    own = [f"/{path}{each}" for each in UNDER_STATEMENT]
    named = [each.format(name=node.name, word=CANARY, uri=statement) for each in ROUTES]
    for route in (*own, *named):
        for accept in ("text/html", "application/activity+json"):
            answer = node.get(route, accept)
            shown = answer.text.replace(f"q={CANARY}", "").replace(f'value="{CANARY}"', "")
            assert "eight hour" not in shown.lower(), route
            if "/search" not in route:
                assert CANARY not in shown, route
            assert route not in own or answer.status_code == 404, route


def test_a_statement_of_four_nodes(ring: Ring, tmp_path: Path) -> None:
    author, (koeln, halle, essen) = ring.author, ring.cells
    path = tmp_path / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    statement = author.cli("post", str(path), "--draft")
    path.unlink()

    author.cli("invite", statement, koeln.handle, halle.handle)
    wait_until(lambda: is_invited(koeln, statement), "the first cell is invited")
    wait_until(lambda: is_invited(halle, statement), "the second cell is invited")
    koeln.cli("cosign", statement)
    wait_for_state(author, statement, ("accepted", None))
    for node in (author, koeln, halle):
        require_embargo(node, statement)
        assert found_in_files(node, CANARY) == []
    halle.cli("decline", statement, "--reason", "Nine hours are enough.")
    wait_until(
        lambda: lines(author, statement).get(halle.actor_uri) == "declined", "the author reads the refusal"
    )

    author.cli("publish", statement)
    digest = author.document(statement)["textDigest"]
    wait_for_state(koeln, statement, ("accepted", "public"))
    essen.cli("cosign", statement)
    pending = wait_until(lambda: author.cli_json("pending-signatures"), "a signature nobody asked for waits")
    author.cli("accept-signature", str(pending[0]["id"]))
    halle.cli("cosign", statement)
    assert len(wait_for_lists(ring.nodes, digest, 3)) == 3

    halle.cli("withdraw", statement)
    remaining = wait_for_lists(ring.nodes, digest, 2)
    author.stop()
    assert [listed_at(cell, digest) for cell in ring.cells] == [remaining] * 3
    lead = koeln.get(f"/mirror?statement={statement}")
    assert (lead.status_code, lead.headers["location"]) == (303, f"{koeln.origin}/mirror/{digest}")

    file = tmp_path / "bundle.json"
    file.write_bytes(koeln.get(f"/mirror/{digest}").content)
    report = json.loads(essen.run("verify", str(file), "--offline", "--json").stdout)
    assert (report["statement"]["result"], report["list"]) == ("valid", "complete")
    assert [each["result"] for each in report["entries"]] == ["valid", "valid"]
    assert [each["result"] for each in report["formerEntries"]] == ["withdrawn"]
    assert essen.run("verify", str(file), "--offline").returncode == 0
