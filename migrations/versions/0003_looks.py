"""The colour that a collective chose for its pages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column, empty for all."""
    op.add_column("collectives", sa.Column("accent", sa.Text(), nullable=True))
