"""A ring of four nodes over HTTPS: an author and three cells, and what a test asks of them.

The lists of signatures are read over HTTP; a test otherwise speaks to the nodes on the command line.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import trustme

from federation.cosigning import documents
from tests.nodes.harness import Node, wait_until
from tests.nodes.tls_front import tls_front
from tests.ports import free_port

#: Waits of the protocol that a test cannot wait for.
QUICK = {
    "FEDINODE_COSIGNING__ANNOUNCE_SECONDS": "1",
    "FEDINODE_COSIGNING__CHECKPOINT_SECONDS": "1",
}
#: The author first.
NAMES = ("bonn", "koeln", "halle", "essen")
#: Listens with TLS on the first port and passes everything to the second.
Front = Callable[[int, int, ssl.SSLContext], AbstractContextManager[None]]


@dataclass
class Gate:
    """The port by which the world reaches a node; a test closes it and opens it again."""

    make: Callable[[], AbstractContextManager[None]]
    _open: ExitStack = field(default_factory=ExitStack)

    def open(self) -> None:
        self._open.enter_context(self.make())

    def close(self) -> None:
        """Let nobody reach the node; the test still does."""
        self._open.close()


@dataclass(frozen=True, slots=True)
class Ring:
    """An author and three cells, each behind TLS with a certificate of one test authority."""

    author: Node
    cells: tuple[Node, Node, Node]
    authority: Path
    gates: Mapping[str, Gate]

    @property
    def nodes(self) -> tuple[Node, ...]:
        return (self.author, *self.cells)


@contextmanager
def ring_of_nodes(
    folder: Path, environ: Mapping[str, str] | None = None, front: Front = tls_front
) -> Iterator[Ring]:
    """Run @bonn, @koeln, @halle and @essen; `front` stands between each of them and the others."""
    authority, trusted = trustme.CA(), folder / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    own = {
        "SSL_CERT_FILE": str(trusted),
        "FEDINODE_FEDERATION__ALLOW_ADDRESSES": "127.0.0.0/8",
        **QUICK,
        **(environ or {}),
    }
    with ExitStack() as stack:
        running = [_run_node(stack, folder / name, own, authority, front) for name in NAMES]
        author, *cells = (node for node, _ in running)
        gates = {node.name: gate for node, gate in running}
        yield Ring(author=author, cells=(cells[0], cells[1], cells[2]), authority=trusted, gates=gates)


def _run_node(
    stack: ExitStack, folder: Path, environ: Mapping[str, str], authority: trustme.CA, front: Front
) -> tuple[Node, Gate]:
    name, outside, inside = folder.name, free_port(), free_port()
    node = Node(
        name=name, folder=folder, port=inside, origin=f"https://{name}.localhost:{outside}", environ=environ
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(f"{name}.localhost").configure_cert(context)
    node.init()
    gate = Gate(lambda: front(outside, inside, context))
    gate.open()
    stack.callback(gate.close)
    node.start()
    stack.callback(node.stop)
    return node, gate


def states(node: Node, statement: str) -> list[tuple[str | None, str | None]]:
    """Return what a node holds of each consent, as the author sees it and as the signer sees it."""
    rows = node.rows(
        "SELECT author_state, signer_state FROM cosignatures WHERE statement_uri = :uri ORDER BY id",
        uri=statement,
    )
    return [(row["author_state"], row["signer_state"]) for row in rows]


def wait_for_state(
    node: Node, statement: str, expected: tuple[str | None, str | None], count: int = 1
) -> None:
    """Wait until exactly `count` consents at a node are in the expected pair of states."""
    wait_until(
        lambda: states(node, statement).count(expected) == count, f"{node.name} has {count} in {expected}"
    )


def lines(node: Node, statement: str) -> dict[str, str]:
    """Return the state of each cell under a statement, as the command line shows it."""
    return {each["signer"]: each["state"] for each in node.cli_json("cosignatures", statement)}


def is_invited(node: Node, statement: str, digest: str | None = None) -> bool:
    """Whether a node was asked to sign a statement, and this very text of it."""
    rows = node.rows("SELECT text_digest FROM invitations WHERE statement_uri = :uri", uri=statement)
    return any(digest in (None, row["text_digest"]) for row in rows)


def wait_for_invitation(node: Node, statement: str) -> None:
    """Wait until a node was asked to sign a statement."""
    wait_until(lambda: is_invited(node, statement), f"{node.name} is invited")


def listed_at(node: Node, digest: str) -> list[str]:
    """Return the digests of the signatures that a node lists, sorted, read over HTTP from its mirror."""
    try:
        answer = node.get(f"/mirror/{digest}")
    except httpx.TransportError as error:
        return [type(error).__name__]
    if answer.status_code != 200:
        return [str(answer.status_code)]
    return sorted(documents.digest(each["coSignature"]) for each in answer.json()["entries"])


def wait_for_lists(
    nodes: Sequence[Node], digest: str, count: int, deadline_seconds: float = 60.0
) -> list[str]:
    """Wait until these nodes list the same `count` signatures, and return their digests.

    Raises: TimeoutError that says what each of them lists.
    """
    lists: dict[str, list[str]] = {}

    def equal() -> list[str] | None:
        lists.update({node.name: listed_at(node, digest) for node in nodes})
        first, *others = lists.values()
        return first if len(first) == count and all(each == first for each in others) else None

    try:
        return wait_until(equal, f"{count} are listed on {len(nodes)} nodes", deadline_seconds)
    except TimeoutError as error:
        raise TimeoutError(f"{error}; there are {lists}") from error
