"""What members prove who they are with: password hashes, sealed second factors, digests of recovery codes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update

from fedinode.storage import models, sealing
from fedinode.storage.accounts import hash_token
from fedinode.storage.database import Session

_TABLE, _CODES = models.Account, models.RecoveryCode
_SECRET = "accounts.totp_secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An account's password and second factor. `secret` is there before it counts; `has_totp`: it counts."""

    account_id: int
    uid: str
    password_hash: str | None
    secret: bytes | None
    has_totp: bool
    recovery_codes: int


def of(session: Session, account_id: int) -> Credentials:
    """Return the credentials of an account."""
    row = session.execute(select(_TABLE).where(_TABLE.id == account_id)).scalar_one()
    count = select(func.count()).select_from(_CODES).where(_CODES.account_id == account_id)
    sealed = row.totp_secret
    return Credentials(
        account_id=row.id,
        uid=row.uid,
        password_hash=row.password_hash,
        secret=None if sealed is None else sealing.unseal(session, _SECRET, row.uid, sealed),
        has_totp=row.totp_since is not None,
        recovery_codes=session.scalar(count) or 0,
    )


def set_password(session: Session, account_id: int, password_hash: str) -> None:
    """Replace the password."""
    session.execute(update(_TABLE).where(_TABLE.id == account_id).values(password_hash=password_hash))


def forget_password(session: Session, account_id: int) -> None:
    """Let nobody in by password until a new one is set."""
    session.execute(update(_TABLE).where(_TABLE.id == account_id).values(password_hash=None))


def offer_totp(session: Session, account_id: int, uid: str, secret: bytes) -> None:
    """Keep a new second factor that does not count yet."""
    sealed = sealing.seal(session, _SECRET, uid, secret)
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == account_id, _TABLE.totp_since.is_(None))
        .values(totp_secret=sealed, totp_step=None)
    )


def start_totp(session: Session, account_id: int, now: datetime) -> None:
    """Let the second factor count from now on."""
    session.execute(update(_TABLE).where(_TABLE.id == account_id).values(totp_since=now))


def end_totp(session: Session, account_id: int) -> None:
    """Forget the second factor and its recovery codes."""
    session.execute(
        update(_TABLE)
        .where(_TABLE.id == account_id)
        .values(totp_secret=None, totp_since=None, totp_step=None)
    )
    session.execute(delete(_CODES).where(_CODES.account_id == account_id))


def use_step(session: Session, account_id: int, step: int) -> bool:
    """Use up the step of a code; False if this or a later one was used before."""
    used = session.scalar(
        update(_TABLE)
        .where(_TABLE.id == account_id, or_(_TABLE.totp_step.is_(None), _TABLE.totp_step < step))
        .values(totp_step=step)
        .returning(_TABLE.id)
    )
    return used is not None


def replace_codes(session: Session, account_id: int, codes: Iterable[str], now: datetime) -> None:
    """Keep new recovery codes; the old ones work no more."""
    session.execute(delete(_CODES).where(_CODES.account_id == account_id))
    rows = [{"code_hash": hash_token(code), "account_id": account_id, "created_at": now} for code in codes]
    session.execute(insert(_CODES), rows)


def use_code(session: Session, account_id: int, code: str) -> bool:
    """Use a recovery code up; False if the account has no such code."""
    used = delete(_CODES).where(_CODES.account_id == account_id, _CODES.code_hash == hash_token(code))
    return bool(session.scalars(used.returning(_CODES.code_hash)).all())
