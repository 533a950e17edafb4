"""Posts, from a manuscript to their last tombstone.

Going public is one transaction: revision, document, activity, deliveries and invalidations.
What the documents look like is composing's business, how they travel is delivering's.
"""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Manuscript


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A post after a command: `uri` is its id, `url` its page, `already` tells that nothing was changed."""

    uid: str
    uri: str
    url: str
    state: str
    already: bool = False
    #: Deliveries that were queued by this change.
    deliveries: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """What deleting a post does: how many servers are told."""

    uri: str
    title: str
    servers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSummary:
    """A post in a list of ours."""

    uid: str
    uri: str
    url: str
    collective: str
    kind: str
    state: str
    title: str
    languages: tuple[str, ...]
    first_public_at: datetime | None


async def post(
    cap: Capabilities,
    manuscript: Manuscript,
    *,
    collective: str | None = None,
    draft: bool = False,
    again: bool = False,
) -> Published:
    """Publish a manuscript, or keep it as a draft.

    The same key again publishes nothing and returns the existing post with `already` set; with
    `again` it becomes a further post. `collective` may be left out where the node has only one.
    """
    raise NotImplementedError


async def publish(cap: Capabilities, url: str) -> Published:
    """Make a draft public. Raises NotFound, Conflict."""
    raise NotImplementedError


async def edit(cap: Capabilities, url: str, manuscript: Manuscript) -> Published:
    """Give a post a new text; what is public sends an Update. Raises NotFound, Conflict."""
    raise NotImplementedError


async def preview_deletion(cap: Capabilities, url: str) -> Deletion:
    """Return what `delete` would do, without doing it. Raises NotFound."""
    raise NotImplementedError


async def delete(cap: Capabilities, url: str) -> Deletion:
    """Withdraw a post: a Tombstone stays, everybody who was sent it is sent a Delete. Raises NotFound."""
    raise NotImplementedError


async def reply(
    cap: Capabilities, url: str, answer: Manuscript | str, *, collective: str | None = None
) -> Published:
    """Answer a reply to one of our posts, or any object of another server, as a Note.

    A string is Markdown in the collective's own language. Raises NotFound, PeerUnavailable.
    """
    raise NotImplementedError


async def list_posts(
    cap: Capabilities, *, collective: str | None = None, limit: int = 100
) -> tuple[PostSummary, ...]:
    """Return the newest posts, drafts too."""
    raise NotImplementedError
