"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# Whole numbers of 64 bits on both databases; SQLite numbers its rows only where it reads INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Microseconds since 1970, UTC.
INSTANT = sa.BigInteger()


def upgrade() -> None:
    """Make all tables, parents first."""
    _accounts()
    _cosignatures()
    _evidence()
    _invalidations()
    _invitations()
    _keys()
    _leases()
    _mail()
    _media()
    _node_facts()
    _peers()
    _reports()
    _statement_versions()
    _audit()
    _collectives()
    _inboxes()
    _sessions()
    _sign_in_links()
    _activities()
    _actors()
    _collective_texts()
    _decisions()
    _journal()
    _kept_statements()
    _memberships()
    _posts()
    _actor_keys()
    _deliveries()
    _follows()
    _objects()
    _post_tags()
    _remote_objects()
    _texts()
    _votes()
    _reactions()
    _replies()
    _reshares()
    _revisions()
    _signature_log()
    _slugs()
    _supporters()
    _text_revisions()
    _documents()
    _media_alt()
    _revision_media()
    _revision_texts()
    if op.get_bind().dialect.name == "postgresql":
        # SQLite has it in the table; PostgreSQL cannot refer to a table that is not there yet.
        op.create_foreign_key(
            "fk_objects_current_revision_id", "objects", "revisions", ["current_revision_id"], ["id"]
        )


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("email_hmac", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.LargeBinary(), nullable=True),
        sa.Column("is_operator", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email_hmac", name="uq_accounts_email_hmac"),
        sa.UniqueConstraint("uid", name="uq_accounts_uid"),
    )


def _cosignatures() -> None:
    op.create_table(
        "cosignatures",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("signer_uri", sa.Text(), nullable=False),
        sa.Column("author_state", sa.Text(), nullable=True),
        sa.Column("signer_state", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("request_uri", sa.Text(), nullable=True),
        sa.Column("verified_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("removal_body", sa.LargeBinary(), nullable=True),
        sa.Column("stamp_uri", sa.Text(), nullable=True),
        sa.Column("stamp_body", sa.LargeBinary(), nullable=True),
        sa.Column("withdrawal_body", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("checked_live_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "author_state IN ('invited', 'declined', 'cancelled', 'expired', 'requested', 'pending', 'accepted', 'rejected', 'void', 'withdrawn', 'removed', 'superseded')",  # noqa: E501
            name="ck_cosignatures_author_state_known",
        ),
        sa.CheckConstraint(
            "signer_state IN ('received', 'voting', 'signed', 'sent', 'accepted', 'rejected', 'unanswered', 'seen', 'public', 'mismatch', 'withdrawn')",  # noqa: E501
            name="ck_cosignatures_signer_state_known",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cosignatures"),
        sa.UniqueConstraint("stamp_uri", name="uq_cosignatures_stamp_uri"),
        sa.UniqueConstraint("uri", name="uq_cosignatures_uri"),
    )
    op.create_index(
        "uq_cosignatures_standing",
        "cosignatures",
        ["statement_uri", "signer_uri"],
        unique=True,
        sqlite_where=sa.text("author_state = 'accepted' AND ended_at IS NULL"),
        postgresql_where=sa.text("author_state = 'accepted' AND ended_at IS NULL"),
    )


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("source_uri", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('actor', 'article', 'entry', 'checkpoint', 'tally', 'withdrawal', 'removal', 'witness')",  # noqa: E501
            name="ck_evidence_kind_known",
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_evidence"),
    )


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("author_uri", sa.Text(), nullable=False),
        sa.Column("cell_uri", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("publish_before", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'declined', 'cancelled', 'expired', 'answered')",
            name="ck_invitations_state_known",
        ),
        sa.CheckConstraint("role IN ('cosigner', 'issuer')", name="ck_invitations_role_known"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("uri", name="uq_invitations_uri"),
        sa.UniqueConstraint(
            "statement_uri", "revision", "cell_uri", name="uq_invitations_statement_uri_revision_cell_uri"
        ),
    )
    op.create_index("ix_invitations_state", "invitations", ["state", "ends_at"])


def _invalidations() -> None:
    op.create_table(
        "invalidations",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_invalidations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_invalidations_at", "invalidations", ["at"], unique=False)


def _kept_statements() -> None:
    op.create_table(
        "kept_statements",
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("author_uri", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("checkpoint_body", sa.LargeBinary(), nullable=True),
        sa.Column("tally_body", sa.LargeBinary(), nullable=True),
        sa.Column("checkpoint_due_at", INSTANT, nullable=True),
        sa.Column("pull_due_at", INSTANT, nullable=True),
        sa.Column("pulled_at", INSTANT, nullable=True),
        sa.Column("silent_since", INSTANT, nullable=True),
        sa.Column("alarm", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["collective_id"], ["collectives.id"], name="fk_kept_statements_collective_id"
        ),
        sa.PrimaryKeyConstraint("statement_uri", name="pk_kept_statements"),
    )
    op.create_index("ix_kept_statements_checkpoint_due_at", "kept_statements", ["checkpoint_due_at"])
    op.create_index("ix_kept_statements_pull_due_at", "kept_statements", ["pull_due_at"])


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_uri", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.CheckConstraint("algorithm IN ('rsa', 'ed25519')", name="ck_keys_algorithm_known"),
        sa.CheckConstraint("purpose IN ('delivery', 'proof', 'cosign')", name="ck_keys_purpose_known"),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("key_id", name="uq_keys_key_id"),
    )
    op.create_index("ix_keys_owner_uri", "keys", ["owner_uri", "purpose"], unique=False)


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", ID, nullable=False),
        sa.Column("dedupe_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="ck_mail_state_known"),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.UniqueConstraint("dedupe_key", name="uq_mail_dedupe_key"),
        postgresql_with={
            "fillfactor": "70",
            "autovacuum_vacuum_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.05",
        },
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_state_due_at", "mail", ["state", "due_at"], unique=False)


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
        sa.UniqueConstraint("digest", name="uq_media_digest"),
        sa.UniqueConstraint("uid", name="uq_media_uid"),
    )


def _node_facts() -> None:
    op.create_table(
        "node_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_node_facts"),
    )


def _peers() -> None:
    op.create_table(
        "peers",
        sa.Column("id", ID, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=True),
        sa.Column("dialect_seen_at", INSTANT, nullable=True),
        sa.Column("rfc9421_successes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=True),
        sa.Column("alive_at", INSTANT, nullable=True),
        sa.Column("failing_since", INSTANT, nullable=True),
        sa.Column("failed_at", INSTANT, nullable=True),
        sa.Column("failing_days", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("parked_at", INSTANT, nullable=True),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("clock_skew_s", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Text(), server_default="none", nullable=False),
        sa.Column("level_reason", sa.Text(), nullable=True),
        sa.Column("level_at", INSTANT, nullable=True),
        sa.CheckConstraint("dialect IN ('cavage', 'rfc9421')", name="ck_peers_dialect_known"),
        sa.CheckConstraint("level IN ('none', 'silence', 'suspend')", name="ck_peers_level_known"),
        sa.PrimaryKeyConstraint("id", name="pk_peers"),
        sa.UniqueConstraint("host", name="uq_peers_host"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("object_uris", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name="ck_reports_state_known"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("activity_uri", name="uq_reports_activity_uri"),
        sa.UniqueConstraint("uid", name="uq_reports_uid"),
    )
    op.create_index("ix_reports_state", "reports", ["state", "id"], unique=False)


def _statement_versions() -> None:
    op.create_table(
        "statement_versions",
        sa.Column("statement_uri", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("author_uri", sa.Text(), nullable=False),
        sa.Column("page_url", sa.Text(), nullable=True),
        sa.Column("signed_text", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("public_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("statement_uri", "text_digest", name="pk_statement_versions"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_audit_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("hash", name="uq_audit_hash"),
        sqlite_autoincrement=True,
    )


def _collectives() -> None:
    op.create_table(
        "collectives",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("primary_language", sa.Text(), nullable=False),
        sa.Column("federate", sa.Text(), server_default="primary", nullable=False),
        sa.Column("follow_policy", sa.Text(), nullable=True),
        sa.Column("comments", sa.Text(), server_default="held", nullable=False),
        sa.Column("publish_k", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("cosign_k", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("avatar_media_id", ID, nullable=True),
        sa.Column("header_media_id", ID, nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("comments IN ('held', 'open', 'closed')", name="ck_collectives_comments_known"),
        sa.CheckConstraint("federate IN ('primary', 'each', 'list')", name="ck_collectives_federate_known"),
        sa.CheckConstraint(
            "follow_policy IN ('automatic', 'manual', 'known')", name="ck_collectives_follow_policy_known"
        ),
        sa.CheckConstraint("publish_k >= 1 AND cosign_k >= 1", name="ck_collectives_k_at_least_one"),
        sa.ForeignKeyConstraint(["avatar_media_id"], ["media.id"], name="fk_collectives_avatar_media_id"),
        sa.ForeignKeyConstraint(["header_media_id"], ["media.id"], name="fk_collectives_header_media_id"),
        sa.PrimaryKeyConstraint("id", name="pk_collectives"),
        sa.UniqueConstraint("name", name="uq_collectives_name"),
        sa.UniqueConstraint("uid", name="uq_collectives_uid"),
        sa.UniqueConstraint("uri", name="uq_collectives_uri"),
    )


def _inboxes() -> None:
    op.create_table(
        "inboxes",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("peer_id", ID, nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_inboxes_peer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inboxes"),
        sa.UniqueConstraint("url", name="uq_inboxes_url"),
    )
    op.create_index("ix_inboxes_peer_id", "inboxes", ["peer_id"], unique=False)


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"], unique=False)


def _sign_in_links() -> None:
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sign_in_links_account_id"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sign_in_links"),
    )
    op.create_index("ix_sign_in_links_account_id", "sign_in_links", ["account_id"], unique=False)


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=True),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("cause_key", sa.Text(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_activities_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
        sa.UniqueConstraint("cause_key", name="uq_activities_cause_key"),
        sa.UniqueConstraint("uid", name="uq_activities_uid"),
        sa.UniqueConstraint("uri", name="uq_activities_uri"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activities_collective_id", "activities", ["collective_id", "id"], unique=False)
    op.create_index("ix_activities_object_uri", "activities", ["object_uri"], unique=False)


def _actors() -> None:
    op.create_table(
        "actors",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("peer_id", ID, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("preferred_username", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("handle_checked_at", INSTANT, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("icon_url", sa.Text(), nullable=True),
        sa.Column("followers_uri", sa.Text(), nullable=True),
        sa.Column("inbox_id", ID, nullable=True),
        sa.Column("shared_inbox_id", ID, nullable=True),
        sa.Column("capabilities", sa.Text(), nullable=True),
        sa.Column("also_known_as", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), server_default="none", nullable=False),
        sa.Column("level_reason", sa.Text(), nullable=True),
        sa.Column("level_at", INSTANT, nullable=True),
        sa.Column("fetched_at", INSTANT, nullable=True),
        sa.Column("gone_seen_at", INSTANT, nullable=True),
        sa.Column("gone_at", INSTANT, nullable=True),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.Column("moved_at", INSTANT, nullable=True),
        sa.CheckConstraint("level IN ('none', 'silence', 'suspend')", name="ck_actors_level_known"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name="fk_actors_inbox_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_actors_peer_id"),
        sa.ForeignKeyConstraint(["shared_inbox_id"], ["inboxes.id"], name="fk_actors_shared_inbox_id"),
        sa.PrimaryKeyConstraint("id", name="pk_actors"),
        sa.UniqueConstraint("uri", name="uq_actors_uri"),
    )
    op.create_index("ix_actors_handle", "actors", ["handle"], unique=False)
    op.create_index("ix_actors_peer_id", "actors", ["peer_id"], unique=False)


def _collective_texts() -> None:
    op.create_table(
        "collective_texts",
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about_markdown", sa.Text(), nullable=True),
        sa.Column("about_html", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["collective_id"], ["collectives.id"], name="fk_collective_texts_collective_id"
        ),
        sa.PrimaryKeyConstraint("collective_id", "language", name="pk_collective_texts"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_uri", sa.Text(), nullable=False),
        sa.Column("parameters", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        sa.Column("not_before", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("executed_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'executed', 'refused', 'expired', 'cancelled')",
            name="ck_decisions_state_known",
        ),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_decisions_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint("uid", name="uq_decisions_uid"),
    )
    op.create_index(
        "uq_decisions_open",
        "decisions",
        ["action", "subject_uri"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", ID, nullable=False),
        sa.Column("signature_digest", sa.Text(), nullable=False),
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("activity_type", sa.Text(), nullable=False),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'parked')", name="ck_journal_state_known"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_journal_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint("signature_digest", name="uq_journal_signature_digest"),
        postgresql_with={
            "fillfactor": "70",
            "autovacuum_vacuum_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.05",
        },
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_journal_due",
        "journal",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_journal_state_actor_uri_id", "journal", ["state", "actor_uri", "id"], unique=False)


def _memberships() -> None:
    op.create_table(
        "memberships",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'editor', 'author', 'translator', 'moderator', 'signer', 'reader')",
            name="ck_memberships_role_known",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_memberships_account_id"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_memberships_collective_id"),
        sa.PrimaryKeyConstraint("account_id", "collective_id", "role", name="pk_memberships"),
    )


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("primary_language", sa.Text(), nullable=False),
        sa.Column("import_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("comments", sa.Text(), server_default="held", nullable=False),
        sa.Column("show", sa.Text(), server_default="full", nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("in_reply_to_uri", sa.Text(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("first_public_at", INSTANT, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("comments IN ('held', 'open', 'closed')", name="ck_posts_comments_known"),
        sa.CheckConstraint("kind IN ('statement', 'news', 'event', 'page')", name="ck_posts_kind_known"),
        sa.CheckConstraint("show IN ('teaser', 'full')", name="ck_posts_show_known"),
        sa.CheckConstraint("state IN ('draft', 'public', 'withdrawn')", name="ck_posts_state_known"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_posts_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_posts"),
        sa.UniqueConstraint("collective_id", "import_key", name="uq_posts_collective_id_import_key"),
        sa.UniqueConstraint("uid", name="uq_posts_uid"),
    )
    op.create_index("ix_posts_listed", "posts", ["collective_id", "state", "published_at"], unique=False)
    op.create_index("ix_posts_starts_at", "posts", ["starts_at"], unique=False)


def _actor_keys() -> None:
    op.create_table(
        "actor_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=True),
        sa.CheckConstraint("algorithm IN ('rsa', 'ed25519')", name="ck_actor_keys_algorithm_known"),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["actors.id"], name="fk_actor_keys_actor_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_actor_keys"),
        sa.UniqueConstraint("key_id", "public", name="uq_actor_keys_key_id_public"),
    )
    op.create_index("ix_actor_keys_actor_id", "actor_keys", ["actor_id"], unique=False)


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", ID, nullable=False),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("inbox_id", ID, nullable=False),
        sa.Column("peer_id", ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("last_status", sa.BigInteger(), nullable=True),
        sa.Column("last_words", sa.Text(), nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'leased', 'delivered', 'abandoned', 'parked')",
            name="ck_deliveries_state_known",
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name="fk_deliveries_activity_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inboxes.id"], name="fk_deliveries_inbox_id"),
        sa.ForeignKeyConstraint(["peer_id"], ["peers.id"], name="fk_deliveries_peer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.UniqueConstraint("activity_id", "inbox_id", name="uq_deliveries_activity_id_inbox_id"),
        postgresql_with={
            "fillfactor": "70",
            "autovacuum_vacuum_scale_factor": "0.02",
            "autovacuum_analyze_scale_factor": "0.05",
        },
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_deliveries_inbox_id_object_uri", "deliveries", ["inbox_id", "object_uri"], unique=False
    )
    op.create_index(
        "ix_deliveries_peer_queue",
        "deliveries",
        ["peer_id", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_deliveries_leased",
        "deliveries",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state = 'leased'"),
        postgresql_where=sa.text("state = 'leased'"),
    )
    op.create_index(
        "ix_deliveries_parked",
        "deliveries",
        ["peer_id", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )


def _follows() -> None:
    op.create_table(
        "follows",
        sa.Column("id", ID, nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("follow_uri", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", INSTANT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.CheckConstraint("direction IN ('in', 'out')", name="ck_follows_direction_known"),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'rejected', 'ended')", name="ck_follows_state_known"
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_follows_actor_id"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_follows_collective_id"),
        sa.PrimaryKeyConstraint("id", name="pk_follows"),
        sa.UniqueConstraint(
            "direction", "collective_id", "actor_id", name="uq_follows_direction_collective_id_actor_id"
        ),
    )
    op.create_index("ix_follows_actor_id", "follows", ["actor_id"], unique=False)
    op.create_index(
        "ix_follows_listed", "follows", ["collective_id", "direction", "state", "id"], unique=False
    )


def _objects() -> None:
    op.create_table(
        "objects",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("as_type", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("translation_of_id", ID, nullable=True),
        sa.Column("supersedes_id", ID, nullable=True),
        sa.Column("superseded_at", INSTANT, nullable=True),
        sa.Column("current_revision_id", ID, nullable=True),
        sa.Column("last_updated_at", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["current_revision_id"], ["revisions.id"], name="fk_objects_current_revision_id", use_alter=True
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_objects_post_id"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["objects.id"], name="fk_objects_supersedes_id"),
        sa.ForeignKeyConstraint(["translation_of_id"], ["objects.id"], name="fk_objects_translation_of_id"),
        sa.PrimaryKeyConstraint("id", name="pk_objects"),
        sa.UniqueConstraint("uid", name="uq_objects_uid"),
        sa.UniqueConstraint("uri", name="uq_objects_uri"),
    )
    op.create_index("ix_objects_post_id", "objects", ["post_id"], unique=False)
    op.create_index(
        "uq_objects_post",
        "objects",
        ["post_id"],
        unique=True,
        sqlite_where=sa.text("language IS NULL AND superseded_at IS NULL"),
        postgresql_where=sa.text("language IS NULL AND superseded_at IS NULL"),
    )
    op.create_index(
        "uq_objects_post_language",
        "objects",
        ["post_id", "language"],
        unique=True,
        sqlite_where=sa.text("language IS NOT NULL AND superseded_at IS NULL"),
        postgresql_where=sa.text("language IS NOT NULL AND superseded_at IS NULL"),
    )


def _post_tags() -> None:
    op.create_table(
        "post_tags",
        sa.Column("post_id", ID, nullable=False),
        sa.Column("tag_folded", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_post_tags_post_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("post_id", "tag_folded", name="pk_post_tags"),
    )
    op.create_index("ix_post_tags_tag_folded", "post_tags", ["tag_folded", "post_id"], unique=False)


def _remote_objects() -> None:
    op.create_table(
        "remote_objects",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("html_clean", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("fetched_at", INSTANT, nullable=False),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_remote_objects_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_remote_objects"),
        sa.UniqueConstraint("uri", name="uq_remote_objects_uri"),
    )
    op.create_index(
        "ix_remote_objects_actor_id", "remote_objects", ["actor_id", "published_at"], unique=False
    )


def _texts() -> None:
    op.create_table(
        "texts",
        sa.Column("id", ID, nullable=False),
        sa.Column("post_id", ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("translator", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('own', 'official', 'unofficial', 'machine')", name="ck_texts_status_known"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name="fk_texts_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_texts"),
        sa.UniqueConstraint("post_id", "language", name="uq_texts_post_id_language"),
    )


def _votes() -> None:
    op.create_table(
        "votes",
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("choice IN ('yes', 'no')", name="ck_votes_choice_known"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_votes_account_id"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_votes_decision_id"),
        sa.PrimaryKeyConstraint("decision_id", "account_id", name="pk_votes"),
    )


def _reactions() -> None:
    op.create_table(
        "reactions",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("actor_uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("activity_uri", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('like', 'announce')", name="ck_reactions_kind_known"),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_reactions_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reactions"),
        sa.UniqueConstraint("activity_uri", name="uq_reactions_activity_uri"),
        sa.UniqueConstraint("object_id", "actor_uri", "kind", name="uq_reactions_object_id_actor_uri_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reactions_actor_uri", "reactions", ["actor_uri"], unique=False)


def _replies() -> None:
    op.create_table(
        "replies",
        sa.Column("id", ID, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("in_reply_to_uri", sa.Text(), nullable=False),
        sa.Column("actor_id", ID, nullable=False),
        sa.Column("html_clean", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("updated_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('held', 'shown', 'hidden', 'deleted')", name="ck_replies_state_known"),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name="fk_replies_actor_id"),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_replies_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.UniqueConstraint("uri", name="uq_replies_uri"),
    )
    op.create_index("ix_replies_actor_id", "replies", ["actor_id"], unique=False)
    op.create_index("ix_replies_object_id_state", "replies", ["object_id", "state", "id"], unique=False)
    op.create_index("ix_replies_state", "replies", ["state", "id"], unique=False)


def _reshares() -> None:
    op.create_table(
        "reshares",
        sa.Column("id", ID, nullable=False),
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("object_uri", sa.Text(), nullable=False),
        sa.Column("remote_object_id", ID, nullable=True),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("comment_markdown", sa.Text(), nullable=True),
        sa.Column("comment_html", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activities.id"], name="fk_reshares_activity_id"),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_reshares_collective_id"),
        sa.ForeignKeyConstraint(
            ["remote_object_id"], ["remote_objects.id"], name="fk_reshares_remote_object_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_reshares"),
    )
    op.create_index(
        "uq_reshares_standing",
        "reshares",
        ["collective_id", "object_uri"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def _revisions() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("signed_text", sa.LargeBinary(), nullable=True),
        sa.Column("text_digest", sa.Text(), nullable=True),
        sa.Column("release_digest", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=True),
        sa.Column("public_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'frozen', 'public', 'superseded', 'dropped')", name="ck_revisions_state_known"
        ),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_revisions_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint("object_id", "number", name="uq_revisions_object_id_number"),
        sa.UniqueConstraint("text_digest", name="uq_revisions_text_digest"),
        sa.UniqueConstraint("uid", name="uq_revisions_uid"),
    )


def _signature_log() -> None:
    op.create_table(
        "signature_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("subject_hmac", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("previous", sa.Text(), nullable=True),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_signature_log_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_signature_log"),
        sa.UniqueConstraint("hash", name="uq_signature_log_hash"),
        sqlite_autoincrement=True,
    )


def _slugs() -> None:
    op.create_table(
        "slugs",
        sa.Column("collective_id", ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("text_id", ID, nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["collective_id"], ["collectives.id"], name="fk_slugs_collective_id"),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name="fk_slugs_text_id"),
        sa.PrimaryKeyConstraint("collective_id", "language", "slug", name="pk_slugs"),
    )
    op.create_index(
        "uq_slugs_current",
        "slugs",
        ["text_id"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )


def _supporters() -> None:
    op.create_table(
        "supporters",
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
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.Column("actor_uri", sa.Text(), nullable=True),
        sa.Column("evidence_uri", sa.Text(), nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name="ck_supporters_kind_known"),
        sa.CheckConstraint("method IN ('mail', 'fediverse', 'paper')", name="ck_supporters_method_known"),
        sa.CheckConstraint("shown IN ('number', 'here', 'everywhere')", name="ck_supporters_shown_known"),
        sa.CheckConstraint(
            "state IN ('unconfirmed', 'confirmed', 'held', 'refused', 'withdrawn')",
            name="ck_supporters_state_known",
        ),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_supporters_object_id"),
        sa.PrimaryKeyConstraint("id", name="pk_supporters"),
        sa.UniqueConstraint("object_id", "identity_hmac", name="uq_supporters_object_id_identity_hmac"),
        sa.UniqueConstraint("uid", name="uq_supporters_uid"),
    )


def _text_revisions() -> None:
    op.create_table(
        "text_revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("text_id", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("summary", sa.LargeBinary(), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("markdown", sa.LargeBinary(), nullable=False),
        sa.Column("html", sa.LargeBinary(), nullable=False),
        sa.Column("renderer", sa.Text(), nullable=False),
        sa.Column("translated_from_id", ID, nullable=True),
        sa.Column("author_account_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_account_id"], ["accounts.id"], name="fk_text_revisions_author_account_id"
        ),
        sa.ForeignKeyConstraint(["text_id"], ["texts.id"], name="fk_text_revisions_text_id"),
        sa.ForeignKeyConstraint(
            ["translated_from_id"], ["text_revisions.id"], name="fk_text_revisions_translated_from_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_text_revisions"),
        sa.UniqueConstraint("text_id", "number", name="uq_text_revisions_text_id_number"),
        sa.UniqueConstraint("uid", name="uq_text_revisions_uid"),
    )
    op.create_index(
        "ix_text_revisions_translated_from_id", "text_revisions", ["translated_from_id"], unique=False
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("revision_id", ID, nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["object_id"], ["objects.id"], name="fk_documents_object_id"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_documents_revision_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("object_id", "updated_at", name="uq_documents_object_id_updated_at"),
        sqlite_autoincrement=True,
    )


def _media_alt() -> None:
    op.create_table(
        "media_alt",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_media_alt_revision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "position", "language", name="pk_media_alt"),
    )


def _revision_media() -> None:
    op.create_table(
        "revision_media",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("media_id", ID, nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_revision_media_media_id"),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_revision_media_revision_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision_id", "position", name="pk_revision_media"),
    )
    op.create_index("ix_revision_media_media_id", "revision_media", ["media_id"], unique=False)


def _revision_texts() -> None:
    op.create_table(
        "revision_texts",
        sa.Column("revision_id", ID, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text_revision_id", ID, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["revisions.id"], name="fk_revision_texts_revision_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["text_revision_id"], ["text_revisions.id"], name="fk_revision_texts_text_revision_id"
        ),
        sa.PrimaryKeyConstraint("revision_id", "language", name="pk_revision_texts"),
        sa.UniqueConstraint("revision_id", "position", name="uq_revision_texts_revision_id_position"),
    )
    op.create_index(
        "ix_revision_texts_text_revision_id", "revision_texts", ["text_revision_id"], unique=False
    )
