"""Pictures and PDF files on their way into the media folder, under names of ours.

A file whose bytes we have already is not kept twice. A file is there before the row that names it, so that
a crash leaves at most a file that nobody refers to.
"""

import asyncio
import os
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Picture
from fedinode.services import picturing
from fedinode.services.picturing import EncodedFile, EncodedPicture
from fedinode.storage import media_files
from fedinode.storage.media_files import NewMedia, NewSize

#: A face is shown as a small square; Mastodon shows it at this size at most.
FACE_SIDE: Final = 400
_FACE_WIDTHS: Final = (96,)


async def take_in(cap: Capabilities, picture: Picture, language: str) -> NewMedia:
    """Clean a picture or a PDF file and store it. Raises PictureRefused."""
    if picture.path.suffix.lower() == ".pdf":
        paper = await picturing.clean_paper(picture.path, cap.settings.media)
        encoded = EncodedPicture(content=paper.content, type=paper.type, digest=paper.digest)
    else:
        encoded = await picturing.encode_picture(picture.path, cap.settings.media)
    return described(await _keep(cap, encoded), picture, language)


async def take_in_clean(cap: Capabilities, picture: Picture, clean: EncodedFile, language: str) -> NewMedia:
    """Store a file that was cleaned before, byte by byte: made anew it is another. Raises PictureRefused.

    Its smaller sizes are made of the file at the picture's path.
    """
    digest = documents.digest_of_bytes(clean.content)
    known = await cap.database.read(lambda session: media_files.find_by_digest(session, digest))
    needs_sizes = clean.width is not None and not (known and known.has_sizes)
    sizes = (await picturing.encode_picture(picture.path, cap.settings.media)).sizes if needs_sizes else ()
    encoded = EncodedPicture(
        content=clean.content,
        type=clean.type,
        digest=clean.digest,
        width=clean.width,
        height=clean.height,
        sizes=sizes,
    )
    return described(await _keep(cap, encoded), picture, language)


def described(stored: NewMedia, picture: Picture, language: str) -> NewMedia:
    """Return a file with what the manuscript in this language says of it."""
    return replace(
        stored,
        licence=picture.licence,
        alts={language: picture.alt, **picture.alts},
        captions={picture.language or language: picture.caption} if picture.caption else {},
    )


async def take_in_face(cap: Capabilities, path: Path) -> NewMedia:
    """Clean the picture of a collective and store it, small. Raises PictureRefused."""
    limits = replace(cap.settings.media, max_side=min(FACE_SIDE, cap.settings.media.max_side))
    return await _keep(cap, await picturing.encode_picture(path, limits, widths=_FACE_WIDTHS))


async def _keep(cap: Capabilities, encoded: EncodedPicture) -> NewMedia:
    digest = documents.digest_of_bytes(encoded.content)
    known = await cap.database.read(lambda session: media_files.find_by_digest(session, digest))
    folder = cap.settings.media_dir
    is_complete = known is not None and known.has_sizes
    sizes = () if is_complete else await asyncio.to_thread(_store_sizes, folder, encoded.sizes)
    return NewMedia(
        digest=digest,
        type=encoded.type,
        path=known.path if known else await asyncio.to_thread(_store, folder, encoded),
        size_bytes=len(encoded.content),
        width=encoded.width,
        height=encoded.height,
        sizes=sizes,
    )


def _store_sizes(folder: Path, files: Iterable[EncodedFile]) -> tuple[NewSize, ...]:
    return tuple(
        NewSize(
            width=each.width,
            height=each.height,
            type=each.type,
            path=_store(folder, each),
            size_bytes=len(each.content),
        )
        for each in files
        if each.width is not None and each.height is not None
    )


def _store(folder: Path, encoded: EncodedFile) -> str:
    # A random name: whoever has a picture too cannot find out whether a draft of ours holds it.
    name = secrets.token_hex(16) + encoded.suffix
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as stream:
        stream.write(encoded.content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(folder / name)
    return name
