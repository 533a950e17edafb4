"""Does once what every node does: commands and nodes that are forked afterwards find it done.

What Python, SQLAlchemy, Jinja and Babel work out at their first use stays in the process, as its imports do.
"""

import contextlib
import gc
import http.client
import io
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from fedinode.cli import command_table
from fedinode.cli.main import main
from tests.ports import free_port

_PATIENCE_SECONDS = 60.0
_POST = '+++\ntype = "news"\nlanguage = "en"\ntitle = "One"\n+++\n\nA *short* text.\n'
_PAGES = (
    "/",
    "/@warm",
    "/@warm/en/one",
    "/collectives/warm",
    "/collectives/warm/outbox?page=1",
    "/nodeinfo/2.1",
)


def warm() -> None:
    """Make a node in a folder of its own, publish, serve, and leave nothing behind."""
    command_table.all_commands()
    port = free_port()
    origin = f"http://warm.localhost:{port}"
    with tempfile.TemporaryDirectory() as folder, _own_surroundings():
        post = Path(folder) / "post.md"
        post.write_text(_POST, "utf-8")
        _run(folder, "init", "--origin", origin, "--collective", "warm", "--name", "Warm", "--language", "en")
        _run(folder, "post", str(post))
        _run(folder, "deliveries", "--json")
        visitor = threading.Thread(target=_visit, args=(port,))
        visitor.start()
        _run(folder, "serve", "--port", str(port))
        visitor.join()
    # What lives until now lives for ever: no child has to look through it, or copy it, for garbage.
    gc.collect()
    gc.freeze()


def _run(folder: str, *arguments: str) -> None:
    code = main(["--data", f"{folder}/node", *arguments])
    assert code == 0, f"fedinode {' '.join(arguments)} ended with {code}"


def _visit(port: int) -> None:
    """Read some pages as soon as somebody answers, then end this process's `serve`."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not _answers(port) and time.monotonic() < end:
        threading.Event().wait(0.02)
    for page in _PAGES:
        _ask(port, page)
    os.kill(os.getpid(), signal.SIGTERM)


def _answers(port: int) -> bool:
    try:
        return _ask(port, "/healthz") == 200
    except OSError:
        return False


def _ask(port: int, path: str) -> int:
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
    ) as connection:
        connection.request("GET", path, headers={"Host": f"warm.localhost:{port}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


@contextlib.contextmanager
def _own_surroundings() -> Iterator[None]:
    """Take back what commands change in their process: its output, the log, signals."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        try:
            yield
        except BaseException:
            os.write(2, said.getvalue().encode())
            raise
    root.handlers[:], root.level = before, level
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
