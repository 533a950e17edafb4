"""The one spelling of a JSON document: the JSON Canonicalization Scheme, RFC 8785.

Digests and proofs are made over it, so it is wanted often: a bundle of 20,000 co-signatures needs it 80,000
times. Nearly all documents hold nothing but texts, whole numbers and names in ASCII, for which Python's own
encoder writes the same bytes several times faster than the full algorithm; the rest take the full one.
"""

from __future__ import annotations

import json
from typing import Any

import rfc8785

from federation import errors
from federation.jsonld import MAX_INTEGER, Document

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


def canonical(document: Document | list[Any]) -> bytes:
    """Return the canonical bytes of a document, or of a list.

    Raises: Malformed, for what has none: large integers, NaN, lone surrogates, bottomless nesting.
    """
    try:
        if _is_plain(document):
            return _ENCODER.encode(document).encode("utf-8")
        return rfc8785.dumps(document)
    except (ValueError, RecursionError) as error:
        raise errors.Malformed("a document cannot be written in JCS") from error


def _is_plain(value: object) -> bool:
    """Whether both algorithms write the same: floats and the order of names beyond ASCII are what differs."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if isinstance(value, int):
        return -MAX_INTEGER <= value <= MAX_INTEGER
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(type(name) is str and name.isascii() for name in value) and all(
            map(_is_plain, value.values())
        )
    return False
