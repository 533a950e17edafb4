"""Stopping everything: at any hour, by any member alone; it takes more to let it go on.

Stopped means: nothing is delivered, nothing public changes, no decision is acted on. What others send is
taken in as ever, held, and counted, and the pages are served. Read-only means, beside that: what others send
waits unread in the journal, and nobody can sign. Panic sets it.

Each deed that goes out or changes what is public asks `require_running` inside its own transaction. Answers
that the node gives by itself are made and wait in the queue of deliveries.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from fedinode.capabilities import Capabilities
from fedinode.errors import Halted, UsageError
from fedinode.i18n import N_
from fedinode.services.members import noticing
from fedinode.storage import accounts, audit_log, collectives, node_facts, sealing
from fedinode.storage.accounts import Named
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told

Level = Literal["running", "stopped", "read-only"]

MAX_WHY: Final = 300
_FACT: Final = "halted"
_PLACE: Final = "node_facts.halted"
#: A node that was stopped can become read-only; nothing makes it less without `resume`.
_ORDER: Final[tuple[Level, ...]] = ("running", "stopped", "read-only")
_STOPPED: Final = N_(
    "Everything was stopped on {at} UTC: nothing goes out and nothing public changes until it is let go on."
)
_READ_ONLY: Final = N_(
    "This node is read-only since {at} UTC; the operator lets it go on at the machine with `fedinode resume`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Whether the node runs; `who` is empty for the machine itself. `why` is what they wrote."""

    level: Level = "running"
    since: datetime | None = None
    who: str = ""
    why: str = ""

    @property
    def is_running(self) -> bool:
        """Nothing is stopped."""
        return self.level == "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halt:
    level: Level
    at: datetime
    account_id: int | None
    sealed_why: str


async def state(cap: Capabilities) -> State:
    """Return whether everything is stopped, since when, by whom and why."""
    return await cap.database.read(state_in)


def state_in(session: Session) -> State:
    """Return the same inside a transaction."""
    found = _find(session)
    if found is None:
        return State()
    who = "" if found.account_id is None else accounts.names(session).get(found.account_id, "")
    why = sealing.unseal_text(session, _PLACE, _FACT, found.sealed_why)
    return State(level=found.level, since=found.at, who=who, why=why)


def level_of(session: Session) -> Level:
    """Return how far the node is stopped."""
    found = _find(session)
    return "running" if found is None else found.level


def is_running(session: Session) -> bool:
    """Tell whether anything may go out."""
    return node_facts.find(session, _FACT) is None


def permits(session: Session, while_stopped: bool) -> bool:
    """Tell whether what was decided may be done now; some of it also while everything is stopped."""
    level = level_of(session)
    return level == "running" or (level == "stopped" and while_stopped)


def require_running(session: Session) -> None:
    """Raise Halted where somebody stopped everything, or the node is read-only after a panic."""
    found = _find(session)
    if found is not None:
        sentence = _READ_ONLY if found.level == "read-only" else _STOPPED
        raise Halted(sentence, at=f"{found.at:%Y-%m-%d %H:%M}")


def require_writable(session: Session) -> None:
    """Raise Halted where nothing may be taken in either: after a panic."""
    if level_of(session) == "read-only":
        require_running(session)


async def halt(
    cap: Capabilities,
    account: Named,
    why: str = "",
    level: Literal["stopped", "read-only"] = "stopped",
) -> State:
    """Stop everything, for a member or from the machine; again changes nothing. Raises: UsageError."""

    def write(session: Session) -> State:
        return record(session, level, accounts.id_of(session, account), why, cap.clock())

    return await cap.database.write(write)


def record(
    session: Session,
    level: Literal["stopped", "read-only"],
    account_id: int | None,
    why: str,
    now: datetime,
) -> State:
    """Stop everything in the caller's transaction. Raises: UsageError."""
    words = " ".join(why.split())
    if len(words) > MAX_WHY:
        raise UsageError(N_("Say why in at most {most} characters."), most=MAX_WHY)
    before = level_of(session)
    if _ORDER.index(before) < _ORDER.index(level):
        # Nothing is not sealed: it is to be read when the key is gone, after a panic.
        sealed = sealing.seal_text(session, _PLACE, _FACT, words) if words else ""
        _keep(session, _Halt(level=level, at=now, account_id=account_id, sealed_why=sealed))
        link = audit_log.add(
            session, f"node.{level}", "node", now=now, account_id=account_id, details={"why": words}
        )
        # A panic tells nobody: the addresses are about to be wiped, or are closed already.
        for row in collectives.list_all(session) if level == "stopped" else ():
            told = Told(kind="stopped", cause=f"halt:{link}", collective_id=row.id)
            noticing.tell_with_right(session, "enter", told, now)
    return state_in(session)


def shut(session: Session, account_id: int | None, now: datetime) -> None:
    """Make the node read-only for a panic; what was written before about why it was stopped is dropped."""
    node_facts.drop(session, _FACT)
    record(session, "read-only", account_id, "", now)


async def resume(cap: Capabilities) -> State:
    """Let everything go on, from the machine itself; return how it was stopped."""
    found = await cap.database.write(lambda session: end(session, None, cap.clock()))
    ring(cap)
    return found


def end(session: Session, account_id: int | None, now: datetime) -> State:
    """Let everything go on, in the caller's transaction; return how it was stopped."""
    found = state_in(session)
    if not found.is_running:
        node_facts.drop(session, _FACT)
        audit_log.add(session, "node.resumed", "node", now=now, account_id=account_id)
    return found


def ring(cap: Capabilities) -> None:
    """Let the loops of this process look at once for what waited."""
    for bell in (cap.bells.deliver, cap.bells.react, cap.bells.fetch, cap.bells.mail):
        bell.set()


def _keep(session: Session, halt: _Halt) -> None:
    written = {
        "level": halt.level,
        "at": to_microseconds(halt.at),
        "account": halt.account_id,
        "why": halt.sealed_why,
    }
    node_facts.put(session, _FACT, json.dumps(written))


def _find(session: Session) -> _Halt | None:
    written = node_facts.find(session, _FACT)
    if written is None:
        return None
    value = json.loads(written)
    return _Halt(
        level=value["level"],
        at=from_microseconds(value["at"]),
        account_id=value["account"],
        sealed_why=value["why"],
    )
