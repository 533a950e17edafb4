"""The node that is measured: a process of its own, made for the measurement and ended after it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.nodes.harness import Node, make_node


def new_node(folder: Path, environ: Mapping[str, str] | None = None) -> Node:
    """Make a node with a collective that does not serve yet."""
    node = make_node("bench", folder, environ)
    node.is_fresh = True
    node.init()
    return node


@contextmanager
def serving(node: Node) -> Iterator[int]:
    """Serve until the end of the block; yield the number of the process."""
    node.start()
    assert node.process is not None
    try:
        yield node.process.pid
    finally:
        node.stop()
