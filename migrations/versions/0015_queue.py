"""One queue for moderators: complaints with what became of them, notes, and who is at what."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STATES = "state IN ('open', 'resolved', 'dismissed')"
_KINDS = "kind IN ('reply', 'request', 'signature', 'consent', 'report')"


def upgrade() -> None:
    """Give complaints a collective and an outcome, and make the other tables, empty."""
    _change_reports()
    op.create_table(
        "sent_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_sent_reports_collective_id"),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name="fk_sent_reports_activity_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sent_reports_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sent_reports"),
        sa.UniqueConstraint("activity_id", name="uq_sent_reports_activity_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sent_reports_collective_id", "sent_reports", ["collective_id", "id"])
    _make_notes_and_claims()


def _change_reports() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    with op.batch_alter_table("reports", recreate="auto" if is_postgresql else "always") as batch:
        batch.drop_constraint("ck_reports_state_known", type_="check")
        batch.create_check_constraint("ck_reports_state_known", _STATES)
        batch.alter_column("activity_uri", existing_type=sa.Text(), nullable=True)
        batch.alter_column("actor_uri", existing_type=sa.Text(), nullable=True)
        batch.add_column(sa.Column("collective_id", ID, nullable=True))
        batch.add_column(sa.Column("about_name", sa.Text(), nullable=True))
        batch.add_column(sa.Column("repeats", sa.BigInteger(), server_default=sa.text("'0'"), nullable=False))
        batch.add_column(sa.Column("decided_by", ID, nullable=True))
        batch.add_column(sa.Column("deed", sa.Text(), nullable=True))
        batch.create_foreign_key("fk_reports_collective_id", "collectives", ["collective_id"], ["id"])
        batch.create_foreign_key("fk_reports_decided_by", "accounts", ["decided_by"], ["id"])


def _make_notes_and_claims() -> None:
    op.create_table(
        "moderation_notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collective_id"], ["collectives.id"], name="fk_moderation_notes_collective_id"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_moderation_notes_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_notes"),
        sa.UniqueConstraint("uid", name="uq_moderation_notes_uid"),
    )
    op.create_index("ix_moderation_notes_subject", "moderation_notes", ["collective_id", "subject", "id"])
    op.create_table(
        "moderation_claims",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(_KINDS, name="ck_moderation_claims_kind_known"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_moderation_claims_account_id"),
        sa.PrimaryKeyConstraint("kind", "number", name="pk_moderation_claims"),
    )
    op.create_index("ix_moderation_claims_account_id", "moderation_claims", ["account_id"])
