"""Collectives have rules for what they share of those whom they follow, and know what a rule did."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, empty: nothing is shared by itself."""
    op.create_table(
        "sharing_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("mode IN ('auto', 'propose', 'never')", name="ck_sharing_rules_mode_known"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_sharing_rules_collective_id"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sharing_rules_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sharing_rules"),
        sa.UniqueConstraint("collective_id", "subject", name="uq_sharing_rules_collective_id_subject"),
    )
    op.create_index("ix_sharing_rules_subject", "sharing_rules", ["subject"])
    op.create_table(
        "rule_matches",
        sa.Column("id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("rule_id", ID, nullable=True),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'shared', 'dismissed', 'ended')", name="ck_rule_matches_state_known"
        ),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_rule_matches_collective_id"),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["sharing_rules.id"], name="fk_rule_matches_rule_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_rule_matches"),
        sa.UniqueConstraint("collective_id", "object_uri", name="uq_rule_matches_collective_id_object_uri"),
    )
    op.create_index("ix_rule_matches_rule_id", "rule_matches", ["rule_id", "made_at"])
    op.create_index("ix_rule_matches_state", "rule_matches", ["state", "collective_id"])
    op.create_index("ix_rule_matches_object_uri", "rule_matches", ["object_uri"])
