"""Complaints as a list, open or answered: for the desk's page and for the command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import pointing
from fedinode.services.moderation.pointing import Thing
from fedinode.storage import accounts, collectives, reports
from fedinode.storage.database import Session
from fedinode.storage.reports import ReportRow
from fedinode.urls import Urls

_LISTED = 100
_THINGS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A complaint and what became of it."""

    id: int
    collective: str
    state: str
    deed: str
    words: str
    about: tuple[Thing, ...]
    from_uri: str
    received_at: datetime
    decided_at: datetime | None
    decided_by: str


async def answered(cap: Capabilities, member: Member) -> tuple[Told, ...]:
    """Return the answered complaints of a member's collectives, the last answered first."""
    own = member.where("moderate")

    def read(session: Session) -> tuple[Told, ...]:
        rows = reports.list_answered(session, own, _LISTED)
        return _tell(session, cap.urls, rows)

    return await cap.database.read(read)


async def newest(cap: Capabilities, *, state: str | None = None) -> tuple[Told, ...]:
    """Return the complaints of the node, the newest first; of one state where named."""
    return await cap.database.read(
        lambda session: _tell(session, cap.urls, reports.list_newest(session, _LISTED, state=state))
    )


def _tell(session: Session, urls: Urls, rows: Sequence[ReportRow]) -> tuple[Told, ...]:
    names = accounts.names(session)
    called = {row.id: row.name for row in collectives.list_all(session)}
    return tuple(
        Told(
            id=row.id,
            collective=called.get(row.collective_id or 0, ""),
            state=row.state,
            deed=row.deed or "",
            words=row.words or "",
            about=pointing.look_up_all(session, urls, row.object_uris[:_THINGS]),
            from_uri=row.actor_uri or "",
            received_at=row.received_at,
            decided_at=row.decided_at,
            decided_by=names.get(row.decided_by or 0, ""),
        )
        for row in rows
    )
