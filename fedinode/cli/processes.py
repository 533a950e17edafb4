"""Commands that stay: serve and worker.

The port is bound before anything else is opened, so that an occupied port changes nothing. At
SIGTERM or Ctrl-C the node takes no more requests, finishes what it holds, and ends with 0.
"""

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp

from fedinode import app, config, node, worker
from fedinode.cli.commands import Call, Command, argument
from fedinode.config import Settings
from fedinode.errors import ConfigError, NodeError, PortOccupied

#: A slow client may not hold up the end for longer.
GRACE_SECONDS = 10
#: Longer than the proxies before us keep theirs (60 s), so that they never write into a closed connection.
KEEP_ALIVE_SECONDS = 75
_STOP = (signal.SIGTERM, signal.SIGINT)


def serve(call: Call) -> None:
    """Serve the web, and deliver."""
    settings = config.load_settings(call.data_dir, os.environ)
    if call.args.workers > 1 and settings.database_url.startswith("sqlite"):
        raise ConfigError("More than one worker needs PostgreSQL: SQLite has a single writer.")
    listener = bind(call.args.host, call.args.port)
    log_to_stderr()
    where = f"{settings.origin} is served on {call.args.host} port {call.args.port}; Ctrl-C ends it."
    order = _Order(settings=settings, listener=listener, deliver=not call.args.no_deliver)
    if call.args.workers == 1:
        uvloop.run(_serve(order, lambda: call.output.say(where)))
    else:
        asyncio.run(_open_once(settings))
        call.output.say(where)
        _serve_in_processes(order, call.args.workers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What a process serves, and where."""

    settings: Settings
    listener: socket.socket
    deliver: bool


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises: PortOccupied, NodeError."""
    if not 0 <= port <= 65535:
        raise NodeError(f"There is no port {port}; ports go from 1 to 65535.")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
        # Else an answer in two parts waits 40 ms for the reader's acknowledgement of the first. What is
        # accepted takes it over; asyncio sets it for sockets that it made itself alone.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortOccupied(
                f"Port {port} of {host} is taken by another program; end it, or name another with --port."
            ) from error
        raise NodeError(f"Port {port} of {host} cannot be opened: {error.strerror or error}.") from error


def log_to_stderr() -> None:
    """Log what operators want to know. Requests are never logged: they hold the readers' addresses."""
    _log_to(logging.StreamHandler(sys.stderr))


def log_to_file(path: Path) -> None:
    """Log the same into a file, where the terminal tells a story."""
    _log_to(logging.FileHandler(path, encoding="utf-8", delay=True))


def _log_to(handler: logging.Handler) -> None:
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for noisy in ("httpx", "httpcore", "aiohttp", "uvicorn.error", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


async def _serve(order: _Order, when_open: Callable[[], None]) -> None:
    async with node.open_node(order.settings) as cap, worker.running(cap, deliver=order.deliver):
        server = Server(app.create_app(cap))
        on_stop(lambda: server.handle_exit(signal.SIGTERM, None))
        when_open()
        await server.serve(sockets=[order.listener])


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` at SIGTERM and Ctrl-C, in place of ending the process."""
    loop = asyncio.get_running_loop()
    for number in _STOP:
        loop.add_signal_handler(number, stop)


class Server(uvicorn.Server):
    """uvicorn that ends itself and leaves the process alive, so that the node can be closed."""

    def __init__(self, application: ASGIApp) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                date_header=True,
                proxy_headers=False,
                http="httptools",
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again once it is done, which would kill us before we drained.
        yield


def _serve_in_processes(order: _Order, count: int) -> None:
    """Run `count` processes on one socket; when one ends by itself, all end, and init restarts us."""
    children = [_fork(order) for _ in range(count)]
    asked: list[int] = []

    def end_all(number: int, _frame: object) -> None:
        asked.append(number)
        _end(children)

    for number in _STOP:
        signal.signal(number, end_all)
    first, status = os.wait()
    was_asked = bool(asked)
    _end(children)
    statuses = [status, *(os.waitpid(child, 0)[1] for child in children if child != first)]
    if not was_asked or not all(map(_ended_well, statuses)):
        raise NodeError("A process of the node ended by itself; its log says why.")


async def _open_once(settings: Settings) -> None:
    """Find out what is wrong once, and not in each process."""
    async with node.open_node(settings):
        pass


def _end(children: Sequence[int]) -> None:
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)


def _ended_well(status: int) -> bool:
    # One that was still starting has not yet learnt to end by itself.
    return os.waitstatus_to_exitcode(status) in (0, -signal.SIGTERM)


def _fork(order: _Order) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        uvloop.run(_serve(order, lambda: None))
        code = 0
    except NodeError as error:
        print(error, file=sys.stderr, flush=True)
    finally:
        # Not sys.exit: the parent's frames are not ours to unwind.
        os._exit(code)


def work(call: Call) -> None:
    """Deliver and react, without a web."""
    settings = config.load_settings(call.data_dir, os.environ)
    log_to_stderr()
    uvloop.run(_work(settings, lambda: call.output.say(f"Working for {settings.origin}; Ctrl-C ends it.")))


async def _work(settings: Settings, when_open: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    on_stop(stopped.set)
    async with node.open_node(settings) as cap, worker.running(cap):
        when_open()
        await stopped.wait()


COMMANDS = (
    Command(
        name="serve",
        summary="serve the web, and deliver, in one process",
        run=serve,
        arguments=(
            argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)"),
            argument("--port", type=int, default=8000, help="the port to listen on (8000)"),
            argument("--workers", type=int, default=1, metavar="N", help="processes, with PostgreSQL (1)"),
            argument("--no-deliver", action="store_true", help="leave deliveries to `fedinode worker`"),
        ),
    ),
    Command(name="worker", summary="deliver and react alone, for more processes or machines", run=work),
)
