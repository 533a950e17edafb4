"""What a collective does with the posts of those whom it follows: rules, and what became of each post."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of


class SharingRule(Base):
    """Whether a collective shares by itself what somebody publishes, proposes it to its editors, or never."""

    __tablename__ = "sharing_rules"
    __table_args__ = (
        one_of("mode", "auto", "propose", "never"),
        UniqueConstraint("collective_id", "subject"),
        Index("ix_sharing_rules_subject", "subject"),
    )

    id: Mapped[RowId]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    #: The id of an actor, or a host, which then stands for everybody on it whom the collective follows.
    subject: Mapped[str]
    mode: Mapped[str]
    #: For which kinds of posts, with blanks between them.
    kinds: Mapped[str]
    #: Who set it; empty for the machine.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    set_at: Mapped[datetime]


class RuleMatch(Base):
    """A post that a rule met, once for each collective."""

    __tablename__ = "rule_matches"
    __table_args__ = (
        one_of("state", "proposed", "shared", "dismissed", "ended"),
        UniqueConstraint("collective_id", "object_uri"),
        Index("ix_rule_matches_rule_id", "rule_id", "made_at"),
        Index("ix_rule_matches_state", "state", "collective_id"),
        Index("ix_rule_matches_object_uri", "object_uri"),
    )

    id: Mapped[RowId]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    #: Empty once the rule was taken away.
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("sharing_rules.id", ondelete="SET NULL"))
    object_uri: Mapped[str]
    state: Mapped[str]
    #: The rule shared it by itself.
    is_automatic: Mapped[bool]
    #: Why a rule that shares by itself proposed it instead: 'many' or 'stopped' or 'several-decide'.
    reason: Mapped[str | None]
    made_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
