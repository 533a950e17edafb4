"""A thousand servers in one process: actors at hNNNN.crowd.localhost that take deliveries and check each.

All share one key, so that making them costs nothing. Every POST is verified with the public key of the node
that is measured; what fails is counted apart. `GET /tally` tells the counts, `PUT /key` names the key.
Run as `python -m benchmarks.crowd PORT CERTIFICATE KEY`; without a certificate it speaks plain HTTP.
"""

import asyncio
import json
import ssl
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httptools
import uvloop

from federation import errors, keys, signatures
from federation.signatures import HttpMessage

DOMAIN = "crowd.localhost"
_ACTIVITY_JSON = b"application/activity+json"


def host(number: int, port: int) -> str:
    """Return the host of one server of the crowd."""
    return f"h{number:04}.{DOMAIN}:{port}"


def actor_document(origin: str, public_pem: str) -> dict[str, Any]:
    """Return the document of the only actor of a server."""
    uri = f"{origin}/actor"
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": uri,
        "type": "Person",
        "preferredUsername": "reader",
        "inbox": f"{origin}/inbox",
        "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": public_pem},
    }


class Tally:
    """What has arrived so far; times are of the clock that all processes of a machine share."""

    def __init__(self, own_pem: str) -> None:
        self.own_pem = own_pem
        self.node_key: keys.PublicKey | None = None
        self.verified: dict[str, int] = {}
        self.last_at: dict[str, float] = {}
        self.refused = 0

    def take(self, message: HttpMessage) -> int:
        """Verify a delivery, count it, and return the status to answer."""
        assert self.node_key is not None, "no key was named"
        try:
            signatures.verify(signatures.parse(message, datetime.now(UTC)), self.node_key)
        except errors.FederationError:
            self.refused += 1
            return 401
        kind = str(json.loads(message.body or b"{}").get("type"))
        self.verified[kind] = self.verified.get(kind, 0) + 1
        self.last_at[kind] = time.monotonic()
        return 202

    def as_json(self) -> bytes:
        """Return the counts."""
        counts = {"verified": self.verified, "last_at": self.last_at, "refused": self.refused}
        return json.dumps(counts).encode()


class Conversation(asyncio.Protocol):
    """One connection, kept open as long as the other side likes."""

    def __init__(self, tally: Tally, scheme: str) -> None:
        self._tally = tally
        self._scheme = scheme
        self._parser = httptools.HttpRequestParser(self)
        self._headers: list[tuple[str, str]] = []
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport (asyncio calls this)."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Read on (asyncio calls this)."""
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        """Begin a request (httptools calls this)."""
        self._url, self._headers, self._body = url, [], b""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header (httptools calls this)."""
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_body(self, body: bytes) -> None:
        """Keep a part of the body (httptools calls this)."""
        self._body += body

    def on_message_complete(self) -> None:
        """Answer (httptools calls this)."""
        status, body = self._answer(self._parser.get_method().decode(), self._url.decode())
        head = b"HTTP/1.1 %d OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, _ACTIVITY_JSON, len(body)) + body)

    def _answer(self, method: str, path: str) -> tuple[int, bytes]:
        origin = f"{self._scheme}://{dict(self._headers).get('Host', '')}"
        if method == "POST":
            message = HttpMessage(
                method=method, target_uri=origin + path, headers=tuple(self._headers), body=self._body
            )
            return self._tally.take(message), b""
        if method == "PUT":
            self._tally.node_key = keys.parse_public_pem(self._body.decode())
            return 204, b""
        if path == "/tally":
            return 200, self._tally.as_json()
        if path == "/actor":
            return 200, json.dumps(actor_document(origin, self._tally.own_pem)).encode()
        return 404, b""


async def serve(port: int, certificate: str | None, own: keys.PrivateKey) -> None:
    """Listen until the process is ended."""
    tally = Tally(own.public.pem())
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    scheme = "https" if context else "http"
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Conversation(tally, scheme), "127.0.0.1", port, ssl=context, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    own_key = keys.load_private(Path(sys.argv[3]).read_bytes())
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2] or None, own_key))
