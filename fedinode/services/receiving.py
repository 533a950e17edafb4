"""A request to an inbox, up to the journal: who signed it, may they say this, keep it. Nothing is done with it yet.

Order matters: blocks before anything is fetched, signature before anything is believed, authority before
anything is kept, the commit before 202.
"""

from federation.signatures.message import HttpMessage
from fedinode.capabilities import Capabilities


async def receive(cap: Capabilities, message: HttpMessage, *, collective: str | None = None) -> None:
    """Verify a request to an inbox and keep it durably; return when it may be answered 202.

    ``collective`` names whose inbox it is, None for the shared one.
    Raises: FederationError with the answer to give, Blocked, NotFound, Busy, DiskFull.
    """
    raise NotImplementedError
