"""A brake for what costs much and anybody may ask: so many at once, so many in a second, whoever asks.

Nothing is kept about who asked.
"""

import time
from collections.abc import Callable


class Throttle:
    """Lets `per_second` requests through in the long run, and `burst` at once."""

    def __init__(
        self, per_second: float, burst: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._monotonic = monotonic
        self._left = float(burst)
        self._filled_at = monotonic()

    def is_open(self) -> bool:
        """Take one turn if there is one left."""
        now = self._monotonic()
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
