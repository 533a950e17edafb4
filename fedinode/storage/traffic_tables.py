"""What crosses the wire: out (activities, inboxes, deliveries) and in (actors, follows, journal, replies).

A peer is another server, by host; an actor is anyone in the network. A row in `peers` may stand for a
blocked domain that never spoke to us.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import APPEND_ONLY, QUEUE, Base, RowId, one_of

_WAITING = text("state = 'waiting'")
_LEASED = text("state = 'leased'")
_PARKED = text("state = 'parked'")


class OutgoingActivity(Base):
    """An activity of ours, in its exact bytes. `cause_key` rules out a second one for the same cause."""

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_collective_id", "collective_id", "id"),
        Index("ix_activities_object_uri", "object_uri"),
        APPEND_ONLY,
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str] = mapped_column(unique=True)
    #: Empty for the node's own actor.
    collective_id: Mapped[int | None] = mapped_column(ForeignKey("collectives.id"))
    #: Who does it: a collective's URI or the node's. Signs the delivery.
    actor_uri: Mapped[str]
    type: Mapped[str]
    object_uri: Mapped[str]
    #: Sealed unless `is_public`. AAD uid: `uid`.
    body: Mapped[bytes]
    #: Such as 'create:OBJECT' or 'update:DOCUMENT'.
    cause_key: Mapped[str] = mapped_column(unique=True)
    #: Whether anybody may fetch it, as opposed to its receivers alone.
    is_public: Mapped[bool]
    created_at: Mapped[datetime]


class Peer(Base):
    """Another server, or a blocked domain (which then covers the names below it as well)."""

    __tablename__ = "peers"
    __table_args__ = (one_of("dialect", "cavage", "rfc9421"), one_of("level", "none", "silence", "suspend"))

    id: Mapped[RowId]
    #: Lower-case ASCII, with the port where there is one.
    host: Mapped[str] = mapped_column(unique=True)
    #: The signature dialect that worked last; empty: unknown.
    dialect: Mapped[str | None]
    dialect_seen_at: Mapped[datetime | None]
    #: How many separate activities RFC 9421 has carried so far, until it is remembered as the dialect.
    rfc9421_successes: Mapped[int] = mapped_column(server_default="0", default=0)
    first_seen_at: Mapped[datetime | None]
    #: When the peer last answered a delivery with success or sent a request that was verified.
    alive_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    #: On how many different days it failed since then; on the seventh it is parked.
    failing_days: Mapped[int] = mapped_column(server_default="0", default=0)
    parked_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    clock_skew_s: Mapped[int | None]
    #: What `levels` says about this host, as far as lists and deliveries need it; written with them.
    level: Mapped[str] = mapped_column(server_default="none", default="none")


class Inbox(Base):
    """An address that deliveries go to."""

    __tablename__ = "inboxes"
    __table_args__ = (Index("ix_inboxes_peer_id", "peer_id"),)

    id: Mapped[RowId]
    url: Mapped[str] = mapped_column(unique=True)
    peer_id: Mapped[int] = mapped_column(ForeignKey("peers.id"))
    is_shared: Mapped[bool]
    gone_at: Mapped[datetime | None]


class Delivery(Base):
    """One activity on its way to one inbox. The peer is repeated here: each host has a queue of its own."""

    __tablename__ = "deliveries"
    __table_args__ = (
        one_of("state", "waiting", "leased", "delivered", "abandoned", "parked"),
        UniqueConstraint("activity_id", "inbox_id"),
        # What is delivered or given up stands in no queue: these indexes hold only what is open.
        Index("ix_deliveries_leased", "lease_until", sqlite_where=_LEASED, postgresql_where=_LEASED),
        Index("ix_deliveries_parked", "peer_id", "due_at", sqlite_where=_PARKED, postgresql_where=_PARKED),
        Index("ix_deliveries_inbox_id_object_uri", "inbox_id", "object_uri"),
        Index(
            "ix_deliveries_peer_queue",
            "peer_id",
            "due_at",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        QUEUE,
    )

    id: Mapped[RowId]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id", ondelete="CASCADE"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inboxes.id"))
    peer_id: Mapped[int] = mapped_column(ForeignKey("peers.id"))
    object_uri: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    #: What the peer said, cleaned, at most 300 characters.
    last_words: Mapped[str | None]
    finished_at: Mapped[datetime | None]


class RemoteActor(Base):
    """Somebody in the network, as last seen at their origin."""

    __tablename__ = "actors"
    __table_args__ = (
        one_of("level", "none", "silence", "suspend"),
        Index("ix_actors_peer_id", "peer_id"),
        Index("ix_actors_handle", "handle"),
    )

    id: Mapped[RowId]
    uri: Mapped[str] = mapped_column(unique=True)
    peer_id: Mapped[int] = mapped_column(ForeignKey("peers.id"))
    type: Mapped[str]
    name: Mapped[str | None]
    preferred_username: Mapped[str | None]
    #: user@host, only after the WebFinger round trip confirmed it.
    handle: Mapped[str | None]
    handle_checked_at: Mapped[datetime | None]
    url: Mapped[str | None]
    icon_url: Mapped[str | None]
    followers_uri: Mapped[str | None]
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    shared_inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inboxes.id"))
    #: Capability markers, separated by spaces.
    capabilities: Mapped[str | None]
    also_known_as: Mapped[str | None]
    #: Two letters, where its document says so.
    country: Mapped[str | None]
    #: What `levels` says about this actor itself, not about its host; written with them.
    level: Mapped[str] = mapped_column(server_default="none", default="none")
    #: When the account was made, as its document says, and when it was first met here.
    made_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    #: First answer 410; believed after a day (gone_at).
    gone_seen_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
    moved_to: Mapped[str | None]
    #: When a Move was last followed; another within 30 days is not.
    moved_at: Mapped[datetime | None]


class RemoteActorKey(Base):
    """A public key of an actor; old ones stay, so that a change can be seen."""

    __tablename__ = "actor_keys"
    __table_args__ = (
        one_of("algorithm", "rsa", "ed25519"),
        UniqueConstraint("key_id", "public"),
        Index("ix_actor_keys_actor_id", "actor_id"),
    )

    id: Mapped[RowId]
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id", ondelete="CASCADE"))
    key_id: Mapped[str]
    public: Mapped[str]
    algorithm: Mapped[str]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class Follow(Base):
    """Who follows whom: 'in' = the actor follows our collective, 'out' = our collective follows the actor."""

    __tablename__ = "follows"
    __table_args__ = (
        one_of("direction", "in", "out"),
        one_of("state", "pending", "accepted", "rejected", "ended"),
        UniqueConstraint("direction", "collective_id", "actor_id"),
        Index("ix_follows_actor_id", "actor_id"),
        Index("ix_follows_listed", "collective_id", "direction", "state", "id"),
    )

    id: Mapped[RowId]
    direction: Mapped[str]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    follow_uri: Mapped[str]
    #: The Follow as received or sent: Accept, Reject and Undo embed it whole.
    body: Mapped[bytes | None]
    state: Mapped[str]
    #: Which rule or level lets a request wait.
    reason: Mapped[str | None]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class JournalEntry(Base):
    """A verified request to an inbox, answered with 202, until applied. AAD uid: `signature_digest`."""

    __tablename__ = "journal"
    __table_args__ = (
        one_of("state", "waiting", "done", "parked"),
        Index("ix_journal_state_actor_uri_id", "state", "actor_uri", "id"),
        Index("ix_journal_due", "due_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        QUEUE,
    )

    id: Mapped[RowId]
    #: The same request again changes nothing.
    signature_digest: Mapped[str] = mapped_column(unique=True)
    activity_uri: Mapped[str]
    activity_type: Mapped[str]
    actor_uri: Mapped[str]
    #: Whose inbox it came to; empty for the shared inbox.
    collective_id: Mapped[int | None] = mapped_column(ForeignKey("collectives.id"))
    #: [S] The body as received; emptied when the entry is done.
    body: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(server_default="waiting", default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0", default=0)
    due_at: Mapped[datetime]
    reason: Mapped[str | None]
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class RemoteObject(Base):
    """A post of somebody else that we keep, because a collective follows or reshared it."""

    __tablename__ = "remote_objects"
    __table_args__ = (Index("ix_remote_objects_actor_id", "actor_id", "published_at"),)

    id: Mapped[RowId]
    uri: Mapped[str] = mapped_column(unique=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    type: Mapped[str]
    #: The document as fetched or received; emptied with the deletion.
    body: Mapped[bytes | None]
    name: Mapped[str | None]
    html_clean: Mapped[str | None]
    language: Mapped[str | None]
    url: Mapped[str | None]
    digest: Mapped[str | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class RemoteShare(Base):
    """A boost, by somebody whom a collective follows, of what is not ours."""

    __tablename__ = "remote_shares"
    __table_args__ = (
        UniqueConstraint("object_uri", "actor_id"),
        Index("ix_remote_shares_actor_id", "actor_id"),
        APPEND_ONLY,
    )

    id: Mapped[RowId]
    object_uri: Mapped[str]
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    activity_uri: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Reshare(Base):
    """A boost by a collective of ours. After `undone_at` the same object may be reshared again."""

    __tablename__ = "reshares"
    __table_args__ = (
        Index(
            "uq_reshares_standing",
            "collective_id",
            "object_uri",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[RowId]
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    object_uri: Mapped[str]
    remote_object_id: Mapped[int | None] = mapped_column(ForeignKey("remote_objects.id"))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    comment_markdown: Mapped[str | None]
    comment_html: Mapped[str | None]
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class Reaction(Base):
    """A like or a boost of one of our objects. Numbers shown are counted from these rows."""

    __tablename__ = "reactions"
    __table_args__ = (
        one_of("kind", "like", "announce"),
        UniqueConstraint("object_id", "actor_uri", "kind"),
        Index("ix_reactions_actor_uri", "actor_uri"),
        APPEND_ONLY,
    )

    id: Mapped[RowId]
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    actor_uri: Mapped[str]
    kind: Mapped[str]
    activity_uri: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class Reply(Base):
    """An answer to one of our objects or to another answer. Held until approved, unless comments are open."""

    __tablename__ = "replies"
    __table_args__ = (
        one_of("state", "held", "shown", "hidden", "deleted"),
        Index("ix_replies_object_id_state", "object_id", "state", "id"),
        Index("ix_replies_actor_id", "actor_id"),
        Index("ix_replies_state", "state", "id"),
    )

    id: Mapped[RowId]
    uri: Mapped[str] = mapped_column(unique=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    in_reply_to_uri: Mapped[str]
    actor_id: Mapped[int] = mapped_column(ForeignKey("actors.id"))
    #: Cleaned; emptied with the deletion.
    html_clean: Mapped[str | None]
    language: Mapped[str | None]
    url: Mapped[str | None]
    state: Mapped[str]
    #: Who or what decided, in a word: 'policy', 'approved by Mira'.
    decision: Mapped[str | None]
    #: Which rule or level lets it wait.
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
