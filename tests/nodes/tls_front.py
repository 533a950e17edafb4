"""A small TLS proxy: what Caddy or nginx is before a real node, for tests over real HTTPS.

It ends TLS with a certificate of a test authority and passes the bytes on as they are.
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator

from tests.listening import PATIENCE_SECONDS, stop_listening

_CHUNK_BYTES = 65_536


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(ConnectionError, ssl.SSLError, RuntimeError):
        writer.close()
        await writer.wait_closed()


class Front:
    """Passes each connection on to one port of loopback."""

    def __init__(self, backend_port: int) -> None:
        self.backend_port = backend_port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            behind = await asyncio.open_connection("127.0.0.1", self.backend_port)
        except ConnectionError:
            writer.close()
            return
        for source, target in ((reader, behind[1]), (behind[0], writer)):
            self._writers.add(target)
            task = asyncio.ensure_future(_pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _serve(
    front: Front, port: int, context: ssl.SSLContext, ready: threading.Event, end: asyncio.Event
) -> None:
    server = await asyncio.start_server(front.connected, "127.0.0.1", port, ssl=context)
    ready.set()
    await end.wait()
    await stop_listening(server)
    await front.close()


def tls_front(
    port: int, backend_port: int, context: ssl.SSLContext
) -> contextlib.AbstractContextManager[None]:
    """Listen with TLS on `port` of loopback and pass everything to `backend_port` until the end."""
    return serving(Front(backend_port), port, context)


@contextlib.contextmanager
def serving(front: Front, port: int, context: ssl.SSLContext) -> Iterator[None]:
    """Give `front` the connections that come in with TLS on `port` of loopback, until the end."""
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    end = asyncio.Event()
    thread = threading.Thread(
        target=loop.run_until_complete, args=(_serve(front, port, context, ready, end),)
    )
    thread.start()
    try:
        assert ready.wait(PATIENCE_SECONDS), f"the TLS front could not listen on port {port}"
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE_SECONDS)
        loop.close()
