"""A node is killed again and again wherever a power cut would hurt, and nothing is lost or doubled.

The peer that talks to it is the independent recorder: it writes down what was acknowledged to it (202), and
every activity that reaches it. It repeats what was not acknowledged, as peers do.
"""

import http.client
import itertools
import json
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from federation.signatures import HttpMessage
from fedinode import failpoints
from tests.nodes.forking import Child, fork_server
from tests.nodes.harness import Node, make_node, wait_until
from tests.peer_server import PeerActor, PeerServer, peer_server

pytestmark = pytest.mark.kills

KILLS = 20
#: Where a serving node is killed while it works, or a command while it publishes: before something is
#: written down, and after. Two rounds, so that they can run side by side.
BEFORE = ("inbox.before-commit", "react.before-commit", "deliver.after-lease", "publish.before-commit")
AFTER = (
    "inbox.after-commit",
    "react.after-commit",
    "deliver.after-send",
    "deliver.before-record",
    "publish.after-commit",
)
LIFE_SECONDS = 20.0

_POST = """+++
type = "news"
language = "en"
title = "Number {number}"
+++

We are still here, for the {number}th time.
"""


@dataclass
class Recorder:
    """Peers of the node, and what they know for sure."""

    node: Node
    actors: list[PeerActor]
    #: Activities by id that the node has answered with 202.
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    #: Activities by id that were sent and not acknowledged yet.
    open: dict[str, tuple[PeerActor, dict[str, Any]]] = field(default_factory=dict)
    #: How often each activity was sent.
    sent: Counter[str] = field(default_factory=Counter)
    #: URIs that `post` has printed.
    posted: dict[Path, str] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def say_something(self, post_uri: str) -> None:
        """Send a reply, a like and a new follow, each by somebody else."""
        number = next(self._numbers)
        replier, liker, follower = (self.actors[(number + step) % len(self.actors)] for step in range(3))
        note = replier.note(inReplyTo=post_uri)
        for actor, activity in (
            (replier, replier.activity("Create", note, to=note["to"], cc=note["cc"])),
            (liker, liker.activity("Like", post_uri)),
            (follower, follower.activity("Follow", self.node.actor_uri)),
        ):
            self.open[activity["id"]] = (actor, activity)
        self.repeat_open()

    def repeat_open(self) -> None:
        """Send everything that is not acknowledged, until the node does not answer."""
        for uri, (actor, activity) in list(self.open.items()):
            self.sent[uri] += 1
            status = send(self.node.port, actor.signed(f"{self.node.origin}/inbox", activity))
            if status is None:
                return
            assert status == 202, f"{status} for {activity}"
            self.acknowledged[uri] = activity
            del self.open[uri]

    def arrived(self) -> dict[str, set[bytes]]:
        """Return the bodies that arrived at the peers, by activity id."""
        bodies: dict[str, set[bytes]] = defaultdict(set)
        for peer in {actor.peer.host: actor.peer for actor in self.actors}.values():
            for request in list(peer.requests):
                if request.method == "POST":
                    bodies[request.document()["id"]].add(request.body)
        return bodies


def send(port: int, message: HttpMessage) -> int | None:
    """Send a request to a node that may die meanwhile; return the status, or None without an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIFE_SECONDS)
    path = "/" + message.target_uri.split("/", 3)[3]
    try:
        connection.request("POST", path, message.body, dict(message.headers))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def answers(port: int) -> bool:
    """Tell whether somebody accepts connections."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIFE_SECONDS)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The node and its recorder."""

    node: Node
    recorder: Recorder

    def serve(self, failpoint: str | None = None) -> Child:
        """Start the node; it may be dead already when this returns."""
        child = self._start(self.node.log_path, failpoint, "serve", "--port", str(self.node.port))
        wait_until(lambda: answers(self.node.port) or child.poll() is not None, "the node answers")
        return child

    def post(self, path: Path, failpoint: str | None = None) -> int:
        """Publish a file by the command and return the exit code; what it printed is noted."""
        output = path.with_suffix(".out")
        code = self._start(output, failpoint, "post", str(path)).wait(LIFE_SECONDS)
        if code == 0:
            self.recorder.posted[path] = output.read_text("utf-8").splitlines()[0]
        return code

    def _start(self, log: Path, failpoint: str | None, *arguments: str) -> Child:
        environ = self.node.environment() | ({failpoints.VARIABLE: failpoint} if failpoint else {})
        command = ["--data", str(self.node.folder), *arguments]
        cwd = self.node.folder.parent
        return fork_server().start(command, environ=environ, cwd=cwd, stdout=log, stderr=log)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    node = make_node("berlin", tmp_path)
    node.init()
    with peer_server() as server:
        yield Stage(node=node, recorder=Recorder(node=node, actors=make_actors(server)))


def make_actors(server: PeerServer) -> list[PeerActor]:
    """Make two people on each of three servers."""
    return [server.peer(f"peer{number}").actor(name) for number in range(3) for name in ("mira", "tom")]


def write_post(folder: Path, number: int) -> Path:
    path = folder / f"post{number}.md"
    path.write_text(_POST.format(number=number), "utf-8")
    return path


def live_until_killed(stage: Stage, point: str, passes: int, post_uri: str) -> None:
    """Let the node work until it kills itself at its n-th pass of a point."""
    child = stage.serve(f"{point}:{passes}")
    end = time.monotonic() + LIFE_SECONDS
    stage.recorder.repeat_open()
    while child.poll() is None:
        assert time.monotonic() < end, f"the node was not killed at {point}: {stage.node.log[-2000:]}"
        stage.recorder.say_something(post_uri)
    assert child.wait(LIFE_SECONDS) == -signal.SIGKILL, stage.node.log[-2000:]
    stage.recorder.kills[point] += 1


def publish_killed(stage: Stage, point: str, number: int) -> None:
    """Publish a file by a command that is killed, and again by one that is not."""
    path = write_post(stage.node.folder.parent, number)
    assert stage.post(path, point) == -signal.SIGKILL
    stage.recorder.kills[point] += 1
    assert stage.post(path) == 0


def kill_at(stage: Stage, point: str, passes: int, number: int) -> None:
    """Kill the node, or a command that publishes, at a point."""
    if point.startswith("publish."):
        publish_killed(stage, point, number)
    else:
        live_until_killed(stage, point, passes, next(iter(stage.recorder.posted.values())))


@pytest.mark.parametrize("points", [BEFORE, AFTER], ids=["before", "after"])
def test_nothing_acknowledged_is_lost_and_nothing_is_applied_twice(
    stage: Stage, points: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert stage.post(write_post(stage.node.folder.parent, 0)) == 0
    dice = random.Random(20261122)
    numbers = itertools.count(1)
    for _ in range(KILLS):
        for point in points:
            kill_at(stage, point, dice.randint(1, 3), next(numbers))
    child = stage.serve()
    stage.recorder.repeat_open()
    wait_until(lambda: is_quiet(stage.node), "everything is applied and delivered", 60)
    child.send_signal(signal.SIGTERM)
    assert child.wait(LIFE_SECONDS) == 0
    with capsys.disabled():
        sys.stdout.write(f"\n{histogram(stage.recorder.kills)}\n")
    assert_all_applied_once(stage)
    assert_all_delivered_once(stage)
    assert all(stage.recorder.kills[point] >= KILLS for point in points)


def is_quiet(node: Node) -> bool:
    """Tell whether nothing waits any more."""
    waiting = node.rows(
        "SELECT (SELECT count(*) FROM journal WHERE state = 'waiting')"
        " + (SELECT count(*) FROM deliveries WHERE state IN ('waiting', 'leased')) AS number"
    )
    return bool(waiting[0]["number"] == 0)


def histogram(kills: Counter[str]) -> str:
    """Return how often the node was killed at each point, as lines."""
    return "\n".join(f"  {point:<24} {'#' * number} {number}" for point, number in kills.items())


def assert_all_applied_once(stage: Stage) -> None:
    """Compare what the peers were promised with what the node keeps."""
    node, recorder = stage.node, stage.recorder
    assert not recorder.open
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for activity in recorder.acknowledged.values():
        by_type[activity["type"]].append(activity)
    assert all(len(by_type[kind]) >= KILLS for kind in ("Create", "Like", "Follow"))

    kept = [row["uri"] for row in node.rows("SELECT uri FROM replies")]
    assert sorted(kept) == sorted(activity["object"]["id"] for activity in by_type["Create"])
    likes = node.rows("SELECT actor_uri FROM reactions WHERE kind = 'like'")
    assert sorted(row["actor_uri"] for row in likes) == sorted({each["actor"] for each in by_type["Like"]})
    parked = node.rows("SELECT activity_uri, reason FROM journal WHERE state = 'parked'")
    assert parked == []


def assert_all_delivered_once(stage: Stage) -> None:
    """Compare what the node promised with what reached the peers."""
    arrived = stage.recorder.arrived()
    # Delivered at least once, and each time as the same bytes under the same id.
    assert [uri for uri, bodies in arrived.items() if len(bodies) != 1] == []
    documents = [json.loads(next(iter(bodies))) for bodies in arrived.values()]

    creates = Counter(each["object"]["id"] for each in documents if each["type"] == "Create")
    objects = {row["uri"] for row in stage.node.rows("SELECT uri FROM objects")}
    assert len(objects) == len(stage.recorder.posted)
    # The first was published before anybody followed.
    assert creates.keys() <= objects
    assert len(objects) - len(creates) <= 1
    assert set(creates.values()) == {1}

    accepts = Counter(each["object"]["id"] for each in documents if each["type"] == "Accept")
    follows = {uri for uri, each in stage.recorder.acknowledged.items() if each["type"] == "Follow"}
    assert accepts.keys() == follows
    # Who asks again, because no 202 came, is answered again; nobody is answered more often than asking.
    assert [uri for uri, number in accepts.items() if number > stage.recorder.sent[uri]] == []
