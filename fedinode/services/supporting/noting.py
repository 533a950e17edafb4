"""What follows when a signature begins or ends to count: the log, the author's count, the pages."""

from collections.abc import Sequence
from datetime import datetime

from fedinode.services.cosigning import keeping_lists
from fedinode.storage import federated_objects, signature_events
from fedinode.storage.database import Session
from fedinode.storage.supporters import SupporterRow


def note(session: Session, row: SupporterRow, event: str, now: datetime) -> None:
    """Log what happened to a signature, have the statement counted anew soon, and drop its pages.

    Whoever changes a state calls this in the same transaction. The log keeps no name.
    """
    subject = federated_objects.get(session, row.object_id)
    keeping_lists.note_change(session, subject.uri, event, row.uid, now)


def note_all(session: Session, rows: Sequence[SupporterRow], event: str, now: datetime) -> None:
    """Do the same for many signatures under one statement: each stands in the log, the rest is done once."""
    for row in rows[:-1]:
        signature_events.add(session, row.object_id, event, row.uid, now)
    for row in rows[-1:]:
        note(session, row, event, now)
