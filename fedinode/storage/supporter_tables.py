"""People, and groups without a node, that sign a statement; what its author set for them.

Whoever is counted as a number only leaves no name here. An address stands here until it is confirmed, and
longer only where its owner asked for news: always sealed.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of

_SIGNED = text("state <> 'pending'")


class SignForm(Base):
    """What an author set about people who sign a statement. Without a row nobody is asked to."""

    __tablename__ = "sign_forms"
    __table_args__ = (one_of("listing", "list", "numbers", "hidden"),)

    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"), primary_key=True)
    #: Whether people may sign, until `ends_at`.
    is_open: Mapped[bool]
    ends_at: Mapped[datetime | None]
    #: How many signatures are hoped for.
    goal: Mapped[int | None]
    #: How the list is shown: names, numbers only, or not at all.
    listing: Mapped[str] = mapped_column(server_default="list", default="list")
    #: A country is named when so many people signed there: of fewer everybody there would know who they are.
    smallest_group: Mapped[int] = mapped_column(server_default="5", default=5)


class Supporter(Base):
    """A person or a group without a node that signs. AAD uid: `uid`.

    Everybody who asks for a confirmation has a pending row of their own, so that nobody can change what
    another is about to confirm; only one of an identity becomes more than that.
    """

    __tablename__ = "supporters"
    __table_args__ = (
        one_of("method", "mail", "fediverse", "paper"),
        one_of("shown", "number", "here", "everywhere"),
        one_of("kind", "person", "organisation"),
        one_of("state", "pending", "confirmed", "suspect", "withdrawn", "invalidated"),
        Index(
            "uq_supporters_identity",
            "object_id",
            "identity_hmac",
            unique=True,
            sqlite_where=_SIGNED,
            postgresql_where=_SIGNED,
        ),
        Index("ix_supporters_state", "object_id", "state", "confirmed_at"),
        Index("ix_supporters_identity_hmac", "identity_hmac"),
        Index("ix_supporters_actor_uri", "actor_uri"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    text_digest: Mapped[str]
    method: Mapped[str]
    #: Knows an address or an actor again, under this statement alone.
    identity_hmac: Mapped[str]
    shown: Mapped[str]
    #: Empty with `shown` = number, as role and city are.
    name: Mapped[str | None]
    kind: Mapped[str]
    role: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    #: In which language it was signed, and mails are written.
    language: Mapped[str | None]
    state: Mapped[str]
    #: Knows the link of the confirmation. Stays, so that who uses it twice is told what happened.
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    #: When the mail with the link went out; the time to confirm runs from here.
    sent_at: Mapped[datetime | None]
    wants_updates: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    #: [S]
    email: Mapped[bytes | None]
    actor_uri: Mapped[str | None]
    evidence_uri: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    #: When it was withdrawn or invalidated.
    ended_at: Mapped[datetime | None]
    #: Why it is suspect or invalidated. Of a pending one: why it will be suspect.
    reason: Mapped[str | None]


class MailBlock(Base):
    """A mailbox that gets no more mail: of one statement (its owner said so) or of the node (it refuses)."""

    __tablename__ = "mail_blocks"
    __table_args__ = (one_of("reason", "disowned", "refused"),)

    mailbox_hmac: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
