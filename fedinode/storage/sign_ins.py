"""Rows of one-time links and of browsers that are signed in; of every token only the digest is kept."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from fedinode.storage import models
from fedinode.storage.accounts import hash_token
from fedinode.storage.database import Session

_LINKS, _SESSIONS, _ACCOUNTS = models.SignInLink, models.SignInSession, models.Account
#: So much of a digest names a session to its owner: it opens nothing.
_NAME_CHARACTERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A browser that is signed in, or half way there until its second factor comes."""

    token_hash: str
    account_id: int
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    is_complete: bool
    browser: str

    @property
    def name(self) -> str:
        """What names the session in lists and forms."""
        return self.token_hash[:_NAME_CHARACTERS]


_COLUMNS = tuple(getattr(_SESSIONS, each.name) for each in fields(SessionRow))


def find_link(session: Session, token: str, now: datetime) -> int | None:
    """Return the account that an unused link belongs to."""
    return session.scalar(
        select(_LINKS.account_id)
        .join(_ACCOUNTS, _ACCOUNTS.id == _LINKS.account_id)
        .where(_LINKS.token_hash == hash_token(token), _LINKS.used_at.is_(None), _LINKS.expires_at > now)
        .where(_ACCOUNTS.closed_at.is_(None))
    )


def use_link(session: Session, token: str, now: datetime) -> int | None:
    """Use a link up and return its account; None if another was faster, or it has ended."""
    account_id = find_link(session, token, now)
    used = session.scalar(
        update(_LINKS)
        .where(_LINKS.token_hash == hash_token(token), _LINKS.used_at.is_(None))
        .values(used_at=now)
        .returning(_LINKS.account_id)
    )
    return account_id if used == account_id else None


def open_session(session: Session, new: SessionRow) -> None:
    """Keep a browser that signed in."""
    session.execute(insert(_SESSIONS).values(**asdict(new)))


def find_session(session: Session, token: str, now: datetime) -> SessionRow | None:
    """Return the session of a token, unless it has ended or its account was closed."""
    row = session.execute(
        select(*_COLUMNS)
        .join(_ACCOUNTS, _ACCOUNTS.id == _SESSIONS.account_id)
        .where(_SESSIONS.token_hash == hash_token(token), _SESSIONS.expires_at > now)
        .where(_ACCOUNTS.closed_at.is_(None))
    ).one_or_none()
    return SessionRow(**row._mapping) if row else None


def touch(session: Session, token_hash: str, now: datetime, ends: datetime) -> None:
    """Note that a session is in use, and let it last from now on."""
    session.execute(
        update(_SESSIONS).where(_SESSIONS.token_hash == token_hash).values(seen_at=now, expires_at=ends)
    )


def list_sessions(session: Session, account_id: int, now: datetime) -> tuple[SessionRow, ...]:
    """Return where an account is signed in, the latest first."""
    rows = session.execute(
        select(*_COLUMNS)
        .where(_SESSIONS.account_id == account_id, _SESSIONS.expires_at > now, _SESSIONS.is_complete)
        .order_by(_SESSIONS.seen_at.desc(), _SESSIONS.token_hash)
    )
    return tuple(SessionRow(**row._mapping) for row in rows)


def browsers(session: Session, account_id: int) -> frozenset[str]:
    """Return the names of the browsers that an account is, or was lately, signed in with."""
    query = select(_SESSIONS.browser).where(_SESSIONS.account_id == account_id, _SESSIONS.is_complete)
    return frozenset(session.scalars(query))


def end_session(session: Session, token_hash: str) -> None:
    """Sign one browser out."""
    session.execute(delete(_SESSIONS).where(_SESSIONS.token_hash == token_hash))


def end_named(session: Session, account_id: int, name: str) -> bool:
    """Sign out the browser of an account that its list calls so; False if there is none."""
    ended = delete(_SESSIONS).where(
        _SESSIONS.account_id == account_id, _SESSIONS.token_hash.startswith(name, autoescape=True)
    )
    return bool(session.scalars(ended.returning(_SESSIONS.token_hash)).all())


def end_all(session: Session, account_id: int, *, but: str | None = None) -> int:
    """Sign an account out everywhere, but for the session with this digest; return how many ended."""
    ended = delete(_SESSIONS).where(_SESSIONS.account_id == account_id)
    if but is not None:
        ended = ended.where(_SESSIONS.token_hash != but)
    return len(session.scalars(ended.returning(_SESSIONS.token_hash)).all())
