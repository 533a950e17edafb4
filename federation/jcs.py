"""The one spelling of a JSON document: the JSON Canonicalization Scheme, RFC 8785.

Digests and proofs are made over it, so it is wanted often: a bundle of 10,000 co-signatures needs it 50,000
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
    if isinstance(value, dict):
        for name in value:
            if type(name) is not str or not name.isascii():
                return False
        value = list(value.values())
    elif not isinstance(value, list):
        return False
    # Most of what is in a document is text: asked here, and in a plain loop, it costs least.
    for item in value:  # noqa: SIM110
        if type(item) is not str and not _is_plain(item):
            return False
    return True
