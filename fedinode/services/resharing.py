"""Announcing what others published, and taking it back."""

from dataclasses import dataclass

from fedinode.capabilities import Capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Reshared:
    """An announcement of ours; `comment_uri` is the Note that goes with it, if any."""

    activity_uri: str
    object_uri: str
    already: bool
    deliveries: int
    comment_uri: str | None = None


async def reshare(
    cap: Capabilities, url: str, *, collective: str | None = None, comment: str | None = None
) -> Reshared:
    """Announce an object to our followers; with a comment, also publish a Note that links to it."""
    raise NotImplementedError


async def unreshare(cap: Capabilities, url: str, *, collective: str | None = None) -> Reshared:
    """Take an announcement back. Raises NotFound if there is none."""
    raise NotImplementedError
