"""Levels of domains and actors in a table of their own, rules that hold, what a suspension took back."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NO = sa.text("false")


def upgrade() -> None:
    """Make the tables, and bring the blocks that there are into them."""
    _create_levels()
    op.create_table(
        "holding_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('word', 'part', 'domain', 'shortener', 'new-account', 'links', 'mentions')",
            name="ck_holding_rules_kind_known",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_holding_rules_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_holding_rules"),
    )
    _create_taken_back()
    _create_imports()
    op.add_column("replies", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("follows", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("actors", sa.Column("made_at", sa.BigInteger(), nullable=True))
    op.add_column("actors", sa.Column("first_seen_at", sa.BigInteger(), nullable=True))
    _move_blocks()
    for table in ("peers", "actors"):
        op.drop_column(table, "level_reason")
        op.drop_column(table, "level_at")


def _create_levels() -> None:
    op.create_table(
        "levels",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("is_actor", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("rejects_media", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("rejects_reports", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("is_obfuscated", sa.Boolean(), server_default=NO, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("public_reason", sa.Text(), nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.CheckConstraint(
            "level IN ('trusted', 'open', 'held', 'silence', 'suspend')", name="ck_levels_level_known"
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_levels_account_id"),
        sa.PrimaryKeyConstraint("subject", name="pk_levels"),
    )
    op.create_index("ix_levels_level", "levels", ["level", "subject"])
    op.create_table(
        "allowed_domains",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_allowed_domains_account_id"),
        sa.PrimaryKeyConstraint("host", name="pk_allowed_domains"),
    )


def _create_taken_back() -> None:
    op.create_table(
        "taken_back",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=True),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('follow', 'reply', 'reaction', 'share', 'object')", name="ck_taken_back_kind_known"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_taken_back_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_taken_back"),
    )
    op.create_index("ix_taken_back_actor_id", "taken_back", ["actor_id", "id"])
    op.create_index("ix_taken_back_taken_at", "taken_back", ["taken_at"])


def _create_imports() -> None:
    op.create_table(
        "level_imports",
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("done_rows", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_level_imports_account_id"),
        sa.PrimaryKeyConstraint("uid", name="pk_level_imports"),
    )
    op.create_index("ix_level_imports_expires_at", "level_imports", ["expires_at"])


def _move_blocks() -> None:
    for table, subject, is_actor in (("peers", "host", False), ("actors", "uri", True)):
        op.execute(
            sa.text(
                "INSERT INTO levels (subject, is_actor, level, reason, set_at) "
                f"SELECT {subject}, :is_actor, level, level_reason, COALESCE(level_at, 0) "
                f"FROM {table} WHERE level <> 'none'"
            ).bindparams(is_actor=is_actor)
        )
    _mark_peers_under_blocked_domains()


def _mark_peers_under_blocked_domains() -> None:
    connection = op.get_bind()
    rank = {"none": 0, "silence": 1, "suspend": 2}
    rows = connection.execute(sa.text("SELECT subject, level FROM levels WHERE NOT is_actor"))
    blocked = {row.subject: row.level for row in rows}
    if not blocked:
        return
    for row in connection.execute(sa.text("SELECT id, host, level FROM peers")).all():
        labels = row.host.partition(":")[0].split(".")
        above = [blocked.get(".".join(labels[number:]), "none") for number in range(len(labels))]
        strongest = max([row.level, *above], key=rank.__getitem__)
        if strongest != row.level:
            update = sa.text("UPDATE peers SET level = :level WHERE id = :id")
            connection.execute(update.bindparams(level=strongest, id=row.id))
