"""Words and their stems, so that a search for "strike" finds "strikes" too.

Languages without a stemmer are compared by whole words. Who has no keys for accents leaves them out: a word
is known by its stem without them, and by the stem of what is typed then, for stemmers need the accents.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

#: Accents of stressed vowels, points of Hebrew and Arabic, vowels of Devanagari and Tamil: within a word.
_MARKS: Final = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0b82\u0bbe-\u0bcd"
)
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}]|['’ʼ](?=[^\W_]))*")
#: A breve or diaeresis makes another letter in Cyrillic; what else is put there is a stress.
_LETTERS_OF_THEIR_OWN: Final = frozenset("\u0306\u0308")
#: Letters that have no accent to leave out.
_PLAIN: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
)
#: Longer ones are no words that anybody looks for.
MAX_WORD_CHARS: Final = 40
#: Most words of a text are the common ones of its language.
REMEMBERED_STEMS: Final = 8192

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
    """Return the stem of each word, in order, without accents; equal stems mean forms of one word."""
    return [_bare(stem) for stem in _stems([_folded(word) for word in words], language)]


def keys_of_words(words: Iterable[str], language: str) -> list[frozenset[str]]:
    """Return the stems under which each word, in order, is found: as written, and typed without accents."""
    folded = [_folded(word) for word in words]
    written = _stems(folded, language)
    plain = _stems([_bare(word) for word in folded], language)
    return [frozenset((_bare(a), _bare(b))) for a, b in zip(written, plain, strict=True)]


def stems_of(text: str, language: str) -> list[str]:
    """Return the stems of a text's words, in order."""
    return stem_words((text[start:end] for start, end in split_words(text)), language)


def keys_of(text: str, language: str) -> list[frozenset[str]]:
    """Return the stems under which each word of a text, in order, is found."""
    return keys_of_words((text[start:end] for start, end in split_words(text)), language)


def _stems(folded: list[str], language: str) -> list[str]:
    algorithm = _ALGORITHMS.get(language.split("-", 1)[0])
    if algorithm is None:
        return folded
    return [_stem(word, algorithm) for word in folded]


@lru_cache(maxsize=REMEMBERED_STEMS)
def _stem(word: str, algorithm: str) -> str:
    # Made anew each time: a stemmer keeps its place in itself, and threads would share it.
    stem: str = snowballstemmer.stemmer(algorithm).stemWord(word)
    return stem


def _folded(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold()[:MAX_WORD_CHARS]
    # Typesetters and keyboards disagree about these.
    return folded.replace("’", "'").replace("ʼ", "'").replace("ё", "е")


def _bare(word: str) -> str:
    """Return a word without accents, stresses and points."""
    if word.isascii():
        return word
    kept, letter = [], ""
    for sign in unicodedata.normalize("NFD", word):
        if not unicodedata.combining(sign):
            letter = sign
        elif _is_left_out(letter, sign):
            continue
        kept.append(sign)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN)


def _is_left_out(letter: str, mark: str) -> bool:
    script = unicodedata.name(letter, "").partition(" ")[0]
    if script == "CYRILLIC":
        return mark not in _LETTERS_OF_THEIR_OWN
    return script in ("LATIN", "GREEK", "HEBREW", "ARABIC")
