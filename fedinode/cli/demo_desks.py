"""The desks of the demo's cells: a link into each, as `fedinode account link` makes it."""

from fedinode.capabilities import Capabilities
from fedinode.services import registering
from fedinode.services.members import enrolling


async def way_in(cap: Capabilities) -> str:
    """Return a link that signs the owner of a cell in once."""
    owner = next(each for each in await enrolling.list_members(cap) if "owner" in each.roles)
    return (await registering.make_sign_in_link(cap, owner.email)).url
