"""The readable part of a page's address, in ASCII.

Letters of other scripts are transliterated, because an address travels through mail programs,
paper and telephones that spoil anything else: %D0%BF%D0%B8 is no name. Scripts without a table
here (Arabic, Chinese ..) give an empty slug, and the caller takes the post's uid.
"""

import re
import unicodedata
from typing import Final

MAX_CHARS: Final = 80


def _readings(letters: str, spellings: str) -> dict[str, str]:
    """Pair letters with spellings; `_` stands for a letter that is not spoken."""
    return dict(zip(letters, spellings.replace("_", "").split(" "), strict=True))


_CYRILLIC = _readings(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўәғқңөұүһӣӯҷҳђѓѕјљњћќџѝ",
    "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya "
    "i i ie g u a g q n o u u h i u j h dj g dz j lj nj c k dz i",
)
_GEORGIAN = _readings(
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h",
)
_ARMENIAN = _readings(
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆև",
    "a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k o f ev",
)
_GREEK = _readings(
    "αβγδεζηθικλμνξοπρσςτυφχψω",
    "a v g d e z i th i k l m n x o p r s s t y f ch ps o",
)
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i",
    "ħ": "h", "ŋ": "ng", "ə": "a",
}  # fmt: skip
_TABLE = _CYRILLIC | _GEORGIAN | _ARMENIAN | _GREEK | _LATIN
# Where a language reads a letter differently from the table.
_OWN_READINGS = {
    "de": {"ä": "ae", "ö": "oe", "ü": "ue"},
    "uk": {"г": "h", "и": "y", "х": "kh", "щ": "shch"},
    "be": {"г": "h"},
    "bg": {"щ": "sht", "ъ": "a", "х": "h"},
    "sr": {"ж": "z", "ч": "c", "ш": "s", "ц": "c", "х": "h"},
}


def slugify(text: str, language: str = "") -> str:
    """Return `text` as lower-case ASCII words with hyphens; empty where no table knows its script."""
    readings = _TABLE | _OWN_READINGS.get(language.split("-", 1)[0], {})
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    spelt = "".join(readings.get(char, char) for char in folded)
    letters = "".join(_letter(char) for char in unicodedata.normalize("NFKD", spelt))
    words = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")
    return _shortened(words)


def _letter(char: str) -> str:
    if char in "'’ʼʻ´`" or unicodedata.combining(char):
        return ""
    return _TABLE.get(char, char)


def _shortened(words: str) -> str:
    if len(words) <= MAX_CHARS:
        return words
    head, hyphen, _ = words[: MAX_CHARS + 1].rpartition("-")
    return head if hyphen else words[:MAX_CHARS]


def is_slug(text: str) -> bool:
    """Tell whether an author's own slug can stand in an address."""
    return bool(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text)) and len(text) <= MAX_CHARS
