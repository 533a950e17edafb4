"""Two collectives of one node decide apart about the same statement."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    """Let one decision be open about a thing in each collective, not on the whole node."""
    op.drop_index("uq_decisions_open", table_name="decisions")
    op.create_index(
        "uq_decisions_open",
        "decisions",
        ["collective_id", "action", "subject_uri"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
