"""Ports of loopback for servers that tests start, and start again.

They lie below the ports that the kernel hands out to connections, which would otherwise take the port of a
server that is just being made or is down for a moment.
"""

import contextlib
import random
import socket

_LOWEST, _HIGHEST = 10_000, 32_000
#: The same port of another loopback address, kept until the process ends: nobody else's tests choose it.
_KEPT: list[socket.socket] = []
_KEEPER = "127.0.0.2"
_dice = random.Random()


def free_port(count: int = 1) -> int:
    """Return a port of loopback that nobody listens on, or the first of `count` such ports in a row."""
    while True:
        port = _dice.randrange(_LOWEST, _HIGHEST)
        with contextlib.ExitStack() as stack:
            try:
                kept = [stack.enter_context(_bound(_KEEPER, port + offset)) for offset in range(count)]
                for offset in range(count):
                    _bound("127.0.0.1", port + offset).close()
            except OSError:
                continue
            stack.pop_all()
            _KEPT.extend(kept)
            return port


def _bound(address: str, port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.bind((address, port))
    except OSError:
        bound.close()
        raise
    return bound
