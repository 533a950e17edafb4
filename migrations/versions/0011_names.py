"""People sign with their accounts, and names travel: messages known again, pages of names, copies of them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Add four tables and what is known of a list of names."""
    for column, kind in (
        ("names_total", sa.BigInteger()),
        ("names_published_at", _INSTANT),
        ("names_at", _INSTANT),
    ):
        op.add_column("kept_statements", sa.Column(column, kind, nullable=True))
    _messages()
    _pages()
    _copies()


def _messages() -> None:
    op.create_table(
        "supporter_messages",
        sa.Column("uri_hmac", sa.Text(), nullable=False),
        sa.Column("supporter_id", _ID, nullable=False),
        sa.Column("actor_hmac", sa.Text(), nullable=False),
        sa.Column("host_hmac", sa.Text(), nullable=False),
        sa.Column("is_ours", sa.Boolean(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["supporter_id"],
            ["supporters.id"],
            name="fk_supporter_messages_supporter_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("uri_hmac", name="pk_supporter_messages"),
    )
    op.create_index("ix_supporter_messages_supporter_id", "supporter_messages", ["supporter_id"])
    op.create_index("ix_supporter_messages_actor_hmac", "supporter_messages", ["actor_hmac"])
    op.create_index("ix_supporter_messages_host_hmac", "supporter_messages", ["host_hmac", "at"])


def _pages() -> None:
    op.create_table(
        "signer_list_pages",
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("statement_uri", "number", name="pk_signer_list_pages"),
    )


def _copies() -> None:
    op.create_table(
        "copied_signers",
        sa.Column("id", _ID, nullable=False),
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("entry_hmac", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("asked_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_copied_signers"),
        sa.UniqueConstraint("statement_uri", "entry_hmac", name="uq_copied_signers_statement_uri_entry_hmac"),
    )
    op.create_table(
        "erased_signers",
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("entry_hmac", sa.Text(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("statement_uri", "entry_hmac", name="pk_erased_signers"),
    )
