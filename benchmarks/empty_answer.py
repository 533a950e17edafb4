"""The least that Starlette can answer, on the server that the node uses: what pages are compared with."""

import asyncio
import socket
import sys

import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fedinode.cli.processes import Server


async def nothing(request: Request) -> Response:
    """Answer with an empty body."""
    return Response()


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    await Server(Starlette(routes=[Route("/", nothing)])).serve(sockets=[listener])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
