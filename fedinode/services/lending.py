"""Media files as they are given to everybody: only those that something public shows."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from fedinode.cache import NODE_KEY, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.storage import public_posts


@dataclass(frozen=True, slots=True, kw_only=True)
class LentFile:
    """Where the bytes of a media file lie, and the keys that its being public depends on."""

    path: Path
    media_type: str
    depends_on: tuple[str, ...]


async def media_file(cap: Capabilities, name: str) -> LentFile:
    """Return a media file by the name in its address. Raises NotFound."""
    found = await cap.database.read(lambda session: public_posts.find_public_media(session, name))
    if found is None:
        raise NotFound("There is no such file.")
    media_type, post_uids = found
    path = cap.settings.media_dir / name
    if not await asyncio.to_thread(path.is_file):
        raise NotFound("The bytes of this file are lost; restore the media folder from a backup.")
    return LentFile(
        path=path,
        media_type=media_type,
        depends_on=(NODE_KEY, *(post_key(uid) for uid in post_uids)),
    )
