"""How many members it takes to change, delete and withdraw, and the private feed of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, empty for all: what was not set follows `publish_k` and `cosign_k`."""
    for name in ("edit_k", "delete_k", "withdraw_k"):
        op.add_column("collectives", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("feed_token_hash", sa.Text(), nullable=True))
    op.create_index("ix_accounts_feed_token_hash", "accounts", ["feed_token_hash"], unique=True)
