"""The digests of a body: ``Digest`` (RFC 3230), which cavage signs, and ``Content-Digest`` (RFC 9530).

Every algorithm that we know and that is listed must match, and at least one must be listed; md5 and others
prove nothing and are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

import http_sf

from federation import errors
from federation.signatures import structured

_ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_MAX_HEADER_CHARS = 1024


def render_digest(body: bytes) -> str:
    """Write the value of a Digest header. Some peers read no other spelling than ``SHA-256=``."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def render_content_digest(body: bytes) -> str:
    """Write the value of a Content-Digest header."""
    return http_sf.ser({"sha-256": hashlib.sha256(body).digest()})


def require_digest(header: str, body: bytes) -> None:
    """Check a Digest header against the body. Names of algorithms are read in any case.

    Raises: SignatureRefused. Spec: RFC 3230 section 4.3.2.
    """
    if len(header) > _MAX_HEADER_CHARS:
        raise errors.SignatureRefused("the Digest header is too long")
    listed: dict[str, bytes] = {}
    for item in header.split(","):
        name, _, value = item.strip(" \t").partition("=")
        algorithm = name.lower()
        if algorithm in listed:
            raise errors.SignatureRefused("the Digest header names an algorithm twice")
        if algorithm in _ALGORITHMS:
            listed[algorithm] = _decode(value)
    _require_match(listed, body)


def require_content_digest(header: str, body: bytes) -> None:
    """Check a Content-Digest header against the body.

    Raises: SignatureRefused. Spec: RFC 9530 section 2.
    """
    members = structured.parse_dictionary(header)
    listed = {name: _bytes_of(member) for name, member in members.items() if name in _ALGORITHMS}
    _require_match(listed, body)


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise errors.SignatureRefused("the Digest header is not in base64") from error


def _bytes_of(member: object) -> bytes:
    value = member[0] if isinstance(member, tuple) else member
    if not isinstance(value, bytes):
        raise errors.SignatureRefused("the Content-Digest header has something else than bytes")
    return value


def _require_match(listed: dict[str, bytes], body: bytes) -> None:
    if not listed:
        raise errors.SignatureRefused("the digest header names no algorithm that is safe")
    for algorithm, digest in listed.items():
        if not hmac.compare_digest(_ALGORITHMS[algorithm](body).digest(), digest):
            raise errors.SignatureRefused("the body is not the one that the digest header describes")
