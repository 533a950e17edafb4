"""Under attack: one press holds everything that comes in, pauses people's signing and tightens limits.

Replies, requests to follow and consents of other cells wait for a moderator, whoever sent them. It ends by
itself after the time that was chosen, or by hand; what was held stays in the queue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.cache import NODE_KEY
from fedinode.capabilities import Capabilities
from fedinode.errors import UsageError
from fedinode.i18n import N_
from fedinode.storage import accounts, alarms, audit_log, invalidations
from fedinode.storage.accounts import Named
from fedinode.storage.alarms import Alarm
from fedinode.storage.database import Session

#: What the page offers, and the bounds of what may be chosen.
HOURS: Final = (1, 3, 12, 24, 72)
MAX_HOURS: Final = 24 * 14
_BOUNDS: Final = N_("Choose between one hour and two weeks.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """That the node is under attack, as members read it; `who` is empty for the machine itself."""

    since: datetime
    until: datetime
    who: str


async def state(cap: Capabilities) -> Alert | None:
    """Return the alarm, while it lasts."""
    return await cap.database.read(lambda session: find(session, cap.clock()))


def find(session: Session, now: datetime) -> Alert | None:
    """Return the alarm in the caller's transaction, while it lasts."""
    found = alarms.find(session)
    if found is None or not found.is_on(now):
        return None
    who = "" if found.account_id is None else accounts.get(session, found.account_id).name
    return Alert(since=found.since, until=found.until, who=who)


async def begin(cap: Capabilities, hours: int, *, account: Named = None) -> Alert:
    """Give the alarm, or let it last longer or shorter. Raises: UsageError."""
    if not 1 <= hours <= MAX_HOURS:
        raise UsageError(_BOUNDS)

    def write(session: Session) -> None:
        now = cap.clock()
        account_id = accounts.id_of(session, account)
        before = alarms.find(session)
        since = before.since if before is not None and before.is_on(now) else now
        alarm = Alarm(since=since, until=now + timedelta(hours=hours), account_id=account_id)
        alarms.put(session, alarm)
        _note(session, "begun", account_id, now, f"{hours} hours")

    await cap.database.write(write)
    cap.cache.invalidate([NODE_KEY])
    found = await state(cap)
    assert found is not None, "was given just now"
    return found


async def end(cap: Capabilities, *, account: Named = None) -> bool:
    """End the alarm by hand; return whether there was one."""

    def write(session: Session) -> bool:
        if alarms.find(session) is None:
            return False
        alarms.put(session, None)
        _note(session, "ended", accounts.id_of(session, account), cap.clock(), "by hand")
        return True

    was_on = await cap.database.write(write)
    cap.cache.invalidate([NODE_KEY])
    return was_on


async def end_due(cap: Capabilities) -> None:
    """End the alarm when its time is over, so that pages say again that people may sign."""
    now = cap.clock()
    found = await cap.database.read(alarms.find)
    if found is None or found.is_on(now):
        return

    def write(session: Session) -> None:
        newest = alarms.find(session)
        if newest is not None and not newest.is_on(now):
            alarms.put(session, None)
            _note(session, "ended", None, now, "its time was over")

    await cap.database.write(write)
    cap.cache.invalidate([NODE_KEY])


def _note(session: Session, deed: str, account_id: int | None, now: datetime, how: str) -> None:
    audit_log.add(session, f"attack.{deed}", "node", now=now, account_id=account_id, details={"how": how})
    invalidations.record(session, [NODE_KEY], now)
