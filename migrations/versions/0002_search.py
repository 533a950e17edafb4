"""The index of the search."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of word stems."""
    op.create_table(
        "search_words",
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("text_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["text_id"], ["texts.id"], name="fk_search_words_text_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stem", "text_id", name="pk_search_words"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_search_words_text_id", "search_words", ["text_id"])
