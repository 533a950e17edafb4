"""Words and domains found in what others write, however they are disguised; in time linear in the text.

Capitals, marks, invisible characters and letters of other scripts that look alike make no difference.
"""

import re
import unicodedata
from typing import Final

import idna

from fedinode.text.resemblance import outline

_ANCHOR: Final = re.compile(r"<a\s[^<>]*>")
_HREF: Final = re.compile(r'\shref="([^"<>]*)"')
_NAMED_CLASS: Final = re.compile(r'\sclass="[^"<>]*\b(?:mention|hashtag)\b')
_DOTTED: Final = re.compile(r"[\w\-.]+")
#: No name of a host is longer.
_MAX_HOST: Final = 253
#: Names in other alphabets are translated for comparing, a bounded number of them.
_MAX_TRANSLATED: Final = 200


def needle(words: str) -> str:
    """Return the form in which a word or a few words are looked for; empty if there is nothing to find."""
    return " ".join(_tokens(words))


def haystack(text: str) -> str:
    """Return a text in that form, with a blank before and after."""
    return f" {' '.join(_tokens(text))} "


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text)
    # What shows nothing separates nothing either; marks belong to the letter before them.
    kept = [
        _spaced(char) for char in plain if unicodedata.category(char) not in ("Cf", "Cc") or char.isspace()
    ]
    return [form for token in "".join(kept).split() if (form := outline(token))]


def _spaced(char: str) -> str:
    is_part = char.isalnum() or unicodedata.category(char) in ("Mn", "Mc", "Me")
    return char if is_part else " "


def links(html: str) -> tuple[str, ...]:
    """Return where the links of cleaned HTML lead, without those to people and to tags."""
    anchors = [each for each in _ANCHOR.findall(html) if not _NAMED_CLASS.search(each)]
    found = (_HREF.search(each) for each in anchors)
    return tuple(match[1] for match in found if match is not None)


def domains(text: str) -> frozenset[str]:
    """Return what looks like a host name in a text or in addresses, as rows have hosts."""
    written = (each.lower().strip("-.") for each in _DOTTED.findall(unicodedata.normalize("NFKC", text)))
    found = {each for each in written if "." in each and len(each) <= _MAX_HOST}
    plain = {each for each in found if each.isascii()}
    others = sorted(found - plain)[:_MAX_TRANSLATED]
    return frozenset(plain | {each for each in map(_ascii, others) if each})


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        return ""
