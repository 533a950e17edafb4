"""Texts that were taken over from others, and what their sources propose since."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables, empty: nothing was taken over before."""
    op.create_table(
        "takeovers",
        sa.Column("id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("is_proven", sa.Boolean(), nullable=False),
        sa.Column("is_changed", sa.Boolean(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_takeovers_collective_id"),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_takeovers_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_takeovers"),
        sa.UniqueConstraint("collective_id", "object_uri", name="uq_takeovers_collective_id_object_uri"),
    )
    op.create_index("ix_takeovers_object_uri", "takeovers", ["object_uri"])
    op.create_index("ix_takeovers_post_id", "takeovers", ["post_id"])
    op.create_table(
        "proposals",
        sa.Column("id", ID, nullable=False),
        sa.Column("takeover_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('correction', 'withdrawal')", name="ck_proposals_kind_known"),
        sa.CheckConstraint("state IN ('open', 'accepted', 'declined')", name="ck_proposals_state_known"),
        sa.ForeignKeyConstraint(["takeover_id"], ["takeovers.id"], name="fk_proposals_takeover_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_takeover_id", "proposals", ["takeover_id"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_proposals_open",
        "proposals",
        ["takeover_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
