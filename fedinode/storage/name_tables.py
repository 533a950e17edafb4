"""People who sign with an account of theirs, and names of signers that travel: as pages of ours, as copies.

Nothing here is a record that has to stay: each of these rows is deleted when who it is about wants it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId


class SupporterMessage(Base):
    """A message between a signer's account and us, known again by its digest: nothing that it says stays."""

    __tablename__ = "supporter_messages"
    __table_args__ = (
        Index("ix_supporter_messages_supporter_id", "supporter_id"),
        Index("ix_supporter_messages_actor_hmac", "actor_hmac"),
        Index("ix_supporter_messages_host_hmac", "host_hmac", "at"),
    )

    uri_hmac: Mapped[str] = mapped_column(primary_key=True)
    supporter_id: Mapped[int] = mapped_column(ForeignKey("supporters.id", ondelete="CASCADE"))
    #: Whose account it is, ours or theirs that wrote.
    actor_hmac: Mapped[str]
    #: The server of that account: how much may come from one of them is limited.
    host_hmac: Mapped[str]
    is_ours: Mapped[bool]
    at: Mapped[datetime]


class SignerListPage(Base):
    """A page of names under a statement of ours, signed; all pages are replaced together."""

    __tablename__ = "signer_list_pages"

    statement_uri: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes]


class CopiedSigner(Base):
    """A name under the copy of somebody else's statement, as its author last listed it."""

    __tablename__ = "copied_signers"
    __table_args__ = (UniqueConstraint("statement_uri", "entry_hmac"),)

    id: Mapped[RowId]
    statement_uri: Mapped[str]
    #: Knows the entry of the author's list again.
    entry_hmac: Mapped[str]
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    role: Mapped[str | None]
    place: Mapped[str | None]
    country: Mapped[str | None]
    handle: Mapped[str | None]
    #: When somebody asked here that it be removed.
    asked_at: Mapped[datetime | None]


class ErasedSigner(Base):
    """A name that was removed here on request, known by its digest, so that no later list brings it back."""

    __tablename__ = "erased_signers"

    statement_uri: Mapped[str] = mapped_column(primary_key=True)
    entry_hmac: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
