"""Four nodes sign together in bad weather: requests are lost, doubled and late, nodes die, clocks are wrong.

A draft is signed by two cells, declined by a third, published, signed by one that nobody asked, and one
withdraws. At every look at a node no list holds what does not belong there; in the end all lists are equal.
`CAMPAIGN_SEEDS=1-20` says which seeds are played; without it, one short campaign is.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from federation import jsonld
from federation.cosigning import documents, verify
from federation.cosigning.report import EntryWord, ListWord, StatementWord
from fedinode import clocks
from tests.nodes.harness import Node
from tests.nodes.ring import Ring, ring_of_nodes, states
from tests.nodes.storm import FAULTS, Weather, seeds_of

HOUR = 3600
#: How long is waited, in seconds, before an hour passes on all clocks.
PATIENCE_SECONDS = 4.0
#: So many hours may pass before something must have happened.
MAX_HOURS = 48
#: After a kill the nodes are left alone for so many times as long as the node took to come back: on a busy
#: machine they would otherwise do nothing but start.
CALM = 4
STATEMENT = """+++
type = "statement"
title = "For the eight hour day"
language = "en"
cosign = "anyone"
+++

Eight hours are **enough**.
"""


@dataclass
class Campaign:
    """The nodes, the weather, and what was seen so far."""

    ring: Ring
    weather: Weather
    #: Seconds that all clocks are ahead of this machine's, for hours that have passed.
    passed: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    digest: str | None = None
    #: For each node, the signatures that it has listed and took off its list again.
    gone: dict[str, set[str]] = field(default_factory=dict)
    listed: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.weather.seed)
        self._calm_until = 0.0

    # -- what goes wrong

    def strike(self) -> float:
        """Now and then kill a node, and start it with another clock; return how many seconds that took."""
        begun = time.monotonic()
        if begun < self._calm_until or self._dice.random() > 0.15:
            return 0.0
        self.restart(self._dice.choice(self.ring.nodes), is_killed=True)
        took = time.monotonic() - begun
        self._calm_until = begun + took * (1 + CALM)
        return took

    def restart(self, node: Node, *, is_killed: bool) -> None:
        """Start a node again: its clock is right, or an hour ahead of the others'."""
        if is_killed:
            node.kill()
            self.counts["kill"] += 1
        else:
            node.stop()
        wrong = self._dice.choice((0, HOUR)) if self.weather.is_stormy else 0
        self.counts["wrong clock"] += wrong > 0
        node.environ = {**node.environ, clocks.VARIABLE: str(self.passed + wrong)}
        node.start()

    def pass_time(self, seconds: int) -> None:
        """Let time pass on all nodes: what was put off is due."""
        self.passed += seconds
        self.counts["hours"] += seconds // HOUR
        for node in self.ring.nodes:
            self.restart(node, is_killed=self.weather.is_stormy and self._dice.random() < 0.5)

    # -- what is done

    def insist(self, node: Node, *arguments: str) -> str:
        """Repeat a command until it succeeds; return the first line that it says."""
        for _ in range(20):
            done = node.run(*arguments)
            if done.returncode == 0:
                return done.stdout.split("\n", 1)[0].strip()
            assert "Traceback" not in done.stderr, done.stderr
            self.counts["command again"] += 1
            self.look()
        raise AssertionError(f"{node.name}: {' '.join(arguments)}: {done.stderr}")

    def until(self, condition: Callable[[], Any], what: str) -> None:
        """Look at the nodes, and strike them, until a condition is true."""
        for _ in range(MAX_HOURS):
            end = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < end:
                if condition():
                    return
                end += self.strike()
                self.look()
            self.pass_time(HOUR)
        raise AssertionError(f"{MAX_HOURS} hours passed, and not: {what}\n{self.report()}")

    # -- what must always hold

    def look(self) -> None:
        for node in self.ring.nodes:
            self.look_at(node)

    def look_at(self, node: Node) -> None:
        """Verify the list that a node shows: nothing is on it that does not belong there."""
        self.counts["looks"] += 1
        bundle = bundle_at(node, self.digest) if self.digest else None
        if bundle is None:
            return
        report = verify.verify(jsonld.dump(bundle))
        assert report.statement is StatementWord.VALID, (node.name, report)
        assert {each.word for each in report.entries} <= {EntryWord.VALID}, (node.name, report)
        for each in bundle["entries"]:
            assert each["coSignature"]["textDigest"] == documents.digest(
                documents.signed_text(bundle["statement"])
            )
        now = {each["coSignature"]["id"] for each in bundle["entries"]}
        gone, before = self.gone.setdefault(node.name, set()), self.listed.get(node.name, set())
        assert not now & gone, f"{node.name} lists again what was withdrawn"
        gone |= before - now
        self.listed[node.name] = now
        self.counts["lists verified"] += 1

    def lists(self) -> list[list[str]]:
        assert self.digest is not None
        bundles = [bundle_at(node, self.digest) or {"entries": []} for node in self.ring.nodes]
        return [
            sorted(documents.digest(each["coSignature"]) for each in found["entries"]) for found in bundles
        ]

    def are_equal(self, count: int) -> bool:
        """Whether every node lists the same, so many signatures."""
        first, *others = self.lists()
        return len(first) == count and all(each == first for each in others)

    def report(self) -> str:
        counts = sorted((self.weather.counts + self.counts).items())
        return f"seed {self.weather.seed}: " + ", ".join(f"{name} {count}" for name, count in counts)


def bundle_at(node: Node, digest: str) -> dict[str, Any] | None:
    """Return the list that a node shows to everybody, or None."""
    try:
        answer = node.get(f"/mirror/{digest}")
    except httpx.TransportError:
        return None
    assert answer.status_code in (200, 404), f"{node.name}: {answer.status_code} {answer.text[:200]}"
    bundle: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
    return bundle


@pytest.fixture(params=list(seeds_of(os.environ.get("CAMPAIGN_SEEDS", "1"))))
def campaign(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Campaign]:
    weather = Weather(request.param)
    with ring_of_nodes(tmp_path, front=weather.front) as ring:
        made = Campaign(ring, weather)
        yield made
        print(f"\n{made.report()}")  # noqa: T201  # seeds and counts are what a campaign reports


def test_lists_are_equal_in_the_end_whatever_happened_between(campaign: Campaign, tmp_path: Path) -> None:
    author, (koeln, halle, essen) = campaign.ring.author, campaign.ring.cells
    essen.cli("collective", "add", "werden", "--name", "Werden", "--language", "en")
    path = tmp_path / "statement.md"
    path.write_text(STATEMENT, "utf-8")
    statement = author.cli("post", str(path), "--draft")

    def has(node: Node, count: int, *wanted: str) -> bool:
        found = [author_state for author_state, _ in states(node, statement)]
        return sum(each in wanted for each in found) == count

    def is_invited(node: Node) -> bool:
        return bool(node.rows("SELECT 1 FROM invitations WHERE statement_uri = :uri", uri=statement))

    campaign.insist(author, "invite", statement, *(cell.handle for cell in campaign.ring.cells))
    campaign.digest = author.rows("SELECT text_digest FROM invitations")[0]["text_digest"]
    campaign.until(lambda: all(map(is_invited, campaign.ring.cells)), "all are invited")
    for cell in (koeln, halle):
        campaign.insist(cell, "cosign", statement)
    campaign.insist(essen, "decline", statement, "--as", "essen", "--reason", "Nine hours are enough.")
    campaign.until(lambda: has(author, 2, "accepted"), "two signatures are accepted")
    declined = "SELECT 1 FROM invitations WHERE state = 'declined'"
    campaign.until(lambda: author.rows(declined), "the author reads that one declines")
    assert campaign.counts["lists verified"] == 0, "a list of a draft was shown"

    campaign.insist(author, "publish", statement)
    campaign.insist(essen, "cosign", statement, "--as", "werden")
    campaign.until(lambda: author.cli_json("pending-signatures"), "a signature that nobody asked for waits")
    campaign.insist(author, "accept-signature", str(author.cli_json("pending-signatures")[0]["id"]))
    campaign.until(lambda: has(author, 3, "accepted"), "three signatures are accepted")
    campaign.until(lambda: all(campaign.lists()), "every node has a list")
    campaign.insist(halle, "withdraw", statement)
    campaign.until(lambda: has(author, 1, "withdrawn"), "the author reads the withdrawal")

    campaign.weather.is_stormy = False
    campaign.pass_time(26 * HOUR)
    # A cell that has heard neither of the last signature nor of the withdrawal lists two as well.
    standing = "SELECT uri FROM cosignatures WHERE author_state = 'accepted' AND ended_at IS NULL"
    assert len(author.rows(standing)) == 2
    campaign.until(lambda: campaign.are_equal(2), "all list the same two")
    for node in campaign.ring.nodes:
        bundle = bundle_at(node, campaign.digest or "")
        assert bundle is not None
        assert verify.verify(jsonld.dump(bundle)).completeness is ListWord.COMPLETE
    assert all(campaign.weather.counts[fault] for fault in FAULTS), campaign.report()
    assert all(campaign.counts[each] for each in ("kill", "wrong clock", "lists verified")), campaign.report()
