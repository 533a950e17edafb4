"""HTTP signatures in both dialects, behind one door: ``parse``, then ``verify`` with the fetched key;
``sign``.

A request with Signature-Input is read as RFC 9421 and as nothing else: falling back to the older dialect
would let an attacker choose which signature is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from federation import errors, keys
from federation.signatures import cavage, rfc9421
from federation.signatures.message import HttpMessage
from federation.signatures.signed import Dialect, Signed

__all__ = ["Dialect", "HttpMessage", "Signed", "parse", "sign", "verify"]

_PARSERS: dict[Dialect, Callable[[HttpMessage, datetime], Signed]] = {
    Dialect.CAVAGE: cavage.parse,
    Dialect.RFC9421: rfc9421.parse,
}
_SIGNERS: dict[Dialect, Callable[[HttpMessage, keys.PrivateKey, str, datetime], HttpMessage]] = {
    Dialect.CAVAGE: cavage.sign,
    Dialect.RFC9421: rfc9421.sign,
}


def parse(message: HttpMessage, now: datetime) -> Signed:
    """Read the signature of a request and check everything about it that needs no key.

    Form, coverage, time window, body digest. Who signed is not proven before ``verify``.

    Raises: SignatureRefused.
    """
    dialect = Dialect.RFC9421 if message.values("signature-input") else Dialect.CAVAGE
    return _PARSERS[dialect](message, now)


def verify(signed: Signed, key: keys.PublicKey) -> None:
    """Check a signature with the key that ``signed.key_id`` names.

    That the key belongs to the actor of the activity is another question: ``authority.require_authority``.

    Raises: SignatureRefused.
    """
    if signed.algorithm not in (None, key.algorithm):
        raise errors.SignatureRefused("the signature was made with another kind of key")
    *earlier, last = signed.base, *signed.alternatives
    for base in earlier:
        try:
            return key.verify(signed.signature, base)
        except errors.SignatureRefused:
            continue
    return key.verify(signed.signature, last)


def sign(
    message: HttpMessage, key: keys.PrivateKey, key_id: str, now: datetime, dialect: Dialect
) -> HttpMessage:
    """Return the request with Host, Date, its digest and its signature added.

    Headers of these names that are there already are replaced.
    """
    return _SIGNERS[dialect](message, key, key_id, now)
