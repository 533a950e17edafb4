"""Nodes for the tests of this folder: on both databases, two that know each other, and foreign peers."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy

from tests.nodes.harness import Node, make_node, wait_until
from tests.peer_server import PeerServer, peer_server

_numbers = itertools.count(1)

MakeDatabase = Callable[[], dict[str, str]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes, of which `reader` follows `writer`."""

    writer: Node
    reader: Node

    def copy(self, uri: str) -> dict[str, object] | None:
        """Return what the reader keeps of the writer's post, or None while it keeps nothing."""
        rows = self.reader.rows("SELECT * FROM remote_objects WHERE uri = :uri", uri=uri)
        return rows[0] if rows else None


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def make_database(request: pytest.FixtureRequest) -> MakeDatabase:
    """Return a function that makes a new database and returns the settings that name it."""
    if request.param == "sqlite":
        return dict
    server: str = request.getfixturevalue("postgres_url")

    def make() -> dict[str, str]:
        name = f"nodes_{next(_numbers)}"
        engine = sqlalchemy.create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text(f"CREATE DATABASE {name}"))
        engine.dispose()
        url = sqlalchemy.make_url(server).set(database=name)
        return {"FEDINODE_DATABASE_URL": url.render_as_string(hide_password=False)}

    return make


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, make_database: MakeDatabase) -> Iterator[Pair]:
    """Run two nodes for the tests of a module: @tbilisi follows @berlin."""
    folder = tmp_path_factory.mktemp("pair")
    with ExitStack() as stack:
        writer, reader = (
            running_node(stack, name, folder, make_database()) for name in ("berlin", "tbilisi")
        )
        reader.cli("follow", writer.handle)
        wait_until(lambda: is_followed(writer, reader), "berlin knows that tbilisi follows it")
        yield Pair(writer=writer, reader=reader)


@pytest.fixture(scope="module")
def peers() -> Iterator[PeerServer]:
    """Run a server for peers that are no nodes of ours."""
    with peer_server() as server:
        yield server


def running_node(stack: ExitStack, name: str, folder: Path, environ: dict[str, str]) -> Node:
    """Make a node, start it, and stop it at the end of `stack`."""
    node = make_node(name, folder, environ)
    node.init()
    node.start()
    stack.callback(node.stop)
    return node


def is_followed(node: Node, by: Node) -> bool:
    """Whether `by` is among the accepted followers of `node`, as both see it."""
    followers = node.rows(
        "SELECT 1 FROM follows JOIN actors ON actors.id = follows.actor_id"
        " WHERE direction = 'in' AND state = 'accepted' AND actors.uri = :uri",
        uri=by.actor_uri,
    )
    following = by.rows("SELECT 1 FROM follows WHERE direction = 'out' AND state = 'accepted'")
    return bool(followers and following)
