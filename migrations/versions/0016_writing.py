"""Texts are written at the desk: working copies, and each saved state of them, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Create the tables."""
    _create_copies()
    _create_versions()


def _create_copies() -> None:
    op.create_table(
        "manuscripts",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'released', 'dropped')", name=op.f("ck_manuscripts_state_known")
        ),
        sa.CheckConstraint(
            "kind IN ('statement', 'news', 'event', 'page')", name=op.f("ck_manuscripts_kind_known")
        ),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_manuscripts_collective_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_manuscripts_post_id"),
        sa.ForeignKeyConstraint(["created_by"], ["accounts.id"], name="fk_manuscripts_created_by"),
        sa.PrimaryKeyConstraint("id", name="pk_manuscripts"),
        sa.UniqueConstraint("uid", name="uq_manuscripts_uid"),
    )
    op.create_index(
        "ix_manuscripts_collective_id_state", "manuscripts", ["collective_id", "state", "updated_at"]
    )
    op.create_index(
        "uq_manuscripts_post_id",
        "manuscripts",
        ["post_id"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )


def _create_versions() -> None:
    op.create_table(
        "manuscript_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("manuscript_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("base_number", sa.BigInteger(), nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("is_auto", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_aside", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manuscript_id"],
            ["manuscripts.id"],
            name="fk_manuscript_versions_manuscript_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_manuscript_versions_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_manuscript_versions"),
        sa.UniqueConstraint("manuscript_id", "number", name="uq_manuscript_versions_manuscript_id_number"),
    )
