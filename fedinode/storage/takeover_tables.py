"""Texts of others that posts of ours bring: where each stands at its source, and what changed there since."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of

_OPEN = text("state = 'open'")


class Takeover(Base):
    """An object of somebody else whose words stand in a post of ours; some sources have one a language."""

    __tablename__ = "takeovers"
    __table_args__ = (
        UniqueConstraint("collective_id", "object_uri"),
        Index("ix_takeovers_object_uri", "object_uri"),
        Index("ix_takeovers_post_id", "post_id"),
    )

    id: Mapped[RowId]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    object_uri: Mapped[str]
    #: Its page, by which people may name it again.
    page_url: Mapped[str | None]
    actor_uri: Mapped[str]
    #: Which languages it brought, with blanks between them.
    languages: Mapped[str]
    #: Of the words as they were taken over.
    digest: Mapped[str]
    #: Whether the author's signature over exactly these words was verified.
    is_proven: Mapped[bool]
    #: Whether our editors changed the words since.
    is_changed: Mapped[bool]
    taken_at: Mapped[datetime]
    #: When the source last answered the question whether it still says so.
    asked_at: Mapped[datetime]


class Proposal(Base):
    """Other words at a source, or none any more: nothing of it is done before an editor agrees."""

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("kind", "correction", "withdrawal"),
        one_of("state", "open", "accepted", "declined"),
        Index(
            "uq_proposals_open",
            "takeover_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_proposals_takeover_id", "takeover_id"),
    )

    id: Mapped[RowId]
    takeover_id: Mapped[int] = mapped_column(ForeignKey("takeovers.id"))
    kind: Mapped[str]
    #: The source's document as it is now; empty for a withdrawal, and once the proposal was answered.
    body: Mapped[bytes | None]
    #: Of its words; empty for a withdrawal.
    digest: Mapped[str | None]
    state: Mapped[str]
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
