"""A signature whose form has been checked, and the rules that both dialects share: time and key ids."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from federation import errors, keys

#: How far two honest clocks may be apart.
SKEW = timedelta(hours=1)
#: How long a signature lives when it does not say so, and at most.
LIFETIME = timedelta(minutes=5)
MAX_KEY_ID_CHARS = 2048

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_SECOND = 99_999_999_999
_KEY_ID = re.compile(r"https?://[!-~]+", re.ASCII)


class Dialect(StrEnum):
    """The two ways to sign an HTTP request."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a request says about its signature. Nothing is proven until ``signatures.verify`` returned."""

    dialect: Dialect
    #: The URL of the key, as the sender wrote it.
    key_id: str
    #: The kind of key that the sender announces; None leaves it to the key.
    algorithm: keys.KeyAlgorithm | None
    created: datetime
    expires: datetime | None
    #: The bytes that are signed.
    base: bytes
    #: Other bytes that the sender may have signed instead, to be tried after ``base``.
    alternatives: tuple[bytes, ...] = ()
    signature: bytes

    @property
    def digest_of_signature(self) -> str:
        """SHA-256 of the signature in hexadecimal: the same request sent twice has the same one."""
        return hashlib.sha256(self.signature).hexdigest()


def instant(seconds: int) -> datetime:
    """Turn a count of seconds since 1970 into a datetime.

    Raises: SignatureRefused, outside the years 1970 to 5138.
    """
    if not 0 <= seconds <= _LAST_SECOND:
        raise errors.SignatureRefused("the signature has an impossible time")
    return _EPOCH + timedelta(seconds=seconds)


def require_fresh(created: datetime, expires: datetime | None, now: datetime) -> None:
    """Check that a signature was made just now, as far as clocks agree: 1 h ahead to 1 h 05 min ago.

    Everybody signs when sending, retries too, so nothing honest is older. A stated expiry can only shorten
    this.

    Raises: SignatureRefused.
    """
    latest = created + LIFETIME
    if expires is not None:
        if expires < created:
            raise errors.SignatureRefused("the signature expires before it was made")
        latest = min(latest, expires)
    if created > now + SKEW:
        raise errors.SignatureRefused("the signature is dated more than an hour ahead")
    if now > latest + SKEW:
        raise errors.SignatureRefused("the signature has expired")


def require_key_id(key_id: str) -> str:
    """Return a key id that is a URL we could fetch. ``acct:`` and ``did:`` key ids are of another age.

    Raises: SignatureRefused.
    """
    if len(key_id) > MAX_KEY_ID_CHARS or not _KEY_ID.fullmatch(key_id):
        raise errors.SignatureRefused("the key id is not a web address")
    return key_id
