"""Names that look alike: what two names have in common for a reader who does not compare letter by letter.

Blanks, marks and capitals are left out, and letters of other scripts that look like Latin ones are read as
those. This only ever adds a warning beside two names; nothing is refused because of it.
"""

import unicodedata
from typing import Final

from fedinode.text.characters import fold

#: Cyrillic, Greek and Armenian letters, and digits, that pass for Latin letters in most typefaces.
_LOOK: Final = str.maketrans(
    "авекмнорстухіїјѕһԁԛԝёαβεηικνορτυχγօոսցհյ01",
    "abekmhopctyxiijshdqweabenikvoptuxyonugjjol",
)


def outline(name: str) -> str:
    """Return the form that names which look alike share; empty for a name without letters and digits."""
    plain = unicodedata.normalize("NFKD", fold(name).translate(_LOOK))
    return "".join(char for char in plain if char.isalnum()).translate(_LOOK)
