"""A working copy as readers will see it: on our pages, and on Mastodon."""

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.i18n import N_
from fedinode.services import finding
from fedinode.services.members import binding, ordering, weighing
from fedinode.services.members.signing_in import Member
from fedinode.services.presenting import Picture
from fedinode.services.writing import authoring, furnishing, issuing, mirroring, rehearsing
from fedinode.services.writing.authoring import Working
from fedinode.services.writing.furnishing import Sheet
from fedinode.services.writing.mirroring import Shown
from fedinode.services.writing.rehearsing import Rehearsal
from fedinode.storage import desk_files, federated_objects, media_files
from fedinode.storage.database import Session

#: Where the desk shows the pictures of a text, and those of a text that members are asked about.
_PICTURES: Final = "/desk/texts/{uid}/pictures/"
_ASKED_PICTURES: Final = "/desk/decisions/{uid}/pictures/"
_CHANGED: Final = N_("The text has changed since this was asked, so it cannot be shown here any more.")


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
        replace(
            each,
            pictures=tuple(_moved(picture, before, after) for picture in each.pictures),
            papers=tuple(replace(paper, url=paper.url.replace(before, after, 1)) for paper in each.papers),
        )
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


# -- what members are asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPreview:
    """What a question of the members is about, as it will be read."""

    rehearsal: Rehearsal
    on_mastodon: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """What a question is about: a draft as it is kept, or a version that would change a public post."""

    collective: str
    post_id: int
    sheet: Sheet | None = None


async def preview_asked(cap: Capabilities, member: Member, uid: str) -> AskedPreview:
    """Return what a question is about, exactly what the answers are bound to.

    Raises: NotFound where it is about no text, Conflict where the text has changed since.
    """
    subject = await cap.database.read(lambda session: _subject(session, cap, member, uid))
    if subject.sheet is None:
        rehearsal, prefix = await rehearsing.rehearse_draft(cap, subject.post_id), ""
    else:
        manuscript = await furnishing.understand(cap, subject.sheet)
        media = furnishing.shown_media(manuscript, subject.sheet)
        rehearsal = await rehearsing.rehearse(cap, subject.collective, manuscript, media)
        prefix = furnishing.SHOWN
    folder = _ASKED_PICTURES.format(uid=uid)
    return AskedPreview(
        rehearsal=relocated(cap, rehearsal, prefix, folder),
        on_mastodon=mirrored(cap, rehearsal, prefix, folder),
    )


def _subject(session: Session, cap: Capabilities, member: Member, uid: str) -> _Subject:
    row, collective = weighing.require(session, member, uid)
    if row.state != "open" or row.action not in issuing.ACTIONS:
        raise NotFound(authoring.GONE)
    post = finding.require_post(session, cap.urls, row.subject_uri)
    if row.action in ("publish", "publish-joint"):
        at = ordering.order_of(row.parameters).at
        if post.state != "draft" or row.digest != binding.release_digest(session, post, at):
            raise Conflict(_CHANGED)
        return _Subject(collective=collective.name, post_id=post.id)
    sheet = furnishing.load_named(session, row.parameters)
    return _Subject(collective=collective.name, post_id=post.id, sheet=sheet)


async def asked_picture(cap: Capabilities, member: Member, uid: str, name: str) -> tuple[bytes, str]:
    """Return a picture of what members are asked about. Raises: NotFound, Conflict."""

    def read(session: Session) -> tuple[bytes | None, str]:
        subject = _subject(session, cap, member, uid)
        if subject.sheet is not None:
            content = desk_files.find_content(session, subject.sheet.copy, name)
            return content, subject.sheet.files[name].type if content is not None else ""
        for each in federated_objects.list_of_post(session, subject.post_id):
            revision = federated_objects.newest_revision(session, each.id)
            for file in media_files.list_of_revision(session, revision.id):
                if file.path == name:
                    return None, file.type
        return None, ""

    content, kind = await cap.database.read(read)
    if not kind:
        raise NotFound(authoring.GONE)
    if content is None:
        content = await asyncio.to_thread((cap.settings.media_dir / name).read_bytes)
    return content, kind
