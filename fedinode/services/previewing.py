"""A working copy as readers will see it: on our pages, and on Mastodon."""

from dataclasses import dataclass, replace
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services import authoring, furnishing, mirroring, rehearsing
from fedinode.services.authoring import Working
from fedinode.services.mirroring import Shown
from fedinode.services.presenting import Picture, PostView
from fedinode.services.rehearsing import Rehearsal
from fedinode.services.signing_in import Member

#: Where the desk shows the pictures of a text.
_PICTURES: Final = "/desk/texts/{uid}/pictures/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A version of a text as it will be read; `warnings` are the author's to know."""

    working: Working
    rehearsal: Rehearsal
    on_mastodon: tuple[Shown, ...]
    warnings: tuple[str, ...]


async def preview(cap: Capabilities, member: Member, uid: str, number: int | None = None) -> Preview:
    """Return what a text becomes. Raises: NotFound, ManuscriptError, Conflict."""
    working = await authoring.open_text(cap, member, uid, right="translate", number=number)
    sheet = await cap.database.read(lambda session: furnishing.load(session, uid, working.number))
    manuscript = await furnishing.understand(cap, sheet)
    media = furnishing.shown_media(manuscript, sheet)
    rehearsal = await rehearsing.rehearse(cap, working.collective, manuscript, media)
    moved = relocated(cap, rehearsal, furnishing.SHOWN, _PICTURES.format(uid=uid))
    return Preview(
        working=working,
        rehearsal=moved,
        on_mastodon=mirrored(cap, rehearsal, furnishing.SHOWN, _PICTURES.format(uid=uid)),
        warnings=manuscript.warnings,
    )


def relocated(cap: Capabilities, rehearsal: Rehearsal, prefix: str, folder: str) -> Rehearsal:
    """Return pages whose pictures are shown from the desk: they are public nowhere."""
    before, after = cap.urls.media(prefix), cap.urls.page(folder)
    pages = tuple(
        replace(each, pictures=tuple(_moved(picture, before, after) for picture in each.pictures))
        for each in rehearsal.pages
    )
    return replace(rehearsal, pages=pages)


def mirrored(cap: Capabilities, rehearsal: Rehearsal, prefix: str, folder: str) -> tuple[Shown, ...]:
    """Return what Mastodon shows of each object, with its pictures from the desk."""
    before, after = cap.urls.media(prefix), cap.urls.page(folder)
    found = [mirroring.show(each) for each in rehearsal.documents]
    return tuple(
        replace(each, pictures=tuple((url.replace(before, after, 1), alt) for url, alt in each.pictures))
        for each in found
    )


def _moved(picture: Picture, before: str, after: str) -> Picture:
    sizes = () if picture.url.startswith(before) else picture.sizes
    return replace(picture, url=picture.url.replace(before, after, 1), sizes=sizes)


def page_of(preview: Preview, language: str | None) -> PostView | None:
    """Return the page in a language."""
    return preview.rehearsal.page(language)
