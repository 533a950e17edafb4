"""Proving who one is: passwords (argon2id), codes of six digits (TOTP) and recovery codes.

What lives here: making, checking and using up. Who may come in is `signing_in`'s. Nothing here says in its
errors which part was wrong.
"""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from fedinode.errors import UsageError
from fedinode.storage import credentials
from fedinode.storage.database import Session

#: A long sentence is a good password; a short word is none (NIST SP 800-63B, 3.1.1).
MIN_PASSWORD, MAX_PASSWORD = 12, 1_024
#: OWASP's least for argon2id: 19 MiB, two rounds, one lane. Two at once are 38 MiB.
_MEMORY_KIB, _ROUNDS, _LANES, _AT_ONCE = 19_456, 2, 1, 2
#: RFC 6238 with what every app takes: SHA-1, six digits, steps of 30 s. One step early or late is allowed.
_DIGITS, _STEP_SECONDS, _SECRET_BYTES = 6, 30, 20
RECOVERY_CODES: Final = 10
#: No letters that look alike on paper.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_CODE_PART = 5


# -- passwords


class Hashing:
    """Makes and checks hashes of passwords, in threads, a few at a time: each takes 19 MiB for a moment."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def make(self, password: str) -> str:
        """Return the hash of a password, in argon2's own notation."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Tell whether a password is right; it takes as long where there is none to compare with."""
        async with self._room:
            return await asyncio.to_thread(self._fits, password_hash or _nobodys_hash(), password) and (
                password_hash is not None
            )

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password[:MAX_PASSWORD])
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys_hash() -> str:
    hasher = PasswordHasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=_LANES)
    return hasher.hash(secrets.token_urlsafe())


def require_password(password: str, *, avoid: tuple[str, ...]) -> None:
    """Raise UsageError for a password that is too short, too long, or one of the words to avoid."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise UsageError(f"A password has {MIN_PASSWORD} characters or more; a sentence is a good one.")
    plain = password.casefold()
    if len(set(plain)) < 5 or any(word and plain.replace(word.casefold(), "") == "" for word in avoid):
        raise UsageError("This password would be guessed at once; take a sentence that only you would say.")


# -- codes of six digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A second factor to set up: `secret` as people type it, `uri` as apps read it (otpauth)."""

    secret: str
    uri: str


def offer(session: Session, account_id: int, *, label: str, issuer: str) -> Offer:
    """Return the second factor that is being set up, a new one where there is none; it does not count yet."""
    known = credentials.of(session, account_id)
    secret = known.secret or secrets.token_bytes(_SECRET_BYTES)
    if known.secret is None:
        credentials.offer_totp(session, account_id, known.uid, secret)
    uri = _totp(secret).get_provisioning_uri(label, issuer)
    return Offer(secret=uri.partition("secret=")[2].partition("&")[0], uri=uri)


def proves(session: Session, account_id: int, code: str, now: datetime) -> bool:
    """Tell whether a code is right, and use it up: a code of six digits, or a recovery code."""
    known = credentials.of(session, account_id)
    typed = "".join(code.split()).replace("-", "").casefold()
    if len(typed) != _DIGITS:
        return known.has_totp and credentials.use_code(session, account_id, typed)
    step = None if known.secret is None else _step_of(known.secret, typed, now)
    return step is not None and credentials.use_step(session, account_id, step)


def _step_of(secret: bytes, code: str, now: datetime) -> int | None:
    present = int(now.timestamp()) // _STEP_SECONDS
    made = {step: _totp(secret).generate(step * _STEP_SECONDS) for step in range(present - 1, present + 2)}
    return next((step for step, each in made.items() if bytes_eq(each, code.encode())), None)


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what authenticator apps know; its collisions do not matter in an HMAC.
    return TOTP(secret, _DIGITS, SHA1(), _STEP_SECONDS)


# -- recovery codes


def new_codes(session: Session, account_id: int, now: datetime) -> tuple[str, ...]:
    """Make new recovery codes and return them, for the only time; the old ones work no more."""
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    credentials.replace_codes(session, account_id, (code.replace("-", "") for code in codes), now)
    return codes


def _new_code() -> str:
    letters = [secrets.choice(_ALPHABET) for _ in range(2 * _CODE_PART)]
    return f"{''.join(letters[:_CODE_PART])}-{''.join(letters[_CODE_PART:])}"
