"""People sign: the states of a signature, what an author set about them, and mailboxes that want no mail."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()

_SIGNED = sa.text("state <> 'pending'")
_STATES = {"unconfirmed": "pending", "held": "suspect", "refused": "invalidated"}
_KEPT = (
    "uid",
    "object_id",
    "text_digest",
    "method",
    "identity_hmac",
    "shown",
    "name",
    "kind",
    "role",
    "city",
    "country",
    "state",
    "token_hash",
    "sent_at",
    "email",
    "actor_uri",
    "evidence_uri",
    "confirmed_at",
    "reason",
)


def upgrade() -> None:
    """Make two tables, and one anew: until now only organisations stood in it, a few under each statement."""
    _sign_forms()
    _mail_blocks()
    columns = ", ".join(_KEPT)
    standing = (
        op.get_bind().execute(sa.text(f"SELECT {columns} FROM supporters ORDER BY id")).mappings().all()
    )
    op.drop_table("supporters")
    table = _supporters()
    rows = [_as_now(row) for row in standing]
    if rows:
        op.bulk_insert(table, rows)


def _as_now(row: Any) -> dict[str, Any]:
    values = dict(row)
    values["state"] = _STATES.get(row["state"], row["state"])
    values["created_at"] = row["confirmed_at"] or row["sent_at"] or 0
    return values


def _sign_forms() -> None:
    op.create_table(
        "sign_forms",
        sa.Column("object_id", ID, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("goal", sa.BigInteger(), nullable=True),
        sa.Column("listing", sa.Text(), server_default="list", nullable=False),
        sa.Column("smallest_group", sa.BigInteger(), server_default="5", nullable=False),
        sa.CheckConstraint("listing IN ('list', 'numbers', 'hidden')", name="ck_sign_forms_listing_known"),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_sign_forms_object_id"),
        sa.PrimaryKeyConstraint("object_id", name="pk_sign_forms"),
    )


def _mail_blocks() -> None:
    op.create_table(
        "mail_blocks",
        sa.Column("mailbox_hmac", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("reason IN ('disowned', 'refused')", name="ck_mail_blocks_reason_known"),
        sa.PrimaryKeyConstraint("mailbox_hmac", name="pk_mail_blocks"),
    )


def _supporters() -> sa.Table:
    table = op.create_table("supporters", *_columns(), *_constraints())
    op.create_index(
        "uq_supporters_identity",
        "supporters",
        ["object_id", "identity_hmac"],
        unique=True,
        sqlite_where=_SIGNED,
        postgresql_where=_SIGNED,
    )
    op.create_index("ix_supporters_state", "supporters", ["object_id", "state", "confirmed_at"])
    op.create_index("ix_supporters_identity_hmac", "supporters", ["identity_hmac"])
    op.create_index("ix_supporters_actor_uri", "supporters", ["actor_uri"])
    return table


def _columns() -> Sequence[sa.Column[Any]]:
    return (
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("identity_hmac", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("wants_updates", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("actor_uri", sa.Text(), nullable=True),
        sa.Column("evidence_uri", sa.Text(), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
    )


def _constraints() -> Sequence[sa.Constraint]:
    return (
        sa.CheckConstraint("kind IN ('person', 'organisation')", name="ck_supporters_kind_known"),
        sa.CheckConstraint("method IN ('mail', 'fediverse', 'paper')", name="ck_supporters_method_known"),
        sa.CheckConstraint("shown IN ('number', 'here', 'everywhere')", name="ck_supporters_shown_known"),
        sa.CheckConstraint(
            "state IN ('pending', 'confirmed', 'suspect', 'withdrawn', 'invalidated')",
            name="ck_supporters_state_known",
        ),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_supporters_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_supporters"),
        sa.UniqueConstraint("token_hash", name="uq_supporters_token_hash"),
        sa.UniqueConstraint("uid", name="uq_supporters_uid"),
    )
