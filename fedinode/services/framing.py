"""What stands around every page: the mark of the house, and the banner of a campaign."""

from dataclasses import dataclass

from fedinode.capabilities import Capabilities
from fedinode.services import campaigning, shelving
from fedinode.services.campaigning import Banner
from fedinode.services.presenting import Picture
from fedinode.storage import public_collectives
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What all pages of the node share. `mark` is the picture of its only collective, where it has one."""

    mark: Picture | None = None
    banner: Banner | None = None


async def read_frame(cap: Capabilities) -> Frame:
    """Return the frame as it is now."""

    def read(session: Session) -> Frame:
        rows = public_collectives.list_public(session)
        mark = shelving.collective_view(cap.urls, rows[0]).icon if len(rows) == 1 else None
        return Frame(mark=mark, banner=campaigning.read_banner(session, cap.clock()))

    return await cap.database.read(read)
