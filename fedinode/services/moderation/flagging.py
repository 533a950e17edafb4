"""Flag: our complaint to another server about somebody there, sent by the node's own actor.

It names neither the collective nor who of us wrote it: with those stands only the host of this node. Mastodon
reads the reported account and its posts from `object`, and shows `content` to its moderators.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import activities, authority, jsonld
from federation.activities import Envelope
from federation.errors import FederationError
from fedinode.capabilities import Capabilities
from fedinode.errors import HandleUnknown, NotFound, PeerUnavailable, UsageError
from fedinode.i18n import N_
from fedinode.services import resolving, sending
from fedinode.services.members import halting
from fedinode.services.moderation import describing_entries
from fedinode.services.sending import Outgoing
from fedinode.storage import (
    audit_log,
    collectives,
    levels,
    outgoing_activities,
    remote_actors,
    reply_threads,
    sent_reports,
)
from fedinode.storage.accounts import Named, id_of
from fedinode.storage.database import Session
from fedinode.storage.levels import Subject
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.replies import ReplyDetails
from fedinode.storage.sent_reports import SentRow

MAX_WORDS_CHARACTERS: Final = activities.MAX_COMMENT_CHARACTERS
#: So many posts are named; Mastodon looks at no more than it knows.
MAX_POSTS: Final = 40
_LISTED: Final = 20
_OURS: Final = N_("This is on this node: nothing is sent for that.")
_SUSPENDED: Final = N_("Nothing is sent to a server or an account that is suspended.")
_NOT_THEIRS: Final = N_("A post that was named is not by this account, or not on its server.")
_TOO_LONG: Final = N_("This is too long: 5,000 characters are the most.")
_TOO_MANY: Final = N_("These are too many posts: 40 are the most.")
_EMPTY: Final = N_("Say what is wrong.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What is to be sent: about whom, which of their posts, in which words, for which collective."""

    collective: str
    actor_uri: str
    posts: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A complaint as it would leave the node."""

    complaint: Complaint
    handle: str
    host: str
    inbox_url: str
    #: Exactly what is sent, but for the id and the time.
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A complaint that was sent, now or before."""

    handle: str
    host: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Somebody to complain about, and what of theirs we have."""

    actor: RemoteActor
    handle: str
    posts: tuple[ReplyDetails, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom a complaint is about, and the post by which they were named."""

    actor_uri: str
    posts: tuple[str, ...] = ()


# -- before


async def choose(cap: Capabilities, actor_uri: str) -> Choice:
    """Return what a complaint about an actor whom we know can name. Raises: NotFound."""

    def read(session: Session) -> Choice:
        actor = remote_actors.get(session, actor_uri)
        posts = reply_threads.of_actor(session, actor.uri, limit=_LISTED)
        return Choice(actor=actor, handle=describing_entries.handle_of_actor(actor), posts=posts)

    return await cap.database.read(read)


async def find_target(cap: Capabilities, named: str) -> Target:
    """Return whom somebody means by a handle, or by the address of an account or a post.

    Raises: HandleUnknown, PeerUnavailable, Blocked, UsageError for what is ours.
    """
    if cap.urls.is_ours(named):
        raise UsageError(_OURS)
    known = await cap.database.read(lambda session: reply_threads.by_uris(session, [named]))
    if known:
        return Target(actor_uri=known[0].actor_uri, posts=(known[0].uri,))
    try:
        return Target(actor_uri=(await resolving.resolve_handle(cap, named)).uri)
    except HandleUnknown:
        if "://" not in named:
            raise
    try:
        found = await resolving.resolve_object(cap, named)
    except FederationError as error:
        raise PeerUnavailable(f"There is neither an account nor a post at {named}: {error}") from error
    return Target(actor_uri=found.author.uri, posts=(str(found.document["id"]),))


async def prepare(cap: Capabilities, complaint: Complaint) -> Prepared:
    """Return what would be sent, without sending it. Raises: NotFound, UsageError."""
    checked = _checked(complaint)

    def read(session: Session) -> Prepared:
        actor = _require_receiver(session, cap, checked)
        document = _document(cap, checked, Envelope(uri="", actor_uri=cap.urls.node_actor(), to=(actor.uri,)))
        shown = {name: value for name, value in document.items() if name not in ("@context", "id")}
        return Prepared(
            complaint=checked,
            handle=describing_entries.handle_of_actor(actor),
            host=actor.host,
            inbox_url=actor.inbox_url or "",
            document=json.dumps(shown, ensure_ascii=False, indent=2),
        )

    return await cap.database.read(read)


# -- sending


async def flag(cap: Capabilities, complaint: Complaint, *, account: Named = None) -> Flagged:
    """Send a complaint, once: the same again is not sent. Raises: NotFound, UsageError, Halted."""
    checked = _checked(complaint)

    def write(session: Session) -> Flagged:
        halting.require_running(session)
        actor = _require_receiver(session, cap, checked)
        is_new = _send(session, cap, checked, actor, id_of(session, account), cap.clock())
        return Flagged(handle=describing_entries.handle_of_actor(actor), host=actor.host, is_new=is_new)

    flagged = await cap.database.write(write)
    cap.bells.deliver.set()
    return flagged


def _send(
    session: Session,
    cap: Capabilities,
    checked: Complaint,
    actor: RemoteActor,
    account_id: int | None,
    now: datetime,
) -> bool:
    row = collectives.find_by_name(session, checked.collective)
    if row is None:
        raise NotFound("There is no such collective.")
    key = _cause_key(checked)
    outgoing = Outgoing(
        type=activities.FLAG,
        actor_uri=cap.urls.node_actor(),
        collective_id=None,
        # Not the actor: a second complaint does not take the place of the first.
        object_uri=key,
        cause_key=key,
        make=lambda envelope: _document(cap, checked, envelope),
        to=(actor.uri,),
        is_public=False,
        inbox_ids=(actor.inbox_id,) if actor.inbox_id else (),
    )
    sent = sending.send(session, cap.urls, outgoing, now)
    if sent is None:
        return False
    sent_reports.add(
        session, sent.id, collective_id=row.id, actor_uri=actor.uri, account_id=account_id, now=now
    )
    audit_log.add(session, "report.sent", actor.uri, now=now, account_id=account_id)
    return True


async def list_sent(
    cap: Capabilities, names: Sequence[str] | None, *, limit: int = 100
) -> tuple[SentRow, ...]:
    """Return what these collectives complained about elsewhere, or all did, the newest first."""
    return await cap.database.read(lambda session: sent_reports.list_newest(session, names, limit))


async def words_of(cap: Capabilities, activity_ids: Sequence[int]) -> dict[int, str]:
    """Return what some complaints said."""
    bodies = await cap.database.read(lambda session: outgoing_activities.bodies(session, activity_ids))
    return {number: str(jsonld.load(body).get("content", "")) for number, body in bodies.items()}


# -- what may be sent


def _checked(complaint: Complaint) -> Complaint:
    words = complaint.words.replace("\r\n", "\n").replace("\x00", "").strip()
    posts = tuple(dict.fromkeys(uri.strip() for uri in complaint.posts if uri.strip()))
    for is_wrong, trouble in (
        (not words, _EMPTY),
        (len(words) > MAX_WORDS_CHARACTERS, _TOO_LONG),
        (len(posts) > MAX_POSTS, _TOO_MANY),
        (not all(_is_on_server_of(complaint.actor_uri, uri) for uri in posts), _NOT_THEIRS),
    ):
        if is_wrong:
            raise UsageError(trouble)
    return Complaint(collective=complaint.collective, actor_uri=complaint.actor_uri, posts=posts, words=words)


def _is_on_server_of(actor_uri: str, uri: str) -> bool:
    try:
        return authority.is_same_origin(actor_uri, uri)
    except FederationError:
        return False


def _require_receiver(session: Session, cap: Capabilities, checked: Complaint) -> RemoteActor:
    if cap.urls.is_ours(checked.actor_uri):
        raise UsageError(_OURS)
    actor = remote_actors.get(session, checked.actor_uri)
    subject = Subject(host=actor.host, uri=actor.uri)
    rank = levels.ranks(session, [subject]).get(subject)
    if rank is not None and rank.is_suspended:
        raise UsageError(_SUSPENDED)
    others = {row.actor_uri for row in reply_threads.by_uris(session, checked.posts)} - {actor.uri}
    if others:
        raise UsageError(_NOT_THEIRS)
    return actor


def _document(cap: Capabilities, checked: Complaint, envelope: Envelope) -> jsonld.Document:
    return activities.flag(envelope, (checked.actor_uri, *checked.posts), checked.words)


def _cause_key(checked: Complaint) -> str:
    said = json.dumps([checked.actor_uri, sorted(checked.posts), checked.words])
    return f"flag:{hashlib.sha256(said.encode()).hexdigest()}"
