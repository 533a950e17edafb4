"""A version knows which page of a browser it comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column, empty: of older versions nobody knows."""
    op.add_column("manuscript_versions", sa.Column("page", sa.Text(), nullable=True))
