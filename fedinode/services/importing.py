"""Taking an archive over from files: imported posts can be fetched and are never delivered."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fedinode.capabilities import Capabilities


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
    progress: Callable[[int, int, Path], None] | None = None,
) -> ImportResult:
    """Import every .md file with front matter under a folder, in order of name.

    With `dry_run` everything is checked and nothing kept. `progress` is told (done, total, file).
    """
    raise NotImplementedError
