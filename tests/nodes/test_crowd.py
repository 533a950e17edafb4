"""One node and a crowd: many readers and servers at once never get what is stale or what others asked for."""

import hashlib
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.nodes import ways_of_asking, wire
from tests.nodes.conftest import MakeDatabase, running_node
from tests.nodes.harness import Node, wait_until
from tests.nodes.ways_of_asking import HTML, MASTODON, Way
from tests.nodes.wire import Answer, Wire
from tests.peer_server import PeerServer, Reply, Request

#: So long after a change anything may still be stale. On PostgreSQL a thread hears of it, which has to get
#: its turn: within the second on a machine that has nothing else to do.
STALE_SECONDS = {"sqlite": 1.0, "postgresql": 4.0}
READERS = 8
CONNECTIONS = 4
#: Nothing that is asked here differs between the databases, so one of them gets most.
REQUESTS = {"sqlite": 10_000, "postgresql": 1_000}
#: Sent at once over a connection, before the first answer is read.
AT_ONCE = 50

POST = """+++
type = "statement"
title = "Erklärung {state}"
language = "de"
slug = "erklaerung"
tags = ["Hafen"]
issued_by = "Plenum {state}"
[translations.ru]
title = "Заявление {state}"
slug = "zayavlenie-{state}"
body = "Мы бастуем: {state}."
[translations.en]
title = "Statement {state}"
slug = "statement"
body = "We are on strike: {state}."
+++

Wir streiken: {state}.
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A node with one statement in three languages, whose present state is a word in all of its texts."""

    node: Node
    uri: str
    folder: Path

    @property
    def database(self) -> str:
        return "postgresql" if self.node.environ else "sqlite"

    def path(self, address: str) -> str:
        return address.removeprefix(self.node.origin)

    def edit(self, state: str) -> None:
        path = self.folder / "edited.md"
        path.write_text(POST.format(state=state), "utf-8")
        self.node.cli("edit", self.uri, str(path))

    def made(self) -> int:
        """How many answers the node made so far that were not kept."""
        request = wire.request(f"127.0.0.1:{self.node.port}", "/metrics")
        with Wire(self.node.port) as connection:
            text = connection.ask(request).body.decode()
        found = re.search(r'event="answers\.made"} (\d+)', text)
        return int(found[1]) if found else 0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Stage]:
    """Run a node that has published."""
    folder = tmp_path_factory.mktemp("crowd")
    with ExitStack() as stack:
        node = running_node(stack, "berlin", folder, make_database())
        path = folder / "post.md"
        path.write_text(POST.format(state="eins"), "utf-8")
        uri = node.document(node.cli("post", str(path)))["id"]
        yield Stage(node=node, uri=uri, folder=folder)


# -- what is delivered, and what many ask for at once


def test_who_gets_a_delivery_finds_everything_made_and_a_crowd_makes_it_once(
    stage: Stage, peers: PeerServer, tmp_path: Path
) -> None:
    node, arrivals = stage.node, []
    fan = peers.peer("fans").actor("nino")

    def arrive(request: Request) -> Reply:
        if request.document()["type"] == "Create":
            arrivals.append(stage.made())
        return Reply(status=202)

    fan.peer.answer(stage.path(fan.document["inbox"]).removeprefix(fan.peer.origin), arrive, method="POST")
    fan.peer.answer("/inbox", arrive, method="POST")
    assert fan.deliver(f"{node.actor_uri}/inbox", fan.activity("Follow", node.actor_uri)).status_code == 202
    wait_until(lambda: fan.peer.received("Accept"), "the follower is accepted")
    path = tmp_path / "second.md"
    other = (
        POST.format(state="neu").replace('"erklaerung"', '"neu"').replace('"statement"\nbody', '"new"\nbody')
    )
    path.write_text(other, "utf-8")
    page_url = node.cli("post", str(path))
    wait_until(lambda: arrivals, "the post arrives")
    uri = node.document(page_url)["id"]
    for address, accept in (
        *((each, MASTODON) for each in (uri, node.actor_uri)),
        *((each, HTML) for each in (uri, page_url, f"{node.origin}/@berlin/ru/zayavlenie-neu")),
    ):
        assert node.get(address, accept).status_code in (200, 303), address
    assert stage.made() == arrivals[0]
    require_made_once(stage, f"/@berlin/en/nothing-is-kept-of-this?{time.monotonic_ns()}", 404, made=None)
    require_made_once(stage, f"/search?q=streik{time.monotonic_ns()}", 200, made=1)


def require_made_once(stage: Stage, path: str, status: int, *, made: int | None) -> None:
    """Let 64 readers ask for something that is not kept, all at once."""
    before = stage.made()
    with ExitStack() as stack:
        crowd = [stack.enter_context(Wire(stage.node.port)) for _ in range(64)]
        for each in crowd:
            each.send(wire.request(stage.node.host, path, [("accept", HTML)]))
        answers = [each.receive() for each in crowd]
    assert {each.status for each in answers} == {status}
    assert len({each.body for each in answers}) == 1
    assert made is None or stage.made() - before == made


# -- an edit while everybody reads


@dataclass
class Reader:
    """Asks for everything in turn until it is told to stop, and notes what was out of date, and when."""

    stage: Stage
    state: str
    targets: dict[str, tuple[bytes, Callable[[Answer, str], bool]]]
    stop: threading.Event
    #: When the request was sent that was answered with what the edit changed.
    stale: list[tuple[float, str]] = field(default_factory=list)
    asked: int = 0

    def run(self) -> None:
        names = list(self.targets)
        random.Random(id(self)).shuffle(names)
        with Wire(self.stage.node.port) as connection:
            while not self.stop.is_set():
                for name in names:
                    request, is_fresh = self.targets[name]
                    sent_at = time.monotonic()
                    answer = connection.ask(request)
                    self.asked += 1
                    if not is_fresh(answer, self.state):
                        self.stale.append((sent_at, name))


def says(answer: Answer, state: str) -> bool:
    return answer.status == 200 and state in answer.body.decode()


def leads(answer: Answer, state: str) -> bool:
    return answer.status == 301 and answer.headers["location"].endswith(f"/zayavlenie-{state}")


def targets(stage: Stage) -> dict[str, tuple[bytes, Callable[[Answer, str], bool]]]:
    pages = {
        "page": "/@berlin/de/erklaerung",
        "another language": "/@berlin/en/statement",
        "front page": "/",
        "profile": "/@berlin",
        "Atom": "/feed.atom",
        "RSS of a collective": "/@berlin/feed.rss",
        "JSON Feed of a language": "/de/feed.json",
        "archive": "/archive?tag=Hafen",
        "feed of the archive": "/archive/feed.atom?kind=statement",
        "search": "/search?q=streiken",
        "sitemap": "/sitemaps/1.xml",
    }
    asked = {name: (path, HTML, says) for name, path in pages.items()}
    asked["document"] = (stage.path(stage.uri), MASTODON, says)
    asked["old address"] = ("/@berlin/ru/zayavlenie-eins", HTML, leads)
    return {
        name: (wire.request(stage.node.host, path, [("accept", accept)]), is_fresh)
        for name, (path, accept, is_fresh) in asked.items()
    }


def test_an_edit_of_another_process_is_seen_by_all_readers_within_a_second(stage: Stage) -> None:
    stop, state = threading.Event(), "zwei"
    readers = [Reader(stage=stage, state=state, targets=targets(stage), stop=stop) for _ in range(READERS)]
    threads = [threading.Thread(target=reader.run) for reader in readers]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: all(reader.asked > 2 * len(reader.targets) for reader in readers), "all read")
        stage.edit(state)
        promised = time.monotonic() + STALE_SECONDS[stage.database]
        wait_until(lambda: time.monotonic() > promised, "the second is over")
        since = sum(reader.asked for reader in readers)
        wait_until(
            lambda: sum(reader.asked for reader in readers) > since + READERS * len(readers[0].targets),
            "everybody has read everything once more",
        )
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    stale = Counter(name for reader in readers for at, name in reader.stale if at > promised)
    assert not stale, stale
    # What the readers look for tells the old from the new.
    assert {name for reader in readers for _, name in reader.stale} == set(readers[0].targets)


# -- whoever asks, and however


def reference(stage: Stage) -> dict[tuple[str, str], Answer]:
    """Return what each address answers to each form, asked for plainly, and see that it is right."""
    found = {}
    with Wire(stage.node.port) as connection:
        for path, forms in ways_of_asking.addresses(stage.node, stage.uri).items():
            for wants, form in forms.items():
                accept = ways_of_asking.ACCEPTS[wants][0] or ""
                request = wire.request(stage.node.host, path, [("accept", accept), ("accept-language", "de")])
                answer = found[path, wants] = connection.ask(request)
                assert answer.status == form.status, (path, wants)
                assert answer.headers.get("content-type", "") == form.kind, (path, wants)
                assert form.mark in answer.headers.get("location", answer.body.decode()), (path, wants)
                if "etag" in answer.headers:
                    digest = hashlib.sha256(answer.body).hexdigest()
                    assert answer.headers["etag"].strip('"') == digest[:32]
    return found


def require_right(way: Way, answer: Answer, expected: Answer) -> None:
    """Compare an answer with the one that this way of asking must get."""
    if way.etag is not None and way.etag == expected.headers.get("etag"):
        assert (answer.status, answer.body) == (304, b""), way
        assert answer.headers["etag"] == way.etag, way
        return
    assert answer.status == expected.status, way
    for name in ("content-type", "location", "etag", "vary", "link"):
        assert answer.headers.get(name) == expected.headers.get(name), way
    if way.method == "HEAD":
        assert answer.body == b"", way
    elif answer.status == 404 and way.wants == "page":
        assert way.language is None or f'<html lang="{way.language}"'.encode() in answer.body, way
    elif answer.status != 404:
        assert answer.body == expected.body, way


def test_nobody_gets_what_somebody_else_asked_for(stage: Stage) -> None:
    known = reference(stage)
    ways = list(ways_of_asking.mixed(stage.node, stage.uri, known, REQUESTS[stage.database]))
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(stage.node.port)) for _ in range(CONNECTIONS)]
        for begin in range(0, len(ways), AT_ONCE * CONNECTIONS):
            parts = [ways[begin + number :: CONNECTIONS][:AT_ONCE] for number in range(CONNECTIONS)]
            for connection, part in zip(wires, parts, strict=True):
                connection.send(b"".join(way.request for way in part))
            for connection, part in zip(wires, parts, strict=True):
                for way in part:
                    answer = connection.receive(is_head=way.method == "HEAD")
                    require_right(way, answer, known[way.path, way.wants])
