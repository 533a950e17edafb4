"""Sample data for tests of the protocol: vectors, keys, a moment."""

import base64
import dataclasses
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from federation import keys
from federation.signatures import Dialect, HttpMessage, sign

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
KEY_ID = "https://remote.example/users/bob#main-key"
INBOX = "https://node.example/inbox"
BODY = b'{"type":"Like"}'
JSON = ("Content-Type", "application/activity+json")


def load(name: str) -> Any:
    """Return the decoded content of a file in tests/vectors."""
    return json.loads((VECTORS / name).read_text("utf-8"))


@cache
def rsa_key() -> keys.PrivateKey:
    """Return the RSA key of RFC 9421 appendix B.1.1, so that nobody waits for a new one."""
    return keys.load_private(load("rfc9421_appendix_b.json")["keys"]["test-key-rsa"]["private_pem"].encode())


@cache
def ed25519_key() -> keys.PrivateKey:
    """Return the Ed25519 key of RFC 9421 appendix B.1.4."""
    pem = load("rfc9421_appendix_b.json")["keys"]["test-key-ed25519"]["private_pem"]
    return keys.load_private(pem.encode())


def post(*headers: tuple[str, str], target: str = INBOX, body: bytes = BODY) -> HttpMessage:
    """Return an unsigned POST of JSON."""
    return HttpMessage(method="POST", target_uri=target, headers=(JSON, *headers), body=body)


def get(*headers: tuple[str, str], target: str = "https://node.example/collectives/berlin") -> HttpMessage:
    """Return an unsigned GET."""
    return HttpMessage(method="GET", target_uri=target, headers=headers)


def signed_post(dialect: Dialect, at: datetime = NOW) -> HttpMessage:
    """Return a POST signed with the RSA key."""
    return sign(post(), rsa_key(), KEY_ID, at, dialect)


def replace_header(message: HttpMessage, name: str, old: str, new: str) -> HttpMessage:
    """Return the message with a part of one header replaced; the part must be there."""
    value = message.header(name)
    assert old in value
    return message.with_headers({name: value.replace(old, new)})


def without(message: HttpMessage, name: str) -> HttpMessage:
    """Return the message without the headers of a name."""
    kept = tuple(header for header in message.headers if header[0].lower() != name)
    return dataclasses.replace(message, headers=kept)


def with_extra(message: HttpMessage, name: str, value: str) -> HttpMessage:
    """Return the message with one more header, beside those it has."""
    return dataclasses.replace(message, headers=(*message.headers, (name, value)))


def base64_of(raw: bytes) -> str:
    """Write bytes in base64."""
    return base64.b64encode(raw).decode("ascii")
