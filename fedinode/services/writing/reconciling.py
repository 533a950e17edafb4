"""What somebody sends is weighed against how a text stands: what it was made of, and what of both is kept."""

from typing import Final

from fedinode.errors import ManuscriptError, NotAllowed
from fedinode.frontmatter import editing
from fedinode.frontmatter.editing import Differing, Merged
from fedinode.i18n import N_
from fedinode.storage import desk_texts
from fedinode.storage.database import Session
from fedinode.storage.desk_texts import CopyRow

_TRANSLATION_ONLY: Final = N_("You may change translations of this text, not the text itself.")


def find_base(
    session: Session, copy: CopyRow, number: int, *, page: str | None, account_id: int
) -> str | None:
    """Return the text that a page's words were made of; None where it is kept no longer.

    A page may not know that what it sent was kept: the answer got lost on the way. What it sends next was
    made of that all the same, so versions of the same page count, as long as nobody else's lie between.
    """
    lines = [line for line in desk_texts.list_versions(session, copy) if not line.is_aside]
    if all(line.number != number for line in lines):
        return None
    base = number
    for line in sorted((line for line in lines if line.number > number), key=lambda line: line.number):
        if page is None or (line.page, line.account_id) != (page, account_id):
            break
        base = line.number
    return desk_texts.find_source(session, copy, base)


def weigh(base: str | None, theirs: str, ours: str) -> Merged | Differing:
    """Put what somebody sent and what stands together; slow for long texts."""
    if theirs in (base, ours):
        return Merged(written=ours, taken=())
    if ours == base:
        return Merged(written=theirs, taken=())
    try:
        if base is None:
            return Differing(written=ours, places=editing.changed_places(theirs, ours))
        return editing.merge(base, theirs, ours)
    except ManuscriptError:
        # Nothing tells the parts of a text apart that cannot be read.
        return Differing(written=ours, places=())


def require_translation(before: str, after: str) -> None:
    """Raise NotAllowed where more than translations differ."""
    try:
        places = editing.changed_places(before, after)
    except ManuscriptError as error:
        raise NotAllowed(_TRANSLATION_ONLY) from error
    if any(place[:1] != ("translations",) for place in places):
        raise NotAllowed(_TRANSLATION_ONLY)
