"""Members sign in: passwords, second factors, recovery codes, and what tells their browsers apart."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, empty: nobody has a password yet."""
    op.add_column("accounts", sa.Column("password_hash", sa.Text(), nullable=True))
    op.add_column("accounts", sa.Column("totp_since", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("totp_step", sa.BigInteger(), nullable=True))
    op.add_column(
        "sessions",
        sa.Column("is_complete", sa.Boolean(), server_default=sa.text("true"), nullable=False),
    )
    op.add_column("sessions", sa.Column("browser", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "recovery_codes",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recovery_codes_account_id"),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])
