"""What members read about levels: the list, one entry with what a suspension would do, its history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services.moderation import excluding, level_words, suspending
from fedinode.services.moderation.excluding import BlockEffect
from fedinode.services.moderation.level_words import Block, Severity
from fedinode.storage import accounts, audit_log, levels, taken_back
from fedinode.storage.database import Session
from fedinode.storage.levels import LEVELS, Search

PAGE_ROWS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which decisions are listed."""

    words: str = ""
    severity: Severity | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of decisions."""

    blocks: tuple[Block, ...]
    count: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was decided about somebody before; `who` is empty for the machine itself."""

    at: datetime
    action: str
    level: str
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """All that is known about one domain or actor."""

    subject: str
    is_actor: bool
    block: Block | None
    #: What suspending would do now.
    effect: BlockEffect
    #: Until when what a suspension took back comes back with lifting it.
    reversible_until: datetime | None
    history: tuple[Deed, ...]


async def search(cap: Capabilities, wanted: Wanted) -> Found:
    """Return a page of decisions in order of subject."""

    def read(session: Session) -> Found:
        asked = Search(
            words=wanted.words.strip(),
            levels=_levels(wanted.severity),
            rejects_media=wanted.severity == "media",
            limit=PAGE_ROWS,
            offset=(wanted.page - 1) * PAGE_ROWS,
        )
        rows, count = levels.search(session, asked)
        return Found(
            blocks=tuple(level_words.as_block(row) for row in rows),
            count=count,
            page=wanted.page,
            pages=max(1, -(-count // PAGE_ROWS)),
        )

    return await cap.database.read(read)


def _levels(severity: Severity | None) -> tuple[str, ...]:
    return LEVELS if severity in (None, "media") else (str(severity),)


async def entry(cap: Capabilities, subject: str) -> Entry:
    """Return all about one domain or actor. Raises: UsageError, NotFound."""
    effect = await excluding.preview_block(cap, subject)

    def read(session: Session) -> Entry:
        row = levels.find(session, effect.subject)
        is_suspended = row is not None and row.level == "suspend"
        concerned = suspending.concerned(session, [effect.subject]) if is_suspended else ()
        first = taken_back.first_taken(session, concerned)
        return Entry(
            subject=effect.subject,
            is_actor="://" in effect.subject,
            block=None if row is None else level_words.as_block(row),
            effect=effect,
            reversible_until=None if first is None else first + suspending.REVERSIBLE_FOR,
            history=_history(session, effect.subject),
        )

    return await cap.database.read(read)


def _history(session: Session, subject: str) -> tuple[Deed, ...]:
    names = accounts.names(session)
    rows = audit_log.of_subject(session, subject, "level.")
    return tuple(
        Deed(
            at=row.at,
            action=row.action,
            level=(row.details or {}).get("level", (row.details or {}).get("was", "")),
            who="" if row.account_id is None else names.get(row.account_id, ""),
        )
        for row in rows
    )
