"""Who did what here, as the audit has it, and whether anything in it was changed or taken out since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.storage import accounts, audit_log
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One entry; `who` is the member's name, empty for what was done at the machine or by the node itself."""

    id: int
    at: datetime
    who: str
    deed: str
    subject: str
    details: Mapping[str, str]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recount:
    """The audit, first to last; `first_broken` is the number of the first entry that does not fit, if any."""

    deeds: tuple[Deed, ...]
    first_broken: int | None


async def recount(cap: Capabilities) -> Recount:
    """Return the whole audit."""

    def read(session: Session) -> Recount:
        names = accounts.names(session)
        deeds = tuple(
            Deed(
                id=row.id,
                at=row.at,
                who=names.get(row.account_id, "") if row.account_id else "",
                deed=row.action,
                subject=row.subject,
                details=row.details,
                hash=row.hash,
            )
            for row in audit_log.entries(session)
        )
        return Recount(deeds=deeds, first_broken=audit_log.first_broken(session))

    return await cap.database.read(read)
