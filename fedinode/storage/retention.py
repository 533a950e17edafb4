"""Deleting what is kept no longer, a limited number of rows at a time so that nobody waits for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select

from fedinode.storage import models
from fedinode.storage.database import Session

#: Rows that one transaction deletes at most.
BATCH_ROWS = 1_000

Purge = Callable[[Session, datetime], int]


def old_activities(session: Session, before: datetime) -> int:
    """Delete activities that nobody asks for again, once nothing of them is under way.

    A Create stays with its deliveries: a Delete goes to all who got it. An Announce or Follow is needed to
    take it back.
    """
    table, deliveries = models.OutgoingActivity, models.Delivery
    is_open = exists().where(
        deliveries.activity_id == table.id, deliveries.state.in_(("waiting", "leased", "parked"))
    )
    is_passing = table.type.in_(("Accept", "Reject", "Undo", "Update", "Add", "Remove"))
    return _delete(session, table, and_(table.created_at < before, is_passing, ~is_open))


def answers_to_signers(session: Session, before: datetime) -> int:
    """Delete what we wrote to people who sign from their account, once it is delivered or given up.

    With it goes the only row that says whose inbox it went to.
    """
    table, deliveries = models.OutgoingActivity, models.Delivery
    is_open = exists().where(
        deliveries.activity_id == table.id, deliveries.state.in_(("waiting", "leased", "parked"))
    )
    is_answer = and_(table.type == "Create", ~table.is_public, table.cause_key.startswith("sign-"))
    return _delete(session, table, and_(table.created_at < before, is_answer, ~is_open))


def texts_of_deleted(session: Session, before: datetime) -> int:
    """Delete the activities that carry the text of a deleted object; its Delete stays."""
    table, objects, deliveries = models.OutgoingActivity, models.FederatedObject, models.Delivery
    is_deleted = exists().where(objects.uri == table.object_uri, objects.deleted_at < before)
    is_leased = exists().where(deliveries.activity_id == table.id, deliveries.state == "leased")
    return _delete(session, table, and_(table.type.in_(("Create", "Update")), is_deleted, ~is_leased))


def answered_reports(session: Session, before: datetime) -> int:
    """Delete complaints that were answered long ago: what was said of people need not stay."""
    table = models.Report
    return _delete(session, table, and_(table.state != "open", table.decided_at < before))


def sent_reports(session: Session, before: datetime) -> int:
    """Delete our own complaints to other servers, with the note of who sent them."""
    table = models.OutgoingActivity
    return _delete(session, table, and_(table.type == "Flag", table.created_at < before))


def moderation_notes(session: Session, before: datetime) -> int:
    """Delete what moderators noted long ago."""
    table = models.ModerationNote
    return _delete(session, table, table.created_at < before)


def moderation_claims(session: Session, before: datetime) -> int:
    """Delete who was at what, once they let it lie."""
    table = models.ModerationClaim
    return session.connection().execute(delete(table).where(table.taken_at < before)).rowcount


def sign_in_links(session: Session, before: datetime) -> int:
    """Delete one-time links that were used or have ended."""
    table = models.SignInLink
    return _delete(session, table, or_(table.expires_at < before, table.used_at.is_not(None)), "token_hash")


def sign_in_sessions(session: Session, before: datetime) -> int:
    """Delete browser sessions that have ended."""
    table = models.SignInSession
    return _delete(session, table, table.expires_at < before, "token_hash")


def orphaned_media(session: Session, before: datetime) -> list[str]:
    """Delete rows of files that nothing shows, and return the files' names."""
    table, shown, collectives = models.MediaFile, models.RevisionMedia, models.Collective
    is_shown = exists().where(shown.media_id == table.id)
    is_face = exists().where(
        or_(collectives.avatar_media_id == table.id, collectives.header_media_id == table.id)
    )
    doomed = (
        select(table.id, table.path).where(table.created_at < before, ~is_shown, ~is_face).limit(BATCH_ROWS)
    )
    rows = session.execute(doomed).all()
    session.connection().execute(delete(table).where(table.id.in_([row.id for row in rows])))
    return [row.path for row in rows]


def _delete(session: Session, table: Any, which: ColumnElement[bool], key: str = "id") -> int:
    column = getattr(table, key)
    doomed = select(column).where(which).limit(BATCH_ROWS)
    return session.connection().execute(delete(table).where(column.in_(doomed))).rowcount
