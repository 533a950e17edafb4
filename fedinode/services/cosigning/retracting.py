"""A statement that its author took back: copies of it stay, say so, and are shown in no list.

The members of the cell that keeps a copy decide whether it goes on being kept. A cell or an author whose
server is gone, blocked, or elsewhere has taken nothing back. Spec: docs/cosigning.md, R19.
"""

from collections.abc import Sequence
from datetime import datetime

from fedinode.services.cosigning import keeping_lists
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import telling
from fedinode.storage import audit_log, kept_statements
from fedinode.storage.database import Session


def take_deletions(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Mark our copies of the statements that their own authors delete."""
    for pending in group:
        kept = kept_statements.find(session, pending.activity.object_uri)
        if kept is None or kept.is_own or kept.author_uri != pending.sender_uri:
            continue
        if kept.retracted_at is None:
            retract(session, kept.statement_uri, world.now)
            details = {"author": kept.author_uri}
            audit_log.add(session, "cosign.retracted", kept.statement_uri, now=world.now, details=details)
            cause = f"retracted:{kept.statement_uri}"
            telling.tell_members(session, kept.collective_id, "drop-copy", cause, world.now)
    return NOTHING


def retract(session: Session, statement_uri: str, now: datetime) -> None:
    """Note that a statement was taken back; its list is asked for and counted no more."""
    keeping_lists.touch(session, statement_uri, now)
    kept_statements.change(session, statement_uri, retracted_at=now, pull_due_at=None, checkpoint_due_at=None)
