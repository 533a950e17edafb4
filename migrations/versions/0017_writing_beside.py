"""Pictures are uploaded for texts that are being written, and translators see what changed since."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables."""
    _create_files()
    _create_translations()


def _create_files() -> None:
    op.create_table(
        "manuscript_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("manuscript_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("shows_faces", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manuscript_id"],
            ["manuscripts.id"],
            name="fk_manuscript_files_manuscript_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_manuscript_files_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_manuscript_files"),
        sa.UniqueConstraint("manuscript_id", "name", name="uq_manuscript_files_manuscript_id_name"),
    )


def _create_translations() -> None:
    op.create_table(
        "manuscript_translations",
        sa.Column("id", ID, nullable=False),
        sa.Column("manuscript_id", ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("original", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manuscript_id"],
            ["manuscripts.id"],
            name="fk_manuscript_translations_manuscript_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_manuscript_translations_account_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_manuscript_translations"),
        sa.UniqueConstraint(
            "manuscript_id", "language", name="uq_manuscript_translations_manuscript_id_language"
        ),
    )
