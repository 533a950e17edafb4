"""The words by which people sign from their own account, in each language of the interface. Pure.

They are written here and not in the catalogues: whoever read a word on a page last year may still send it.
A word counts alone, beside mentions and links; numbers stand for the choices in every language.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import unescape
from typing import Final

from fedinode import i18n, text


class Meaning(StrEnum):
    """What a message asks for."""

    SIGN = "sign"
    NUMBER = "number"
    HERE = "here"
    EVERYWHERE = "everywhere"
    WITHDRAW = "withdraw"


#: How far a name travels, by the word that was chosen.
CHOICES: Final = (Meaning.NUMBER, Meaning.HERE, Meaning.EVERYWHERE)

#: The first word of each is the one that we show.
_WORDS: Final[Mapping[str, Mapping[Meaning, tuple[str, ...]]]] = {
    "en": {
        Meaning.SIGN: ("sign",),
        Meaning.NUMBER: ("number",),
        Meaning.HERE: ("here",),
        Meaning.EVERYWHERE: ("everywhere",),
        Meaning.WITHDRAW: ("withdraw",),
    },
    "de": {
        Meaning.SIGN: ("unterzeichne", "unterschreibe", "unterzeichnen", "unterschreiben"),
        Meaning.NUMBER: ("zahl",),
        Meaning.HERE: ("hier",),
        Meaning.EVERYWHERE: ("überall", "ueberall"),
        Meaning.WITHDRAW: ("widerrufe", "zurückziehen", "zurueckziehen", "widerrufen"),
    },
    "ru": {
        Meaning.SIGN: ("подписываю", "подписать"),
        Meaning.NUMBER: ("число",),
        Meaning.HERE: ("здесь",),
        Meaning.EVERYWHERE: ("везде",),
        Meaning.WITHDRAW: ("отзываю", "отозвать"),
    },
}
_NUMBERS: Final = {"1": Meaning.NUMBER, "2": Meaning.HERE, "3": Meaning.EVERYWHERE}
_MEANINGS: Final[Mapping[str, Meaning]] = {
    word: meaning for words in _WORDS.values() for meaning, known in words.items() for word in known
}
_LANGUAGES: Final[Mapping[str, str]] = {
    word: language for language, words in _WORDS.items() for known in words.values() for word in known
}
#: A message with more words is a letter to people, not a word to a machine.
MAX_WORDS: Final = 12
#: No more of a message is looked at; no sign-up is longer.
MAX_CHARS: Final = 10_000
_LINK = re.compile(r"<a(?: [^>]*)?>.*?</a>", re.DOTALL)
_HREF = re.compile(r'href="([^"]{1,2000})"')
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,2000}")
_MENTION = re.compile(r"@\S+")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as it is understood: its own words, and the addresses in it."""

    words: tuple[str, ...]
    links: tuple[str, ...]

    @property
    def wants_to_sign(self) -> bool:
        """Whether the agreed word stands in it; a question follows, so it need not stand alone."""
        return self._has(Meaning.SIGN)

    @property
    def withdraws(self) -> bool:
        """Whether it takes a signature back: consent ends easily."""
        return self._has(Meaning.WITHDRAW)

    @property
    def choice(self) -> Meaning | None:
        """The choice that it makes, if it says nothing else: here something is confirmed."""
        if len(self.words) != 1:
            return None
        meaning = _NUMBERS.get(self.words[0]) or _MEANINGS.get(self.words[0])
        return meaning if meaning in CHOICES else None

    def _has(self, meaning: Meaning) -> bool:
        return len(self.words) <= MAX_WORDS and any(_MEANINGS.get(word) is meaning for word in self.words)


def word(meaning: Meaning, language: str) -> str:
    """Return the word that is shown to readers of a language."""
    return _WORDS.get(i18n.interface_language(language), _WORDS["en"])[meaning][0]


def language_of(said: Said) -> str | None:
    """Return the language of the agreed word in a message, or None where it holds none."""
    return next((_LANGUAGES[each] for each in said.words if each in _LANGUAGES), None)


def read(html: str) -> Said:
    """Read cleaned HTML of a message."""
    short = html[:MAX_CHARS]
    words = unicodedata.normalize("NFC", text.plain(_LINK.sub(" ", short)))
    links = [unescape(each) for each in _HREF.findall(short)] + _ADDRESS.findall(words)
    bare = _MENTION.sub(" ", _ADDRESS.sub(" ", words))
    return Said(
        words=tuple(_WORD.findall(bare.casefold())[: MAX_WORDS + 1]), links=tuple(dict.fromkeys(links))
    )
