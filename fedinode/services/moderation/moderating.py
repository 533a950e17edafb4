"""What the people of this node decide about single things of others: replies, parked activities.

Who is kept out altogether is `excluding`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import registering
from fedinode.storage import audit_log, invalidations, journal, replies
from fedinode.storage.database import Session
from fedinode.storage.journal import ParkedEntry
from fedinode.storage.replies import ReplyDetails
from fedinode.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply from another server to something of ours; ``text`` is plain."""

    id: int
    uri: str
    object_uri: str
    actor_uri: str
    handle: str
    name: str
    text: str
    language: str | None
    state: str
    published_at: datetime | None
    received_at: datetime


#: How deciding about a reply is called in the audit.
_DEEDS: Final = {"shown": "reply.show", "hidden": "reply.hide"}

# -- replies


async def held(cap: Capabilities, *, collective: str | None = None, limit: int = 200) -> tuple[Reply, ...]:
    """Return the replies that wait for a decision, oldest first."""

    def read(session: Session) -> tuple[Reply, ...]:
        wanted = registering.require_collective(session, collective).id if collective else None
        rows = replies.list_held(session, collective_id=wanted, limit=limit)
        return tuple(_reply(row) for row in rows)

    return await cap.database.read(read)


async def approve(cap: Capabilities, reply_id: int) -> Reply:
    """Show a reply under the post it belongs to. Raises NotFound."""
    return await _decide(cap, reply_id, "shown", "approved")


async def hide(cap: Capabilities, reply_id: int) -> Reply:
    """Hide a reply, held or shown. Raises NotFound."""
    return await _decide(cap, reply_id, "hidden", "hidden")


async def _decide(cap: Capabilities, reply_id: int, state: str, decision: str) -> Reply:
    def write(session: Session) -> ReplyDetails:
        found = replies.find_details(session, reply_id)
        if found is None or found.state == "deleted":
            raise NotFound(f"There is no reply {reply_id}.")
        now = cap.clock()
        replies.decide(session, reply_id, state, decision, now)
        audit_log.add(session, _DEEDS[state], "1", now=now, details={"numbers": str(reply_id)})
        invalidations.record(session, [post_key(found.post_uid)], cap.clock())
        return replace(found, state=state)

    decided = await cap.database.write(write)
    cap.cache.invalidate([post_key(decided.post_uid)])
    return _reply(decided)


def _reply(row: ReplyDetails) -> Reply:
    handle = f"@{row.handle}" if row.handle else f"@{row.preferred_username or ''}@{row.host}"
    return Reply(
        id=row.id,
        uri=row.uri,
        object_uri=row.object_uri,
        actor_uri=row.actor_uri,
        handle=handle,
        name=row.actor_name or row.preferred_username or "",
        text=plain(row.html_clean or ""),
        language=row.language,
        state=row.state,
        published_at=row.published_at,
        received_at=row.received_at,
    )


# -- what could not be applied


async def parked(cap: Capabilities, *, limit: int = 100) -> tuple[ParkedEntry, ...]:
    """Return the activities that were given up after many tries, newest first, with the reason."""
    return await cap.database.read(lambda session: journal.list_parked(session, limit))


async def retry_parked(cap: Capabilities, entry_id: int) -> None:
    """Try a parked activity again. Raises NotFound."""
    await _settle(cap, entry_id, lambda session: journal.unpark(session, entry_id, cap.clock()))
    cap.bells.fetch.set()


async def retry_all_parked(cap: Capabilities) -> int:
    """Try all parked activities again and return how many."""
    count = await cap.database.write(lambda session: journal.unpark_all(session, cap.clock()))
    cap.bells.fetch.set()
    return count


async def drop_parked(cap: Capabilities, entry_id: int) -> None:
    """Do nothing about a parked activity, for good. Raises NotFound."""
    await _settle(cap, entry_id, lambda session: journal.drop_parked(session, entry_id, cap.clock()))


async def _settle(cap: Capabilities, entry_id: int, step: Callable[[Session], bool]) -> None:
    if not await cap.database.write(step):
        raise NotFound(f"There is no parked activity {entry_id}.")
