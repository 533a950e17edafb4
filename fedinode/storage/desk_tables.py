"""Texts that members work on at the desk: working copies and their versions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base, RowId, one_of

_OPEN = text("state = 'open'")


class WorkingCopy(Base):
    """A text that is being written, of a post or of none yet. AAD uid: `uid`."""

    __tablename__ = "manuscripts"
    __table_args__ = (
        one_of("state", "open", "released", "dropped"),
        one_of("kind", "statement", "news", "event", "page"),
        Index("ix_manuscripts_collective_id_state", "collective_id", "state", "updated_at"),
        # A post is changed in one place at a time.
        Index(
            "uq_manuscripts_post_id",
            "post_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    kind: Mapped[str]
    #: As the text says; what a reader of the list is told.
    language: Mapped[str]
    #: [S] The title, for lists.
    title: Mapped[bytes | None]
    state: Mapped[str]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WorkingVersion(Base):
    """A saved state of a working copy. AAD uid: "UID.NUMBER"."""

    __tablename__ = "manuscript_versions"
    __table_args__ = (UniqueConstraint("manuscript_id", "number"),)

    id: Mapped[RowId]
    manuscript_id: Mapped[int] = mapped_column(ForeignKey("manuscripts.id", ondelete="CASCADE"))
    number: Mapped[int]
    #: What its writer had before them; empty for the first.
    base_number: Mapped[int | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    saved_at: Mapped[datetime]
    #: Saved by the page itself, not by the button.
    is_auto: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    #: Kept beside the text, because somebody else had changed the same part: nobody's words are lost.
    is_aside: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    #: Which page in a browser it comes from: what the same page sends next was made of it.
    page: Mapped[str | None]
    #: [S] A manuscript file as it is: front matter and Markdown.
    source: Mapped[bytes]


class WorkingFile(Base):
    """A picture that was uploaded for a working copy, cleaned. AAD uid: "UID.NAME"."""

    __tablename__ = "manuscript_files"
    __table_args__ = (UniqueConstraint("manuscript_id", "name"),)

    id: Mapped[RowId]
    manuscript_id: Mapped[int] = mapped_column(ForeignKey("manuscripts.id", ondelete="CASCADE"))
    #: Under which the text names it; ours, never the author's.
    name: Mapped[str]
    type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    #: [S] The bytes.
    content: Mapped[bytes]
    #: Faces are to be seen of people who did not agree: then nothing is released.
    shows_faces: Mapped[bool] = mapped_column(server_default=text("false"), default=False)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    added_at: Mapped[datetime]


class WorkingTranslation(Base):
    """What was translated: the original as the translator had it before them. AAD uid: "UID.LANGUAGE"."""

    __tablename__ = "manuscript_translations"
    __table_args__ = (UniqueConstraint("manuscript_id", "language"),)

    id: Mapped[RowId]
    manuscript_id: Mapped[int] = mapped_column(ForeignKey("manuscripts.id", ondelete="CASCADE"))
    language: Mapped[str]
    #: [S] A JSON document: the words of the first language.
    original: Mapped[bytes]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    saved_at: Mapped[datetime]
