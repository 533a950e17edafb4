"""Pictures on their way into the media folder, under names of ours.

A file whose bytes we have already is not kept twice. A file is there before the row that names it, so that
a crash leaves at most a file that nobody refers to.
"""

import asyncio
import os
import secrets
from pathlib import Path

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Picture
from fedinode.services import picturing
from fedinode.services.picturing import EncodedPicture
from fedinode.storage import media_files
from fedinode.storage.media_files import NewMedia


async def take_in(cap: Capabilities, picture: Picture, language: str) -> NewMedia:
    """Clean a picture and store it. Raises PictureRefused."""
    encoded = await picturing.encode_picture(picture.path, cap.settings.media)
    digest = documents.digest_of_bytes(encoded.content)
    known = await cap.database.read(lambda session: media_files.find_by_digest(session, digest))
    path = known.path if known else await asyncio.to_thread(_store, cap.settings.media_dir, encoded)
    return NewMedia(
        digest=digest,
        type=encoded.type,
        path=path,
        size_bytes=len(encoded.content),
        width=encoded.width,
        height=encoded.height,
        licence=picture.licence,
        alts={language: picture.alt, **picture.alts},
        captions={picture.language or language: picture.caption} if picture.caption else {},
    )


def _store(folder: Path, encoded: EncodedPicture) -> str:
    # A random name: whoever has a picture too cannot find out whether a draft of ours holds it.
    name = secrets.token_hex(16) + Path(encoded.file_name).suffix
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}"
    with unfinished.open("wb") as stream:
        stream.write(encoded.content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(folder / name)
    return name
