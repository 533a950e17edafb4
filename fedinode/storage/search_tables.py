"""The index of the search: which word stems stand in which public text, and how much they weigh there.

One plain table for both databases: SQLite's FTS5 knows no word forms and PostgreSQL's dictionaries differ
from machine to machine, so the stems are made by us, and then an index of their own is all that is needed.
"""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import Base


class SearchWord(Base):
    """A stem in a text. Rows exist for public texts alone."""

    __tablename__ = "search_words"
    __table_args__ = (Index("ix_search_words_text_id", "text_id"), {"sqlite_with_rowid": False})

    stem: Mapped[str] = mapped_column(primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("texts.id", ondelete="CASCADE"), primary_key=True)
    weight: Mapped[int]
