"""What still stands between a working copy and its publication, said while it is being written."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.errors import ManuscriptError
from fedinode.frontmatter import SUMMARY_FROM_WORDS, editing
from fedinode.manuscripts import Kind
from fedinode.services import authoring, beginning, preparing
from fedinode.services.authoring import Working
from fedinode.storage import desk_files, desk_texts
from fedinode.storage.database import Session
from fedinode.text import count_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`problem` is what keeps the text from being published, in a sentence that names the line."""

    words: int
    problem: str = ""
    warnings: tuple[str, ...] = ()
    #: Hints of the outline that were not replaced by words.
    hints: int = 0
    needs_summary: bool = False


async def proofread(cap: Capabilities, working: Working) -> Proof:
    """Read a working copy as publishing would."""

    def read(session: Session) -> tuple[str, ...]:
        copy = desk_texts.find(session, working.uid)
        return tuple(each.name for each in desk_files.list_of(session, copy)) if copy else ()

    names = await cap.database.read(read)
    return await asyncio.to_thread(_proof, working, names)


def _proof(working: Working, names: Sequence[str]) -> Proof:
    try:
        values = editing.values_of(working.source)
    except ManuscriptError as error:
        return Proof(words=0, problem=authoring.without_name(str(error)))
    words = count_words(str(values[editing.BODY]))
    is_long = working.kind in (Kind.STATEMENT, Kind.EVENT) and words > SUMMARY_FROM_WORDS
    proof = Proof(
        words=words,
        hints=beginning.hints_in(working.source),
        needs_summary=is_long and not values.get(("summary",)),
    )
    return _understood(working, proof, names)


def _understood(working: Working, proof: Proof, names: Sequence[str]) -> Proof:
    problem, warnings = "", tuple[str, ...]()
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            # Only that the pictures are there is asked, not what they show.
            (Path(folder) / Path(name).name).touch()
        try:
            manuscript = authoring.understand(working.source, Path(folder))
            preparing.check(manuscript)
            warnings = tuple(
                authoring.without_name(each.replace(f"{folder}/", "")) for each in manuscript.warnings
            )
        except ManuscriptError as error:
            problem = authoring.without_name(str(error))
    return Proof(
        words=proof.words,
        problem=problem,
        warnings=warnings,
        hints=proof.hints,
        needs_summary=proof.needs_summary,
    )
