"""Words and their stems, so that a search for "strike" finds "strikes" too.

Languages without a stemmer are compared by whole words.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
#: Longer ones are no words that anybody looks for.
MAX_WORD_CHARS: Final = 40

_ALGORITHMS: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


def split_words(text: str) -> tuple[tuple[int, int], ...]:
    """Return where each word of a text begins and ends."""
    return tuple(match.span() for match in _WORD.finditer(text))


def stem_words(words: Iterable[str], language: str) -> list[str]:
    """Return the stem of each word, in order; equal stems mean forms of one word."""
    folded = [_folded(word) for word in words]
    algorithm = _ALGORITHMS.get(language.split("-", 1)[0])
    if algorithm is None:
        return folded
    # Made anew each time: a stemmer keeps its place in itself, and threads would share it.
    return list(snowballstemmer.stemmer(algorithm).stemWords(folded))


def stems_of(text: str, language: str) -> list[str]:
    """Return the stems of a text's words, in order."""
    return stem_words((text[start:end] for start, end in split_words(text)), language)


def _folded(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()[:MAX_WORD_CHARS]
    # Typesetters and keyboards disagree about these.
    return folded.replace("’", "'").replace("ʼ", "'").replace("ё", "е")
