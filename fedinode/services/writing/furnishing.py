"""A working copy as a manuscript with its pictures: to be shown, kept as a draft, or put in a text's place.

Its pictures are sealed in the database. A folder of the data folder's own holds them while they are read.
"""

import asyncio
import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.manuscripts import Manuscript, Picture
from fedinode.services import illustrating, preparing
from fedinode.services.picturing import EncodedFile
from fedinode.services.preparing import Prepared
from fedinode.services.writing import authoring
from fedinode.storage import desk_files, desk_texts, posts
from fedinode.storage.database import Session
from fedinode.storage.desk_files import FileRow
from fedinode.storage.desk_texts import CopyRow
from fedinode.storage.media_files import NewMedia

#: Before the name of a picture that is shown without being in the media folder.
SHOWN: Final = "draft-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One saved state of a working copy, and the pictures that were sent for it."""

    copy: CopyRow
    number: int
    source: str
    files: Mapping[str, FileRow]
    #: Under which its post is found again.
    key: str


def load(session: Session, uid: str, number: int) -> Sheet:
    """Return a saved state. Raises: NotFound."""
    copy = desk_texts.find(session, uid)
    source = desk_texts.find_source(session, copy, number) if copy else None
    if copy is None or source is None:
        raise NotFound("This version of the text is not kept any more.")
    post = None if copy.post_id is None else posts.get(session, copy.post_id)
    return Sheet(
        copy=copy,
        number=number,
        source=source,
        files={each.name: each for each in desk_files.list_of(session, copy)},
        key=(post.import_key if post else None) or f"desk {uid}",
    )


def load_named(session: Session, parameters: bytes) -> Sheet:
    """Return the saved state that a decision about a change names. Raises: NotFound."""
    named = json.loads(parameters)
    if "copy" not in named:
        raise NotFound("Nobody keeps this change at the desk.")
    return load(session, named["copy"], named["number"])


async def understand(cap: Capabilities, sheet: Sheet) -> Manuscript:
    """Return what a working copy says; of its pictures the names alone are of use. Raises ManuscriptError."""
    return await asyncio.to_thread(_read, cap.settings.temporary_dir, sheet)


def _read(temporary: Path, sheet: Sheet) -> Manuscript:
    temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=temporary) as folder:
        for name in sheet.files:
            (Path(folder) / name).touch()
        return authoring.understand(sheet.source, Path(folder), key=sheet.key)


def shown_media(manuscript: Manuscript, sheet: Sheet) -> tuple[NewMedia, ...]:
    """Return the pictures of a text that is only shown: no bytes of theirs are stored."""
    return tuple(
        illustrating.described(_shown(sheet.files[each.path.name]), each, manuscript.language)
        for each in manuscript.pictures
    )


def _shown(file: FileRow) -> NewMedia:
    is_picture = bool(file.width)
    return NewMedia(
        digest=f"{SHOWN}{file.name}",
        type=file.type,
        path=f"{SHOWN}{file.name}",
        size_bytes=file.size_bytes,
        width=file.width if is_picture else None,
        height=file.height if is_picture else None,
    )


async def prepare(cap: Capabilities, sheet: Sheet) -> tuple[Manuscript, Prepared]:
    """Return a working copy made ready to be kept, its pictures in the media folder.

    Raises: ManuscriptError, PictureRefused.
    """
    manuscript = await understand(cap, sheet)
    prepared = await asyncio.to_thread(preparing.render, manuscript)
    media = [await _take_in(cap, sheet, each, manuscript.language) for each in manuscript.pictures]
    return manuscript, replace(prepared, media=tuple(media))


async def prepare_named(cap: Capabilities, parameters: bytes) -> Prepared:
    """Return the version that a decision names, made ready. Raises: NotFound, ManuscriptError."""
    sheet = await cap.database.read(lambda session: load_named(session, parameters))
    return (await prepare(cap, sheet))[1]


async def _take_in(cap: Capabilities, sheet: Sheet, picture: Picture, language: str) -> NewMedia:
    name = picture.path.name
    row = sheet.files[name]
    content = await cap.database.read(lambda session: desk_files.find_content(session, sheet.copy, name))
    if content is None:
        raise NotFound("A picture of this text was taken out meanwhile.")
    clean = EncodedFile(
        content=content,
        type=row.type,
        digest=hashlib.sha256(content).hexdigest(),
        width=row.width or None,
        height=row.height or None,
    )
    folder = await asyncio.to_thread(_put, cap.settings.temporary_dir, name, content)
    with folder as where:
        there = replace(picture, path=Path(where) / name)
        return await illustrating.take_in_clean(cap, there, clean, language)


def _put(temporary: Path, name: str, content: bytes) -> "tempfile.TemporaryDirectory[str]":
    temporary.mkdir(parents=True, exist_ok=True)
    folder = tempfile.TemporaryDirectory(dir=temporary)
    (Path(folder.name) / name).write_bytes(content)
    return folder


async def sweep(cap: Capabilities, before: datetime) -> int:
    """Remove what a process that died left in the folder for files in the making; return how many."""
    return await asyncio.to_thread(_remove_older, cap.settings.temporary_dir, before.timestamp())


def _remove_older(folder: Path, before: float) -> int:
    found = [each for each in folder.iterdir() if each.stat().st_mtime < before] if folder.is_dir() else []
    for path in found:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(found)
