"""What members do with posts and accounts of others at the desk, in collectives where their role allows it.

What is not there for a member, a collective of others included, is not found, rather than forbidden.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from federation.actors import ACTOR_TYPES
from federation.errors import FederationError
from federation.net import discovery
from fedinode.capabilities import Capabilities
from fedinode.errors import Blocked, NotAllowed, NotFound, PeerUnavailable, UsageError
from fedinode.i18n import N_
from fedinode.services import following, keeping, registering, resolving, taking_over
from fedinode.services.cosigning import consenting
from fedinode.services.cosigning.consenting import Consented
from fedinode.services.following import Relation
from fedinode.services.members.entitling import Right
from fedinode.services.members.signing_in import Member
from fedinode.services.network import passing_on, perusing, resharing
from fedinode.services.network.perusing import PostView
from fedinode.services.network.resharing import Reshared
from fedinode.services.resolving import FetchedObject
from fedinode.services.taking_over import TakenOver, Wish
from fedinode.storage import audit_log, followed_posts, remote_objects
from fedinode.storage.database import Session

MAX_ADDRESS_CHARS: Final = 2_000
MAX_COMMENT_CHARS: Final = 5_000
_OURS: Final = N_("This is an address of this node. What is ours needs no fetching.")
_NO_ADDRESS: Final = N_("Write a handle, as @lisbon@lisbon.example, or the address of a post or profile.")
_NOT_PUBLIC: Final = N_("This post is not for everybody: its author wrote it for some people alone.")
_DELETED: Final = N_("The author deleted this post.")
_TOO_LONG: Final = N_("This comment is too long. Write it as a text of its own.")
_KEPT_OUT: Final = N_("This sender, or their server, is kept out or limited here.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an address led to: the number of a post that is kept here now, or the id of an account."""

    post_id: int | None = None
    actor_uri: str = ""


# -- posts


async def reshare(cap: Capabilities, member: Member, number: int, collective: str, comment: str) -> Reshared:
    """Boost a post, with a comment or without; again changes nothing.

    Raises: NotFound; Conflict where a rule says never; UsageError, NotAllowed.
    """
    post = await _post(cap, member, "network", number, collective)
    if len(comment) > MAX_COMMENT_CHARS:
        raise UsageError(_TOO_LONG)

    def check(session: Session) -> None:
        row = registering.require_collective(session, collective)
        kept = followed_posts.find(session, number)
        if kept is not None:
            passing_on.require_allowed(session, row.id, kept.actor_uri, kept.host)

    await cap.database.read(check)
    words = comment.strip() or None
    return await resharing.reshare(
        cap, post.uri, collective=collective, comment=words, account=member.account_id
    )


async def unreshare(cap: Capabilities, member: Member, number: int, collective: str) -> None:
    """Take a boost back; what was taken back stays so. Raises: NotFound, NotAllowed."""
    post = await _post(cap, member, "network", number, collective)
    if post.did("reshared", collective):
        await resharing.unreshare(cap, post.uri, collective=collective, account=member.account_id)


async def take_over(cap: Capabilities, member: Member, number: int, collective: str, wish: Wish) -> TakenOver:
    """Bring a post as one of ours, or as a draft. Raises as `taking_over.take_over`, and NotFound."""
    post = await _post(cap, member, "network", number, collective)
    taken = await taking_over.take_over(cap, post.uri, wish, collective=collective)
    if not taken.published.already:
        await _audit(cap, member, "takeover.made", post.uri, collective)
    return taken


async def cosign(cap: Capabilities, member: Member, number: int, collective: str) -> Consented:
    """Sign a statement, or ask the members to. Raises: NotFound, Conflict, NotAllowed, PeerUnavailable."""
    post = await _post(cap, member, "sign", number, collective)
    return await consenting.cosign(cap, post.uri, collective=collective, account=member.account_id)


async def _post(cap: Capabilities, member: Member, right: Right, number: int, collective: str) -> PostView:
    require_in(member, right, collective)
    return await perusing.find_post(cap, member.where(right), number)


def require_in(member: Member, right: Right, collective: str) -> None:
    """Raise NotFound unless the member has a right in this collective."""
    if not member.may(right, collective):
        raise NotFound("There is no such collective.")


# -- accounts


async def follow(cap: Capabilities, member: Member, handle: str, collective: str) -> Relation:
    """Ask somebody to let a collective follow them; again changes nothing.

    Raises: NotFound, HandleUnknown, PeerUnavailable, Blocked, Conflict.
    """
    require_in(member, "network", collective)
    relation = await following.follow(cap, _written(handle), collective=collective)
    await _audit(cap, member, "follow.asked", relation.actor_uri, collective)
    return relation


async def unfollow(cap: Capabilities, member: Member, handle: str, collective: str) -> Relation:
    """Stop following somebody. Raises: NotFound, NotAllowed."""
    require_in(member, "network", collective)
    relation = await following.unfollow(cap, _written(handle), collective=collective)
    await _audit(cap, member, "follow.ended", relation.actor_uri, collective)
    return relation


# -- a post or account from elsewhere


async def look_up(cap: Capabilities, written: str) -> Found:
    """Fetch what somebody pasted: a handle, or the address of an account or a post.

    Raises: UsageError, NotAllowed, NotFound, HandleUnknown, PeerUnavailable, Blocked.
    """
    address = _written(written)
    if "://" not in address:
        return Found(actor_uri=(await resolving.resolve_handle(cap, address)).uri)
    if cap.urls.is_ours(address):
        raise UsageError(_OURS)
    try:
        document = await discovery.fetch_document(
            await resolving.guarded_client(cap), address, await cap.keyring.node_signer()
        )
        if document.get("type") in ACTOR_TYPES:
            actor = await resolving.resolve_actor(cap, str(document["id"]), max_age=timedelta(0))
            return Found(actor_uri=actor.uri)
        found = await resolving.resolve_object(cap, str(document["id"]))
    except FederationError as error:
        raise PeerUnavailable(f"{address} cannot be fetched: {error}") from error
    return Found(post_id=await _keep(cap, found))


async def _keep(cap: Capabilities, found: FetchedObject) -> int:
    """Keep a post that was fetched, unless a newer version is here; return its number."""
    submission = await asyncio.to_thread(keeping.read_submission, found.document)
    if not submission.is_public:
        raise NotAllowed(_NOT_PUBLIC)
    row = keeping.as_remote_object(submission, found.author, submission.version_at)

    def write(session: Session) -> int:
        known = remote_objects.find_kept(session, [row.uri]).get(row.uri)
        if known is not None and known.deleted_at is not None:
            raise NotFound(_DELETED)
        if known is not None and not keeping.is_by(known.actor_uri, found.author.uri):
            raise NotFound(_DELETED)
        is_news = known is None or keeping.is_newer(
            submission.version_at, known.updated_at or known.published_at
        )
        number = remote_objects.put(session, row, cap.clock()) if is_news or known is None else known.id
        if followed_posts.find(session, number) is None:
            raise Blocked(_KEPT_OUT)
        return number

    return await cap.database.write(write)


def _written(text: str) -> str:
    """Return what somebody pasted without what surrounds it. Raises: UsageError."""
    address = text.strip().strip("<>")
    is_right = "://" in address or "@" in address
    if not is_right or len(address) > MAX_ADDRESS_CHARS or len(address.split()) != 1:
        raise UsageError(_NO_ADDRESS)
    return address


async def _audit(cap: Capabilities, member: Member, deed: str, subject: str, collective: str) -> None:
    details = {"collective": collective}
    await cap.database.write(
        lambda session: audit_log.add(
            session, deed, subject, now=cap.clock(), account_id=member.account_id, details=details
        )
    )
