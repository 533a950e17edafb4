"""Ids, digests, keys, salts, times and numbers of the co-signing protocol: one spelling of each.

Everything here is compared byte for byte and never normalised, so whatever could be written in two ways is
refused. Lengths are checked before anything is decoded.
Spec: docs/cosigning.md, R7 and R8.
"""

from __future__ import annotations

import re
from typing import Final

from federation import errors, times

MAX_ID_CHARS: Final = 1024
MAX_REVISION: Final = 1_000_000
#: Longer than any proof value that holds 64 bytes.
MAX_PROOF_VALUE_CHARS: Final = 89
#: The fragments of keys that sign only after a decision of the members: texts, consents, withdrawals.
COSIGN_FRAGMENT: Final = "cosign-"

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The last label of a name is never all digits: that would be an address.
_HOST = rf"(?:{_LABEL}\.)*(?!\d+[/:]|\d+$){_LABEL}"
_ID = re.compile(
    rf"(?P<origin>(?P<scheme>https?)://(?P<host>{_HOST})(?::(?P<port>[1-9]\d{{0,4}}))?)"
    r"(?:/[!$-;=?-\[\]_a-z~]*)?",
    re.ASCII,
)
_FRAGMENT = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_DIGEST = re.compile(r"zQm[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII)
_KEY = re.compile(r"z6Mk[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII)
_SALT = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def require_id(value: object) -> str:
    """Return the id of an object or actor. Raises: Malformed."""
    if not isinstance(value, str) or len(value) > MAX_ID_CHARS or not _is_id(value):
        raise errors.Malformed("an id is not in the form that the protocol allows")
    return value


def origin_of(uri: str) -> str:
    """Return scheme, host and port of an id that passed ``require_id``."""
    match = _ID.match(uri)
    assert match is not None, "passed require_id"
    return match["origin"]


def require_beside(value: object, uri: str) -> str:
    """Return an id that has the origin of another one. Raises: Malformed."""
    found = require_id(value)
    if origin_of(found) != origin_of(uri):
        raise errors.Malformed("an id is on another server than it should be")
    return found


def require_key_id(value: object, owner_uri: str, prefix: str = "") -> str:
    """Return the id of a key: its owner, ``#`` and a fragment, which may have to begin with ``prefix``.

    Raises: Malformed.
    """
    if not isinstance(value, str):
        raise errors.Malformed("a key id is not a text")
    owner, _, fragment = value.partition("#")
    if owner != owner_uri or not _FRAGMENT.fullmatch(fragment) or not fragment.startswith(prefix):
        raise errors.Malformed("a key id is not one of its owner for this purpose")
    return value


def require_digest(value: object) -> str:
    """Return a SHA-256 as a multihash in base58btc. Raises: Malformed."""
    return _require(value, _DIGEST, "digest")


def require_key(value: object) -> str:
    """Return an Ed25519 Multikey; whether it is a good point is for ``keys`` to say. Raises: Malformed."""
    return _require(value, _KEY, "key")


def require_salt(value: object) -> str:
    """Return 16 bytes in base64url. Raises: Malformed."""
    return _require(value, _SALT, "salt")


def require_language(value: object) -> str:
    """Return a language tag: language, script and region in their usual cases. Raises: Malformed."""
    return _require(value, _LANGUAGE, "language tag")


def require_time(value: object) -> str:
    """Return a time in the one form in which the order of texts is the order of times. Raises: Malformed."""
    text = _require(value, _TIME, "time")
    times.parse_timestamp(text)
    return text


def require_revision(value: object) -> int:
    """Return the number of a revision. Raises: Malformed."""
    if type(value) is not int or not 1 <= value <= MAX_REVISION:
        raise errors.Malformed("a revision is not a number from 1 to 1,000,000")
    return value


def _is_id(text: str) -> bool:
    match = _ID.fullmatch(text)
    if match is None:
        return False
    host, port, scheme = match["host"], match["port"], match["scheme"]
    is_localhost = host == "localhost" or host.endswith(".localhost")
    if ("." not in host or scheme == "http") and not is_localhost:
        return False
    return len(host) <= 253 and (port is None or (port != _DEFAULT_PORTS[scheme] and int(port) <= 65535))


def _require(value: object, form: re.Pattern[str], name: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise errors.Malformed(f"a {name} is not in the form that the protocol allows")
    return value
