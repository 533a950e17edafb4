"""Taking an archive over from files: imported posts can be fetched and are never delivered."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from fedinode import frontmatter
from fedinode.capabilities import Capabilities
from fedinode.errors import ManuscriptError, NotFound, PeerUnavailable, PictureRefused
from fedinode.manuscripts import Manuscript
from fedinode.services import preparing, publishing, registering
from fedinode.storage import posts

Progress = Callable[[int, int, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What became of the files of a folder; `refused` holds a sentence per file that is wrong."""

    imported: int
    already: int
    refused: tuple[str, ...]


async def import_markdown(
    cap: Capabilities,
    folder: Path,
    *,
    collective: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Import every .md file with front matter under a folder, in order of name.

    With `dry_run` everything is checked and nothing kept. `progress` is told (done, total, file). A second
    run imports what is new: each file's `key` is known. Raises NotFound if there is no such folder.
    """
    files = await asyncio.to_thread(_manuscript_files, folder)
    imported = already = 0
    refused: list[str] = []
    for number, path in enumerate(files, start=1):
        try:
            is_new = await _import_file(cap, path, collective, dry_run=dry_run)
        except (ManuscriptError, PictureRefused, PeerUnavailable) as error:
            refused.append(str(error) if path.name in str(error) else f"{path}: {error}")
        else:
            imported, already = imported + is_new, already + (not is_new)
        if progress is not None:
            progress(number, len(files), path)
    return ImportResult(imported=imported, already=already, refused=tuple(refused))


def _manuscript_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    # Bodies of translations stand beside their manuscripts, and have no front matter of their own.
    return [path for path in sorted(folder.rglob("*.md")) if frontmatter.has_front_matter(path)]


async def _import_file(cap: Capabilities, path: Path, collective: str | None, *, dry_run: bool) -> bool:
    manuscript = replace(frontmatter.parse_manuscript(path), deliver=False)
    if dry_run:
        return await _check(cap, manuscript, collective)
    return not (await publishing.post(cap, manuscript, collective=collective)).already


async def _check(cap: Capabilities, manuscript: Manuscript, collective: str | None) -> bool:
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    known = await cap.database.read(lambda session: posts.find_by_key(session, row.id, manuscript.key))
    preparing.check(manuscript)
    return known is None
