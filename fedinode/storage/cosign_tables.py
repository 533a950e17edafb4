"""Co-signing: statement texts as seen, signatures, evidence, and a chained log.

One row stands for both sides of a signature, since author and signer may live on this node.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import APPEND_ONLY, Base, RowId, one_of

_STANDING = text("author_state = 'accepted' AND ended_at IS NULL")
_AUTHOR_STATES = (
    "invited",
    "declined",
    "cancelled",
    "expired",
    "requested",
    "pending",
    "accepted",
    "rejected",
    "void",
    "withdrawn",
    "removed",
    "superseded",
)
_SIGNER_STATES = (
    "received",
    "voting",
    "signed",
    "sent",
    "accepted",
    "rejected",
    "unanswered",
    "seen",
    "public",
    "mismatch",
    "withdrawn",
)


class StatementVersion(Base):
    """A text of a statement as seen here. Two texts under one number stay side by side: that is the proof."""

    __tablename__ = "statement_versions"

    statement_uri: Mapped[str] = mapped_column(primary_key=True)
    text_digest: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    author_uri: Mapped[str]
    #: The page that a public document names, by which people know it.
    page_url: Mapped[str | None]
    #: [P] AAD uid: `text_digest`.
    signed_text: Mapped[bytes | None]
    #: [P]
    body: Mapped[bytes | None]
    first_seen_at: Mapped[datetime]
    public_at: Mapped[datetime | None]


class CoSignature(Base):
    """One cell's signature under one text: the signer's object and the author's stamp."""

    __tablename__ = "cosignatures"
    __table_args__ = (
        one_of("author_state", *_AUTHOR_STATES),
        one_of("signer_state", *_SIGNER_STATES),
        Index(
            "uq_cosignatures_standing",
            "statement_uri",
            "signer_uri",
            unique=True,
            sqlite_where=_STANDING,
            postgresql_where=_STANDING,
        ),
    )

    id: Mapped[RowId]
    uri: Mapped[str] = mapped_column(unique=True)
    statement_uri: Mapped[str]
    revision: Mapped[int]
    text_digest: Mapped[str]
    signer_uri: Mapped[str]
    author_state: Mapped[str | None]
    signer_state: Mapped[str | None]
    role: Mapped[str | None]
    name: Mapped[str | None]
    body: Mapped[bytes | None]
    digest: Mapped[str | None]
    #: The id of the CoSignRequest that it came in, which answers name.
    request_uri: Mapped[str | None]
    #: When it was verified and stored; a signature that was not verified is never listed.
    verified_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    removal_body: Mapped[bytes | None]
    stamp_uri: Mapped[str | None] = mapped_column(unique=True)
    stamp_body: Mapped[bytes | None]
    withdrawal_body: Mapped[bytes | None]
    reason: Mapped[str | None]
    checked_live_at: Mapped[datetime | None]
    #: When it was last looked for at its own address and nobody answered. Empty: somebody did, the last time.
    unseen_at: Mapped[datetime | None]


class Invitation(Base):
    """An author asked a cell to sign a draft. One row for both sides. AAD uid: `uri`."""

    __tablename__ = "invitations"
    __table_args__ = (
        one_of("state", "open", "declined", "cancelled", "expired", "answered"),
        one_of("role", "cosigner", "issuer"),
        UniqueConstraint("statement_uri", "revision", "cell_uri"),
        Index("ix_invitations_state", "state", "ends_at"),
    )

    id: Mapped[RowId]
    #: The id of the Invite.
    uri: Mapped[str] = mapped_column(unique=True)
    statement_uri: Mapped[str]
    revision: Mapped[int]
    text_digest: Mapped[str]
    author_uri: Mapped[str]
    cell_uri: Mapped[str]
    role: Mapped[str]
    state: Mapped[str]
    #: [S] The Invite, which carries the draft.
    body: Mapped[bytes]
    #: [S] Why it was declined, and what the cell would like to read instead.
    reason: Mapped[bytes | None]
    ends_at: Mapped[datetime]
    publish_before: Mapped[datetime | None]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class KeptStatement(Base):
    """A public text whose list this node keeps: its own, or one that a collective of ours signed."""

    __tablename__ = "kept_statements"
    __table_args__ = (
        Index("ix_kept_statements_checkpoint_due_at", "checkpoint_due_at"),
        Index("ix_kept_statements_pull_due_at", "pull_due_at"),
    )

    statement_uri: Mapped[str] = mapped_column(primary_key=True)
    text_digest: Mapped[str]
    author_uri: Mapped[str]
    #: The collective of ours that keeps it: its author, or a signer.
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    is_own: Mapped[bool]
    checkpoint_body: Mapped[bytes | None]
    tally_body: Mapped[bytes | None]
    #: Own ones: when the next checkpoint is to be made. Empty: nothing has changed since.
    checkpoint_due_at: Mapped[datetime | None]
    #: Others': when to ask for the list again.
    pull_due_at: Mapped[datetime | None]
    pulled_at: Mapped[datetime | None]
    #: Since when the origin has not answered. Empty: it did, the last time.
    silent_since: Mapped[datetime | None]
    #: What is wrong with the author's list, as told to the admins.
    alarm: Mapped[str | None]
    #: When the author took the statement back. The copy stays until the members decide.
    retracted_at: Mapped[datetime | None]
    #: How many names of people its list has, and the time that the author wrote on it. Empty: there is none.
    names_total: Mapped[int | None]
    names_published_at: Mapped[datetime | None]
    #: Own ones: when the list was made. Others': when the author last showed it.
    names_at: Mapped[datetime | None]


class Evidence(Base):
    """A signed document that proves a key, a text, a signature or its end, by the digest of its bytes."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of(
            "kind", "actor", "article", "entry", "checkpoint", "tally", "withdrawal", "removal", "witness"
        ),
    )

    digest: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    body: Mapped[bytes]
    source_uri: Mapped[str]
    first_seen_at: Mapped[datetime]


class SignatureLogEntry(Base):
    """A link in the chain of what happened to signatures, without names: erasure must not break it."""

    __tablename__ = "signature_log"
    __table_args__ = (APPEND_ONLY,)

    id: Mapped[RowId]
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    event: Mapped[str]
    subject_hmac: Mapped[str]
    at: Mapped[datetime]
    previous: Mapped[str | None]
    hash: Mapped[str] = mapped_column(unique=True)
