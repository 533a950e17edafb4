"""Pages and documents that are kept in memory: answers a second beside an empty answer of Starlette.

The same number of connections asks each in turn, in several rounds, so that other work of the machine weighs
on all of them alike.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.archive import make_archive
from benchmarks.figures import Figure, processor_seconds
from benchmarks.measured import new_node, serving
from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import ACTIVITY_JSON, Node, wait_until
from tests.ports import free_port

_CONNECTIONS = 64
_ROUNDS = 3
_SECONDS = 1.5
_POSTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What is asked for: of whom, the bytes of the request, and the status that must come back."""

    name: str
    port: int
    pid: int
    request: bytes
    status: str = "200"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Answers a second, the 99th hundredth of their times, and what one cost the server."""

    rate: float
    p99_ms: float
    processor_us: float


def measure(folder: Path) -> list[Figure]:
    """Ask for a page, a document, and both when the asker has them, and for nothing at all."""
    node = new_node(folder)
    uri = make_archive(node, folder / "archive", _POSTS)[0]
    with serving(node) as pid, _empty_answers() as empty:
        targets = [empty, *_targets(node, pid, uri)]
        rounds: dict[str, list[_Round]] = {target.name: [] for target in targets}
        for _ in range(_ROUNDS):
            for target in targets:
                rounds[target.name].append(_hammer(folder / "request", target))
    return [figure for target in targets for figure in _figures(target, rounds[target.name])]


def _targets(node: Node, pid: int, uri: str) -> list[_Target]:
    page_url = node.get(uri, "text/html").headers["location"]
    asked = {"page": (page_url, "text/html"), "JSON document": (uri, ACTIVITY_JSON)}
    targets = []
    for name, (url, accept) in asked.items():
        etag = node.get(url, accept).headers["etag"]
        for known, status, headers in (("", "200", {}), (", 304", "304", {"if-none-match": etag})):
            request = _wire(node.host, url.removeprefix(node.origin), {"accept": accept, **headers})
            targets.append(
                _Target(name=f"{name}{known}", port=node.port, pid=pid, request=request, status=status)
            )
    return targets


def _wire(host: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"host: {host}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def _empty_answers() -> Iterator[_Target]:
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.empty_answer", str(port)]
    process = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        wait_until(lambda: _answers(port), "the empty server answers")
        yield _Target(
            name="empty answer", port=port, pid=process.pid, request=_wire("bench", "/", {"accept": "*/*"})
        )
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _hammer(file: Path, target: _Target) -> _Round:
    file.write_bytes(target.request)
    computed = processor_seconds(target.pid)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.hammering", str(file), target.status),
            *(str(target.port), str(_CONNECTIONS), str(_SECONDS)),
        ],
        check=True,
        capture_output=True,
        cwd=REPOSITORY,
    )
    outcome = json.loads(done.stdout)
    computed = processor_seconds(target.pid) - computed
    return _Round(
        rate=outcome["count"] / outcome["seconds"],
        p99_ms=outcome["p99_ms"],
        processor_us=computed / outcome["count"] * 1_000_000,
    )


def _figures(target: _Target, rounds: list[_Round]) -> list[Figure]:
    note = f"{_CONNECTIONS} connections, the middle of {_ROUNDS} rounds"
    return [
        Figure(name=target.name, value=statistics.median(each.rate for each in rounds), unit="/s", note=note),
        Figure(name="  slowest hundredth", value=statistics.median(e.p99_ms for e in rounds), unit="ms"),
        Figure(
            name="  processor time of the server",
            value=statistics.median(each.processor_us for each in rounds),
            unit="us",
        ),
    ]
