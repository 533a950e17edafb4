"""Rows that a panic wipes. What is public stays; each function may be run again and then finds nothing.

SQLite overwrites what it frees (`secure_delete`); `Database.compact` then empties the write-ahead log.
"""

import secrets
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from fedinode.storage import models
from fedinode.storage.database import Session


def ways_in(session: Session) -> int:
    """End all sessions, one-time links and secret addresses of feeds; return how many browsers were in."""
    count = _gone(session, models.SignInSession)
    _gone(session, models.SignInLink)
    session.execute(update(models.Account).values(feed_token_hash=None))
    return count


def private_keys(session: Session) -> int:
    """Drop the private halves of all keys; the public ones stay, to check what was signed."""
    table = models.SigningKey
    dropped = update(table).where(table.private.is_not(None)).values(private=None)
    return session.connection().execute(dropped).rowcount


def mail(session: Session) -> int:
    """Delete all letters, sent ones too: each row holds an address."""
    return _gone(session, models.Mail)


def received(session: Session) -> int:
    """Delete what others sent, applied or not: it tells who acted here when."""
    return _gone(session, models.JournalEntry)


def unsent(session: Session) -> int:
    """Delete activities that are not public, with their deliveries: they tell who was written to."""
    table, deliveries, reshares = models.OutgoingActivity, models.Delivery, models.Reshare
    private = select(table.id).where(
        ~table.is_public, ~exists().where(reshares.activity_id == table.id).correlate(table)
    )
    numbers = list(session.scalars(private))
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        session.execute(delete(deliveries).where(deliveries.activity_id.in_(part)))
        session.execute(delete(table).where(table.id.in_(part)))
    return len(numbers)


def signers(session: Session) -> int:
    """Forget everything about people who signed that their statement does not show; return how many rows.

    Who signed stays counted. Nobody can be known again: who signs once more counts twice.
    """
    table = models.Supporter
    session.execute(delete(models.SupporterMessage))
    session.execute(delete(models.MailBlock))
    # Who complained about what, and what moderators wrote of people.
    session.execute(delete(models.ModerationNote))
    session.execute(delete(models.ModerationClaim))
    session.execute(delete(models.SentReport))
    session.execute(delete(models.Report))
    pending = _gone(session, table, table.state == "pending")
    hidden = or_(table.state != "confirmed", table.shown == "number")
    nothing = {"name": None, "role": None, "city": None, "actor_uri": None, "evidence_uri": None}
    session.execute(update(table).where(hidden).values(**nothing))
    numbers = list(session.scalars(select(table.id)))
    for number in numbers:
        session.execute(
            update(table)
            .where(table.id == number)
            .values(email=None, token_hash=None, wants_updates=False, identity_hmac=secrets.token_hex(32))
        )
    return pending + len(numbers)


def drafts(session: Session) -> int:
    """Delete what was never public: working copies, drafts, invitations, and questions about them."""
    count = _gone(session, models.WorkingCopy)
    _gone(session, models.Invitation)
    _unpublished_statements(session)
    session.execute(delete(models.Vote).where(models.Vote.decision_id.in_(_open_decisions())))
    session.execute(delete(models.Decision).where(models.Decision.id.in_(_open_decisions())))
    table = models.Revision
    session.execute(update(table).where(table.state == "frozen").values(state="dropped"))
    doomed = select(table.id).where(table.state.in_(("draft", "dropped")))
    objects = models.FederatedObject
    session.execute(
        update(objects).where(objects.current_revision_id.in_(doomed)).values(current_revision_id=None)
    )
    count += _gone(session, table, table.state.in_(("draft", "dropped")))
    _blank_loose_texts(session)
    return count + _draft_posts(session)


def members(session: Session) -> int:
    """Forget addresses, names, passwords and second factors of all members; what they did stays by number."""
    table = models.Account
    session.execute(delete(models.RecoveryCode))
    session.execute(delete(models.Notice))
    session.execute(delete(models.NoticeChoice))
    numbers = list(session.scalars(select(table.id)))
    for number in numbers:
        nothing = dict.fromkeys(("email", "email_hmac", "password_hash", "totp_secret", "totp_since"))
        session.execute(
            update(table)
            .where(table.id == number)
            .values(**nothing, totp_step=None, language=None, name=f"member {number}")
        )
    return len(numbers)


def closed_addresses(session: Session) -> None:
    """Forget what the dropped key alone opened, of members who stay: addresses and second factors."""
    session.execute(delete(models.RecoveryCode))
    session.execute(
        update(models.Account).values(email=None, email_hmac=None, totp_secret=None, totp_since=None)
    )
    session.execute(update(models.Supporter).values(email=None))


def _open_decisions() -> Any:
    return select(models.Decision.id).where(models.Decision.state.in_(("open", "approved")))


def _unpublished_statements(session: Session) -> None:
    table, signatures = models.StatementVersion, models.CoSignature
    secret = list(session.scalars(select(table.statement_uri).where(table.public_at.is_(None))))
    known = set(session.scalars(select(table.statement_uri).where(table.public_at.is_not(None))))
    for uri in set(secret) - known:
        session.execute(delete(signatures).where(signatures.statement_uri == uri))
    _gone(session, table, table.public_at.is_(None))


def _blank_loose_texts(session: Session) -> None:
    """Empty text revisions that no revision shows: a text under change of a post that is public."""
    table, shown = models.TextRevision, models.RevisionText
    is_loose = ~exists().where(shown.text_revision_id == table.id).correlate(table)
    session.execute(
        update(table)
        .where(is_loose)
        .values(
            title=None,
            summary=None,
            note=None,
            facts=None,
            markdown=b"",
            html=b"",
            translated_from_id=None,
            author_account_id=None,
        )
    )


def _draft_posts(session: Session) -> int:
    posts, texts, objects = models.Post, models.Text, models.FederatedObject
    doomed = list(
        session.scalars(select(posts.id).where(posts.state == "draft", posts.first_public_at.is_(None)))
    )
    for number in doomed:
        of_post = select(texts.id).where(texts.post_id == number)
        own = select(objects.id).where(objects.post_id == number)
        session.execute(delete(models.SignForm).where(models.SignForm.object_id.in_(own)))
        session.execute(delete(models.Takeover).where(models.Takeover.post_id == number))
        session.execute(delete(models.Slug).where(models.Slug.text_id.in_(of_post)))
        session.execute(delete(models.TextRevision).where(models.TextRevision.text_id.in_(of_post)))
        session.execute(delete(texts).where(texts.post_id == number))
        session.execute(
            update(objects)
            .where(objects.translation_of_id.in_(own) | objects.supersedes_id.in_(own))
            .values(translation_of_id=None, supersedes_id=None)
        )
        session.execute(delete(objects).where(objects.post_id == number))
        session.execute(delete(posts).where(posts.id == number))
    return len(doomed)


def _gone(session: Session, table: Any, which: ColumnElement[bool] | None = None) -> int:
    doomed = delete(table) if which is None else delete(table).where(which)
    return session.connection().execute(doomed).rowcount
