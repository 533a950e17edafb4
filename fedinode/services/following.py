"""Who follows us and whom we follow.

Incoming Follow, Accept, Reject and Undo are reacting's; it calls `answer_request` to answer by policy.
"""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.storage.database import Session
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A follower, or somebody we follow. `id` is what `accept` and `reject` take."""

    id: int
    collective: str
    actor_uri: str
    handle: str
    name: str
    state: str
    since: datetime


async def follow(cap: Capabilities, handle: str, *, collective: str | None = None) -> Relation:
    """Ask an actor to let one of our collectives follow it; asking again while it waits sends nothing."""
    raise NotImplementedError


async def unfollow(cap: Capabilities, handle: str, *, collective: str | None = None) -> Relation:
    """Stop following an actor. Raises NotFound if we do not follow it."""
    raise NotImplementedError


async def followers(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return the accepted followers, newest first."""
    raise NotImplementedError


async def following(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return whom we follow or asked to follow, newest first."""
    raise NotImplementedError


async def requests(cap: Capabilities, *, collective: str | None = None) -> tuple[Relation, ...]:
    """Return the follow requests that wait for a decision, oldest first."""
    raise NotImplementedError


async def accept(cap: Capabilities, request_id: int) -> Relation:
    """Let a requesting actor follow us. Raises NotFound, Conflict."""
    raise NotImplementedError


async def reject(cap: Capabilities, request_id: int) -> Relation:
    """Refuse a follow request, or remove a follower. Raises NotFound."""
    raise NotImplementedError


def answer_request(session: Session, urls: Urls, follow_id: int, *, accepted: bool, now: datetime) -> None:
    """Record the decision about an incoming follow and queue the answer, in the caller's transaction."""
    raise NotImplementedError
