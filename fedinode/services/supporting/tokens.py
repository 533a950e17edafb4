"""Secret words in the links of letters: which are random, which can be made again, what is kept of them.

The link to confirm is random, and only its digest is kept. The links to leave and to end news are made from
the signature's own name with the node's secret key: nothing is kept, and every letter can carry them anew.
"""

import hashlib
import hmac
import secrets
from typing import Final

from fedinode.storage import sealing
from fedinode.storage.database import Session

_TOKEN_BYTES: Final = 24
_SEAL_CHARS: Final = 32
LEAVE: Final = "leave"
NEWS: Final = "news"


def new_token() -> str:
    """Return a random word for a link."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what is kept of a random word."""
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


def stamp(session: Session, purpose: str, uid: str) -> str:
    """Return the word that lets whoever holds it do one thing to one signature."""
    return f"{uid}-{_seal(session, purpose, uid)}"


def read_stamp(session: Session, purpose: str, token: str) -> str | None:
    """Return the signature that a word was made for, or None if it was not made here for this."""
    uid, _, seal = token.partition("-")
    is_ours = hmac.compare_digest(seal.encode("utf-8"), _seal(session, purpose, uid).encode())
    return uid if is_ours else None


def _seal(session: Session, purpose: str, uid: str) -> str:
    return sealing.fingerprint(session, f"supporters.{purpose}", uid.encode("utf-8"))[:_SEAL_CHARS]
