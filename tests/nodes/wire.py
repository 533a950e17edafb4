"""HTTP/1.1 over one kept connection, as bytes: many requests at once, answered in their order."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

TIMEOUT_SECONDS = 60.0
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; names of headers in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(host: str, path: str, headers: Sequence[tuple[str, str]] = (), method: str = "GET") -> bytes:
    """Return a request without a body as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Wire:
    """One connection to a port of loopback."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self._buffer = bytearray()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def ask(self, request: bytes) -> Answer:
        """Send one request and return its answer."""
        self.send(request)
        return self.receive()

    def send(self, requests: bytes) -> None:
        """Send requests; as many answers come."""
        self._socket.sendall(requests)

    def receive(self, *, is_head: bool = False) -> Answer:
        """Return the next answer; the answer to HEAD names a length and has no body."""
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            self._fill()
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if is_head else int(headers.get("content-length", 0))
        begin = end + 4
        while len(self._buffer) < begin + length:
            self._fill()
        body = bytes(self._buffer[begin : begin + length])
        del self._buffer[: begin + length]
        return Answer(status=int(first.split(" ", 2)[1]), headers=headers, body=body)

    def _fill(self) -> None:
        received = self._socket.recv(_CHUNK)
        if not received:
            raise ConnectionError("the node hung up")
        self._buffer += received
