"""The house itself: accounts and their decisions, mail, leases, notes from process to process.

No column here or elsewhere holds an IP address.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import APPEND_ONLY, QUEUE, Base, RowId, one_of

_OPEN = text("state = 'open'")


class NodeFact(Base):
    """Something that holds for the whole database, such as the origin its addresses were made with."""

    __tablename__ = "node_facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Account(Base):
    """Somebody who logs in here. Accounts never federate. AAD uid: `uid`."""

    __tablename__ = "accounts"
    __table_args__ = (Index("ix_accounts_feed_token_hash", "feed_token_hash", unique=True),)

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    #: [S]
    email: Mapped[bytes | None]
    #: Finds the account of an address without keeping the address readable.
    email_hmac: Mapped[str | None] = mapped_column(unique=True)
    #: argon2id, in its own notation, which holds salt and cost.
    password_hash: Mapped[str | None]
    #: [S] The second factor; it counts from `totp_since` on, once its first code was right.
    totp_secret: Mapped[bytes | None]
    totp_since: Mapped[datetime | None]
    #: The newest step of 30 s whose code was used: no code works twice.
    totp_step: Mapped[int | None]
    #: May manage the node itself, not only collectives.
    is_operator: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    language: Mapped[str | None]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: Knows the secret address of the feed that says what waits, without keeping it.
    feed_token_hash: Mapped[str | None]


class Membership(Base):
    """What an account may do for a collective."""

    __tablename__ = "memberships"
    __table_args__ = (
        one_of("role", "owner", "editor", "author", "translator", "moderator", "signer", "reader"),
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime]


class SignInLink(Base):
    """A link that signs an account in once."""

    __tablename__ = "sign_in_links"
    __table_args__ = (Index("ix_sign_in_links_account_id", "account_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that stands in once for a lost second factor; only its digest is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index("ix_recovery_codes_account_id", "account_id"),)

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]


class SignInSession(Base):
    """A browser that is signed in; before its second factor `is_complete` is false."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_account_id", "account_id"),)

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    is_complete: Mapped[bool] = mapped_column(server_default=text("true"), default=True)
    #: What the member reads to tell its browsers apart, such as "Firefox, Android".
    browser: Mapped[str] = mapped_column(server_default=text("''"), default="")


class AuditEntry(Base):
    """Who did what here, in a chain."""

    __tablename__ = "audit"
    __table_args__ = (APPEND_ONLY,)

    id: Mapped[RowId]
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str]
    subject: Mapped[str]
    details: Mapped[bytes | None]
    previous: Mapped[str | None]
    hash: Mapped[str] = mapped_column(unique=True)


class Decision(Base):
    """A question that k of n members answer. In a collective one is open about the same thing at most."""

    __tablename__ = "decisions"
    __table_args__ = (
        one_of("state", "open", "approved", "executed", "refused", "expired", "cancelled", "stopped"),
        Index(
            "uq_decisions_open",
            "collective_id",
            "action",
            "subject_uri",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    action: Mapped[str]
    subject_uri: Mapped[str]
    #: A JSON document.
    parameters: Mapped[bytes]
    digest: Mapped[str]
    needed: Mapped[int]
    not_before: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    #: Why it ended, in words, where it was not executed.
    reason: Mapped[str | None]
    executed_at: Mapped[datetime | None]
    #: When enough had agreed; it is acted on so many minutes later, unless a member stops it.
    agreed_at: Mapped[datetime | None]
    cooling_minutes: Mapped[int] = mapped_column(server_default="0", default=0)
    #: When it ended, however it did.
    ended_at: Mapped[datetime | None]
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class Vote(Base):
    """One account's answer, bound to the digest of what it saw."""

    __tablename__ = "votes"
    __table_args__ = (one_of("choice", "yes", "no"),)

    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    choice: Mapped[str]
    digest: Mapped[str]
    at: Mapped[datetime]


class Mail(Base):
    """A mail to send. AAD uid: `dedupe_key`."""

    __tablename__ = "mail"
    __table_args__ = (
        one_of("state", "waiting", "sent", "failed"),
        Index("ix_mail_state_due_at", "state", "due_at"),
        QUEUE,
    )

    id: Mapped[RowId]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    #: [S]
    recipient: Mapped[bytes]
    template: Mapped[str]
    language: Mapped[str]
    #: [S] A JSON document.
    parameters: Mapped[bytes]
    due_at: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)


class Lease(Base):
    """A part that only one process may play at a time."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    until: Mapped[datetime]


class Invalidation(Base):
    """A note to the other processes: what they keep in memory under this key is old."""

    __tablename__ = "invalidations"
    __table_args__ = (Index("ix_invalidations_at", "at"), APPEND_ONLY)

    id: Mapped[RowId]
    key: Mapped[str]
    at: Mapped[datetime]
