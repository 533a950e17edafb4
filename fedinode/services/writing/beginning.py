"""Starting points: an outline for each sort of text, in the collective's language, with hints in brackets."""

import re
from typing import Final

from fedinode import i18n
from fedinode.frontmatter import editing
from fedinode.manuscripts import Kind
from fedinode.resources import resource_dir

#: What can be begun at the desk; pages such as the imprint are made by command.
KINDS: Final = (Kind.STATEMENT, Kind.NEWS, Kind.EVENT)
#: A paragraph in brackets, that is no link.
_HINT: Final = re.compile(r"^\[[^\[\]\n]{12,}\]$", re.MULTILINE)


def starting_point(kind: Kind, language: str, *, is_empty: bool = False) -> str:
    """Return the outline of a text; `is_empty` leaves the words out and keeps the front matter."""
    folder = resource_dir("templates") / "starting"
    path = folder / f"{kind}.{i18n.interface_language(language)}.md"
    if not path.is_file():
        path = folder / f"{kind}.en.md"
    changes = {("language",): language} | ({editing.BODY: ""} if is_empty else {})
    return editing.change(path.read_text("utf-8"), changes)


def hints_in(source: str) -> int:
    """Return how many hints of an outline are still in a text."""
    return len(_HINT.findall(source))
