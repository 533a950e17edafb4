"""Whether the chain of the audit is whole, and how its oldest end is taken off when its time is over.

The chain shows that an entry was changed or taken out of it. It cannot show that its newest end was cut off,
which is why the last hash belongs on paper or with another cell. What was taken off at the oldest end leaves
a mark, the hash of its last entry, to which the first entry that is kept is chained; the database refuses to
delete anything behind the mark.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Final

from sqlalchemy import delete, select

from fedinode.storage import audit_log, models, node_facts, upserts
from fedinode.storage.audit_log import AuditRow
from fedinode.storage.database import Session

_TABLE = models.AuditEntry
#: Names of facts. The trigger `audit_grows` reads the first.
_TO, _HASH, _COUNT = "audit.pruned-to", "audit.pruned-hash", "audit.pruned-count"
_CLOSED: Final = "audit.closed-to"
_BATCH: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the chain begins, after its oldest entries were taken off: the last of those."""

    id: int = 0
    hash: str | None = None
    #: How many entries were taken off in all.
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What a look at the whole chain found."""

    entries: int
    head: str | None
    mark: Mark
    #: The first entry that does not fit, and the last one before it.
    first_broken: int | None = None
    last_good: int | None = None
    #: Entries whose details cannot be opened any more, since the key was dropped in a panic.
    closed: int = 0


def check(session: Session) -> Chain:
    """Look at every entry, from the oldest on."""
    mark = mark_of(session)
    closed_to = int(node_facts.find(session, _CLOSED) or 0)
    previous, last_good, count, closed = mark.hash, mark.id or None, 0, 0
    for row in audit_log.entries(session):
        if not _fits(row, previous, closed_to):
            head = audit_log.head(session)
            return Chain(
                entries=count, head=head, mark=mark, first_broken=row.id, last_good=last_good, closed=closed
            )
        previous, last_good, count = row.hash, row.id, count + 1
        closed += row.details is None
    return Chain(entries=count, head=previous, mark=mark, last_good=last_good, closed=closed)


def first_broken(session: Session) -> int | None:
    """Return the number of the first entry that does not fit the chain, or None."""
    return check(session).first_broken


def mark_of(session: Session) -> Mark:
    """Return where the chain begins."""
    digest = node_facts.find(session, _HASH)
    if digest is None:
        return Mark()
    pruned_to, count = (int(node_facts.find(session, name) or 0) for name in (_TO, _COUNT))
    return Mark(id=pruned_to, hash=digest, count=count)


def prune(session: Session, before: datetime, now: datetime) -> int:
    """Take the entries that are older off the beginning, at most a batch; return how many.

    The newest entry always stays, and so does everything after the first that is not old yet.
    """
    upserts.lock_name(session, "audit")
    query = select(_TABLE.id, _TABLE.at, _TABLE.hash).order_by(_TABLE.id).limit(_BATCH + 1)
    rows = session.execute(query).all()[:-1]
    old = list(takewhile(lambda row: row.at < before, rows))
    if not old:
        return 0
    count = mark_of(session).count + len(old)
    for name, value in ((_TO, str(old[-1].id)), (_HASH, old[-1].hash), (_COUNT, str(count))):
        node_facts.put(session, name, value)
    session.execute(delete(_TABLE).where(_TABLE.id <= old[-1].id))
    details = {"entries": str(len(old)), "to": old[-1].hash}
    audit_log.add(session, "audit.pruned", "audit", now=now, details=details)
    return len(old)


def close_details(session: Session) -> None:
    """Note that the details of all entries up to now cannot be opened any more: their key is dropped."""
    newest = session.scalar(select(_TABLE.id).order_by(_TABLE.id.desc()).limit(1))
    node_facts.put(session, _CLOSED, str(newest or 0))


def _fits(row: AuditRow, previous: str | None, closed_to: int) -> bool:
    if row.previous != previous:
        return False
    if row.details is None:
        # Its own hash cannot be made again without them; the next entry still vouches for it.
        return row.id <= closed_to
    body = json.dumps(dict(row.details), ensure_ascii=False, sort_keys=True).encode("utf-8")
    made = audit_log.link_of(previous, row.at, row.account_id, row.action, row.subject, body)
    return row.hash == made
