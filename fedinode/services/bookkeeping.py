"""One transaction of reactions: entries applied in bulk, alone where the bulk failed, and marked as done.

What an entry causes and the mark that it is done are one commit: so nothing is lost, and nothing done twice.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from federation.errors import FederationError
from fedinode import failpoints
from fedinode.errors import NodeError
from fedinode.services import handling
from fedinode.services.handling import Dropped, Keys, Pending, Prepared, Reaction, World
from fedinode.storage import invalidations, journal, savepoints
from fedinode.storage.database import Session
from fedinode.storage.journal import Entry

logger = logging.getLogger(__name__)

#: Waits after each failed try of an entry; then it is parked.
WAITS: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
MAX_REASON_CHARACTERS: Final = 300
WAITS_FOR_FETCH: Final = "waits for a fetch"
SUSPENDED: Final = "the sender is blocked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What a transaction leaves to be done: cache keys that are stale, entries that wait for a fetch."""

    keys: Keys
    is_fetch_wanted: bool


def apply_all(
    session: Session, world: World, reactions: Mapping[str, Reaction], prepared: Sequence[Prepared]
) -> Applied:
    """Apply entries in order, each by the reaction to its type."""
    waiting = journal.still_waiting(session, [each.entry.id for each in prepared])
    ledger = _Ledger(session, world, reactions)
    pending: list[Pending] = []
    for each in prepared:
        if each.entry.id not in waiting:
            continue
        if isinstance(each, Pending):
            pending.append(each)
        elif isinstance(each, Dropped):
            ledger.finish([each.entry], each.reason)
        else:
            ledger.delay(each.entry, each.reason)
    ledger.apply(pending)
    invalidations.record(session, ledger.keys, world.now)
    failpoints.hit("react.before-commit")
    return Applied(keys=frozenset(ledger.keys), is_fetch_wanted=ledger.is_fetch_wanted)


class _Ledger:
    """What becomes of the entries of one transaction."""

    def __init__(self, session: Session, world: World, reactions: Mapping[str, Reaction]) -> None:
        self.keys: set[str] = set()
        self.is_fetch_wanted = False
        self._session = session
        self._world = world
        self._reactions = reactions
        #: Senders of whom an entry waits: their later ones wait behind it.
        self._held: set[str] = set()

    def finish(self, entries: Iterable[Entry], reason: str | None = None) -> None:
        """Mark entries as done."""
        ids = [entry.id for entry in entries]
        short = None if reason is None else reason[:MAX_REASON_CHARACTERS]
        journal.finish(self._session, ids, short, self._world.now)

    def delay(self, entry: Entry, reason: str) -> None:
        """Let an entry be tried again later, or give it up after the last wait."""
        short = reason[:MAX_REASON_CHARACTERS]
        failures = max(entry.attempts, 1)
        if failures > len(WAITS):
            journal.park(self._session, entry.id, short)
            return
        journal.put_off(self._session, entry.id, self._world.now + WAITS[failures - 1], short)
        self._held.add(entry.actor_uri)

    def apply(self, pending: Sequence[Pending]) -> None:
        """Apply entries: of each sender one after another, of all senders together by type."""
        for wave in _waves(self._without_suspended(pending)):
            ready = [each for each in wave if each.sender_uri not in self._held]
            for kind, group in handling.by_type(ready).items():
                self._apply_group(self._reactions[kind], group)

    def _without_suspended(self, pending: Sequence[Pending]) -> list[Pending]:
        actors = handling.senders(self._session, pending)
        ranks = handling.ranks(self._session, tuple(actors.values()))
        suspended = {uri for uri, rank in ranks.items() if rank.is_suspended}
        self.finish([each.entry for each in pending if each.sender_uri in suspended], SUSPENDED)
        return [each for each in pending if each.sender_uri not in suspended]

    def _apply_group(self, reaction: Reaction, group: Sequence[Pending]) -> None:
        outcome = _Outcome()
        failure = savepoints.attempt(self._session, lambda: self._run(reaction, group, outcome))
        if failure is None:
            self.keys |= outcome.keys
            self._held |= outcome.held
            self.is_fetch_wanted = self.is_fetch_wanted or bool(outcome.held)
        elif len(group) > 1:
            for each in group:
                self._apply_group(reaction, [each])
        else:
            activity = group[0].activity
            logger.warning("applying %s %s failed", activity.type, activity.uri, exc_info=failure)
            self.delay(group[0].entry, _reason(failure))

    def _run(self, reaction: Reaction, group: Sequence[Pending], outcome: "_Outcome") -> None:
        bare = [each for each in group if each.facts is None]
        needed = reaction.needs(self._session, self._world, bare) if reaction.needs and bare else ()
        for each in bare:
            if each.id in needed:
                journal.put_off(self._session, each.id, self._world.now, WAITS_FOR_FETCH)
                outcome.held.add(each.sender_uri)
        ready = [each for each in group if each.id not in needed]
        if ready:
            outcome.keys |= reaction.apply(self._session, self._world, ready)
            self.finish([each.entry for each in ready])


@dataclass(slots=True)
class _Outcome:
    """What a step changed, noted only if the step succeeds."""

    keys: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)


def _waves(pending: Sequence[Pending]) -> list[list[Pending]]:
    """Return entries in waves: each sender has one at most in a wave, so it may be applied in bulk."""
    waves: list[list[Pending]] = []
    counts: Counter[str] = Counter()
    for each in pending:
        number = counts[each.sender_uri]
        counts[each.sender_uri] += 1
        if number == len(waves):
            waves.append([])
        waves[number].append(each)
    return waves


def _reason(failure: Exception) -> str:
    is_sentence = isinstance(failure, NodeError | FederationError)
    return str(failure) if is_sentence else f"It could not be applied ({type(failure).__name__})."
