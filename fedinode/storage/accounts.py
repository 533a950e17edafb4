"""Rows of accounts, their roles, and the links that sign them in once.

Addresses are sealed and found again by a keyed digest; of a link only the digest of its token is kept.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from fedinode.errors import NotFound
from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_EMAIL = "accounts.email"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """Somebody who may log in."""

    id: int
    uid: str
    name: str
    is_operator: bool


def add(session: Session, *, email: str, name: str, is_operator: bool, now: datetime) -> int:
    """Insert an account and return its id."""
    uid = models.new_uid()
    return session.execute(
        insert(models.Account)
        .values(
            uid=uid,
            name=name,
            email=sealing.seal(session, _EMAIL, uid, email.encode("utf-8")),
            email_hmac=fingerprint(session, email),
            is_operator=is_operator,
            created_at=now,
        )
        .returning(models.Account.id)
    ).scalar_one()


def find_by_email(session: Session, email: str) -> AccountRow | None:
    """Return the open account with this address."""
    table = models.Account
    row = session.execute(
        select(table.id, table.uid, table.name, table.is_operator).where(
            table.email_hmac == fingerprint(session, email), table.closed_at.is_(None)
        )
    ).one_or_none()
    return AccountRow(**row._mapping) if row else None


def require_by_email(session: Session, email: str) -> AccountRow:
    """Return the open account with this address. Raises NotFound."""
    found = find_by_email(session, email)
    if found is None:
        raise NotFound("There is no account with this address on this node.")
    return found


def add_role(session: Session, account_id: int, collective_id: int, role: str, now: datetime) -> None:
    """Give an account a role in a collective; again changes nothing."""
    row = {"account_id": account_id, "collective_id": collective_id, "role": role, "since": now}
    upserts.add_new(session, models.Membership, [row])


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member who can be written to."""

    uid: str
    email: str
    language: str | None


def list_members(session: Session, collective_id: int, roles: Collection[str]) -> tuple[MemberRow, ...]:
    """Return the open accounts with an address that hold one of the roles in a collective."""
    table, membership = models.Account, models.Membership
    rows = session.execute(
        select(table.uid, table.email, table.language)
        .join(membership, membership.account_id == table.id)
        .where(membership.collective_id == collective_id, membership.role.in_(roles))
        .where(table.closed_at.is_(None), table.email.is_not(None))
        .distinct()
    )
    return tuple(
        MemberRow(
            uid=row.uid,
            email=sealing.unseal(session, _EMAIL, row.uid, row.email).decode("utf-8"),
            language=row.language,
        )
        for row in rows
    )


def add_link(session: Session, account_id: int, token: str, *, now: datetime, expires_at: datetime) -> None:
    """Keep a new one-time link in place of the account's unused ones."""
    table = models.SignInLink
    session.execute(delete(table).where(table.account_id == account_id, table.used_at.is_(None)))
    session.execute(
        insert(table).values(
            token_hash=hash_token(token), account_id=account_id, created_at=now, expires_at=expires_at
        )
    )


def hash_token(token: str) -> str:
    """Return what is kept of a token: enough to know it again, not to use it."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def fingerprint(session: Session, email: str) -> str:
    """Return the keyed digest that finds an address, however its letters are cased."""
    return sealing.fingerprint(session, _EMAIL, email.strip().casefold().encode("utf-8"))
