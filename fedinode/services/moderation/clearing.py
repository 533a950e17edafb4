"""Deciding about entries of the moderators' queue: single ones, chosen ones, or all that match a filter.

What was decided meanwhile is left as it is, so a form that is sent twice, or by two moderators, does nothing
twice. Many are decided some hundred at a time, each time in one transaction with its line in the audit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import following
from fedinode.services.members import halting
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import queueing
from fedinode.services.moderation.queueing import Filter
from fedinode.services.supporting import sorting_out
from fedinode.storage import (
    audit_log,
    collectives,
    follows,
    invalidations,
    moderation_notes,
    replies,
    reports,
    supporter_lists,
    waiting_entries,
)
from fedinode.storage.database import Session
from fedinode.storage.waiting_entries import Seen, Wanted
from fedinode.urls import Urls

Deed = Literal["take", "refuse"]
#: Kind and number.
Named = tuple[str, int]

#: As many are decided in one transaction.
CHUNK: Final = 200
_MAX_IDLE: Final = 3
#: What can be decided many at a time. A complaint is answered by itself; only setting aside needs no thought.
_IN_BULK: Final[Mapping[Deed, tuple[str, ...]]] = {
    "take": ("reply", "request", "signature"),
    "refuse": ("reply", "request", "signature", "report"),
}
#: How a deed is called in the audit.
_CALLED: Final[Mapping[tuple[str, Deed], str]] = {
    ("reply", "take"): "reply.show",
    ("reply", "refuse"): "reply.hide",
    ("request", "take"): "follower.accept",
    ("request", "refuse"): "follower.reject",
    ("signature", "take"): "restore-signers",
    ("signature", "refuse"): "invalidate-signers",
    ("report", "refuse"): "report.dismissed",
}
_ONE_BY_ONE: Final = N_("Reports and signatures of collectives are answered one by one: open them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How many entries were decided now, and how many somebody else had decided before."""

    done: int
    late: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Who decides what, and when; `account_id` is empty at the machine itself."""

    urls: Urls
    deed: Deed
    account_id: int | None
    now: datetime


# -- chosen ones


async def settle(
    cap: Capabilities, member: Member, chosen: Sequence[Named], deed: Deed, seen: Seen
) -> Settled:
    """Decide about entries by their numbers, all or none.

    Raises: NotFound for what is not the member's, UsageError for what is decided one by one.
    """
    if any(kind not in _IN_BULK[deed] for kind, _ in chosen):
        raise UsageError(_ONE_BY_ONE)
    wanted = queueing.wanted_of(member, Filter(), cap.clock(), seen)
    judge = _Judge(urls=cap.urls, deed=deed, account_id=member.account_id, now=cap.clock())

    def write(session: Session) -> tuple[int, frozenset[str]]:
        by_kind: dict[str, list[int]] = {}
        for kind, number in sorted(set(chosen)):
            if owner_of(session, kind, number) not in wanted.collectives:
                raise NotFound("Something here was never yours to decide.")
            if waiting_entries.find(session, wanted, kind, number) is not None:
                by_kind.setdefault(kind, []).append(number)
        return _decide(session, judge, by_kind)

    done, keys = await cap.database.write(write)
    _tell(cap, keys)
    return Settled(done=done, late=len(set(chosen)) - done)


# -- all that match


async def count_all(
    cap: Capabilities, member: Member, chosen: Filter, deed: Deed, seen: Seen
) -> Mapping[str, int]:
    """Return how many entries of each kind `settle_all` would decide."""
    wanted = _bulk(queueing.wanted_of(member, chosen, cap.clock(), seen), deed)
    return await cap.database.read(lambda session: waiting_entries.count_by_kind(session, wanted))


async def settle_all(cap: Capabilities, member: Member, chosen: Filter, deed: Deed, seen: Seen) -> Settled:
    """Decide about all entries that match and were there when they were seen. Raises: NotFound."""
    wanted = _bulk(queueing.wanted_of(member, chosen, cap.clock(), seen), deed)
    judge = _Judge(urls=cap.urls, deed=deed, account_id=member.account_id, now=cap.clock())

    def write(session: Session) -> tuple[int, frozenset[str], bool]:
        found = waiting_entries.next_of(session, wanted, CHUNK)
        return *_decide(session, judge, found), bool(found)

    total, idle = 0, 0
    while True:
        done, keys, is_more = await cap.database.write(write)
        _tell(cap, keys)
        total += done
        # Another process may have decided just these; the next ones are still ours to decide.
        idle = 0 if done else idle + 1
        if not is_more or idle > _MAX_IDLE:
            return Settled(done=total)


def _bulk(wanted: Wanted, deed: Deed) -> Wanted:
    return replace(wanted, kinds=tuple(kind for kind in wanted.kinds if kind in _IN_BULK[deed]))


# -- one transaction


def _decide(
    session: Session, judge: _Judge, by_kind: Mapping[str, Sequence[int]]
) -> tuple[int, frozenset[str]]:
    if judge.deed == "take":
        # Refusing goes on while everything is stopped.
        halting.require_running(session)
    total, keys = 0, frozenset[str]()
    for kind, numbers in by_kind.items():
        done, stale = _SETTLERS[kind](session, judge, numbers)
        if done:
            audit_log.add(
                session,
                _CALLED[kind, judge.deed],
                f"{len(done)}",
                now=judge.now,
                account_id=judge.account_id,
                details={"numbers": ", ".join(map(str, done))},
            )
            moderation_notes.drop_claims(session, kind, done)
        total, keys = total + len(done), keys | stale
    invalidations.record(session, sorted(keys), judge.now)
    return total, keys


def _tell(cap: Capabilities, keys: frozenset[str]) -> None:
    cap.cache.invalidate(keys)
    cap.bells.deliver.set()


def _settle_replies(
    session: Session, judge: _Judge, numbers: Sequence[int]
) -> tuple[list[int], frozenset[str]]:
    state, decision = ("shown", "approved") if judge.deed == "take" else ("hidden", "hidden")
    rows = replies.lock_held(session, numbers)
    for row in rows:
        replies.decide(session, row.id, state, decision, judge.now)
    return [row.id for row in rows], frozenset(post_key(row.post_uid) for row in rows)


def _settle_requests(
    session: Session, judge: _Judge, numbers: Sequence[int]
) -> tuple[list[int], frozenset[str]]:
    pending = follows.lock_pending(session, numbers)
    for number in pending:
        following.answer_request(session, judge.urls, number, accepted=judge.deed == "take", now=judge.now)
    return list(pending), frozenset()


def _settle_signatures(
    session: Session, judge: _Judge, numbers: Sequence[int]
) -> tuple[list[int], frozenset[str]]:
    rows = [row for row, _ in supporter_lists.with_objects(session, numbers) if row.state == "suspect"]
    if judge.deed == "take":
        sorting_out.restore_rows(session, rows, judge.now)
    else:
        sorting_out.invalidate_rows(session, rows, "refused", judge.now)
    return [row.id for row in rows], frozenset()


def _dismiss_reports(
    session: Session, judge: _Judge, numbers: Sequence[int]
) -> tuple[list[int], frozenset[str]]:
    rows = [reports.find(session, number) for number in numbers]
    opened = [row.id for row in rows if row is not None and row.state == "open"]
    for number in opened:
        reports.close(session, number, "dismissed", "nothing", account_id=judge.account_id, now=judge.now)
    return opened, frozenset()


_SETTLERS: Final[
    Mapping[str, Callable[[Session, _Judge, Sequence[int]], tuple[list[int], frozenset[str]]]]
] = {
    "reply": _settle_replies,
    "request": _settle_requests,
    "signature": _settle_signatures,
    "report": _dismiss_reports,
}


# -- whose an entry is, decided or not


def _owner_of_reply(session: Session, number: int) -> str | None:
    found = replies.find_details(session, number)
    return found.collective if found and found.state != "deleted" else None


def _owner_of_request(session: Session, number: int) -> str | None:
    found = follows.find(session, number)
    return found.collective_name if found and found.direction == "in" else None


def _owner_of_signature(session: Session, number: int) -> str | None:
    return supporter_lists.collective_of(session, number)


def _owner_of_report(session: Session, number: int) -> str | None:
    found = reports.find(session, number)
    number_of_owner = found.collective_id if found else None
    return None if number_of_owner is None else collectives.get(session, number_of_owner).name


_OWNERS: Final[Mapping[str, Callable[[Session, int], str | None]]] = {
    "reply": _owner_of_reply,
    "request": _owner_of_request,
    "signature": _owner_of_signature,
    "report": _owner_of_report,
}


def owner_of(session: Session, kind: str, number: int) -> str | None:
    """Return whose entry something is, whether it waits or was decided; None if there is none."""
    return _OWNERS[kind](session, number) if kind in _OWNERS else None
