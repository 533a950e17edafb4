"""Language tags (BCP 47), in the one spelling that is stored and compared.

The shape is the one that signed texts allow: a language, perhaps a script, perhaps a region.
"""

import difflib
import functools
import re
from typing import Final

from babel import Locale

_TAG: Final = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|[0-9]{3}))?")


@functools.cache
def _english() -> Locale:
    return Locale("en")


def canonical_language(tag: str) -> str:
    """Return a tag in canonical case, `pt-BR`, `uz-Cyrl`.

    Raises: ValueError, whose message ends a sentence that begins with the tag.
    """
    match = _TAG.fullmatch(tag.strip().lower().replace("_", "-"))
    if not match:
        raise ValueError(f'is no language tag such as "de" or "pt-BR"{_suggestion(tag)}')
    language, script, region = match.groups()
    if language not in _english().languages:
        raise ValueError(f"is no language that we know{_suggestion(tag)}")
    if script and script.title() not in _english().scripts:
        raise ValueError("names a script that we do not know")
    if region and region.upper() not in _english().territories:
        raise ValueError("names a country that we do not know")
    parts = (language, script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)


def _suggestion(tag: str) -> str:
    """Return a hint for the usual mistakes: a country or the language's name in place of its tag."""
    word = tag.strip().lower()
    for code, name in _english().languages.items():
        if name.lower() == word or _OWN_NAMES.get(code, "").lower() == word:
            return f'; did you mean "{code}"'
    if word in _COUNTRIES:
        return f'; did you mean "{_COUNTRIES[word]}"'
    near = difflib.get_close_matches(word, ("de", "en", "ru", "uk", "pt", "fr", "es", "it", "ka"), n=1)
    return f'; did you mean "{near[0]}"' if near else ""


_OWN_NAMES: Final = {
    "de": "Deutsch",
    "ru": "Русский",
    "uk": "Українська",
    "ka": "Ქართული",
    "pt": "Português",
    "fr": "Français",
    "es": "Español",
    "it": "Italiano",
    "tr": "Türkçe",
    "hy": "Հայերեն",
}
#: Countries that are taken for languages.
_COUNTRIES: Final = {"ua": "uk", "by": "be", "ge": "ka", "kz": "kk", "gr": "el", "cz": "cs", "dk": "da"}
