"""Moderation: complaints that came in and went out, what moderators note, and who is at what.

What is said about people is sealed. An entry of the queue is named by its kind and number, such as reply 12.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import APPEND_ONLY, Base, RowId, one_of


class Report(Base):
    """A complaint about something of ours: a Flag, or the form of this site. AAD: `uid`."""

    __tablename__ = "reports"
    __table_args__ = (
        one_of("state", "open", "resolved", "dismissed"),
        Index("ix_reports_state", "state", "id"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    #: Whose moderators decide about it.
    collective_id: Mapped[int | None] = mapped_column(ForeignKey("collectives.id"))
    #: Both empty for what came through the form.
    activity_uri: Mapped[str | None] = mapped_column(unique=True)
    actor_uri: Mapped[str | None]
    #: Reported URIs, one a line.
    object_uris: Mapped[str]
    #: [S] As text. What is wrong, in the words of who complains.
    words: Mapped[str | None]
    #: [S] As text. Which name on a list of signers it is about.
    about_name: Mapped[str | None]
    #: How often the same came again while this one was open.
    repeats: Mapped[int] = mapped_column(server_default="0", default=0)
    state: Mapped[str] = mapped_column(server_default="open", default="open")
    received_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    #: Empty for what was decided at the machine itself.
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: What was done, in a word.
    deed: Mapped[str | None]


class SentReport(Base):
    """A Flag of our node actor to another server: who of us sent it is told to nobody outside."""

    __tablename__ = "sent_reports"
    __table_args__ = (Index("ix_sent_reports_collective_id", "collective_id", "id"), APPEND_ONLY)

    id: Mapped[RowId]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"), unique=True)
    #: Empty for what was sent from the machine itself.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_uri: Mapped[str]
    created_at: Mapped[datetime]


class ModerationNote(Base):
    """What a moderator wrote for the others about an entry, an actor or a server. AAD uid: `uid`."""

    __tablename__ = "moderation_notes"
    __table_args__ = (Index("ix_moderation_notes_subject", "collective_id", "subject", "id"),)

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    #: "reply 12", the id of an actor, or a host.
    subject: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: [S]
    words: Mapped[bytes]
    created_at: Mapped[datetime]


class ModerationClaim(Base):
    """Who is at an entry of the queue, so that nobody else begins with it."""

    __tablename__ = "moderation_claims"
    __table_args__ = (
        one_of("kind", "reply", "request", "signature", "consent", "report"),
        Index("ix_moderation_claims_account_id", "account_id"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    taken_at: Mapped[datetime]
