"""Activities kept in memory while they are delivered: a post goes to a thousand servers and is read once."""

from collections import OrderedDict
from collections.abc import Mapping

MAX_BYTES = 8 * 1024 * 1024


class Bodies:
    """Exact bytes of activities by number; the least recently used leave when the bytes are used up."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def known(self) -> frozenset[int]:
        """Return which activities need not be read."""
        return frozenset(self._kept)

    def keep(self, bodies: Mapping[int, bytes]) -> None:
        """Keep some more."""
        for number, body in bodies.items():
            self._kept[number] = body
            self._bytes += len(body)

    def get(self, number: int) -> bytes:
        """Return the bytes of an activity that is known."""
        self._kept.move_to_end(number)
        return self._kept[number]

    def shrink(self) -> None:
        """Let go of what is too much. Not while a batch is begun: all of it is needed."""
        while self._bytes > self._max_bytes and self._kept:
            _, body = self._kept.popitem(last=False)
            self._bytes -= len(body)
