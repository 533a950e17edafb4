"""Characters: normal forms, what cannot be seen, where a text may be cut, what counts as a word."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

# What must not stand in a signed text: controls except line feed, soft hyphen, direction
# overrides, zero-width and other characters that show nothing, private use, surrogates.
_INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b"
    "\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
# These join or dress the visible character before them and are allowed after one only.
_JOINERS: Final = "\u200c\u200d\u200e\u200f\ufe0e\ufe0f"
_LOOSE_JOINERS = (
    re.compile(rf"(?:(?<=\s)|^)[{_JOINERS}]+"),
    re.compile(rf"([{_JOINERS}])(?!(?<=\ufe0f)\u200d)[{_JOINERS}]+"),
    re.compile(r"[\u200c\u200d]+$"),
)
_WORD = re.compile(r"\w")
_ZWJ: Final = "\u200d"


def normalise(text: str) -> str:
    """Return text in NFC with line feeds alone between lines, and without a byte order mark."""
    unified = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", unified)


def without_invisible(text: str) -> tuple[str, frozenset[str]]:
    """Return the text without characters that nobody sees, and which ones were cut.

    They come in with text that is pasted from word processors, and signed texts must not hold them.
    """
    spaced = text.replace("\t", "    ").replace("\u2028", "\n").replace("\u2029", "\n\n")
    cut = _INVISIBLE.sub("", spaced)
    for pattern in _LOOSE_JOINERS:
        cut = pattern.sub(lambda match: match[1] if match.re.groups else "", cut)
    return unicodedata.normalize("NFC", cut), frozenset(spaced) - frozenset(cut)


def fold(text: str) -> str:
    """Return the form in which names are compared: NFKC, case-folded, blanks made one."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def count_words(text: str) -> int:
    """Count the words as an author does: what stands between blanks and holds a letter or digit."""
    return sum(1 for part in text.split() if _WORD.search(part))


def graphemes(text: str) -> Iterator[str]:
    """Yield what a reader takes for single characters (after UAX 29, extended clusters)."""
    cluster = ""
    for char in text:
        if cluster and not _continues(cluster, char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


def _continues(cluster: str, char: str) -> bool:
    last = cluster[-1]
    if char in _JOINERS or last == _ZWJ or unicodedata.category(char) in ("Mn", "Mc", "Me"):
        return last != "\n"
    if "\U0001f3fb" <= char <= "\U0001f3ff":  # skin tones
        return True
    if _is_flag_half(char):
        return _is_flag_half(last) and sum(map(_is_flag_half, cluster)) % 2 == 1
    # Hangul written as single jamo: vowels and finals belong to the syllable before them.
    return "\u1160" <= char <= "\u11ff" and "\u1100" <= last <= "\u11ff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def excerpt(text: str, limit: int) -> str:
    """Return at most `limit` graphemes of a text in one line, cut at a word, with an ellipsis."""
    clusters = list(graphemes(" ".join(text.split())))
    if len(clusters) <= limit:
        return "".join(clusters)
    head = clusters[: max(limit - 1, 0)]
    blank = len(head) if clusters[len(head)] == " " else _last_blank(head)
    return "".join(head[: blank or len(head)]).rstrip(" ,;:–-") + "…"


def _last_blank(clusters: list[str]) -> int:
    return next((index for index in range(len(clusters) - 1, 0, -1) if clusters[index] == " "), 0)
