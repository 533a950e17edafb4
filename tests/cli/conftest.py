"""A node for commands: made once, because keys take their time, and copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fedinode.cli.main import main
from tests.nodes.harness import Node, make_node


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def id(self) -> str:
        """The id on the first line."""
        return self.out.splitlines()[0]


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Node:
    """Make a node once."""
    node = make_node("berlin", tmp_path_factory.mktemp("made"))
    node.init()
    return node


@pytest.fixture
def node(made: Node, tmp_path: Path) -> Iterator[Node]:
    """Return a copy of the node, which is not served yet."""
    shutil.copytree(made.folder, tmp_path / "berlin")
    copy = replace(made, folder=tmp_path / "berlin")
    yield copy
    copy.stop()


@pytest.fixture
def folder(node: Node) -> Path:
    """Return the data folder of a node that nobody serves."""
    return node.folder


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command on the node in this process."""
    return runner(folder, capsys)


def runner(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str, code: int = 0) -> Done:
        ended = main(["--data", str(folder), *arguments])
        out, err = capsys.readouterr()
        assert ended == code, err
        return Done(ended, out, err)

    return run
