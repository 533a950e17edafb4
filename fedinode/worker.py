"""The loops: reacting to what came in, delivering what goes out, housekeeping; and the watchdog over them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedinode.capabilities import Capabilities


@asynccontextmanager
async def running(cap: Capabilities, *, deliver: bool = True) -> AsyncIterator[None]:
    """Run the loops while the block lasts, and stop them gracefully after it."""
    raise NotImplementedError
    yield
