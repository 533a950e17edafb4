"""What the people of this node decide about others: replies shown or hidden, servers and actors blocked, reports."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from fedinode.capabilities import Capabilities

Severity = Literal["silence", "suspend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply from another server to something of ours; ``text`` is plain."""

    id: int
    uri: str
    object_uri: str
    actor_uri: str
    handle: str
    name: str
    text: str
    language: str | None
    state: str
    published_at: datetime | None
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A blocked domain (with everything under it) or actor."""

    subject: str
    severity: Severity
    reason: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEffect:
    """What a block does, or did: how many follow relations end and how many replies disappear."""

    subject: str
    severity: Severity
    followers: int
    following: int
    replies: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A complaint (Flag) from another server about something of ours."""

    id: int
    from_uri: str
    object_uris: tuple[str, ...]
    comment: str
    received_at: datetime


async def held(cap: Capabilities, *, collective: str | None = None, limit: int = 200) -> tuple[Reply, ...]:
    """Return the replies that wait for a decision, oldest first."""
    raise NotImplementedError


async def approve(cap: Capabilities, reply_id: int) -> Reply:
    """Show a reply under the post it belongs to. Raises NotFound."""
    raise NotImplementedError


async def hide(cap: Capabilities, reply_id: int) -> Reply:
    """Hide a reply, held or shown. Raises NotFound."""
    raise NotImplementedError


async def preview_block(cap: Capabilities, subject: str, *, severity: Severity = "suspend") -> BlockEffect:
    """Return what ``block`` would do, without doing it. Raises UsageError for what is neither domain nor actor."""
    raise NotImplementedError


async def block(
    cap: Capabilities, subject: str, *, severity: Severity = "suspend", reason: str | None = None
) -> BlockEffect:
    """Block a domain with everything under it, or an actor; a second time changes severity and reason.

    ``suspend`` ends follows both ways, hides what they wrote and refuses what they send; ``silence`` only
    keeps their replies from being shown without a decision.
    """
    raise NotImplementedError


async def unblock(cap: Capabilities, subject: str) -> Block:
    """Lift a block; what it removed does not come back. Raises NotFound."""
    raise NotImplementedError


async def blocks(cap: Capabilities) -> tuple[Block, ...]:
    """Return all blocks, in order of subject."""
    raise NotImplementedError


def render_csv(blocks: Iterable[Block]) -> str:
    """Return the blocked domains as Mastodon's CSV file of domain blocks."""
    raise NotImplementedError


async def reports(cap: Capabilities, *, limit: int = 100) -> tuple[Report, ...]:
    """Return the complaints that came in, newest first."""
    raise NotImplementedError
