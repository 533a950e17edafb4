"""What holds for a whole database: the origin of all its addresses, and when something was last done."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fedinode.errors import OriginChanged
from fedinode.storage import upserts
from fedinode.storage.models import NodeFact

_ORIGIN = "origin"


def find_origin(session: Session) -> str | None:
    """Return the origin that this database was made for, or None if it is new."""
    return session.scalar(select(NodeFact.value).where(NodeFact.name == _ORIGIN))


def record_origin(session: Session, origin: str) -> None:
    """Note the origin, once; a second one changes nothing."""
    upserts.add_new(session, NodeFact, [{"name": _ORIGIN, "value": origin}])


def require_origin(session: Session, origin: str) -> None:
    """Raise OriginChanged unless this database was made for `origin`: its addresses are known to others."""
    recorded = find_origin(session)
    if recorded != origin:
        raise OriginChanged(
            f"This database was made for {recorded}, but the origin is now set to {origin}; "
            f"set it back, for other servers know everything here under {recorded}."
        )


def find(session: Session, name: str) -> str | None:
    """Return what was noted under a name."""
    return session.scalar(select(NodeFact.value).where(NodeFact.name == name))


def put(session: Session, name: str, value: str) -> None:
    """Note something under a name, in place of what stood there."""
    upserts.put(session, NodeFact, [{"name": name, "value": value}], keys=("name",), update=("value",))


def drop(session: Session, name: str) -> None:
    """Forget what was noted under a name."""
    session.execute(delete(NodeFact).where(NodeFact.name == name))
