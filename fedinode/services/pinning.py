"""Pinned posts: first on the collective's page and the node's front page, and in its `featured` collection.

Servers of followers are told with Add and Remove, which Mastodon and GoToSocial read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import activities, jsonld
from federation.activities import Envelope
from federation.jsonld import Document
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.manuscripts import Kind
from fedinode.services import describing, publishing, releasing, sending
from fedinode.services.members import halting
from fedinode.services.publishing import Published
from fedinode.services.sending import Outgoing
from fedinode.storage import audit_log, collectives, invalidations, posts
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.posts import PostRow

#: More than a reader sees at a glance; Mastodon shows as many.
MAX_PINNED: Final = 5

_Write = Callable[[Envelope, str, str], Document]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    """Pinning, or the contrary: the activity that says so, and since when the post is pinned then."""

    type: str
    write: _Write
    pinned_at: datetime | None


async def pin(cap: Capabilities, url: str) -> Published:
    """Let a public post stand first. Raises: NotFound, Conflict."""
    now = cap.clock()
    deed = _Deed(type=activities.ADD, write=activities.add, pinned_at=now)

    def require(session: Session, post: PostRow, row: CollectiveRow) -> None:
        if post.state != "public":
            raise Conflict(f"This post is {post.state}; pin it once it is public.")
        if post.kind == Kind.PAGE or post.in_reply_to_uri is not None:
            raise Conflict("A page or an answer stands in no list, so it cannot be pinned.")
        pinned = posts.list_pinned(session, row.id)
        if len(pinned) >= MAX_PINNED:
            first = publishing.describe(session, cap.urls, row, pinned[0])
            raise Conflict(
                f"{MAX_PINNED} posts of {row.name} are pinned, which is all that is shown; unpin one, "
                f"such as the oldest: fedinode unpin {first.uri}"
            )

    return await _set_pin(cap, url, deed, require)


async def unpin(cap: Capabilities, url: str) -> Published:
    """Let a post stand where its date puts it. Raises: NotFound."""
    deed = _Deed(type=activities.REMOVE, write=activities.remove, pinned_at=None)
    return await _set_pin(cap, url, deed, lambda *_: None)


async def _set_pin(
    cap: Capabilities,
    url: str,
    deed: _Deed,
    require: Callable[[Session, PostRow, CollectiveRow], None],
) -> Published:
    def write(session: Session) -> Published:
        halting.require_running(session)
        found, row = publishing.post_and_collective(session, cap.urls, url)
        collectives.lock(session, row.id)
        post = posts.lock(session, found.id)
        if (post.pinned_at is None) == (deed.pinned_at is None):
            return publishing.describe(session, cap.urls, row, post, already=True)
        require(session, post, row)
        was_bare = not posts.list_pinned(session, row.id)
        posts.set_pinned(session, post.id, deed.pinned_at)
        said = "post.unpinned" if deed.pinned_at is None else "post.pinned"
        audit_log.add(session, said, url, now=cap.clock())
        described = publishing.describe(session, cap.urls, row, post)
        queued = _tell(session, cap, row, deed, described.uri)
        if was_bare or not posts.list_pinned(session, row.id):
            # Without a pin the newest statements stand there; an Update lets others read the list anew.
            describing.tell_followers(session, cap, row)
        invalidations.record(session, releasing.changed_keys(row, post), cap.clock())
        return publishing.describe(session, cap.urls, row, post, deliveries=queued)

    return await publishing.commit(cap, write)


def _tell(session: Session, cap: Capabilities, row: CollectiveRow, deed: _Deed, uri: str) -> int:
    now = cap.clock()
    featured = cap.urls.collective_featured(row.name)
    sent = sending.send(
        session,
        cap.urls,
        Outgoing(
            type=deed.type,
            actor_uri=row.uri,
            collective_id=row.id,
            object_uri=uri,
            cause_key=f"{deed.type.lower()}:{uri}:{int(now.timestamp() * 1_000_000)}",
            make=lambda envelope: deed.write(envelope, uri, featured),
            to=(jsonld.PUBLIC,),
            cc=(cap.urls.collective_followers(row.name),),
            to_followers=True,
        ),
        now,
    )
    return sent.deliveries if sent else 0
