"""Builds the world once, for the web application, the worker and the commands: settings, database, client, keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fedinode.capabilities import Capabilities, Clock
from fedinode.config import Settings


@asynccontextmanager
async def open_node(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Capabilities]:
    """Open the node in the settings' data folder, and close everything at the end.

    Raises ConfigError, DatabaseError, OriginChanged.
    """
    raise NotImplementedError
    yield
