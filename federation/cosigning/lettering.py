"""Which characters a signed text may hold, so that what is signed is what is seen.

Invisible characters, changes of direction and second spellings of the same letters are refused, never
repaired. What joins or dresses letters (Persian, Sinhala, emoji) is allowed where it does. Spec:
docs/cosigning.md, R3 and R5.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from federation import errors

MAX_NAME_CHARS: Final = 500
MAX_SIGNER_CHARS: Final = 200

_FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_JOINERS = "\u200c\u200d\u200e\u200f\ufe0e\ufe0f"
# A joiner at the start, after a blank, or after another one (but the pair that some emoji have), or one that
# joins nothing because the text ends.
_LOOSE_JOINER = re.compile(rf"(?:^|\s)[{_JOINERS}]|(?!\ufe0f\u200d)[{_JOINERS}][{_JOINERS}]|[\u200c\u200d]\Z")
_REFERENCE = re.compile(r"&[A-Za-z#]")


def require_visible(text: str) -> None:
    """Check one string of a signed text, HTML or plain. Raises: Malformed."""
    if _FORBIDDEN.search(text):
        raise errors.Malformed("a text holds a character that nobody sees")
    if not unicodedata.is_normalized("NFC", text):
        raise errors.Malformed("a text is not in the normal form NFC")
    if _LOOSE_JOINER.search(text):
        raise errors.Malformed("a text holds a joining character that joins nothing")


def require_plain(text: str, max_chars: int) -> None:
    """Check a title or name: one trimmed line that no reader can take for HTML. Raises: Malformed."""
    if len(text) > max_chars:
        raise errors.Malformed(f"a name is longer than {max_chars} characters")
    if "\n" in text or text != text.strip():
        raise errors.Malformed("a name is not one trimmed line")
    # Mastodon puts the title of an Article into its page as it is.
    if "<" in text or ">" in text or _REFERENCE.search(text):
        raise errors.Malformed("a name could be read as HTML")
    require_visible(text)
