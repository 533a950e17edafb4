"""Members are told what they are to know, each as they want to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, empty: everybody is told as usual."""
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("mailed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_notices_account_id"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_notices_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("account_id", "cause", name="uq_notices_account_id_cause"),
    )
    op.create_index("ix_notices_account_id_at", "notices", ["account_id", "at"])
    unmailed = sa.text("mailed_at IS NULL")
    op.create_index(
        "ix_notices_unmailed", "notices", ["account_id"], sqlite_where=unmailed, postgresql_where=unmailed
    )
    op.create_table(
        "notice_choices",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pace", sa.Text(), nullable=False),
        sa.CheckConstraint("pace IN ('daily', 'at-once', 'never')", name="ck_notice_choices_pace_known"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_notice_choices_account_id"),
        sa.PrimaryKeyConstraint("account_id", "kind", name="pk_notice_choices"),
    )
