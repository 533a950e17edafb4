"""Applies what the journal keeps: fetch what is needed, then change rows, in bulk and in one transaction.

`react_once` takes what needs nothing but the database, `fetch_once` what waits for a fetch or for another
try: so a slow peer delays nobody but itself. Entries of one sender are applied in the order in which they
came, and applying one twice changes nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from federation import activities, jsonld
from federation.activities import Ignored
from federation.errors import AddressRefused, FederationError, FetchFailed, Gone, KeyUnavailable, NotFound
from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError, PeerUnavailable
from fedinode.services import bookkeeping, departing, handling, keeping
from fedinode.services.cosigning import keeping_lists
from fedinode.services.handling import Delayed, Dropped, Pending, Prepared, World
from fedinode.services.members import halting
from fedinode.services.responding import REACTIONS
from fedinode.storage import journal
from fedinode.storage.database import Session
from fedinode.storage.journal import Entry

QUICK_ENTRIES: Final = 200
#: All of them fetch at the same time.
SLOW_ENTRIES: Final = 16
#: For all fetches of one entry: an object and its author, say. Each request has a deadline of its own.
GATHER_SECONDS: Final = 15.0
#: Until then no other process takes a claimed entry: longer than fetching takes.
LEASE: Final = timedelta(seconds=30)

#: Texts are cleaned where the activity states them.
_STATES_OBJECT: Final = frozenset({activities.CREATE, activities.UPDATE})


async def react_once(cap: Capabilities) -> int:
    """Apply what is due and needs no fetch; return how many entries were looked at.

    A node that is read-only takes nothing out of the journal.
    """
    now = cap.clock()
    if await _is_read_only(cap):
        return 0
    entries = await cap.database.read(lambda session: journal.list_quick(session, now, QUICK_ENTRIES))
    if entries:
        await _apply(cap, await asyncio.to_thread(_prepare_all, entries))
    return len(entries)


async def _is_read_only(cap: Capabilities) -> bool:
    return await cap.database.read(halting.level_of) == "read-only"


async def fetch_once(cap: Capabilities) -> int:
    """Fetch what due entries wait for and apply them; return how many entries were looked at."""
    now = cap.clock()
    if await _is_read_only(cap) or not await cap.database.read(
        lambda session: journal.has_slow(session, now)
    ):
        return 0
    entries = await cap.database.write(
        lambda session: journal.claim_slow(session, now, now + LEASE, SLOW_ENTRIES)
    )
    if entries:
        prepared = await asyncio.to_thread(_prepare_all, entries)
        await _apply(cap, await _gather_all(cap, prepared))
    return len(entries)


def _prepare_all(entries: Sequence[Entry]) -> list[Prepared]:
    return [_prepare(entry) for entry in entries]


def _prepare(entry: Entry) -> Prepared:
    """Read an entry, and make the text in it safe to show: slow, so it is done before the transaction."""
    try:
        activity = activities.parse_activity(jsonld.load(entry.body))
        if isinstance(activity, Ignored):
            return Dropped(entry=entry, reason=activity.reason)
        pending = Pending(entry=entry, activity=activity)
        embedded = activity.object_document
        is_stated = entry.activity_type in _STATES_OBJECT and not departing.is_about_itself(pending)
        if embedded is None or not is_stated or keeping_lists.is_checkpoint(pending):
            return pending
        return replace(pending, submission=keeping.read_submission(embedded))
    except FederationError as error:
        return Dropped(entry=entry, reason=str(error))


# -- fetching


async def _gather_all(cap: Capabilities, prepared: Sequence[Prepared]) -> list[Prepared]:
    pending = [each for each in prepared if isinstance(each, Pending)]
    world = _world(cap)
    needed = await cap.database.read(lambda session: _needed(session, world, pending))

    async def gather(each: Prepared) -> Prepared:
        if isinstance(each, Pending) and each.id in needed:
            return await _gather(cap, each)
        return each

    return list(await asyncio.gather(*(gather(each) for each in prepared)))


def _needed(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    found: frozenset[int] = frozenset()
    for kind, entries in handling.by_type(group).items():
        needs = REACTIONS[kind].needs
        if needs is not None:
            found |= needs(session, world, entries)
    return found


async def _gather(cap: Capabilities, pending: Pending) -> Prepared:
    gather = REACTIONS[pending.entry.activity_type].gather
    assert gather is not None, "what has needs can fetch"
    try:
        async with asyncio.timeout(GATHER_SECONDS):
            return replace(pending, facts=await gather(cap, pending))
    except (NotFound, Gone, AddressRefused) as error:
        return Dropped(entry=pending.entry, reason=str(error))
    except (FetchFailed, KeyUnavailable, PeerUnavailable) as error:
        return Delayed(entry=pending.entry, reason=str(error))
    except TimeoutError:
        return Delayed(entry=pending.entry, reason="The fetch took too long.")
    except (FederationError, NodeError) as error:
        return Dropped(entry=pending.entry, reason=str(error))


# -- applying


async def _apply(cap: Capabilities, prepared: Sequence[Prepared]) -> None:
    world = _world(cap)
    applied = await cap.database.write(
        lambda session: bookkeeping.apply_all(session, world, REACTIONS, prepared)
    )
    failpoints.hit("react.after-commit")
    cap.vitals.count("applied", len(prepared))
    cap.cache.invalidate(applied.keys)
    cap.bells.deliver.set()
    if applied.is_fetch_wanted:
        cap.bells.fetch.set()


def _world(cap: Capabilities) -> World:
    return World(urls=cap.urls, settings=cap.settings, now=cap.clock())
