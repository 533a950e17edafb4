"""Sample data for tests of the protocol: vectors, keys, a moment."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from federation import keys

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
NOW = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)
ALICE = "https://alice.example/users/alice"


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
