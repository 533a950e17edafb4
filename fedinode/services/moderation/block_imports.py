"""Bringing a list of domains: kept between preview and confirmation, then imported part by part.

What would be suspended is one question to the members, about exactly this list. While they are asked, and
where they do not agree, those domains are limited. Doing it twice changes nothing; what broke off goes on.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import resolving
from fedinode.services.members import deciding, gating
from fedinode.services.moderation import block_lists, excluding, suspending
from fedinode.services.moderation.block_lists import Fault, ListRefused, Parsed
from fedinode.services.moderation.level_words import Subject, as_row, digest_of
from fedinode.storage import accounts, audit_log, collectives, covered_hosts, follows, level_imports, levels
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.level_imports import ImportRow
from fedinode.storage.levels import LevelRow
from fedinode.storage.models import new_uid

#: So long somebody may think about the preview, and so long the members are asked.
KEPT_FOR: Final = timedelta(hours=24)
ASKED_FOR: Final = timedelta(days=31)
#: As many rows are one transaction: others write in between.
_PART: Final = 2_000
_GONE: Final = N_("This list is not here any more; bring it again.")
_NOT_UTF8: Final = N_("The file is not in UTF-8.")
_EMPTY: Final = N_("There is no line in it that could be imported.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A domain whose suspension ends follows."""

    host: str
    followers: int
    following: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What importing a list would do."""

    uid: str
    faults: tuple[Fault, ...]
    new: int
    changed: int
    same: int
    suspends: int
    cuts: tuple[Cut, ...]
    is_finished: bool

    @property
    def good(self) -> int:
        """How many lines can be imported."""
        return self.new + self.changed + self.same


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What importing a list did; `decision` is the question to the members, while it is open."""

    written: int
    decision: str | None = None
    still_needed: int = 0


async def bring(cap: Capabilities, content: bytes, *, account: Named = None) -> str:
    """Keep a list for its preview; return its uid. Raises: UsageError."""
    parsed = await asyncio.to_thread(_parse, cap, content)
    if not parsed.domains and not parsed.faults:
        raise UsageError(_EMPTY)

    def write(session: Session) -> str:
        now = cap.clock()
        row = ImportRow(
            uid=new_uid(),
            account_id=accounts.id_of(session, account),
            body=content,
            digest=hashlib.sha256(content).hexdigest(),
            done_rows=0,
            created_at=now,
            expires_at=now + KEPT_FOR,
            finished_at=None,
        )
        level_imports.add(session, row)
        return row.uid

    return await cap.database.write(write)


async def preview(cap: Capabilities, uid: str, *, account: Named = None) -> Preview:
    """Return what importing a list would do. Raises: NotFound, also for somebody else's list."""

    def read(session: Session) -> Preview:
        found = _require(session, uid, accounts.id_of(session, account), cap.clock())
        parsed = _parse(cap, found.body)
        rows = _rows(parsed, found.account_id, cap.clock())
        known = levels.find_many(session, [row.subject for row in rows])
        fresh = [row for row in rows if row.subject not in known]
        changed = [row for row in rows if row.subject in known and not _is_same(row, known[row.subject])]
        return Preview(
            uid=uid,
            faults=parsed.faults,
            new=len(fresh),
            changed=len(changed),
            same=len(rows) - len(fresh) - len(changed),
            suspends=sum(row.level == "suspend" for row in fresh + changed),
            cuts=_cuts(session, [row.subject for row in fresh + changed if row.level == "suspend"]),
            is_finished=found.finished_at is not None,
        )

    return await cap.database.read(read)


async def carry_out(cap: Capabilities, uid: str, *, account: Named = None) -> Imported:
    """Import the good lines of a list. Raises: NotFound, NotAllowed, Conflict where nothing is good."""

    def find(session: Session) -> ImportRow:
        return _require(session, uid, accounts.id_of(session, account), cap.clock())

    found = await cap.database.read(find)
    parsed = await asyncio.to_thread(_parse, cap, found.body)
    rows = _rows(parsed, found.account_id, cap.clock())
    if not rows:
        raise Conflict(_EMPTY)
    asked = await cap.database.write(lambda session: _ask(session, cap, find(session), rows))
    if asked.decision is not None:
        rows = [replace(row, level="silence") if row.level == "suspend" else row for row in rows]
    written = 0
    for start in range(0 if found.finished_at else found.done_rows, len(rows), _PART):
        written += await _write_part(cap, uid, rows, start, is_asked=asked.decision is not None)
    await _finish(cap, found, len(rows), written)
    return replace(asked, written=written)


def _ask(session: Session, cap: Capabilities, found: ImportRow, listed: Sequence[LevelRow]) -> Imported:
    """Ask the members about what would be suspended, unless all of it is."""
    now = cap.clock()
    rows = [row for row in listed if row.level == "suspend"]
    known = levels.find_many(session, [row.subject for row in rows])
    if all(row.subject in known and known[row.subject].level == "suspend" for row in rows):
        return Imported(written=0)
    if found.finished_at is None and excluding.was_agreed(session, rows, found.uid):
        return Imported(written=0)
    standing = excluding.ask(session, rows, {"import": found.uid}, account_id=found.account_id, now=now)
    if standing.is_approved:
        deciding.require_decision(session, standing.decision.uid, digest_of(rows), now)
        return Imported(written=0)
    level_imports.extend(session, found.uid, now + ASKED_FOR)
    return Imported(written=0, decision=standing.decision.uid, still_needed=standing.still_needed)


async def _write_part(
    cap: Capabilities, uid: str, rows: Sequence[LevelRow], start: int, *, is_asked: bool
) -> int:
    part = rows[start : start + _PART]

    def write(session: Session) -> tuple[int, frozenset[str]]:
        now = cap.clock()
        known = levels.find_many(session, [row.subject for row in part])
        # Where several members suspend a domain, a list that says less does not lift that.
        keeps = is_asked or not gating.is_immediate(session, collectives.first(session).id, "block")
        new = [
            row
            for row in part
            if row.subject not in known or not _is_same(row, known[row.subject], keeps_stronger=keeps)
        ]
        keys = suspending.put(session, cap.urls, new, now) if new else frozenset[str]()
        level_imports.set_done(session, uid, start + len(part), None)
        return len(new), keys

    count, keys = await cap.database.write(write)
    cap.cache.invalidate(keys)
    return count


async def _finish(cap: Capabilities, found: ImportRow, lines: int, written: int) -> None:
    def write(session: Session) -> None:
        now = cap.clock()
        level_imports.set_done(session, found.uid, lines, now)
        details = {"lines": str(lines), "written": str(written)}
        audit_log.add(
            session, "level.imported", found.digest, now=now, account_id=found.account_id, details=details
        )

    await cap.database.write(write)
    cap.bells.deliver.set()


# -- steps


def _parse(cap: Capabilities, content: bytes) -> Parsed:
    if len(content) > block_lists.MAX_BYTES:
        raise UsageError(block_lists.TOO_LONG)
    try:
        return block_lists.parse(content.decode("utf-8-sig"), resolving.host_of(cap.urls.origin))
    except UnicodeDecodeError as error:
        raise UsageError(_NOT_UTF8) from error
    except ListRefused as error:
        raise UsageError(str(error)) from error


def _require(session: Session, uid: str, account_id: int | None, now: datetime) -> ImportRow:
    found = level_imports.find(session, uid)
    if found is None or found.account_id != account_id or found.expires_at <= now:
        raise NotFound(_GONE)
    return found


def _rows(parsed: Parsed, account_id: int | None, now: datetime) -> list[LevelRow]:
    return [as_row(Subject(host=each.host), each.wish, account_id, now) for each in parsed.domains]


def _is_same(row: LevelRow, known: LevelRow, *, keeps_stronger: bool = False) -> bool:
    """Tell whether a row says what is known already; what is for members alone is no part of the file."""
    if keeps_stronger and row.level != "suspend" and known.level == "suspend":
        return True
    names = ("level", "rejects_media", "rejects_reports", "is_obfuscated", "public_reason")
    return all(getattr(row, name) == getattr(known, name) for name in names)


def _cuts(session: Session, hosts: Sequence[str]) -> tuple[Cut, ...]:
    """Return which servers' follows would end, those with the most first."""
    peers = covered_hosts.peers_under_any(session, hosts)
    found = []
    for host, peer_id in peers.items():
        actor_ids = covered_hosts.actors_of_peers(session, [peer_id])
        parts = list(covered_hosts.chunks(actor_ids))
        cut = Cut(
            host=host,
            followers=sum(follows.count_of_actors(session, "in", part) for part in parts),
            following=sum(follows.count_of_actors(session, "out", part) for part in parts),
        )
        found.append(cut)
    standing = [cut for cut in found if cut.followers or cut.following]
    return tuple(sorted(standing, key=lambda cut: (-cut.followers - cut.following, cut.host)))
