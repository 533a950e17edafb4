"""The work: collectives with their keys, posts in their languages, and the objects that federate.

A post is the work as people know it. Each language of it is a text; each saved state of a text is a text
revision. An object is what the protocol sees: one for all languages (`language` empty) or one per language.
Columns marked [S] hold sealed bytes always, [P] until the row is public (see `sealing`).
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from fedinode.storage.columns import APPEND_ONLY, Base, RowId, one_of


class Collective(Base):
    """A group that publishes here: an actor of its own. People never are."""

    __tablename__ = "collectives"
    __table_args__ = (
        one_of("federate", "primary", "each", "list"),
        one_of("follow_policy", "automatic", "manual", "known"),
        one_of("comments", "held", "open", "closed"),
        CheckConstraint("publish_k >= 1 AND cosign_k >= 1", name="k_at_least_one"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str] = mapped_column(unique=True)
    primary_language: Mapped[str]
    federate: Mapped[str] = mapped_column(server_default="primary", default="primary")
    #: Empty: what the node's settings say.
    follow_policy: Mapped[str | None]
    #: What new posts get where the manuscript does not say.
    comments: Mapped[str] = mapped_column(server_default="held", default="held")
    publish_k: Mapped[int] = mapped_column(server_default="1", default=1)
    cosign_k: Mapped[int] = mapped_column(server_default="1", default=1)
    #: Empty: as many as it takes to publish.
    edit_k: Mapped[int | None]
    delete_k: Mapped[int | None]
    #: Empty: as many as it takes to co-sign.
    withdraw_k: Mapped[int | None]
    #: Empty: one member suspends a whole domain.
    block_k: Mapped[int | None]
    #: What was agreed to waits so long before it is done.
    cooling_minutes: Mapped[int] = mapped_column(server_default="0", default=0)
    avatar_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    header_media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"))
    #: The colour of its pages, #rrggbb; empty: that of the style sheet.
    accent: Mapped[str | None]
    #: Two letters, if the collective wants to say where it is.
    country: Mapped[str | None]
    moved_to: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class CollectiveText(Base):
    """How a collective calls and describes itself in one language."""

    __tablename__ = "collective_texts"

    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    about_markdown: Mapped[str | None]
    about_html: Mapped[str | None]


class SigningKey(Base):
    """A key pair of an actor of ours. AAD uid: `key_id`."""

    __tablename__ = "keys"
    __table_args__ = (
        one_of("purpose", "delivery", "proof", "cosign"),
        one_of("algorithm", "rsa", "ed25519"),
        Index("ix_keys_owner_uri", "owner_uri", "purpose"),
    )

    id: Mapped[RowId]
    owner_uri: Mapped[str]
    key_id: Mapped[str] = mapped_column(unique=True)
    purpose: Mapped[str]
    algorithm: Mapped[str]
    #: SPKI PEM for RSA, Multikey for Ed25519.
    public: Mapped[str]
    #: [S] PKCS#8 PEM; empty after the key was destroyed.
    private: Mapped[bytes | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Post(Base):
    """A work: statement, news, event or page, in one or more languages."""

    __tablename__ = "posts"
    __table_args__ = (
        one_of("kind", "statement", "news", "event", "page"),
        one_of("state", "draft", "public", "withdrawn"),
        one_of("comments", "held", "open", "closed"),
        one_of("show", "teaser", "full"),
        UniqueConstraint("collective_id", "import_key"),
        Index("ix_posts_listed", "collective_id", "state", "published_at"),
        Index("ix_posts_starts_at", "starts_at"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"))
    kind: Mapped[str]
    primary_language: Mapped[str]
    import_key: Mapped[str]
    state: Mapped[str]
    comments: Mapped[str] = mapped_column(server_default="held", default="held")
    show: Mapped[str] = mapped_column(server_default="full", default="full")
    category: Mapped[str | None]
    in_reply_to_uri: Mapped[str | None]
    #: The date readers see and lists are ordered by; an old text from an archive keeps its own.
    published_at: Mapped[datetime | None]
    first_public_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    #: Events only, in UTC; the local time and zone are among the facts.
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    #: Since when it stands first on its collective's page; empty: it does not.
    pinned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class PostTag(Base):
    """A tag of a post, as written and folded for comparing."""

    __tablename__ = "post_tags"
    __table_args__ = (Index("ix_post_tags_tag_folded", "tag_folded", "post_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    tag_folded: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str]
    position: Mapped[int]


class Text(Base):
    """A post in one language."""

    __tablename__ = "texts"
    __table_args__ = (
        one_of("status", "own", "official", "unofficial", "machine"),
        UniqueConstraint("post_id", "language"),
    )

    id: Mapped[RowId]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    language: Mapped[str]
    translator: Mapped[str | None]
    status: Mapped[str]


class TextRevision(Base):
    """One saved state of a text. AAD uid: `uid`. Frozen with the revision that carries it."""

    __tablename__ = "text_revisions"
    __table_args__ = (
        UniqueConstraint("text_id", "number"),
        Index("ix_text_revisions_translated_from_id", "translated_from_id"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("texts.id"))
    number: Mapped[int]
    #: [P] UTF-8.
    title: Mapped[bytes | None]
    #: [P] Inline Markdown, UTF-8.
    summary: Mapped[bytes | None]
    #: [P] The editor's introduction, inline Markdown; shown beside the text, never signed.
    note: Mapped[bytes | None]
    #: [P] What else differs by language (issuing body, demands, place), as a JSON document.
    facts: Mapped[bytes | None]
    #: [P]
    markdown: Mapped[bytes]
    #: [P] Stored output of `renderer`; never rendered again for a frozen row.
    html: Mapped[bytes]
    renderer: Mapped[str]
    translated_from_id: Mapped[int | None] = mapped_column(ForeignKey("text_revisions.id"))
    author_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]


class Slug(Base):
    """The readable end of a page's address. Old ones stay and redirect."""

    __tablename__ = "slugs"
    __table_args__ = (
        Index(
            "uq_slugs_current",
            "text_id",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
    )

    collective_id: Mapped[int] = mapped_column(ForeignKey("collectives.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(primary_key=True)
    text_id: Mapped[int] = mapped_column(ForeignKey("texts.id"))
    is_current: Mapped[bool]


_ONE_PER_LANGUAGE = text("language IS NOT NULL AND superseded_at IS NULL")
_ONE_FOR_ALL = text("language IS NULL AND superseded_at IS NULL")


class FederatedObject(Base):
    """What the protocol sees of a post. A signed text is amended by a new object that supersedes the old."""

    __tablename__ = "objects"
    __table_args__ = (
        Index(
            "uq_objects_post_language",
            "post_id",
            "language",
            unique=True,
            sqlite_where=_ONE_PER_LANGUAGE,
            postgresql_where=_ONE_PER_LANGUAGE,
        ),
        Index(
            "uq_objects_post",
            "post_id",
            unique=True,
            sqlite_where=_ONE_FOR_ALL,
            postgresql_where=_ONE_FOR_ALL,
        ),
        Index("ix_objects_post_id", "post_id"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    uri: Mapped[str] = mapped_column(unique=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    as_type: Mapped[str]
    language: Mapped[str | None]
    translation_of_id: Mapped[int | None] = mapped_column(ForeignKey("objects.id"))
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("objects.id"))
    superseded_at: Mapped[datetime | None]
    current_revision_id: Mapped[int | None] = mapped_column(
        ForeignKey("revisions.id", use_alter=True, name="fk_objects_current_revision_id")
    )
    last_updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Revision(Base):
    """One state of an object, made of text revisions. AAD uid: `uid`. Frozen means: never changes again."""

    __tablename__ = "revisions"
    __table_args__ = (
        one_of("state", "draft", "frozen", "public", "superseded", "dropped"),
        UniqueConstraint("object_id", "number"),
    )

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    number: Mapped[int]
    state: Mapped[str]
    #: [P] What is the same in all languages (dates, zone, sources, links), as a JSON document.
    facts: Mapped[bytes | None]
    #: [P]
    salt: Mapped[bytes | None]
    #: [P]
    signed_text: Mapped[bytes | None]
    text_digest: Mapped[str | None] = mapped_column(unique=True)
    release_digest: Mapped[str | None]
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    public_at: Mapped[datetime | None]


class RevisionText(Base):
    """Which text revision stands for a language in a revision; position 0 is the primary language."""

    __tablename__ = "revision_texts"
    __table_args__ = (
        UniqueConstraint("revision_id", "position"),
        Index("ix_revision_texts_text_revision_id", "text_revision_id"),
    )

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    text_revision_id: Mapped[int] = mapped_column(ForeignKey("text_revisions.id"))
    position: Mapped[int]


class ServedDocument(Base):
    """The exact bytes that GET serves and Create or Update carry. New tags: a new row, the same revision."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("object_id", "updated_at"), APPEND_ONLY)

    id: Mapped[RowId]
    object_id: Mapped[int] = mapped_column(ForeignKey("objects.id"))
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revisions.id", ondelete="SET NULL"))
    body: Mapped[bytes]
    #: Whole seconds, rising for each object.
    updated_at: Mapped[datetime]


class MediaFile(Base):
    """A file of ours, re-encoded and without metadata. AAD: none, media are public."""

    __tablename__ = "media"

    id: Mapped[RowId]
    uid: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(unique=True)
    #: Media type, such as image/webp.
    type: Mapped[str]
    #: Where the bytes lie, relative to the media folder; the name is ours.
    path: Mapped[str]
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    created_at: Mapped[datetime]


class MediaSize(Base):
    """A picture of ours made smaller, or in a format that takes fewer bytes, for browsers to choose from."""

    __tablename__ = "media_sizes"

    media_id: Mapped[int] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    width: Mapped[int] = mapped_column(primary_key=True)
    height: Mapped[int]
    type: Mapped[str]
    #: As in `media`.
    path: Mapped[str] = mapped_column(unique=True)
    size_bytes: Mapped[int]


class RevisionMedia(Base):
    """A file that belongs to a revision, in order."""

    __tablename__ = "revision_media"
    __table_args__ = (Index("ix_revision_media_media_id", "media_id"),)

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    media_id: Mapped[int] = mapped_column(ForeignKey("media.id"))
    licence: Mapped[str | None]


class MediaAlt(Base):
    """What a file shows, told in one language for those who do not see it, and its caption."""

    __tablename__ = "media_alt"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revisions.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    alt: Mapped[str]
    caption: Mapped[str | None]
