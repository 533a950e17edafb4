"""Pictures of texts that are being written: cleaned as they come, sealed, and described in the text itself.

A picture that nobody described yet is kept beside the text, and holds its release back.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, Conflict, ManuscriptError, NotFound, PictureRefused
from fedinode.frontmatter import patching
from fedinode.i18n import N_
from fedinode.services import picturing
from fedinode.services.members.signing_in import Member
from fedinode.services.picturing import EncodedFile
from fedinode.services.writing import authoring
from fedinode.services.writing.authoring import Change, Clashed
from fedinode.storage import audit_log, desk_files
from fedinode.storage.database import Session
from fedinode.storage.desk_files import FileRow, NewFile

MAX_PICTURES: Final = 20
#: What a cleaned picture may weigh: it is kept in the database.
MAX_KEPT_BYTES: Final = 8 * 1024 * 1024
MAX_WORDS: Final = 2_000
_TRIES: Final = 3
_TOO_MANY: Final = N_("This text has {most} pictures already; take one out first.")
_TOO_HEAVY: Final = N_("This picture is too large even after it was made smaller; save it as JPEG.")
_UNREADABLE: Final = N_("This is no picture that we can read; save it as JPEG, PNG or WebP.")
#: What is said for which part of the sentence of `picturing`.
_REASONS: Final = {
    "million pixels": N_("This picture has too many pixels; make it smaller."),
    "too much memory": N_("This picture takes too much memory or time to read; save it anew, smaller."),
    "larger than": N_("This file is too large; make it smaller."),
}
_NOT_READ: Final = N_(
    "The head of this text cannot be read now, so no picture can be put into it. Mend the text first."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """What a form says of a picture."""

    alt: str
    caption: str = ""
    licence: str = ""
    shows_faces: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A picture of a text, with what the text says of it; without a description it is not in the text."""

    name: str
    type: str
    width: int
    height: int
    size_bytes: int
    shows_faces: bool
    alt: str = ""
    caption: str = ""
    licence: str = ""

    @property
    def is_described(self) -> bool:
        """Whether those who do not see it are told what it shows."""
        return bool(self.alt)


async def list_pictures(cap: Capabilities, member: Member, uid: str) -> tuple[Attached, ...]:
    """Return the pictures of a text. Raises: NotFound."""

    def read(session: Session) -> tuple[Attached, ...]:
        working = authoring.working_in(session, member, uid, "translate")
        copy, _ = authoring.require_copy(session, member, uid, "translate")
        return attached(desk_files.list_of(session, copy), working.source)

    return await cap.database.read(read)


def attached(files: tuple[FileRow, ...], source: str) -> tuple[Attached, ...]:
    """Return the pictures that were sent for a text, with what it says of each."""
    try:
        said = {str(each.get("file")): each for each in patching.pictures_of(source)}
    except ManuscriptError:
        said = {}
    return tuple(_attached(each, said.get(each.name, {})) for each in files)


def _attached(file: FileRow, said: dict[str, Any]) -> Attached:
    return Attached(
        name=file.name,
        type=file.type,
        width=file.width,
        height=file.height,
        size_bytes=file.size_bytes,
        shows_faces=file.shows_faces,
        **{key: str(said.get(key, "")) for key in ("alt", "caption", "licence")},
    )


async def find_content(cap: Capabilities, member: Member, uid: str, name: str) -> tuple[bytes, str]:
    """Return the bytes of a picture, and what they are. Raises: NotFound."""

    def read(session: Session) -> tuple[bytes, str]:
        copy, _ = authoring.require_copy(session, member, uid, "translate")
        content = desk_files.find_content(session, copy, name)
        types = {each.name: each.type for each in desk_files.list_of(session, copy)}
        if content is None:
            raise NotFound(authoring.GONE)
        return content, types[name]

    return await cap.database.read(read)


# -- changes


async def attach(cap: Capabilities, member: Member, uid: str, file: Path, words: Caption) -> str:
    """Clean a picture that was sent and keep it; with a description it stands in the text. Return its name.

    Raises: NotFound, Conflict, PictureRefused.
    """
    await authoring.open_text(cap, member, uid)
    clean = await _cleaned(cap, file)
    new = NewFile(
        name=secrets.token_hex(8) + clean.suffix,
        type=clean.type,
        width=clean.width or 0,
        height=clean.height or 0,
        content=clean.content,
        shows_faces=words.shows_faces,
        account_id=member.account_id,
    )

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        authoring.require_open(copy)
        if desk_files.count(session, copy) >= MAX_PICTURES:
            raise Conflict(_TOO_MANY, most=MAX_PICTURES)
        desk_files.add(session, copy, new, cap.clock())
        _note(session, cap, member, uid, "text.picture-added", new.name)

    await cap.database.write(write)
    if words.alt:
        await describe(cap, member, uid, new.name, words)
    return new.name


async def _cleaned(cap: Capabilities, file: Path) -> EncodedFile:
    try:
        clean = await picturing.encode_picture(file, cap.settings.media, widths=())
    except PictureRefused as error:
        # Its sentence names a file of ours, which says nothing to whoever sent it.
        known = (words for part, words in _REASONS.items() if part in str(error))
        raise PictureRefused(next(known, _UNREADABLE)) from error
    if len(clean.content) > MAX_KEPT_BYTES:
        raise PictureRefused(_TOO_HEAVY)
    return clean


async def describe(cap: Capabilities, member: Member, uid: str, name: str, words: Caption) -> None:
    """Say what a picture shows; without a description it leaves the text, and is kept beside it.

    Raises: NotFound, Conflict.
    """

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        authoring.require_open(copy)
        _require_file(desk_files.list_of(session, copy), name)
        desk_files.set_faces(session, copy, name, shows_faces=words.shows_faces)

    await cap.database.write(write)
    fields = {"alt": words.alt, "caption": words.caption, "licence": words.licence}
    if words.alt:
        await _rewrite(cap, member, uid, lambda source: patching.with_picture(source, name, fields))
    else:
        await _rewrite(cap, member, uid, lambda source: patching.without_picture(source, name))


async def detach(cap: Capabilities, member: Member, uid: str, name: str) -> None:
    """Take a picture out of a text, and forget it. Raises: NotFound, Conflict."""

    def write(session: Session) -> None:
        copy, _ = authoring.require_copy(session, member, uid)
        authoring.require_open(copy)
        _require_file(desk_files.list_of(session, copy), name)
        desk_files.remove(session, copy, name)
        _note(session, cap, member, uid, "text.picture-removed", name)

    await _rewrite(cap, member, uid, lambda source: patching.without_picture(source, name))
    await cap.database.write(write)


def _require_file(files: tuple[FileRow, ...], name: str) -> None:
    if all(each.name != name for each in files):
        raise NotFound(authoring.GONE)


async def _rewrite(cap: Capabilities, member: Member, uid: str, change: Callable[[str], str]) -> None:
    """Change the newest state of a text; who saves at the same moment is put together with it."""
    for _ in range(_TRIES):
        working = await authoring.open_text(cap, member, uid)
        try:
            source = change(working.source)
        except ManuscriptError as error:
            raise Conflict(_NOT_READ) from error
        saved = await authoring.save(cap, member, uid, Change(base_number=working.number, source=source))
        if not isinstance(saved, Clashed):
            return
    raise Busy(N_("Others save this text at the same moment; try again."))


def _note(session: Session, cap: Capabilities, member: Member, uid: str, action: str, name: str) -> None:
    audit_log.add(
        session, action, uid, now=cap.clock(), account_id=member.account_id, details={"picture": name}
    )
