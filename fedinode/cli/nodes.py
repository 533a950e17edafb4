"""Opens the node that a command works on."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fedinode import config, node
from fedinode.capabilities import Capabilities
from fedinode.cli.commands import Call


@asynccontextmanager
async def opened(call: Call) -> AsyncIterator[Capabilities]:
    """Open the node of the data folder for as long as the block lasts."""
    settings = config.load_settings(call.data_dir, os.environ)
    async with node.open_node(settings) as cap:
        yield cap


def on_node(work: Callable[[Call, Capabilities], Awaitable[None]]) -> Callable[[Call], None]:
    """Return a command's `run` that opens the node around `work`."""

    async def run(call: Call) -> None:
        async with opened(call) as cap:
            await work(call, cap)

    return lambda call: asyncio.run(run(call))
