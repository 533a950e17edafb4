"""Who is let in and how far: levels of domains and actors, the list of allowed domains, rules that hold.

And what a suspension took back, kept for the time in which it can be lifted.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of

_NO = text("false")


class Level(Base):
    """What was decided about a domain, with everything under it, or about an actor."""

    __tablename__ = "levels"
    __table_args__ = (
        one_of("level", "trusted", "open", "held", "silence", "suspend"),
        Index("ix_levels_level", "level", "subject"),
    )

    #: A host as rows have it, or the id of an actor.
    subject: Mapped[str] = mapped_column(primary_key=True)
    is_actor: Mapped[bool]
    level: Mapped[str]
    #: Nothing of their pictures is kept or shown.
    rejects_media: Mapped[bool] = mapped_column(server_default=_NO, default=False)
    #: Their reports are not taken.
    rejects_reports: Mapped[bool] = mapped_column(server_default=_NO, default=False)
    #: Whoever publishes the list makes the name unreadable.
    is_obfuscated: Mapped[bool] = mapped_column(server_default=_NO, default=False)
    #: For the members alone; `public_reason` goes into the file that others read.
    reason: Mapped[str | None]
    public_reason: Mapped[str | None]
    set_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class AllowedDomain(Base):
    """A domain, with everything under it, that may federate where only listed ones do."""

    __tablename__ = "allowed_domains"

    host: Mapped[str] = mapped_column(primary_key=True)
    added_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class HoldingRule(Base):
    """What lets something wait for a person, whoever sent it."""

    __tablename__ = "holding_rules"
    __table_args__ = (
        one_of("kind", "word", "part", "domain", "shortener", "new-account", "links", "mentions"),
    )

    id: Mapped[RowId]
    kind: Mapped[str]
    #: A word, a domain, a number of days or of links; empty for a rule without one.
    value: Mapped[str]
    added_at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))


class TakenBack(Base):
    """Something of a suspended actor as it was before, for as long as the suspension can be undone."""

    __tablename__ = "taken_back"
    __table_args__ = (
        one_of("kind", "follow", "reply", "reaction", "share", "object"),
        Index("ix_taken_back_actor_id", "actor_id", "id"),
        Index("ix_taken_back_taken_at", "taken_at"),
    )

    id: Mapped[RowId]
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    kind: Mapped[str]
    #: The row, where one is left.
    row_id: Mapped[int | None]
    #: What it said before, as a JSON document.
    before: Mapped[bytes]
    taken_at: Mapped[datetime]


class LevelImport(Base):
    """A list of domains that somebody brought, between its preview and its end."""

    __tablename__ = "level_imports"
    __table_args__ = (Index("ix_level_imports_expires_at", "expires_at"),)

    uid: Mapped[str] = mapped_column(primary_key=True)
    #: Empty: at the machine itself.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    #: The file as it came, in UTF-8.
    body: Mapped[bytes]
    digest: Mapped[str]
    #: How many of its good rows are done.
    done_rows: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
