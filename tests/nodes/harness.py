"""Real nodes for tests: each is `fedinode serve` as a process of its own, with a data folder of its own.

Nothing of the node is imported here: a test speaks to a node as the world does: through the
command line and over HTTP. Commands are forked from a process that has imported the program already.
Names under .localhost lie on loopback, and a plain resolver does not know them, so requests of a test
connect to 127.0.0.1 and name the host in the Host header.
"""

import functools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import httpx
import sqlalchemy

from federation.signatures import HttpMessage
from tests.asking import plain_client
from tests.nodes.forking import REPOSITORY, Child, fork_server
from tests.ports import free_port

ACTIVITY_JSON = "application/activity+json"
DEADLINE_SECONDS = 40.0
COMMAND = (sys.executable, "-c", "from fedinode.cli.main import main; raise SystemExit(main())")

T = TypeVar("T")


def wait_until(condition: Callable[[], T | None], what: str, deadline_seconds: float = DEADLINE_SECONDS) -> T:
    """Ask `condition` again and again until it is true, and return what it said.

    Raises: TimeoutError that names `what` was waited for.
    """
    pause = threading.Event()
    end = time.monotonic() + deadline_seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"waited {deadline_seconds:g} s in vain until {what}")
        pause.wait(0.05)


@dataclass
class Node:
    """One node and the process that serves it. `port` is where it listens on loopback."""

    name: str
    folder: Path
    port: int
    #: How the world reaches it; a TLS front may stand before `port`.
    origin: str
    #: FEDINODE_* settings and other variables for this node alone.
    environ: Mapping[str, str] = field(default_factory=dict)
    #: A command that serves under the eyes of another program, such as strace.
    wrapper: tuple[str, ...] = ()
    #: Whether `serve` starts in a new interpreter, as it does in real life, so that it can be measured.
    is_fresh: bool = False
    process: subprocess.Popen[bytes] | Child | None = None

    @property
    def host(self) -> str:
        """The host of the origin, with its port."""
        return self.origin.split("://", 1)[1]

    @property
    def handle(self) -> str:
        """The handle of the collective that the node was made with."""
        return f"@{self.name}@{self.host}"

    @property
    def actor_uri(self) -> str:
        """The actor id of that collective."""
        return f"{self.origin}/collectives/{self.name}"

    @property
    def log_path(self) -> Path:
        """Where the process writes what it says."""
        return self.folder.parent / f"{self.folder.name}.log"

    @property
    def log(self) -> str:
        """All that the process has said so far."""
        return self.log_path.read_text("utf-8", errors="replace") if self.log_path.exists() else ""

    def environment(self) -> dict[str, str]:
        """Return the variables of the node's processes: this process's own, and the node's."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("FEDINODE_")}
        return own | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"} | dict(self.environ)

    def run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a `fedinode` command on this node's data and return how it ended."""
        command = ["--data", str(self.folder), *arguments]
        with TemporaryDirectory() as folder:
            files = {name: Path(folder) / name for name in ("stdin", "stdout", "stderr")}
            files["stdin"].write_text(stdin or "", "utf-8")
            child = fork_server().start(command, environ=self.environment(), cwd=self.folder.parent, **files)
            code = child.wait(120)
            said = {name: path.read_text("utf-8") for name, path in files.items()}
        return subprocess.CompletedProcess(command, code, said["stdout"], said["stderr"])

    def cli(self, *arguments: str, stdin: str | None = None) -> str:
        """Run a command that must succeed and return the first line of its stdout."""
        done = self.run(*arguments, stdin=stdin)
        assert done.returncode == 0, f"fedinode {' '.join(arguments)}: {done.stderr or done.stdout}"
        return done.stdout.split("\n", 1)[0].strip()

    def cli_json(self, *arguments: str) -> Any:
        """Run a command that lists something and return what it lists."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, f"fedinode {' '.join(arguments)}: {done.stderr or done.stdout}"
        return json.loads(done.stdout)

    def init(self, language: str = "en") -> None:
        """Make the node's data folder and its first collective."""
        title = self.name.title()
        self.cli(
            *("init", "--origin", self.origin, "--collective", self.name),
            *("--name", title, "--language", language),
        )

    def start(self, *options: str) -> None:
        """Start the process and wait until it answers."""
        self.launch(*options)
        wait_until(self._answers, f"{self.name} answers; it says: {self.log[-2000:]}")

    def launch(self, *options: str) -> None:
        """Start the process without waiting for it."""
        command = ["--data", str(self.folder), "serve", "--port", str(self.port), *options]
        if not self.wrapper and not self.is_fresh:
            log = self.log_path
            self.process = fork_server().start(
                command, environ=self.environment(), cwd=self.folder.parent, stdout=log, stderr=log
            )
            return
        with self.log_path.open("ab") as opened:
            self.process = subprocess.Popen(
                [*self.wrapper, *COMMAND, *command],
                stdout=opened,
                stderr=opened,
                cwd=self.folder.parent,
                env=self.environment(),
            )

    def is_running(self) -> bool:
        """Whether the process that serves was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def _answers(self) -> bool:
        assert self.is_running(), f"{self.name} ended: {self.log[-2000:]}"
        try:
            return self.get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask the process to end, wait for it, and return its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End the process as a power cut would, and return its exit code."""
        return self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        self.process = None
        return code

    def get(self, address: str, accept: str = "*/*") -> httpx.Response:
        """Fetch a path or one of the node's own URLs, straight from its port; redirects are not followed."""
        path = address.removeprefix(self.origin)
        assert path.startswith("/"), f"{address} is not an address of {self.name}"
        return self._request("GET", path, {"accept": accept}, None)

    def document(self, address: str) -> dict[str, Any]:
        """Fetch a JSON document that must be there."""
        answer = self.get(address, ACTIVITY_JSON)
        assert answer.status_code == 200, f"GET {address}: {answer.status_code} {answer.text[:200]}"
        document: dict[str, Any] = answer.json()
        return document

    def page(self, address: str) -> str:
        """Fetch a page as a browser would, following the node's own redirects, and return its HTML."""
        for _ in range(4):
            answer = self.get(address, "text/html")
            if not answer.is_redirect:
                break
            address = answer.headers["location"]
        assert answer.status_code == 200, f"GET {address}: {answer.status_code} {answer.text[:200]}"
        return answer.text

    def backup(self) -> Path:
        """Copy the SQLite database as backup programs do, and return where the copy is."""
        copy = self.folder.parent / f"{self.folder.name}.backup"
        with (
            closing(sqlite3.connect(self.folder / "fedinode.db")) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
        return copy

    def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the node's database, which a test otherwise leaves alone."""
        default = f"sqlite:///{self.folder / 'fedinode.db'}"
        engine = _engine(self.environ.get("FEDINODE_DATABASE_URL", default))
        with engine.connect() as connection:
            found = connection.execute(sqlalchemy.text(statement), values)
            return [dict(row) for row in found.mappings()]

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Send `body` to a path as it is."""
        return self._request("POST", path, headers, body)

    def post_signed(self, message: HttpMessage) -> httpx.Response:
        """Send a signed request as it is, straight to the node's port."""
        return self.send_signed(message)

    def send_signed(self, message: HttpMessage) -> httpx.Response:
        """Send a signed request of any method as it is, straight to the node's port."""
        path = message.target_uri.removeprefix(self.origin)
        headers = {name.lower(): value for name, value in message.headers}
        return self._request(message.method, path, headers, message.body)

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        with plain_client() as client:
            return client.request(method, url, headers={"host": self.host, **headers}, content=body)


@functools.lru_cache(maxsize=32)
def _engine(database_url: str) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(database_url, poolclass=sqlalchemy.NullPool)


def make_node(name: str, parent: Path, environ: Mapping[str, str] | None = None) -> Node:
    """Return a node at http://NAME.localhost:PORT that has neither data nor process yet."""
    port = free_port()
    origin = f"http://{name}.localhost:{port}"
    return Node(name=name, folder=parent / name, port=port, origin=origin, environ=environ or {})
