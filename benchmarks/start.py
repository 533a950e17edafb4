"""From starting the process to the first correct actor document."""

import statistics
import time
from pathlib import Path

import httpx

from benchmarks.figures import Figure
from benchmarks.measured import new_node
from tests.nodes.harness import ACTIVITY_JSON, Node

_ROUNDS = 7


def measure(folder: Path) -> list[Figure]:
    """Start a node several times and return the middle and the longest time."""
    node = new_node(folder)
    seconds = [_seconds_to_actor(node) for _ in range(_ROUNDS)]
    note = f"{_ROUNDS} starts"
    return [
        Figure(
            name="start to first actor document, median", value=statistics.median(seconds) * 1000, unit="ms"
        ),
        Figure(
            name="start to first actor document, longest", value=max(seconds) * 1000, unit="ms", note=note
        ),
    ]


def _seconds_to_actor(node: Node) -> float:
    began = time.perf_counter()
    node.launch()
    try:
        while not _has_actor(node):
            time.sleep(0.002)
        return time.perf_counter() - began
    finally:
        node.stop()


def _has_actor(node: Node) -> bool:
    try:
        answer = node.get(node.actor_uri, ACTIVITY_JSON)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["id"] == node.actor_uri
