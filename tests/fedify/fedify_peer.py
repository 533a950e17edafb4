"""Fedify, an implementation that shares nothing with ours, as a process that tests can command.

It runs on the node of tests/fedify/node_modules or on that of the machine; where neither is there, the test
is skipped by name.
"""

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.asking import plain_client
from tests.nodes.harness import wait_until
from tests.ports import free_port

FOLDER = Path(__file__).resolve().parent
OLDEST_NODE = 22
CAVAGE = "draft-cavage-http-signatures-12"
RFC_9421 = "rfc9421"

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FedifyPeer:
    """A running Fedify with one person, alice, who does what `do` says."""

    port: int

    @property
    def origin(self) -> str:
        return f"http://fedify.localhost:{self.port}"

    @property
    def actor_uri(self) -> str:
        return f"{self.origin}/users/alice"

    @property
    def handle(self) -> str:
        return f"@alice@fedify.localhost:{self.port}"

    @property
    def inbox_url(self) -> str:
        return f"{self.actor_uri}/inbox"

    def do(self, command: str, **options: Any) -> Document:
        """Have alice do something and return what she says about it."""
        answer = self._request("POST", f"/do/{command}", options)
        assert answer.status_code == 200, f"{command}: {answer.text}"
        said: Document = answer.json()
        return said

    def log(self) -> Document:
        """Return what has arrived (`deliveries`), what Fedify took (`believed`), names it may not reach."""
        log: Document = self._request("GET", "/log", None).json()
        return log

    def deliveries(self, kind: str | None = None) -> list[Document]:
        """Return the POSTs so far, of one type of activity or of all."""
        arrived: list[Document] = self.log()["deliveries"]
        return [each for each in arrived if kind in (None, each["document"].get("type"))]

    def believed(self, kind: str | None = None) -> list[Document]:
        """Return the activities that Fedify handed on, of one type or of all."""
        believed: list[Document] = self.log()["believed"]
        return [each for each in believed if kind in (None, each["type"])]

    def wait_for(self, kind: str, count: int = 1) -> Document:
        """Wait until Fedify has believed so many activities of a type; return the delivery of the last."""
        wait_until(lambda: len(self.believed(kind)) >= count, f"Fedify believes {count} {kind}")
        # It believes an activity before it has answered the request that brought it.
        wait_until(lambda: "status" in self.deliveries(kind)[-1], f"Fedify answers {kind}")
        return self.deliveries(kind)[-1]

    def _request(self, method: str, path: str, document: Document | None) -> httpx.Response:
        with plain_client(timeout=30.0) as client:
            return client.request(method, f"http://127.0.0.1:{self.port}{path}", json=document)


def find_node() -> str:
    """Return the node to run Fedify with, or skip the test that wants it."""
    if not (FOLDER / "node_modules" / "@fedify" / "fedify").is_dir():
        pytest.skip("Fedify is not installed: npm ci in tests/fedify")
    for found in (str(FOLDER / "node_modules" / ".bin" / "node"), shutil.which("node")):
        if found is not None and _version(found) >= OLDEST_NODE:
            return found
    pytest.skip(f"Fedify needs node {OLDEST_NODE} or newer")


def _version(node: str) -> int:
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    match = re.match(r"v(\d+)\.", done.stdout)
    return int(match[1]) if match else 0


@contextlib.contextmanager
def running_fedify(folder: Path, first_knock: str = RFC_9421) -> Iterator[FedifyPeer]:
    """Run Fedify until the end of the block; `first_knock` is the dialect that it tries first."""
    command = [find_node(), "peer.js", str(port := free_port()), first_knock]
    log_path = folder / f"fedify-{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(command, cwd=FOLDER, stdout=log, stderr=log)
    try:
        wait_until(lambda: _is_ready(process, log_path), "Fedify is ready")
        yield FedifyPeer(port=port)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _is_ready(process: subprocess.Popen[bytes], log_path: Path) -> bool:
    said = log_path.read_text("utf-8")
    assert process.poll() is None, f"Fedify ended: {said}"
    return "ready at" in said
