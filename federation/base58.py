"""base58btc, the alphabet of Multikey and of proof values.

Decoding takes time that grows with the square of the length (250 kB took 15 s), so callers check the length
first; ``decode`` refuses more than any key or digest needs.
"""

from __future__ import annotations

from federation import errors

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MAX_CHARS = 4096

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(raw: bytes) -> str:
    """Write bytes in base58btc, without a multibase prefix."""
    number = int.from_bytes(raw, "big")
    characters: list[str] = []
    while number:
        number, remainder = divmod(number, 58)
        characters.append(ALPHABET[remainder])
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    return ALPHABET[0] * zeros + "".join(reversed(characters))


def decode(text: str) -> bytes:
    """Read base58btc without a multibase prefix.

    Raises: Malformed.
    """
    if len(text) > MAX_CHARS:
        raise errors.Malformed("a base58 text is too long")
    number = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None:
            raise errors.Malformed("a base58 text has a character that is not in the alphabet")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
