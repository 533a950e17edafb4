"""What is kept for how long, and the purge that sees to it.

Nothing here holds an address of a reader. Deleted means deleted: SQLite overwrites what it frees.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from fedinode.capabilities import Capabilities
from fedinode.services import mailing
from fedinode.services.members import noticing
from fedinode.services.moderation import queueing, suspending
from fedinode.services.supporting import tending
from fedinode.services.upkeep import probing, recounting
from fedinode.services.writing import furnishing, retracing
from fedinode.storage import (
    invalidations,
    journal,
    level_imports,
    media_files,
    parked_deliveries,
    retention,
    sharing_rules,
    taken_back,
)
from fedinode.storage.database import Session
from fedinode.storage.retention import Purge

logger = logging.getLogger(__name__)

#: What waits for a server that does not answer is dropped after so long: news of a week ago are none.
PARKED_AFTER = timedelta(days=7)
ACTIVITIES_AFTER = timedelta(days=30)
ANSWERS_AFTER = timedelta(days=1)
DELETED_TEXTS_AFTER = timedelta(days=1)
#: An answered complaint, and what moderators noted about people.
REPORTS_AFTER = timedelta(days=180)
NOTES_AFTER = timedelta(days=365)
#: What a rule proposes to reshare, and what rules met at all.
PROPOSED_AFTER = timedelta(days=30)
MET_AFTER = timedelta(days=365)
INVALIDATIONS_AFTER = timedelta(days=1)
#: A picture may be there before the post that shows it.
ORPHANS_AFTER = timedelta(days=1)
#: What is read or sent at the moment takes minutes.
UNFINISHED_AFTER = timedelta(hours=1)

_DROPPED_WORDS = "dropped: the server did not answer for a week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many rows of each kind a purge removed."""

    counts: dict[str, int]


async def purge_once(cap: Capabilities) -> Purged:
    """Remove everything whose time is over, in short transactions."""
    now = cap.clock()
    journal_after = timedelta(days=cap.settings.privacy.keep_journal_days)
    rules: tuple[tuple[str, Purge, datetime], ...] = (
        ("journal", _prune_journal, now - journal_after),
        ("sign-in links", retention.sign_in_links, now),
        ("sessions", retention.sign_in_sessions, now),
        ("activities", retention.old_activities, now - ACTIVITIES_AFTER),
        ("answers to signers", retention.answers_to_signers, now - ANSWERS_AFTER),
        ("deleted texts", retention.texts_of_deleted, now - DELETED_TEXTS_AFTER),
        ("answered reports", retention.answered_reports, now - REPORTS_AFTER),
        ("sent reports", retention.sent_reports, now - REPORTS_AFTER),
        ("notes of moderators", retention.moderation_notes, now - NOTES_AFTER),
        ("stale claims", retention.moderation_claims, now - queueing.CLAIM_LASTS),
        ("late proposals", sharing_rules.expire, now - PROPOSED_AFTER),
        ("posts that rules met", sharing_rules.forget, now - MET_AFTER),
        ("suspended for good", taken_back.forget, now - suspending.REVERSIBLE_FOR),
        ("lists of domains", level_imports.forget, now),
    )
    counts = {name: await _purge(cap, rule, before) for name, rule, before in rules}
    counts["parked deliveries"] = await cap.database.write(
        lambda session: parked_deliveries.drop_old(session, now - PARKED_AFTER, _DROPPED_WORDS, now)
    )
    counts["invalidations"] = await cap.database.write(
        lambda session: invalidations.prune(session, now - INVALIDATIONS_AFTER)
    )
    counts["mail"] = await mailing.drop_old(cap)
    counts["signatures"] = await tending.tend(cap)
    counts["audit"] = await recounting.prune(cap)
    counts["texts at the desk"] = await retracing.tidy_up(cap)
    counts["media"] = await purge_media(cap, now - ORPHANS_AFTER)
    counts["unfinished files"] = await furnishing.sweep(cap, now - UNFINISHED_AFTER)
    counts["letters to members"] = await noticing.send_daily(cap)
    await probing.tidied(cap)
    logger.info(
        "purged %s", ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "nothing"
    )
    return Purged(counts=counts)


def _prune_journal(session: Session, before: datetime) -> int:
    return journal.prune(session, before, retention.BATCH_ROWS)


async def _purge(cap: Capabilities, rule: Purge, before: datetime) -> int:
    """Apply a rule until it finds less than it may delete at once."""
    total = 0
    while True:
        count = await cap.database.write(lambda session: rule(session, before))
        total += count
        if count < retention.BATCH_ROWS:
            return total


async def purge_media(cap: Capabilities, before: datetime) -> int:
    """Remove files that nothing shows and that are older; return how many."""
    names = await cap.database.write(lambda session: retention.orphaned_media(session, before))
    kept = await cap.database.read(media_files.known_paths)
    folder = cap.settings.media_dir
    removed = await asyncio.to_thread(_remove_files, folder, kept, before)
    return max(len(names), removed)


def _remove_files(folder: Path, kept: frozenset[str], before: datetime) -> int:
    """Remove files that no row names, unless they are new: their row may be on its way."""
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        is_old = path.stat().st_mtime < before.timestamp()
        if path.is_file() and is_old and path.name not in kept:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
