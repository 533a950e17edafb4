"""Readers act from their own server: given a handle, the address there that answers, likes or follows.

Nothing is kept of whom we led where.
"""

from federation import webfinger
from federation.errors import FederationError, Malformed
from federation.net import discovery
from fedinode.capabilities import Capabilities
from fedinode.errors import HandleUnknown, NotFound, PeerUnavailable
from fedinode.services import resolving
from fedinode.storage import collectives, publications
from fedinode.storage.database import Session


async def lead_home(cap: Capabilities, handle: str, uri: str) -> str:
    """Return the address on the reader's own server at which they act on one of our objects or actors.

    Raises: HandleUnknown for a handle that is none or that nobody knows, PeerUnavailable, Blocked.
    """
    await require_public(cap, uri)
    try:
        parsed = webfinger.parse_handle(handle)
    except Malformed as error:
        raise HandleUnknown(f'"{handle}" is no handle such as @name@server.') from error
    try:
        answer = await discovery.finger(await resolving.guarded_client(cap), parsed)
    except FederationError as error:
        raise HandleUnknown(f"{parsed.host} does not know {parsed}.") from error
    url = answer.act_on_url(uri)
    if url is None:
        raise PeerUnavailable(f"{parsed.host} does not say how its people act on posts elsewhere.")
    return url


async def require_public(cap: Capabilities, uri: str) -> None:
    """Raise NotFound unless the id is one of our actors or public objects."""

    def is_known(session: Session) -> bool:
        if collectives.find_by_uri(session, uri) is not None:
            return True
        found = publications.find_object(session, uri)
        return found is not None and not found.is_gone

    if not cap.urls.is_ours(uri) or not await cap.database.read(is_known):
        raise NotFound("Nothing of ours has this id.")
