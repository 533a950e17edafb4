"""What is kept for how long, and the purge that sees to it."""

from dataclasses import dataclass

from fedinode.capabilities import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How many rows of each kind a purge removed."""

    counts: dict[str, int]


async def purge_once(cap: Capabilities) -> Purged:
    """Remove everything whose time is over, in short transactions."""
    raise NotImplementedError
