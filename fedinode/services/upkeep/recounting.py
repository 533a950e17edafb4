"""Who did what here, as the audit has it, and whether anything in it was changed or taken out since.

The audit is about the whole node, as one chain; so those who look after the node see it, and nobody else. It
names members, never mailboxes, and no address of the network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from fedinode.capabilities import Capabilities
from fedinode.services.upkeep import deed_words
from fedinode.storage import accounts, audit_chain, audit_log
from fedinode.storage.audit_chain import Chain
from fedinode.storage.audit_log import AuditRow, Wanted
from fedinode.storage.database import Session
from fedinode.text import csv_tables

#: Entries on one page of the desk.
PAGE: Final = 100
#: What is older is taken off the beginning of the chain.
KEEP: Final = timedelta(days=180)
_EXPORT_PAGE: Final = 1_000
_UTC: Final = ZoneInfo("UTC")
#: Stands for the machine and the node itself among those who do things.
MACHINE: Final = "machine"

ExportForm = Literal["jsonl", "csv"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One entry; `who` is the member's name, empty for what was done at the machine or by the node itself."""

    id: int
    at: datetime
    who: str
    deed: str
    #: The address or number that the entry names, and the name of the member where it is one.
    subject: str
    about: str
    details: Mapping[str, str] | None
    previous: str | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """The audit, first to last; `first_broken` is the number of the first entry that does not fit, if any."""

    deeds: tuple[Deed, ...]
    first_broken: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a member looks for, as the form says it: uid of a member, kind, first and last day."""

    who: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A part of the audit, the newest first; `next_id` leads to what is older."""

    deeds: tuple[Deed, ...]
    next_id: int | None
    #: (uid, name) of everybody who has an account, for the form.
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The whole audit as a file."""

    name: str
    content: bytes
    entries: int
    head: str | None


async def recount(cap: Capabilities) -> Recount:
    """Return the whole audit."""
    chain = await verify(cap)
    return Recount(deeds=tuple(await _all(cap)), first_broken=chain.first_broken)


async def verify(cap: Capabilities) -> Chain:
    """Look whether the chain is whole."""
    return await cap.database.read(audit_chain.check)


async def verify_lately(cap: Capabilities) -> Chain:
    """Return what a look in the last ten minutes found, if nothing was added since; else look."""
    head = await cap.database.read(audit_log.head) or ""
    known = cap.memory.audit_looks.get(head)
    if known is None:
        known = await verify(cap)
        cap.memory.audit_looks.put(known.head or "", known)
    return known


async def look(cap: Capabilities, wanted: Filter, before_id: int | None = None) -> AuditPage:
    """Return a page of what a member looks for."""

    def read(session: Session) -> AuditPage:
        people = accounts.list_everybody(session)
        asked = _wanted(wanted, {uid: number for number, uid, _ in people})
        rows = audit_log.page_before(session, asked, before_id, PAGE + 1)
        names = _names(people)
        deeds = tuple(_deed(row, names) for row in rows[:PAGE])
        return AuditPage(
            deeds=deeds,
            next_id=deeds[-1].id if len(rows) > PAGE else None,
            members=tuple((uid, name) for _, uid, name in people),
        )

    return await cap.database.read(read)


async def export(cap: Capabilities, form: ExportForm) -> Export:
    """Return the whole audit as a file, each entry with its hash; the last one is the head."""
    deeds = await _all(cap)
    head = deeds[-1].hash if deeds else None
    content = _EXPORTS[form](deeds)
    name = f"audit-{cap.clock():%Y-%m-%d}-{(head or 'empty')[:12]}.{form}"
    return Export(name=name, content=content, entries=len(deeds), head=head)


async def prune(cap: Capabilities) -> int:
    """Take off the beginning what is older than we keep, a day's worth at a time; return how many entries."""
    now, total = cap.clock(), 0

    def is_time(session: Session) -> bool:
        oldest = audit_log.page_after(session, 0, 1)
        return bool(oldest) and oldest[0].at < now - KEEP - timedelta(days=1)

    while await cap.database.read(is_time):
        count = await cap.database.write(lambda session: audit_chain.prune(session, now - KEEP, now))
        total += count
        if not count:
            break
    return total


async def _all(cap: Capabilities) -> list[Deed]:
    """Read the audit a page at a time, so that no read stays open for long."""
    names = _names(await cap.database.read(accounts.list_everybody))
    deeds: list[Deed] = []
    while True:
        after = deeds[-1].id if deeds else 0
        rows = await _page_after(cap, after)
        deeds.extend(_deed(row, names) for row in rows)
        if len(rows) < _EXPORT_PAGE:
            return deeds


async def _page_after(cap: Capabilities, after: int) -> list[AuditRow]:
    return await cap.database.read(lambda session: audit_log.page_after(session, after, _EXPORT_PAGE))


def _wanted(asked: Filter, numbers: Mapping[str, int]) -> Wanted:
    return Wanted(
        # Nobody has the number 0: who is looked for and is not there did nothing.
        account_id=None if asked.who in ("", MACHINE) else numbers.get(asked.who, 0),
        is_machine=asked.who == MACHINE,
        beginnings=deed_words.beginnings_of(asked.kind),
        since=_midnight(asked.since) if asked.since else None,
        until=_midnight(asked.until) + timedelta(days=1) if asked.until else None,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Names:
    """What members are called: by number as the entries have them, by uid as their subjects do."""

    by_number: Mapping[int, str]
    by_uid: Mapping[str, str]


def _names(people: tuple[tuple[int, str, str], ...]) -> _Names:
    return _Names(
        by_number={number: name for number, _, name in people}, by_uid={uid: name for _, uid, name in people}
    )


def _deed(row: AuditRow, names: _Names) -> Deed:
    return Deed(
        id=row.id,
        at=row.at,
        who=names.by_number.get(row.account_id, "") if row.account_id else "",
        deed=row.action,
        subject=row.subject,
        about=names.by_uid.get(row.subject, row.subject),
        details=row.details,
        previous=row.previous,
        hash=row.hash,
    )


def _as_jsonl(deeds: list[Deed]) -> bytes:
    lines = (
        {
            "id": each.id,
            "at": each.at.isoformat(),
            "who": each.who,
            "deed": each.deed,
            "subject": each.subject,
            "details": dict(each.details) if each.details is not None else None,
            "previous": each.previous,
            "hash": each.hash,
        }
        for each in deeds
    )
    return b"".join(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n" for line in lines)


def _as_csv(deeds: list[Deed]) -> bytes:
    columns = ("id", "at", "who", "deed", "subject", "about", "details", "previous", "hash")
    rows = (
        (
            each.id,
            each.at.isoformat(),
            each.who,
            each.deed,
            each.subject,
            each.about,
            "; ".join(f"{name}: {value}" for name, value in (each.details or {}).items()),
            each.previous,
            each.hash,
        )
        for each in deeds
    )
    return csv_tables.write(columns, rows)


_EXPORTS: Final = {"jsonl": _as_jsonl, "csv": _as_csv}
