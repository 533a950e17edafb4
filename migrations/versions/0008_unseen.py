"""Signatures whose own server did not answer when it was asked for them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column: empty for all, as if they had answered."""
    op.add_column("cosignatures", sa.Column("unseen_at", sa.BigInteger(), nullable=True))
