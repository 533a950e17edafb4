"""Pinned posts, pictures in several sizes, and what those whom we follow share of others."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them; nothing is pinned, no picture has sizes, and nobody shared anything before."""
    op.add_column("posts", sa.Column("pinned_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "media_sizes",
        sa.Column("media_id", _ID, nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name="fk_media_sizes_media_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "width", name="pk_media_sizes"),
        sa.UniqueConstraint("path", name="uq_media_sizes_path"),
    )
    op.create_table(
        "remote_shares",
        sa.Column("id", _ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("actor_id", _ID, nullable=False),
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_remote_shares_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_remote_shares"),
        sa.UniqueConstraint("activity_uri", name="uq_remote_shares_activity_uri"),
        sa.UniqueConstraint("object_uri", "actor_id", name="uq_remote_shares_object_uri_actor_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_remote_shares_actor_id", "remote_shares", ["actor_id"])
