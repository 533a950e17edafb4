"""Four nodes over HTTPS: a draft is signed before it is public, the list is equal everywhere, copies outlive.

And an embargo: until publication a word of the draft is found nowhere but in the invitation.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import COMMAND, Node, wait_until
from tests.nodes.ring import (
    Ring,
    is_invited,
    lines,
    listed_at,
    ring_of_nodes,
    wait_for_invitation,
    wait_for_lists,
    wait_for_state,
)

CANARY = "Zwielichtsegler"
WISH = "We would sign seven hours."
NO_NETWORK = ("unshare", "-rn")
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


def sign_and_publish(ring: Ring, statement: str) -> str:
    """Two sign the draft and one declines; it is published, that one signs after all; return the digest."""
    author, (koeln, halle, essen) = ring.author, ring.cells
    author.cli("invite", statement, *(cell.handle for cell in ring.cells))
    for cell in ring.cells:
        wait_for_invitation(cell, statement)
    koeln.cli("cosign", statement)
    halle.cli("cosign", statement)
    essen.cli("decline", statement, "--reason", WISH)
    wait_for_state(author, statement, ("accepted", None), count=2)
    wait_until(lambda: lines(author, statement).get(essen.actor_uri) == "declined", "the author reads a no")
    assert WISH in author.run("cosignatures", statement).stdout
    for node in ring.nodes:
        require_embargo(node, statement)
        assert found_in_files(node, CANARY) == []

    author.cli("publish", statement)
    digest: str = author.document(statement)["textDigest"]
    for cell in (koeln, halle):
        wait_for_state(cell, statement, ("accepted", "public"))
    essen.cli("cosign", statement)
    (pending,) = wait_until(lambda: author.cli_json("pending-signatures"), "whom nobody asked, waits")
    author.cli("accept-signature", str(pending["id"]))
    wait_for_lists(ring.nodes, digest, 3)
    return digest


def amend_and_renew(ring: Ring, statement: str, path: Path) -> tuple[str, str]:
    """The author amends, who stood under the old text signs the new one; return its id and its digest."""
    author, (koeln, halle, essen) = ring.author, ring.cells
    path.write_text(STATEMENT.replace("Eight hours are", "Seven hours are"), "utf-8")
    refused = author.run("edit", statement, str(path))
    assert refused.returncode == 1
    assert "fedinode amend" in refused.stderr
    amended = author.cli("amend", statement, str(path))
    author.cli("invite", amended, "--signers")
    for cell in (koeln, essen):
        wait_for_invitation(cell, amended)
        cell.cli("cosign", amended)
    assert not is_invited(halle, amended)
    wait_for_state(author, amended, ("accepted", None), count=2)
    author.cli("publish", amended)
    document = author.document(amended)
    assert (document["revision"], document["context"]) == (2, statement)
    digest: str = document["textDigest"]
    wait_for_lists((author, koeln, essen), digest, 2)
    return amended, digest


def verified_alone(ring: Ring, bundle: bytes, folder: Path) -> tuple[str, dict[str, Any]]:
    """Verify a bundle without any network and without anything of a node; return what is said."""
    home = folder / "home"
    home.mkdir()
    (home / "bundle.json").write_bytes(bundle)
    witness = ring.cells[0].document(f"/collectives/{ring.cells[0].name}")
    keys = [f"{key['id']} {key['publicKeyMultibase']}\n" for key in witness["assertionMethod"]]
    (home / "trust.txt").write_text("".join(keys), "ascii")
    told = run_alone(home, "verify", "bundle.json", "--offline")
    vouched = run_alone(home, "verify", "bundle.json", "--offline", "--trust", "trust.txt", "--json")
    return told, json.loads(vouched)


def run_alone(home: Path, *arguments: str) -> str:
    """Run a command that must succeed in an empty network namespace, with a home that holds nothing else."""
    environ = {"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [*NO_NETWORK, *COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=home,
        env=environ,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def has_namespaces() -> bool:
    return (
        bool(shutil.which(NO_NETWORK[0]))
        and not subprocess.run([*NO_NETWORK, "true"], check=False).returncode
    )


def test_four_nodes_sign_amend_and_outlive_the_origin(ring: Ring, tmp_path: Path) -> None:
    author, (koeln, halle, essen) = ring.author, ring.cells
    path = tmp_path / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    statement = author.cli("post", str(path), "--draft")
    path.unlink()
    digest = sign_and_publish(ring, statement)
    ring.gates[author.name].close()
    lists = [listed_at(node, digest) for node in ring.nodes]
    assert len(lists[0]) == 3
    assert lists == [lists[0]] * 4
    ring.gates[author.name].open()

    halle.cli("withdraw", statement)
    remaining = wait_for_lists(ring.nodes, digest, 2)
    amended, renewed = amend_and_renew(ring, statement, path)
    assert wait_for_lists(ring.nodes, digest, 2) == remaining

    author.stop()
    ring.gates[author.name].close()
    shutil.rmtree(author.folder)
    lead = koeln.get(f"/mirror?statement={amended}")
    assert (lead.status_code, lead.headers["location"]) == (303, f"{koeln.origin}/mirror/{renewed}")
    assert [listed_at(cell, digest) for cell in ring.cells] == [remaining] * 3
    old = json.loads(essen.run("verify", _kept(halle, digest, tmp_path), "--offline", "--json").stdout)
    assert [each["result"] for each in old["formerEntries"]] == ["withdrawn"]
    assert (old["statement"]["result"], old["list"]) == ("valid", "complete")

    if not has_namespaces():
        pytest.skip("this machine cannot make an empty network namespace")
    told, report = verified_alone(ring, koeln.get(f"/mirror/{renewed}").content, tmp_path)
    assert told.startswith("statement: valid\n")
    assert "nobody you named vouches for it" in told
    assert (report["statement"]["result"], report["list"]) == ("valid", "complete")
    assert [each["result"] for each in report["entries"]] == ["valid", "valid"]
    assert {each["rung"] for each in report["keys"]} <= {"trusted", "witnessed"}


def _kept(node: Node, digest: str, folder: Path) -> str:
    file = folder / f"{node.name}.json"
    file.write_bytes(node.get(f"/mirror/{digest}").content)
    return str(file)
