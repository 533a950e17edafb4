"""Lists of domains as Mastodon's moderators exchange them: a CSV file, written and read.

`#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate`. What the format has no word for
(trusted, held, single actors) is not written. A comment that a spreadsheet would take for a formula is
written behind an apostrophe, which is taken off again on reading.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from federation.errors import FederationError
from fedinode.i18n import N_
from fedinode.services.moderation import level_words
from fedinode.services.moderation.level_words import Block, Severity, Wish

#: The first line of the file.
HEADER: Final = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
MAX_LINES: Final = 50_000
MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_CELL: Final = 2_000
_MAX_RECORD: Final = 20_000
_MAX_RECORD_LINES: Final = 20
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")
_WRITTEN: Final = {"open": "noop", "media": "noop", "silence": "silence", "suspend": "suspend"}
_READ: Final[dict[str, Severity]] = {
    "noop": "open",
    "": "suspend",
    "silence": "silence",
    "limit": "silence",
    "suspend": "suspend",
}
_TRUE: Final = frozenset({"true", "t", "1", "yes"})
_FALSE: Final = frozenset({"false", "f", "0", "no", ""})

TOO_LONG: Final = N_("The list is too long: at most 50,000 lines and 8 MB.")
_NO_DOMAIN: Final = N_("This is no domain.")
_HIDDEN: Final = N_(
    "The name was made unreadable with * by whoever published the list: it cannot be imported."
)
_SEVERITY: Final = N_("The severity is not noop, silence or suspend.")
_FLAG: Final = N_("A column that is true or false is neither.")
_CELLS: Final = N_("The line has more columns than the first line of the file.")
_LONG: Final = N_("The line is too long.")
_QUOTES: Final = N_("A quotation mark is not closed, or the line is far too long.")
_TWICE: Final = N_("The domain stands in an earlier line already.")
_SELF: Final = N_("This is this node itself.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDomain:
    """A good line of a file."""

    line: int
    host: str
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that cannot be imported, and why; the sentence is marked for translation."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a file says, line by line."""

    domains: tuple[ListedDomain, ...]
    faults: tuple[Fault, ...]


class ListRefused(ValueError):
    """The file as a whole is not a list of domains; the message is a sentence marked for translation."""


# -- writing


def render(listed: Iterable[Block]) -> str:
    """Return decisions about domains as the file."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(HEADER)
    for each in listed:
        if "://" not in each.subject and each.severity in _WRITTEN:
            writer.writerow(_cells(each))
    return stream.getvalue()


def _cells(block: Block) -> tuple[str, ...]:
    return (
        block.subject,
        _WRITTEN[block.severity],
        _word(block.rejects_media),
        _word(block.rejects_reports),
        _harmless(block.public_reason or ""),
        _word(block.is_obfuscated),
    )


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*_FORMULA_STARTS, "'")) else cell


# -- reading


def parse(text: str, own_host: str) -> Parsed:
    """Read a file, or a mere list of domains, line by line. Raises: ListRefused."""
    if len(text.encode()) > MAX_BYTES or text.count("\n") > MAX_LINES:
        raise ListRefused(TOO_LONG)
    columns: dict[str, int] = {"domain": 0, "severity": 1}
    domains: dict[str, ListedDomain] = {}
    faults: list[Fault] = []
    is_first = True
    for line, cells in _records(text.lstrip("\ufeff")):
        if cells is not None and not any(cell.strip() for cell in cells):
            continue
        if cells is not None and is_first and _is_header(cells):
            columns = {cell.strip().lstrip("#").lower(): number for number, cell in enumerate(cells)}
            is_first = False
            continue
        is_first = False
        found = (
            Fault(line=line, text="", why=_QUOTES)
            if cells is None
            else _read_line(line, cells, columns, own_host)
        )
        if isinstance(found, ListedDomain) and found.host in domains:
            found = Fault(line=line, text=found.host, why=_TWICE)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            domains[found.host] = found
    return Parsed(domains=tuple(domains.values()), faults=tuple(faults))


def _records(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Return the number of each line and its cells; None where its quotes do not fit.

    A comment may go over some lines. A quote that is never closed costs its own line, not all that follow.
    """
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        record, end = lines[number], number + 1
        while record.count('"') % 2 and end < len(lines) and end - number < _MAX_RECORD_LINES:
            record, end = f"{record}\n{lines[end]}", end + 1
        is_whole = record.count('"') % 2 == 0 and len(record) <= _MAX_RECORD
        cells = next(csv.reader(io.StringIO(record)), []) if is_whole else None
        # A domain has no lines: then a quote before it was left open, and a later one taken for its end.
        if cells is None or (cells and "\n" in cells[0]):
            yield number + 1, None
            number += 1
        else:
            yield number + 1, cells
            number = end


def _is_header(cells: list[str]) -> bool:
    return "domain" in {cell.strip().lstrip("#").lower() for cell in cells}


def _read_line(line: int, cells: list[str], columns: dict[str, int], own_host: str) -> ListedDomain | Fault:
    shown = ",".join(cells)[:120]
    named = {name: cells[number].strip() for name, number in columns.items() if number < len(cells)}
    written = named.get("domain", "")
    why = _trouble(cells, columns, written, named)
    if why is not None:
        return Fault(line=line, text=shown, why=why)
    try:
        host = level_words.parse_domain(written).host
    except FederationError:
        return Fault(line=line, text=shown, why=_NO_DOMAIN)
    if own_host in (host, host.partition(":")[0]) or own_host.endswith(f".{host}"):
        return Fault(line=line, text=shown, why=_SELF)
    return ListedDomain(line=line, host=host, wish=_wish(named))


def _trouble(cells: list[str], columns: dict[str, int], written: str, named: dict[str, str]) -> str | None:
    """Return what is wrong with a line beside its domain."""
    if any(len(cell) > _MAX_CELL for cell in cells):
        return _LONG
    if len(cells) > max(columns.values()) + 1 and any(
        cell.strip() for cell in cells[max(columns.values()) + 1 :]
    ):
        return _CELLS
    if "*" in written:
        return _HIDDEN
    if named.get("severity", "").lower() not in _READ:
        return _SEVERITY
    flags = (named.get(name, "").lower() for name in ("reject_media", "reject_reports", "obfuscate"))
    if any(flag not in _TRUE | _FALSE for flag in flags):
        return _FLAG
    return None


def _wish(named: dict[str, str]) -> Wish:
    comment = named.get("public_comment", "")
    if comment[:1] == "'" and comment[1:].startswith((*_FORMULA_STARTS, "'")):
        comment = comment[1:]
    return Wish(
        severity=_READ[named.get("severity", "").lower()],
        rejects_media=named.get("reject_media", "").lower() in _TRUE,
        rejects_reports=named.get("reject_reports", "").lower() in _TRUE,
        is_obfuscated=named.get("obfuscate", "").lower() in _TRUE,
        public_reason=comment[: level_words.MAX_REASON] or None,
    )
