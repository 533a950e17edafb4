"""How servers of tests end."""

import asyncio

#: So long a busy machine may take for what takes no time.
PATIENCE_SECONDS = 60.0


async def stop_listening(server: asyncio.Server) -> None:
    """Take no more connections, and serve to their end those that are there.

    A server that is closed while a connection comes in would lose it unclosed: who has been accepted gets its
    place first.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    await asyncio.sleep(0)
    server.close()


async def finish_others() -> None:
    """Wait for all other tasks of the loop, and for those that they begin."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.gather(*tasks, return_exceptions=True)
