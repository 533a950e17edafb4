"""The switch for times of attack: since when it is on, and when it ends by itself."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.storage import node_facts
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session

_FACT: Final = "attack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """That the node is under attack; `account_id` is empty for the machine itself."""

    since: datetime
    until: datetime
    account_id: int | None

    def is_on(self, now: datetime) -> bool:
        """Tell whether it lasts."""
        return now < self.until


def find(session: Session) -> Alarm | None:
    """Return the alarm that was last given, if it was not ended by hand or noticed to be over."""
    value = node_facts.find(session, _FACT)
    if not value:
        return None
    stored = json.loads(value)
    return Alarm(
        since=from_microseconds(stored["since"]),
        until=from_microseconds(stored["until"]),
        account_id=stored["account_id"],
    )


def is_on(session: Session, now: datetime) -> bool:
    """Tell whether the node is under attack now."""
    found = find(session)
    return found is not None and found.is_on(now)


def put(session: Session, alarm: Alarm | None) -> None:
    """Give the alarm, or end it."""
    if alarm is None:
        node_facts.put(session, _FACT, "")
        return
    stored = {
        "since": to_microseconds(alarm.since),
        "until": to_microseconds(alarm.until),
        "account_id": alarm.account_id,
    }
    node_facts.put(session, _FACT, json.dumps(stored))
