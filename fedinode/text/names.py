"""Names that people give of themselves: one visible line that is no link, no formula and no HTML.

Used for the form, for paper lists and for names from other servers, so that all hold to one rule. Blanks and
characters that nobody sees are put right without a word; what could be meant to mislead is refused with words
that say what to change. The messages are English here; `i18n.gettext` knows them in the reader's language.
"""

import re
import unicodedata
from typing import Final

from fedinode import i18n
from fedinode.text.characters import graphemes, normalise, without_invisible

MAX_NAME_CHARS: Final = 100
#: Towns, roles and the like.
MAX_DETAIL_CHARS: Final = 100
#: Nobody's name is that long, and nothing longer is looked at letter by letter.
_MAX_RAW_CHARS: Final = 2_000
#: More marks on one letter than this cover the lines above and below (Vietnamese and Hebrew need three).
_MAX_MARKS: Final = 4

_LINK = re.compile(
    r"://|\bwww\.|\b[\w-]+\.(?:com|net|org|info|biz|ru|de|io|top|xyz|shop|site|online)\b|@\w", re.I
)
_MARKUP = re.compile(r"[<>]|&[A-Za-z#]")
_BREAK = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]")
#: Zero-width characters come in with pasted text; what turns the direction of reading is never innocent.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


class NameRefused(ValueError):
    """A name cannot stand in a list; the message is a sentence that says what to change."""


def clean_name(written: str) -> str:
    """Return a name as it is kept and shown. Raises: NameRefused."""
    name = _one_line(written, MAX_NAME_CHARS)
    if not any(char.isalpha() for char in name):
        raise NameRefused(i18n.gettext("Please write a name with at least one letter."))
    return name


def clean_detail(written: str) -> str | None:
    """Return a town, a role or the like as it is kept and shown; None if nothing is left.

    Raises: NameRefused.
    """
    return _one_line(written, MAX_DETAIL_CHARS) or None


def _one_line(written: str, max_chars: int) -> str:
    if len(written) > _MAX_RAW_CHARS:
        raise NameRefused(i18n.gettext("This is too long; please write at most 100 letters."))
    trimmed = normalise(written).strip()
    if _BREAK.search(trimmed):
        raise NameRefused(i18n.gettext("Please write this in one line."))
    if _TURNING.search(trimmed):
        raise NameRefused(i18n.gettext("Please leave out characters that change the direction of writing."))
    visible, _ = without_invisible(trimmed)
    line = " ".join(visible.split())
    _require_harmless(line, max_chars)
    return line


def _require_harmless(line: str, max_chars: int) -> None:
    if len(line) > max_chars:
        raise NameRefused(i18n.gettext("This is too long; please write at most 100 letters."))
    if _LINK.search(line):
        raise NameRefused(i18n.gettext("Please leave out links and addresses."))
    if _MARKUP.search(line):
        raise NameRefused(i18n.gettext("Please leave out < and >, and write a blank after &."))
    if line.startswith(("=", "+", "-", "@")):
        raise NameRefused(
            i18n.gettext("Please do not begin with = + - or @: spreadsheets take that for a formula.")
        )
    if any(_marks(cluster) > _MAX_MARKS for cluster in graphemes(line)):
        raise NameRefused(i18n.gettext("Please leave out marks that pile up on one letter."))


def _marks(cluster: str) -> int:
    return sum(unicodedata.category(char) in ("Mn", "Me") for char in cluster)
