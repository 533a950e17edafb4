"""What every measurement needs: a node, a crowd, signed requests, and a way to send many at once."""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import trustme

from benchmarks import crowd
from federation import keys, signatures
from federation.signatures import Dialect, HttpMessage
from tests.nodes.harness import REPOSITORY, Node, free_port, make_node, wait_until

ACTIVITY_JSON = "application/activity+json"
CONNECTIONS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One result: what was measured, how much, of what."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """The process of `benchmarks.crowd`, and the key that all its actors share."""

    port: int
    scheme: str
    key: keys.PrivateKey
    certificates: Path

    def origin(self, number: int) -> str:
        """Return the origin of one of its servers."""
        return f"{self.scheme}://{crowd.host(number, self.port)}"

    def tally(self) -> dict[str, Any]:
        """Return what its servers have taken so far."""
        counts: dict[str, Any] = self._ask("GET", "/tally").json()
        return counts

    def trust(self, node: Node) -> None:
        """Let it verify with the key of the node's collective from now on."""
        pem = node.document(node.actor_uri)["publicKey"]["publicKeyPem"]
        self._ask("PUT", "/key", pem.encode())

    def _ask(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        with httpx.Client(trust_env=False, verify=False) as client:
            url = f"{self.scheme}://127.0.0.1:{self.port}{path}"
            return client.request(method, url, content=body)

    def request(self, number: int, kind: str, target: str, inbox_url: str, serial: int = 0) -> HttpMessage:
        """Return a signed request of one of its actors."""
        actor = f"{self.origin(number)}/actor"
        activity = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.origin(number)}/{kind.lower()}/{serial}",
            "type": kind,
            "actor": actor,
            "object": target,
        }
        message = HttpMessage(
            method="POST",
            target_uri=inbox_url,
            headers=(("Content-Type", ACTIVITY_JSON),),
            body=json.dumps(activity).encode(),
        )
        return signatures.sign(message, self.key, f"{actor}#main-key", datetime.now(UTC), Dialect.CAVAGE)


@contextmanager
def running_crowd(*, tls: bool) -> Iterator[Crowd]:
    """Run the crowd in a process of its own."""
    key = keys.generate_rsa()
    with tempfile.TemporaryDirectory() as folder:
        key_path, chain, trusted = (Path(folder) / name for name in ("key.pem", "chain.pem", "trusted.pem"))
        key_path.write_bytes(key.pem())
        authority = trustme.CA()
        authority.issue_cert(f"*.{crowd.DOMAIN}").private_key_and_cert_chain_pem.write_to_path(str(chain))
        authority.cert_pem.write_to_path(str(trusted))
        scheme = "https" if tls else "http"
        members = Crowd(port=free_port(), scheme=scheme, key=key, certificates=trusted)
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.crowd"),
                *(str(members.port), str(chain) if tls else "", str(key_path)),
            ],
            cwd=REPOSITORY,
        )
        try:
            wait_until(lambda: _listens(members), "the crowd listens")
            yield members
        finally:
            process.terminate()
            process.wait()


def _listens(members: Crowd) -> bool:
    try:
        members.tally()
    except httpx.TransportError:
        return False
    return True


@contextmanager
def running_node(environ: dict[str, str] | None = None, *options: str) -> Iterator[Node]:
    """Run a new node at http://bench.localhost."""
    with tempfile.TemporaryDirectory() as folder:
        node = make_node("bench", Path(folder), environ)
        node.init()
        node.start(*options)
        try:
            yield node
        finally:
            node.stop()


def publish(node: Node, title: str) -> str:
    """Publish a news item and return the id of its object."""
    path = node.folder.parent / "news.md"
    head = f'+++\ntype = "news"\ntitle = "{title}"\nlanguage = "en"\nshow = "full"\n+++\n\n'
    path.write_text(head + "Some words to carry. " * 40, "utf-8")
    found: str = node.document(node.cli("post", str(path)))["id"]
    return found


def raw(message: HttpMessage) -> bytes:
    """Return a request as the bytes that go over the wire."""
    url = httpx.URL(message.target_uri)
    lines = [f"{message.method} {url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in message.headers]
    lines.append(f"Content-Length: {len(message.body or b'')}")
    return "\r\n".join([*lines, "", ""]).encode() + (message.body or b"")


def send_all(port: int, requests: Sequence[bytes], connections: int = CONNECTIONS) -> dict[int, int]:
    """Send requests over so many connections, each after the answer to the one before; count the statuses."""
    return asyncio.run(_send_all(port, requests, connections))


async def _send_all(port: int, requests: Sequence[bytes], connections: int) -> dict[int, int]:
    waiting = iter(requests)
    statuses: dict[int, int] = {}

    async def converse() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head.split(" ", 2)[1])
            statuses[status] = statuses.get(status, 0) + 1
            await reader.readexactly(_length(head))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(converse() for _ in range(connections)))
    return statuses


def _length(head: str) -> int:
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return int(value)
    return 0
