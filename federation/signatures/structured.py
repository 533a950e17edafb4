"""Structured field values (RFC 9651) as the two headers of RFC 9421 and Content-Digest use them."""

from __future__ import annotations

from typing import NoReturn

import http_sf

from federation import errors

#: Longer headers are not read.
MAX_CHARS = 8192


def parse_dictionary(header: str) -> http_sf.DictionaryType:
    """Parse a dictionary. A name that occurs twice is refused, though the format lets the last one win.

    Raises: SignatureRefused.
    """
    if len(header) > MAX_CHARS:
        raise errors.SignatureRefused("a structured header is too long")
    try:
        parsed = http_sf.parse(header.encode("ascii"), tltype="dictionary", on_duplicate_key=_refuse)
    except ValueError as error:
        raise errors.SignatureRefused("a structured header cannot be read") from error
    assert isinstance(parsed, dict), "asked for a dictionary"
    return parsed


def _refuse(key: str, context: str) -> NoReturn:
    raise errors.SignatureRefused("a structured header names something twice")
