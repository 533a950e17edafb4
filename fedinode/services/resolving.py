"""Handles, actors, keys and objects of other servers: from our rows where they are fresh, else from their origin.

Everything fetched passes the blocks before the request and again after it, with every address it names.
"""

from datetime import timedelta

from federation.activities import Activity
from federation.actors import Actor
from fedinode.capabilities import Capabilities
from fedinode.storage.remote_actors import RemoteActor

#: An actor document older than this is fetched again when it matters who the actor is now.
FRESH = timedelta(days=1)


async def resolve_handle(cap: Capabilities, handle: str) -> RemoteActor:
    """Find the actor behind ``@name@host`` (or its URL) and keep it.

    Raises: HandleUnknown, PeerUnavailable, Blocked.
    """
    raise NotImplementedError


async def resolve_actor(cap: Capabilities, uri: str, *, max_age: timedelta = FRESH) -> RemoteActor:
    """Return the actor, fetched again if our row is older than ``max_age``. Raises FederationError, Blocked."""
    raise NotImplementedError
