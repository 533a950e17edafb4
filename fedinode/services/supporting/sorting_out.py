"""Moderation of people who signed: looking through, counting no longer, counting again, likenesses.

Nothing here shows a mail address: who decides about a signature needs none. Each decision stands in the audit
with its reason and the numbers of the rows, without names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.services import finding
from fedinode.services.supporting import noting
from fedinode.storage import audit_log, supporter_lists, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporter_lists import Likeness
from fedinode.storage.supporters import SupporterRow
from fedinode.text import names, outline
from fedinode.text.names import NameRefused
from fedinode.urls import Urls

STATES: Final = ("pending", "confirmed", "suspect", "withdrawn", "invalidated")
RESEMBLES: Final = "resembles"
_STANDING: Final = ("confirmed", "suspect")
_RESTORABLE: Final = ("suspect", "invalidated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody under a statement, as moderators see them; of a mere number there is no name."""

    id: int
    state: str
    kind: str
    name: str | None
    role: str | None
    city: str | None
    country: str | None
    shown: str
    method: str
    language: str | None
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resembling:
    """Somebody who may have signed before, and as whom."""

    id: int
    name: str
    city: str | None
    resembles_id: int
    resembles_name: str


async def list_signers(cap: Capabilities, url: str, state: str | None = None) -> tuple[Signer, ...]:
    """Return everybody under a statement of ours, or those in a state. Raises: NotFound."""

    def read(session: Session) -> tuple[Signer, ...]:
        object_id = object_of(session, cap.urls, url)
        return tuple(signer(row) for row in supporter_lists.rows(session, object_id, state=state))

    return await cap.database.read(read)


async def invalidate(cap: Capabilities, url: str, ids: Sequence[int], reason: str) -> int:
    """Count some people no longer, for a reason; return how many. Raises: NotFound, Conflict, UsageError."""
    words = _reason(reason)

    def write(session: Session) -> int:
        now = cap.clock()
        rows = _require(session, cap.urls, url, ids, _STANDING)
        invalidate_rows(session, rows, words, now)
        _audit(session, "invalidate-signers", url, rows, now, reason=words)
        return len(rows)

    return await cap.database.write(write)


async def restore(cap: Capabilities, url: str, ids: Sequence[int]) -> int:
    """Let suspect or invalidated people count again; return how many. Raises: NotFound, Conflict."""

    def write(session: Session) -> int:
        now = cap.clock()
        rows = _require(session, cap.urls, url, ids, _RESTORABLE)
        restore_rows(session, rows, now)
        _audit(session, "restore-signers", url, rows, now)
        return len(rows)

    return await cap.database.write(write)


def invalidate_rows(session: Session, rows: Sequence[SupporterRow], reason: str, now: datetime) -> None:
    """Count people of any statements no longer, in the caller's transaction; the caller writes the audit."""
    for row in rows:
        supporters.invalidate(session, row, reason, now)
    _note_by_statement(session, rows, "person-invalidated", now)


def restore_rows(session: Session, rows: Sequence[SupporterRow], now: datetime) -> None:
    """Let people of any statements count again, in the caller's transaction, which writes the audit."""
    supporter_lists.restore(session, [row.id for row in rows])
    _note_by_statement(session, rows, "person-restored", now)


def _note_by_statement(session: Session, rows: Sequence[SupporterRow], event: str, now: datetime) -> None:
    for object_id in sorted({row.object_id for row in rows}):
        noting.note_all(session, [row for row in rows if row.object_id == object_id], event, now)


async def find_resembling(cap: Capabilities, url: str) -> tuple[Resembling, ...]:
    """Return who has the name and town of somebody who confirmed before. Raises: NotFound.

    Two people may be called the same in one town, so somebody has to look.
    """

    def read(session: Session) -> tuple[Resembling, ...]:
        return _resembling(supporter_lists.likenesses(session, object_of(session, cap.urls, url)))

    return await cap.database.read(read)


async def suspect_resembling(cap: Capabilities, url: str) -> tuple[Resembling, ...]:
    """Let those who resemble an earlier signature count no longer until somebody looked. Raises: NotFound."""

    def write(session: Session) -> tuple[Resembling, ...]:
        now = cap.clock()
        object_id = object_of(session, cap.urls, url)
        found = _resembling(supporter_lists.likenesses(session, object_id))
        earlier = {each.id: each.resembles_id for each in found}
        rows = supporter_lists.by_ids(session, object_id, list(earlier))
        for row in rows:
            supporters.set_state(session, row, "suspect", f"{RESEMBLES} {earlier[row.id]}")
        noting.note_all(session, rows, "person-suspect", now)
        if rows:
            _audit(session, "suspect-signers", url, rows, now, reason=RESEMBLES)
        return found

    return await cap.database.write(write)


def likeness_key(kind: str, name: str, city: str | None) -> tuple[str, str, str]:
    """Return what two signatures share that may be one person's."""
    return kind, outline(name), outline(city or "")


def _resembling(rows: Sequence[Likeness]) -> tuple[Resembling, ...]:
    first: dict[tuple[str, str, str], Likeness] = {}
    found = []
    for row in rows:
        earlier = first.setdefault(likeness_key(row.kind, row.name, row.city), row)
        if earlier is not row:
            found.append(
                Resembling(
                    id=row.id,
                    name=row.name,
                    city=row.city,
                    resembles_id=earlier.id,
                    resembles_name=earlier.name,
                )
            )
    return tuple(found)


# -- parts


def object_of(session: Session, urls: Urls, url: str) -> int:
    """Return the object that an address of a post of ours leads to. Raises: NotFound."""
    return finding.require_object(session, urls, url).id


def signer(row: SupporterRow) -> Signer:
    """Return a row as moderators see it."""
    return Signer(
        id=row.id,
        state=row.state,
        kind=row.kind,
        name=row.name,
        role=row.role,
        city=row.city,
        country=row.country,
        shown=row.shown,
        method=row.method,
        language=row.language,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
        reason=row.reason,
    )


def _reason(written: str) -> str:
    try:
        words = names.clean_detail(written)
    except NameRefused as error:
        raise UsageError(f"This cannot stand as a reason: {error}") from error
    if words is None:
        raise UsageError("Say with --reason why they count no longer.")
    return words


def _require(
    session: Session, urls: Urls, url: str, ids: Sequence[int], states: Sequence[str]
) -> list[SupporterRow]:
    wanted = frozenset(ids)
    rows = supporter_lists.by_ids(session, object_of(session, urls, url), wanted)
    unknown = wanted - {row.id for row in rows}
    if unknown:
        raise NotFound(
            f"Under this statement there is no signature {_numbers(unknown)}; nothing was changed."
        )
    others = {row.id for row in rows if row.state not in states}
    if others:
        raise Conflict(
            f"Signature {_numbers(others)} is neither {' nor '.join(states)}; nothing was changed."
        )
    return rows


def _numbers(ids: frozenset[int] | set[int]) -> str:
    return ", ".join(map(str, sorted(ids)[:20]))


def _audit(
    session: Session, action: str, url: str, rows: Sequence[SupporterRow], now: datetime, **details: str
) -> None:
    listed = {"signatures": ", ".join(str(row.id) for row in rows), **details}
    audit_log.add(session, action, url, now=now, details=listed)
