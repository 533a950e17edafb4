"""People who signed on paper, or on a list that was gathered elsewhere, from a CSV file.

The same file again changes nothing: a person is known by name, town, country and the number on the sheet,
where there is one. A line with a fault is named by its number in the file, with words that say what is wrong.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from babel import Locale

from fedinode.capabilities import Capabilities
from fedinode.errors import ListRefused
from fedinode.services.cosigning import bundling
from fedinode.services.supporting import noting, sorting_out
from fedinode.storage import audit_log, federated_objects, supporter_lists, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import NewSupporter
from fedinode.text import csv_tables, fold, names
from fedinode.text.csv_tables import Line, TableRefused
from fedinode.text.names import NameRefused

#: So many lines are written at once; nobody waits long for the writer.
BATCH_LINES: Final = 200
MAX_FILE_BYTES: Final = csv_tables.MAX_BYTES
#: What columns may be called, in the three languages; the first is ours.
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "имя", "фио"),
    "city": ("city", "town", "place", "ort", "stadt", "wohnort", "город"),
    "country": ("country", "land", "страна"),
    "role": ("role", "rolle", "funktion", "beruf", "роль", "профессия"),
    "kind": ("kind", "art", "вид"),
    "shown": ("shown", "publish", "veröffentlichen", "публиковать"),
    "number": ("number", "nr", "nr.", "nummer", "no", "id", "номер", "№"),
}
_SHOWN: Final = {
    **dict.fromkeys(("", "no", "nein", "нет", "n", "0", "number"), "number"),
    **dict.fromkeys(("yes", "ja", "да", "y", "j", "x", "1", "here"), "here"),
    **dict.fromkeys(("everywhere", "überall", "везде"), "everywhere"),
}
_KINDS: Final = {
    **dict.fromkeys(("", "person", "персона", "человек"), "person"),
    **dict.fromkeys(
        ("group", "organisation", "organization", "gruppe", "группа", "организация"), "organisation"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that cannot be taken, by its number in the file, and why."""

    line: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLine:
    """Somebody on a list."""

    line: int
    name: str
    kind: str
    role: str | None
    city: str | None
    country: str | None
    shown: str
    number: str

    @property
    def identity(self) -> str:
        """What knows this line again in another copy of the file."""
        words = (self.name, self.city or "", self.country or "", self.number)
        return " ".join((self.kind, *(fold(word) for word in words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file as it was read."""

    lines: tuple[PaperLine, ...]
    faults: tuple[Fault, ...]
    encoding: str
    delimiter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a file."""

    added: int
    #: Were there already, by an earlier import.
    known: int
    #: Of the added: resemble somebody who signed, and are not counted until somebody looked.
    suspect: int


def read(content: bytes, encoding: str | None = None) -> Sheet:
    """Read a file with a head line. Raises: ListRefused for what is no such table."""
    try:
        table = csv_tables.read(content, encoding)
    except TableRefused as refused:
        raise ListRefused(str(refused)) from refused
    columns = _columns(table.columns)
    lines: list[PaperLine] = []
    faults = [
        Fault(line=number, words="It has more or fewer cells than the head.") for number in table.uneven
    ]
    seen: dict[str, int] = {}
    for each in table.lines:
        try:
            line = _line(each, columns)
        except ValueError as error:
            faults.append(Fault(line=each.number, words=str(error)))
            continue
        first = seen.setdefault(line.identity, line.line)
        if first != line.line:
            faults.append(Fault(line=line.line, words=f"It says the same as line {first}."))
        else:
            lines.append(line)
    faults.sort(key=lambda fault: fault.line)
    return Sheet(lines=tuple(lines), faults=tuple(faults), encoding=table.encoding, delimiter=table.delimiter)


def _columns(written: Sequence[str]) -> dict[str, str]:
    """Return our names of the columns, each with its name in the file. Raises: ListRefused."""
    known = {spelling: ours for ours, spellings in _COLUMNS.items() for spelling in spellings}
    columns = {known[name]: name for name in written if name in known}
    strange = [name for name in written if name not in known]
    if "name" not in columns:
        raise ListRefused(f"The file has no column called name; it has: {', '.join(written)}.")
    if strange:
        raise ListRefused(
            f"Nobody knows what to do with the column {', '.join(strange)}; take it out. "
            f"Known are: {', '.join(_COLUMNS)}."
        )
    return columns


def _line(line: Line, columns: Mapping[str, str]) -> PaperLine:
    def cell(column: str) -> str:
        return line.cells[columns[column]].strip() if column in columns else ""

    try:
        name, role = names.clean_name(cell("name")), names.clean_detail(cell("role"))
        city, number = names.clean_detail(cell("city")), names.clean_detail(cell("number"))
    except NameRefused as refused:
        raise ValueError(str(refused)) from refused
    return PaperLine(
        line=line.number,
        name=name,
        kind=_word(_KINDS, cell("kind"), "kind"),
        role=role,
        city=city,
        country=_country(cell("country")),
        shown=_word(_SHOWN, cell("shown"), "shown"),
        number=number or "",
    )


def _word(known: Mapping[str, str], written: str, column: str) -> str:
    found = known.get(fold(written))
    if found is None:
        allowed = ", ".join(sorted(set(known.values())))
        raise ValueError(f'"{written[:40]}" is no {column}; write one of: {allowed}.')
    return found


def _country(written: str) -> str | None:
    if not written:
        return None
    found = _countries().get(fold(written))
    if found is None:
        raise ValueError(f'"{written[:40]}" is no country; write two letters, as DE or GE.')
    return found


@functools.cache
def _countries() -> dict[str, str]:
    """Return the codes of countries by what people write for them: the code, or the name in our languages."""
    named = {
        fold(str(name)): str(code)
        for language in ("en", "de", "ru")
        for code, name in Locale(language).territories.items()
        if len(str(code)) == 2
    }
    return named | {fold(code): code for code in named.values()}


# -- into the database


async def add(cap: Capabilities, url: str, lines: Sequence[PaperLine]) -> Imported:
    """Count people of a list under a public statement of ours. Raises: NotFound, ListRefused."""
    subject = await cap.database.read(lambda session: _subject(session, cap, url))
    standing = await cap.database.read(lambda session: _standing(session, subject[0]))
    added = known = suspect = 0
    for start in range(0, len(lines), BATCH_LINES):
        batch = lines[start : start + BATCH_LINES]
        done = await cap.database.write(
            partial(_add, now=cap.clock(), subject=subject, lines=batch, standing=standing)
        )
        added, known, suspect = added + done.added, known + done.known, suspect + done.suspect
    if added:
        details = {"added": str(added), "suspect": str(suspect)}
        await cap.database.write(
            lambda session: audit_log.add(session, "import-signers", url, now=cap.clock(), details=details)
        )
    return Imported(added=added, known=known, suspect=suspect)


def _subject(session: Session, cap: Capabilities, url: str) -> tuple[int, str]:
    object_id = sorting_out.object_of(session, cap.urls, url)
    found = bundling.find_list(session, federated_objects.get(session, object_id).uri)
    if found is None or not found.kept.is_own:
        raise ListRefused("People are counted under a public statement that is open to signatures alone.")
    return object_id, found.kept.text_digest


def _standing(session: Session, object_id: int) -> Mapping[tuple[str, str, str], int]:
    """Return who signed already, by what two signatures of one person share."""
    return {
        sorting_out.likeness_key(each.kind, each.name, each.city): each.id
        for each in supporter_lists.likenesses(session, object_id)
    }


def _add(
    session: Session,
    *,
    now: datetime,
    subject: tuple[int, str],
    lines: Sequence[PaperLine],
    standing: Mapping[tuple[str, str, str], int],
) -> Imported:
    object_id, text_digest = subject
    added = []
    suspect = 0
    for line in lines:
        resembled = standing.get(sorting_out.likeness_key(line.kind, line.name, line.city))
        state = "confirmed" if resembled is None else "suspect"
        reason = None if resembled is None else f"{sorting_out.RESEMBLES} {resembled}"
        new = _new(session, object_id, text_digest, line, reason)
        if supporters.add_confirmed(session, new, now, state=state):
            suspect += state == "suspect"
            row = supporters.find_signed(session, object_id, new.identity_hmac)
            assert row is not None, "it was added just now"
            added.append(row)
    noting.note_all(session, added, "person-imported", now)
    return Imported(added=len(added), known=len(lines) - len(added), suspect=suspect)


def _new(
    session: Session, object_id: int, text_digest: str, line: PaperLine, reason: str | None
) -> NewSupporter:
    return NewSupporter(
        object_id=object_id,
        text_digest=text_digest,
        method="paper",
        identity_hmac=supporters.identity_of_line(session, object_id, line.identity),
        shown=line.shown,
        kind=line.kind,
        name=line.name,
        role=line.role,
        city=line.city,
        country=line.country,
        reason=reason,
    )
