"""Host names and handles as people may read them without being deceived.

`berlin.example` written with a Cyrillic letter looks the same and is another server. Names that
mix scripts, or use a script that the reader's language does not, are shown as punycode.
"""

import unicodedata
from typing import Final

import idna
from babel.core import get_global

#: Scripts that are written together in one language.
_TOGETHER: Final = (frozenset({"HAN", "HIRAGANA", "KATAKANA"}), frozenset({"HAN", "HANGUL"}))
_SCRIPT_NAMES: Final = {
    "Latn": frozenset({"LATIN"}),
    "Cyrl": frozenset({"CYRILLIC"}),
    "Geor": frozenset({"GEORGIAN"}),
    "Armn": frozenset({"ARMENIAN"}),
    "Grek": frozenset({"GREEK"}),
    "Arab": frozenset({"ARABIC"}),
    "Hebr": frozenset({"HEBREW"}),
    "Deva": frozenset({"DEVANAGARI"}),
    "Jpan": _TOGETHER[0],
    "Kore": _TOGETHER[1],
    "Hans": frozenset({"HAN"}),
    "Hant": frozenset({"HAN"}),
}


def display_handle(handle: str, language: str | None = None) -> str:
    """Return `@name@host` with the host as `display_host` shows it."""
    name, at, host = handle.rpartition("@")
    return f"{name}{at}{display_host(host, language)}"


def display_host(host: str, language: str | None = None) -> str:
    """Return a host with its readable labels where they cannot deceive, else as punycode.

    With `language`, only scripts that this language is written in are shown.
    """
    name, colon, port = host.partition(":")
    return ".".join(_display_label(label, language) for label in name.split(".")) + colon + port


def _display_label(label: str, language: str | None) -> str:
    if label.isascii() and not label.lower().startswith("xn--"):
        return label
    try:
        readable = idna.ulabel(label)
        ascii_label = idna.alabel(label).decode("ascii")
    except idna.IDNAError:
        return ascii(label)[1:-1]
    return readable if _is_readable(scripts(readable), language) else ascii_label


def _is_readable(found: frozenset[str], language: str | None) -> bool:
    if len(found) > 1 and not any(found <= group for group in _TOGETHER):
        return False
    if language is None or found <= {"LATIN"}:
        return True
    return found <= _SCRIPT_NAMES.get(_script_of(language), frozenset())


def scripts(text: str) -> frozenset[str]:
    """Return the scripts of a text's letters, by the first word of their Unicode names."""
    names = (unicodedata.name(char, "UNKNOWN") for char in text if unicodedata.category(char)[0] == "L")
    return frozenset("HAN" if name.startswith("CJK") else name.split(" ", 1)[0] for name in names)


def _script_of(language: str) -> str:
    parts = language.split("-")
    written = next((part for part in parts[1:] if len(part) == 4), None)
    likely = str(get_global("likely_subtags").get(parts[0], "en_Latn_US"))
    return written or likely.split("_")[1]
