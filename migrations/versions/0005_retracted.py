"""When the author of a statement that is kept here took it back."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column, empty for all."""
    op.add_column("kept_statements", sa.Column("retracted_at", sa.BigInteger(), nullable=True))
