"""Notes to all processes: what they keep in memory under a key is old. `notices` reads them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, text

from fedinode.storage import upserts
from fedinode.storage.database import Session
from fedinode.storage.models import Invalidation
from fedinode.storage.notices import CHANNEL


def record(session: Session, keys: Iterable[str], now: datetime) -> None:
    """Tell everybody, with the commit of this transaction, that these keys changed."""
    rows = [{"key": key, "at": now} for key in sorted(set(keys))]
    upserts.add_new(session, Invalidation, rows)
    if rows and session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"NOTIFY {CHANNEL}"))


def prune(session: Session, before: datetime) -> int:
    """Delete notes that every process has read long ago; return how many."""
    return session.connection().execute(delete(Invalidation).where(Invalidation.at < before)).rowcount
