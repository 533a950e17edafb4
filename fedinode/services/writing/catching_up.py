"""A post was changed by command while members write on a working copy of it: what changed there is taken in.

What the post said when it was last looked at is version 1 of the copy, and later a version set aside by the
node. Where both changed the same, the words of the copy stay, and those of the post are in that version.
"""

import asyncio
from dataclasses import dataclass

from fedinode.capabilities import Capabilities
from fedinode.errors import ManuscriptError
from fedinode.frontmatter import editing
from fedinode.frontmatter.editing import Place
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, leafing, transcribing
from fedinode.services.writing.transcribing import Transcript
from fedinode.storage import desk_files, desk_texts, posts
from fedinode.storage.database import Session
from fedinode.storage.desk_files import NewFile
from fedinode.storage.desk_texts import CopyRow, NewVersion
from fedinode.storage.posts import PostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtUp:
    """What was taken in, and where the words of the working copy stay against other ones."""

    taken: tuple[Place, ...]
    differing: tuple[Place, ...]


def is_outdated(session: Session, copy: CopyRow) -> bool:
    """Tell whether a post says something else than its working copy was made of."""
    known = _known(session, copy)
    post = _post(session, copy)
    return known is not None and post is not None and transcribing.transcribe(session, post).source != known


async def catch_up(cap: Capabilities, member: Member, uid: str) -> CaughtUp:
    """Take in what was changed in the post since. Raises: NotFound, Conflict, ManuscriptError."""
    transcript = await cap.database.read(lambda session: _transcript(session, member, uid))
    if transcript is None:
        return CaughtUp(taken=(), differing=())
    files = await asyncio.to_thread(leafing.load_all, cap.settings.media_dir, transcript.files)
    return await cap.database.write(lambda session: _take_in(session, cap, member, uid, files))


def _transcript(session: Session, member: Member, uid: str) -> Transcript | None:
    copy, _ = authoring.require_copy(session, member, uid)
    post = _post(session, copy)
    return transcribing.transcribe(session, post) if post and is_outdated(session, copy) else None


def _take_in(session: Session, cap: Capabilities, member: Member, uid: str, files: list[NewFile]) -> CaughtUp:
    copy, _ = authoring.require_copy(session, member, uid)
    authoring.require_open(copy)
    known, post = _known(session, copy), _post(session, copy)
    if known is None or post is None:
        return CaughtUp(taken=(), differing=())
    there = transcribing.transcribe(session, post).source
    line = desk_texts.newest(session, copy)
    here = desk_texts.find_source(session, copy, line.number) or ""
    elsewhere, ours = editing.changed_places(known, there), editing.changed_places(known, here)
    values, own = editing.values_of(there), editing.values_of(here)
    taken = tuple(place for place in elsewhere if place not in ours)
    differing = tuple(place for place in elsewhere if place in ours and values.get(place) != own.get(place))
    written = editing.change(here, {place: values.get(place) for place in taken})
    _keep_files(session, cap, copy, files)
    desk_texts.add_version(
        session, copy, NewVersion(source=there, account_id=None, is_aside=True), cap.clock()
    )
    new = NewVersion(source=written, account_id=member.account_id, base_number=line.number)
    desk_texts.add_version(session, copy, new, cap.clock())
    return CaughtUp(taken=taken, differing=differing)


def _keep_files(session: Session, cap: Capabilities, copy: CopyRow, files: list[NewFile]) -> None:
    there = {each.name for each in desk_files.list_of(session, copy)}
    for each in files:
        if each.name not in there:
            desk_files.add(session, copy, each, cap.clock())


def _post(session: Session, copy: CopyRow) -> PostRow | None:
    if copy.post_id is None or copy.state != "open":
        return None
    post = posts.get(session, copy.post_id)
    return None if post.state == "withdrawn" else post


def _known(session: Session, copy: CopyRow) -> str | None:
    """Return what the post said when it was last looked at; None where the copy was not made of it."""
    post = _post(session, copy)
    if post is None:
        return None
    marks = [
        line.number
        for line in desk_texts.list_versions(session, copy)
        if line.account_id is None and line.is_aside
    ]
    source = desk_texts.find_source(session, copy, max(marks, default=1))
    return source if source is not None and _is_transcript(source, post) else None


def _is_transcript(source: str, post: PostRow) -> bool:
    try:
        return editing.values_of(source).get(("key",)) == post.import_key
    except ManuscriptError:
        return False
