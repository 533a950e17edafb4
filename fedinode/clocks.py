"""The clock of this machine, which every part of a node is given from here.

Real machines have clocks that are wrong. For tests `FEDINODE_CLOCK_OFFSET=3600` sets the node's an hour
ahead, and a negative number puts it behind.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from fedinode.errors import ConfigError

VARIABLE = "FEDINODE_CLOCK_OFFSET"


def clock_of(environ: Mapping[str, str]) -> Callable[[], datetime]:
    """Return the clock that a process goes by. Raises ConfigError for an offset that is no number."""
    written = environ.get(VARIABLE, "0")
    try:
        offset = timedelta(seconds=int(written))
    except (ValueError, OverflowError):
        raise ConfigError(f"{VARIABLE} takes whole seconds, such as 3600, not {written!r}.") from None
    return lambda: datetime.now(UTC) + offset
