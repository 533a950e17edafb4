"""The one question about Ed25519 points that OpenSSL does not ask: is this a key that only one reading fits?

OpenSSL takes any 32 bytes as a public key. Keys of small order verify signatures over any message, and keys
of mixed order verify with some verifiers and fail with others, so two honest nodes would show two lists. Both
are refused before they are stored.

Spec: RFC 8032 section 5.1, RFC 7748 sections 4.1 and 5.
"""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives.asymmetric import x25519

from federation import errors

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493


def _make_projecting_scalar() -> bytes:
    """Return s with s = 0 mod 8, s = 1 or -1 mod L and 2**254 <= s < 2**255.

    Multiplying by s takes away what a point has of small order and leaves its part of prime order as it is
    (or negates it). The last condition makes X25519 use s as it stands, since its "clamping" changes nothing.
    """
    scalar = 8 * pow(8, -1, _L)
    return max(scalar, 8 * _L - scalar).to_bytes(32, "little")


def require_prime_order(raw: bytes) -> None:
    """Check that these bytes are the canonical form of an Ed25519 point of order L.

    L times the point is the identity exactly if the projection above does not change the point. X25519 does
    it on the Montgomery u-coordinate, where a point and its negative are the same: fast, and enough for
    equality. Bytes that are no point of the curve are one of its twist, where the scalar moves every point.

    Raises: Malformed.
    """
    if len(raw) != 32:
        raise errors.Malformed("an Ed25519 key does not have 32 bytes")
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P:
        raise errors.Malformed("an Ed25519 key is not in canonical form")
    u = _montgomery_u(y)
    try:
        projected = _projecting_key().exchange(x25519.X25519PublicKey.from_public_bytes(u))
    except ValueError as error:
        # The result was zero, which is the answer for every point of small order.
        raise errors.Malformed("an Ed25519 key is of small order") from error
    if projected != u:
        raise errors.Malformed("an Ed25519 key is not in the subgroup of prime order")


@functools.cache
def _projecting_key() -> x25519.X25519PrivateKey:
    return x25519.X25519PrivateKey.from_private_bytes(_make_projecting_scalar())


def _montgomery_u(y: int) -> bytes:
    """Return u = (1 + y) / (1 - y). The identity, y = 1, has none; 0 stands for it, and is refused too."""
    u = 0 if y == 1 else (1 + y) * pow(1 - y, -1, _P) % _P
    return u.to_bytes(32, "little")
