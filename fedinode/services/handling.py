"""The pieces that every reaction to an activity is made of; `responding` has the table, `reacting` runs it.

A reaction says which entries of the journal need something from outside first (``needs``), fetches it
(``gather``, the only step that may use the network), and changes rows (``apply``, in bulk, without any I/O).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation.activities import Activity
from federation.actors import Actor
from fedinode.capabilities import Capabilities
from fedinode.config import Settings
from fedinode.services.keeping import Submission
from fedinode.storage import levels, remote_actors
from fedinode.storage.database import Session
from fedinode.storage.journal import Entry
from fedinode.storage.levels import Rank, Subject
from fedinode.storage.remote_actors import RemoteActor
from fedinode.urls import Urls

#: What the journal calls an activity that somebody passed on: what it is about is asked from its origin.
FORWARDED: Final = "Forwarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was fetched for an entry."""

    #: An object from its origin, and the id of its author.
    submission: Submission | None = None
    author_uri: str | None = None
    #: An actor from its origin.
    actor: Actor | None = None
    #: The origin says that what was asked for is deleted.
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An entry of the journal, read, and what was fetched for it."""

    entry: Entry
    activity: Activity
    #: The embedded object, where the sender may state it and we understand it.
    submission: Submission | None = None
    facts: Facts | None = None

    @property
    def id(self) -> int:
        return self.entry.id

    @property
    def sender_uri(self) -> str:
        """Who signed, in the spelling of our rows."""
        return self.entry.actor_uri


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An entry that has no effect, and why."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delayed:
    """An entry whose fetch failed for now, and how."""

    entry: Entry
    reason: str


#: What the steps before the transaction make of an entry.
Prepared = Pending | Dropped | Delayed


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What ``apply`` may know beside the database."""

    urls: Urls
    settings: Settings
    now: datetime


#: Cache keys that a change made stale.
Keys = frozenset[str]
NOTHING: Keys = frozenset()

Needs = Callable[[Session, World, Sequence[Pending]], frozenset[int]]
Gather = Callable[[Capabilities, Pending], Awaitable[Facts]]
Apply = Callable[[Session, World, Sequence[Pending]], Keys]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What is done about one type of activity."""

    apply: Apply
    #: Returns the numbers of the entries that cannot be applied before ``gather``.
    needs: Needs | None = None
    gather: Gather | None = None


def by_type(group: Sequence[Pending]) -> dict[str, list[Pending]]:
    """Return entries by what the journal calls their activities, each list in their order."""
    found: dict[str, list[Pending]] = {}
    for pending in group:
        found.setdefault(pending.entry.activity_type, []).append(pending)
    return found


def senders(session: Session, group: Sequence[Pending]) -> dict[str, RemoteActor]:
    """Return who sent these entries, by id."""
    return remote_actors.find_many(session, {pending.sender_uri for pending in group})


def ranks(session: Session, actors: Sequence[RemoteActor]) -> dict[str, Rank]:
    """Return what was decided about each of these actors, themselves or their servers, by id."""
    asked = {actor.uri: Subject(host=actor.host, uri=actor.uri) for actor in actors}
    found = levels.ranks(session, asked.values())
    return {uri: found.get(subject, Rank()) for uri, subject in asked.items()}


def silenced(session: Session, actors: Sequence[RemoteActor]) -> frozenset[str]:
    """Return the ids of those actors whose words wait for somebody who looks at them."""
    return frozenset(uri for uri, rank in ranks(session, actors).items() if rank.waits)
