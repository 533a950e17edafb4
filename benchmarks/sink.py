"""A TLS server for any number of names that verifies every signature it gets and counts.

Run as a process of its own: certificate and key of the server, and the sender's public key, come as files;
the port is printed when it listens, and the outcome as JSON when the expected number has arrived.
"""

import asyncio
import json
import ssl
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httptools
import uvloop

from federation import keys, signatures
from federation.errors import FederationError
from federation.signatures.message import HttpMessage

_ABSENT = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Tally:
    """What arrived so far. A delivery is told by its activity's id and the host it came to."""

    def __init__(self, key: keys.PublicKey, expected: int) -> None:
        self._key = key
        self._expected = expected
        self._seen: Counter[tuple[str, str]] = Counter()
        self._refused = 0
        self._first = self._last = 0.0
        #: Of requests and answers, without what TLS adds.
        self.bytes = 0
        self.is_complete = asyncio.Event()

    def take(self, message: HttpMessage) -> None:
        """Verify a request and count it."""
        try:
            signatures.verify(signatures.parse(message, datetime.now(UTC)), self._key)
        except FederationError:
            self._refused += 1
            return
        self._last = time.perf_counter()
        self._first = self._first or self._last
        activity = json.loads(message.body or b"")["id"]
        self._seen[activity, message.target_uri] += 1
        if len(self._seen) >= self._expected:
            self.is_complete.set()

    def outcome(self) -> dict[str, float]:
        """Return what arrived, in how many seconds."""
        return {
            "delivered": len(self._seen),
            "twice": sum(self._seen.values()) - len(self._seen),
            "refused": self._refused,
            "bytes": self.bytes,
            "seconds": self._last - self._first,
        }


class Connection(asyncio.Protocol):
    """One connection: requests in, 202 out."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._path = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio.Transport in all but name.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._tally.bytes += len(data)
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path, self._headers, self._body = url.decode("ascii"), [], []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._transport is not None
        if self._parser.get_method() != b"POST":
            # A node also asks for actors now and then; there are none here.
            self._transport.write(_ABSENT)
            return
        host = next(value for name, value in self._headers if name.lower() == "host")
        self._tally.take(
            HttpMessage(
                method=self._parser.get_method().decode("ascii"),
                target_uri=f"https://{host}{self._path}",
                headers=tuple(self._headers),
                body=b"".join(self._body),
            )
        )
        self._tally.bytes += len(_ACCEPTED)
        self._transport.write(_ACCEPTED)


async def serve(tls: ssl.SSLContext, tally: Tally) -> None:
    """Listen until the expected number of deliveries has arrived, or until the process is ended."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(tally), "127.0.0.1", 0, ssl=tls, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await tally.is_complete.wait()
    print(json.dumps(tally.outcome()), flush=True)
    server.close()


def main() -> None:
    """Read the three files and the expected number from the command line, and serve."""
    certificate, key, sender, expected = sys.argv[1:]
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    public = keys.parse_public_pem(Path(sender).read_text("ascii"))
    uvloop.run(serve(tls, Tally(public, int(expected))))


if __name__ == "__main__":
    main()
