"""Rows of accounts, their roles, and the links that sign them in once.

Addresses are sealed and found again by a keyed digest; of a link only the digest of its token is kept.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, delete, insert, select, update

from fedinode.errors import NotFound
from fedinode.storage import models, sealing, upserts
from fedinode.storage.database import Session

_EMAIL = "accounts.email"

#: Who asks for something: by address at the machine, by number at the desk; None is the machine itself.
Named = str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """Somebody who may log in."""

    id: int
    uid: str
    name: str
    is_operator: bool
    language: str | None


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


def get(session: Session, account_id: int) -> AccountRow:
    """Return an open account that is known to be there."""
    found = _find(session, models.Account.id == account_id)
    assert found is not None, account_id
    return found


def find_by_email(session: Session, email: str) -> AccountRow | None:
    """Return the open account with this address."""
    return _find(session, models.Account.email_hmac == fingerprint(session, email))


def require_by_email(session: Session, email: str) -> AccountRow:
    """Return the open account with this address. Raises NotFound."""
    found = find_by_email(session, email)
    if found is None:
        raise NotFound("There is no account with this address on this node.")
    return found


def id_of(session: Session, account: Named) -> int | None:
    """Return the number of who asks for something, or nothing for the machine. Raises NotFound."""
    return require_by_email(session, account).id if isinstance(account, str) else account


def find_by_uid(session: Session, uid: str) -> AccountRow | None:
    """Return an open account."""
    return _find(session, models.Account.uid == uid)


def find_by_feed(session: Session, token: str) -> AccountRow | None:
    """Return the open account whose private feed lies under this token."""
    return _find(session, models.Account.feed_token_hash == hash_token(token))


def _find(session: Session, condition: ColumnElement[bool]) -> AccountRow | None:
    columns = (getattr(models.Account, each.name) for each in fields(AccountRow))
    row = session.execute(select(*columns).where(condition, models.Account.closed_at.is_(None))).one_or_none()
    return AccountRow(**row._mapping) if row else None


def set_feed(session: Session, account_id: int, token: str | None) -> None:
    """Put the private feed of an account under another token, or nowhere."""
    table = models.Account
    value = None if token is None else hash_token(token)
    session.execute(update(table).where(table.id == account_id).values(feed_token_hash=value))


def add_role(session: Session, account_id: int, collective_id: int, role: str, now: datetime) -> None:
    """Give an account a role in a collective; again changes nothing."""
    row = {"account_id": account_id, "collective_id": collective_id, "role": role, "since": now}
    upserts.add_new(session, models.Membership, [row])


def remove_role(session: Session, account_id: int, collective_id: int, role: str) -> None:
    """Take a role from an account."""
    table = models.Membership
    session.execute(
        delete(table).where(
            table.account_id == account_id, table.collective_id == collective_id, table.role == role
        )
    )


def roles_of(session: Session, account_id: int, collective_id: int) -> frozenset[str]:
    """Return the roles of an account in a collective."""
    table = models.Membership
    query = select(table.role).where(table.account_id == account_id, table.collective_id == collective_id)
    return frozenset(session.scalars(query))


def roles_by_collective(session: Session, account_id: int) -> dict[str, frozenset[str]]:
    """Return the roles of an account by the name of the open collective, in order of name."""
    table, collective = models.Membership, models.Collective
    rows = session.execute(
        select(collective.name, table.role)
        .join(collective, collective.id == table.collective_id)
        .where(table.account_id == account_id, collective.closed_at.is_(None))
        .order_by(collective.name)
    )
    return {
        name: frozenset(row.role for row in group) for name, group in groupby(rows, key=lambda row: row.name)
    }


def names(session: Session) -> dict[int, str]:
    """Return the name of every account, closed ones too."""
    return {row.id: row.name for row in session.execute(select(models.Account.id, models.Account.name))}


def list_everybody(session: Session) -> tuple[tuple[int, str, str], ...]:
    """Return number, uid and name of every account, closed ones too, in order of name."""
    table = models.Account
    rows = session.execute(select(table.id, table.uid, table.name).order_by(table.name, table.id))
    return tuple((row.id, row.uid, row.name) for row in rows)


def count_owners(session: Session, collective_id: int) -> int:
    """Return how many open accounts own a collective."""
    table, account = models.Membership, models.Account
    query = select(table.account_id).join(account, account.id == table.account_id)
    query = query.where(table.collective_id == collective_id, table.role == "owner")
    return len(session.scalars(query.where(account.closed_at.is_(None))).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledRow:
    """An account with its roles in one collective, and when it was last seen."""

    uid: str
    name: str
    email: str | None
    roles: tuple[str, ...]
    seen_at: datetime
    was_seen: bool
    has_totp: bool


def list_enrolled(session: Session, collective_id: int) -> tuple[EnrolledRow, ...]:
    """Return the open accounts with a role in a collective, in the order in which they were made."""
    table, membership = models.Account, models.Membership
    rows = session.execute(
        select(
            table.id,
            table.uid,
            table.name,
            table.email,
            table.created_at,
            table.last_seen_at,
            table.totp_since,
            membership.role,
        )
        .join(membership, membership.account_id == table.id)
        .where(membership.collective_id == collective_id, table.closed_at.is_(None))
        .order_by(table.id, membership.role)
    )
    return tuple(
        EnrolledRow(
            uid=each[0].uid,
            name=each[0].name,
            was_seen=each[0].last_seen_at is not None,
            has_totp=each[0].totp_since is not None,
            email=_unseal_email(session, each[0].uid, each[0].email),
            roles=tuple(row.role for row in each),
            seen_at=each[0].last_seen_at or each[0].created_at,
        )
        for each in (tuple(group) for _, group in groupby(rows, key=lambda row: row.id))
    )


def email_of(session: Session, account_id: int) -> str:
    """Return the address of an account; empty where it has none."""
    table = models.Account
    row = session.execute(select(table.uid, table.email).where(table.id == account_id)).one()
    return _unseal_email(session, row.uid, row.email) or ""


def _unseal_email(session: Session, uid: str, sealed: bytes | None) -> str | None:
    return None if sealed is None else sealing.unseal(session, _EMAIL, uid, sealed).decode("utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """A member who can be written to."""

    id: int
    uid: str
    email: str
    language: str | None


def list_members(session: Session, collective_id: int, roles: Collection[str]) -> tuple[MemberRow, ...]:
    """Return the open accounts with an address that hold one of the roles in a collective."""
    table, membership = models.Account, models.Membership
    rows = session.execute(
        select(table.id, table.uid, table.email, table.language)
        .join(membership, membership.account_id == table.id)
        .where(membership.collective_id == collective_id, membership.role.in_(roles))
        .where(table.closed_at.is_(None), table.email.is_not(None))
        .distinct()
    )
    return tuple(
        MemberRow(
            id=row.id,
            uid=row.uid,
            email=sealing.unseal(session, _EMAIL, row.uid, row.email).decode("utf-8"),
            language=row.language,
        )
        for row in rows
    )


def list_reachable(session: Session) -> tuple[MemberRow, ...]:
    """Return the open accounts with an address and a role anywhere."""
    enrolled = select(models.Membership.account_id)
    return _members(session, models.Account.id.in_(enrolled))


def find_member(session: Session, account_id: int) -> MemberRow | None:
    """Return an open account, if it has an address."""
    found = _members(session, models.Account.id == account_id)
    return found[0] if found else None


def _members(session: Session, condition: ColumnElement[bool]) -> tuple[MemberRow, ...]:
    table = models.Account
    rows = session.execute(
        select(table.id, table.uid, table.email, table.language)
        .where(condition, table.closed_at.is_(None), table.email.is_not(None))
        .order_by(table.id)
    )
    return tuple(
        MemberRow(
            id=row.id,
            uid=row.uid,
            email=_unseal_email(session, row.uid, row.email) or "",
            language=row.language,
        )
        for row in rows
    )


def set_language(session: Session, account_id: int, language: str | None) -> None:
    """Note in which language an account is written to."""
    session.execute(update(models.Account).where(models.Account.id == account_id).values(language=language))


def has_feed(session: Session, account_id: int) -> bool:
    """Tell whether the private feed of an account has an address."""
    query = select(models.Account.feed_token_hash).where(models.Account.id == account_id)
    return session.scalar(query) is not None


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
    return hashlib.sha256(token.encode()).hexdigest()


def fingerprint(session: Session, email: str) -> str:
    """Return the keyed digest that finds an address, however its letters are cased."""
    return sealing.fingerprint(session, _EMAIL, email.strip().casefold().encode("utf-8"))
