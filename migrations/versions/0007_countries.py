"""The country of a cell, where its own document says so."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns, empty for all."""
    op.add_column("collectives", sa.Column("country", sa.Text(), nullable=True))
    op.add_column("actors", sa.Column("country", sa.Text(), nullable=True))
