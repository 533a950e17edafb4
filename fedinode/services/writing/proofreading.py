"""What still stands between a working copy and its publication, said while it is being written."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from fedinode.capabilities import Capabilities
from fedinode.errors import ManuscriptError
from fedinode.frontmatter import SUMMARY_FROM_WORDS, editing
from fedinode.frontmatter.editing import Place
from fedinode.i18n import N_
from fedinode.manuscripts import Kind
from fedinode.services import preparing
from fedinode.services.writing import authoring, beginning, catching_up
from fedinode.services.writing.authoring import Working
from fedinode.storage import desk_files, desk_texts
from fedinode.storage.database import Session
from fedinode.text import count_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`problem` is what keeps the text from being published, in a sentence that names the line."""

    words: int
    #: What it lacks, as a form has it; where nothing is lacking, `problem` says what is wrong with the file.
    lacks: tuple[str, ...] = ()
    problem: str = ""
    warnings: tuple[str, ...] = ()
    #: Hints of the outline that were not replaced by words.
    hints: int = 0
    needs_summary: bool = False
    #: Its post was changed by command since this working copy was made.
    is_outdated: bool = False


async def proofread(cap: Capabilities, working: Working) -> Proof:
    """Read a working copy as publishing would."""

    def read(session: Session) -> tuple[tuple[str, ...], bool]:
        copy = desk_texts.find(session, working.uid)
        if copy is None:
            return (), False
        names = tuple(each.name for each in desk_files.list_of(session, copy))
        return names, catching_up.is_outdated(session, copy)

    names, is_outdated = await cap.database.read(read)
    proof = await asyncio.to_thread(_proof, working, names)
    return replace(proof, is_outdated=is_outdated)


def _proof(working: Working, names: Sequence[str]) -> Proof:
    try:
        values = editing.values_of(working.source)
    except ManuscriptError as error:
        return Proof(words=0, problem=authoring.without_name(str(error)))
    words = count_words(str(values[editing.BODY]))
    is_long = working.kind in (Kind.STATEMENT, Kind.EVENT) and words > SUMMARY_FROM_WORDS
    proof = Proof(
        words=words,
        lacks=_lacks(working.kind, values, is_long=is_long),
        hints=beginning.hints_in(working.source),
        needs_summary=is_long and not values.get(("summary",)),
    )
    return _understood(working, proof, names)


#: What each sort of text cannot do without.
_NEEDED: Final[tuple[tuple[Place, frozenset[Kind], str], ...]] = (
    (("title",), frozenset({Kind.STATEMENT, Kind.EVENT, Kind.PAGE}), N_("It needs a title.")),
    (editing.BODY, frozenset({Kind.STATEMENT, Kind.NEWS, Kind.PAGE}), N_("There is no text yet.")),
    (("language",), frozenset(Kind), N_("It does not say in which language it is.")),
    (("starts",), frozenset({Kind.EVENT}), N_("It does not say when the event begins.")),
    (("timezone",), frozenset({Kind.EVENT}), N_("It does not say in which time zone that is.")),
)
_NO_SUMMARY: Final = N_("It is long, so it needs a summary: Mastodon shows nothing else of it.")
_NO_TITLE: Final = N_("A teaser needs a title.")


def _lacks(kind: Kind, values: Mapping[Place, Any], *, is_long: bool) -> tuple[str, ...]:
    lacks = [words for place, kinds, words in _NEEDED if kind in kinds and not values.get(place)]
    if is_long and not values.get(("summary",)):
        lacks.append(_NO_SUMMARY)
    if values.get(("show",)) == "teaser" and not values.get(("title",)):
        lacks.append(_NO_TITLE)
    return tuple(lacks)


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
    return replace(proof, problem=problem, warnings=warnings)
