"""Builds the world once, for the web application, the worker and the commands."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from federation.net import client
from federation.net.egress import EgressPolicy
from fedinode import clocks
from fedinode.cache import Cache
from fedinode.capabilities import Capabilities, Clock, Keyring
from fedinode.config import Settings
from fedinode.errors import ClockWrong
from fedinode.resources import installed_version
from fedinode.storage import database
from fedinode.urls import Urls

#: This program is younger than that.
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def open_node(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Capabilities]:
    """Open the node in the settings' data folder, and close everything at the end.

    Raises ConfigError, DatabaseError, OriginChanged, ClockWrong.
    """
    now = clock or clocks.clock_of(os.environ)
    require_plausible_clock(now())
    opened = await asyncio.to_thread(database.open_database, settings)
    try:
        async with client.open_client(
            egress_policy(settings),
            user_agent=f"fedinode/{installed_version()} (+{settings.origin})",
            clock=now,
            connections=settings.limits.connections,
        ) as opened_client:
            urls = Urls(settings.origin)
            yield Capabilities(
                settings=settings,
                urls=urls,
                database=opened,
                client=opened_client,
                clock=now,
                keyring=Keyring(opened, urls.node_actor()),
                cache=Cache(settings.limits.cache_bytes),
            )
    finally:
        # The loop goes on meanwhile: a job that waits for the disk may be somebody's last write.
        await asyncio.shield(asyncio.to_thread(opened.close))


def egress_policy(settings: Settings) -> EgressPolicy:
    """Return what this node may connect to."""
    networks = [str(network) for network in settings.federation.allow_addresses]
    return EgressPolicy.of(settings.origin, networks)


def require_plausible_clock(now: datetime) -> None:
    """Raise ClockWrong when the clock cannot be right: machines without a battery begin in 1970."""
    if now < EARLIEST:
        raise ClockWrong(
            f"The clock of this machine says {now:%Y-%m-%d}, which cannot be; set it right first, "
            "for every signature carries the time."
        )
