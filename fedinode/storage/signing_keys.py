"""Rows of our actors' keys. Private halves are sealed; what leaves here unsealed is a PEM for the keyring."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from fedinode.storage import models, sealing
from fedinode.storage.database import Session

_PRIVATE = "keys.private"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key pair of an actor of ours, unsealed."""

    key_id: str
    algorithm: str
    private_pem: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeyRow:
    """The public half of a key, as the actor document shows it."""

    key_id: str
    purpose: str
    algorithm: str
    #: SPKI PEM for RSA, Multikey for Ed25519.
    public: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key pair to be kept."""

    owner_uri: str
    key_id: str
    purpose: str
    algorithm: str
    public: str
    private_pem: bytes = field(repr=False)


def add(session: Session, key: NewKey, now: datetime) -> None:
    """Keep a key pair, its private half sealed."""
    session.execute(
        insert(models.SigningKey).values(
            owner_uri=key.owner_uri,
            key_id=key.key_id,
            purpose=key.purpose,
            algorithm=key.algorithm,
            public=key.public,
            private=sealing.seal(session, _PRIVATE, key.key_id, key.private_pem),
            created_at=now,
        )
    )


def find_current(session: Session, owner_uri: str, purpose: str) -> StoredKey | None:
    """Return the newest usable key of an actor for a purpose, unsealed."""
    table = models.SigningKey
    row = session.execute(
        select(table.key_id, table.algorithm, table.private)
        .where(table.owner_uri == owner_uri, table.purpose == purpose)
        .where(table.retired_at.is_(None), table.revoked_at.is_(None), table.private.is_not(None))
        .order_by(table.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.private is None:
        return None
    pem = sealing.unseal(session, _PRIVATE, row.key_id, row.private)
    return StoredKey(key_id=row.key_id, algorithm=row.algorithm, private_pem=pem)


def oldest_created_at(session: Session, owner_uri: str) -> datetime:
    """Return when an actor of ours got its first key, which is when it began."""
    table = models.SigningKey
    query = select(table.created_at).where(table.owner_uri == owner_uri).order_by(table.id).limit(1)
    return session.execute(query).scalar_one()


def list_public(session: Session, owner_uri: str) -> tuple[PublicKeyRow, ...]:
    """Return the public keys that an actor document lists, oldest first."""
    table = models.SigningKey
    rows = session.execute(
        select(table.key_id, table.purpose, table.algorithm, table.public, table.created_at)
        .where(table.owner_uri == owner_uri, table.retired_at.is_(None), table.revoked_at.is_(None))
        .order_by(table.id)
    )
    return tuple(PublicKeyRow(**row._mapping) for row in rows)
