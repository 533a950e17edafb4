"""What the members agreed to waits for a while, in which each of them can stop it; blocking, too."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KNOWN = "state IN ('open', 'approved', 'executed', 'refused', 'expired', 'cancelled', 'stopped')"


def upgrade() -> None:
    """Add the columns; nothing waits yet, and one member blocks, as before."""
    op.add_column("collectives", sa.Column("block_k", sa.BigInteger(), nullable=True))
    op.add_column(
        "collectives", sa.Column("cooling_minutes", sa.BigInteger(), server_default="0", nullable=False)
    )
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    if is_postgresql:
        op.drop_constraint("ck_decisions_state_known", "decisions", type_="check")
    # SQLite makes the table anew, without its CHECK.
    with op.batch_alter_table("decisions", recreate="auto" if is_postgresql else "always") as batch:
        batch.add_column(sa.Column("agreed_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("cooling_minutes", sa.BigInteger(), server_default="0", nullable=False))
        batch.add_column(sa.Column("ended_at", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("stopped_by", ID, nullable=True))
        batch.create_check_constraint("ck_decisions_state_known", _KNOWN)
        batch.create_foreign_key("fk_decisions_stopped_by", "accounts", ["stopped_by"], ["id"])
    op.execute(sa.text("UPDATE decisions SET ended_at = executed_at WHERE executed_at IS NOT NULL"))
