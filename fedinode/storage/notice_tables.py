"""What members are told, without saying what it is about, and how each of them wants to be told."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of

_UNMAILED = text("mailed_at IS NULL")


class Notice(Base):
    """That something happened which a member is to know of. No title, no name, no address."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("account_id", "cause"),
        Index("ix_notices_account_id_at", "account_id", "at"),
        Index("ix_notices_unmailed", "account_id", sqlite_where=_UNMAILED, postgresql_where=_UNMAILED),
    )

    id: Mapped[RowId]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    #: Empty for what concerns the member alone, or the whole node.
    collective_id: Mapped[int | None] = mapped_column(ForeignKey("collectives.id"))
    kind: Mapped[str]
    #: A keyed digest of what brought it about: the same is told once.
    cause: Mapped[str]
    at: Mapped[datetime]
    #: When it went out by mail, or was left out because the member wants none.
    mailed_at: Mapped[datetime | None]


class NoticeChoice(Base):
    """How a member wants to be told of a kind of things, where it is not as usual."""

    __tablename__ = "notice_choices"
    __table_args__ = (one_of("pace", "daily", "at-once", "never"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    pace: Mapped[str]
