"""Create, Update and Delete of what others write: answers to our posts, and posts of those whom we follow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from federation import activities
from federation.errors import Gone, NotFound
from fedinode.cache import NETWORK_KEY, post_key
from fedinode.capabilities import Capabilities
from fedinode.services import handling, keeping, resolving
from fedinode.services.handling import Facts, Keys, Pending, World
from fedinode.services.keeping import Submission
from fedinode.services.moderation import withholding
from fedinode.services.moderation.withholding import Sieve
from fedinode.services.network import ruling, unsharing
from fedinode.storage import remote_actors, remote_objects, replies
from fedinode.storage.database import Session
from fedinode.storage.levels import Rank
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.remote_objects import KeptObject
from fedinode.storage.replies import KnownReply, NewReply, Parent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival:
    """An object of somebody else, and what is known about it here."""

    submission: Submission
    author: RemoteActor
    #: When this version was made.
    version_at: datetime | None
    #: Somebody whom we follow wrote or announced it.
    is_wanted: bool
    #: How far its author is let in.
    rank: Rank
    #: Whether an earlier version may be replaced: a Create is news, or nothing.
    is_change: bool
    #: Whether its author sent it as something new, so that rules for sharing meet it.
    is_own_news: bool

    @property
    def uri(self) -> str:
        return self.submission.subject.uri


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Rows that concern a group of arrivals."""

    replies: dict[str, KnownReply]
    kept: dict[str, KeptObject]
    parents: dict[str, Parent]
    #: The rules that let something wait.
    sieve: Sieve


# -- what must be fetched first


def needs_object(session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the entries that name an object without carrying it, where it may concern us."""
    bare = [pending for pending in group if pending.activity.object_document is None]
    followed = remote_objects.followed_by_us(session, {pending.sender_uri for pending in bare})
    known = _known_uris(session, {pending.activity.object_uri for pending in bare})
    return frozenset(
        pending.id
        for pending in bare
        if pending.sender_uri in followed or pending.activity.object_uri in known
    )


def needs_origin(session: Session, _world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the passed-on entries that are about something of ours, or something that we keep."""
    answered = {
        pending.id: str((pending.activity.object_document or {}).get("inReplyTo")) for pending in group
    }
    parents = replies.find_parents(session, answered.values())
    known = _known_uris(session, {pending.activity.object_uri for pending in group})
    return frozenset(
        pending.id
        for pending in group
        if answered[pending.id] in parents or pending.activity.object_uri in known
    )


def needs_announced(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the boosts, by those whom we follow, of what is neither ours nor kept already."""
    foreign = [pending for pending in group if not world.urls.is_ours(pending.activity.object_uri)]
    followed = remote_objects.followed_by_us(session, {pending.sender_uri for pending in foreign})
    known = _known_uris(session, {pending.activity.object_uri for pending in foreign})
    return frozenset(
        pending.id
        for pending in foreign
        if pending.sender_uri in followed and pending.activity.object_uri not in known
    )


def _known_uris(session: Session, uris: set[str]) -> set[str]:
    return {*replies.find_known(session, uris), *remote_objects.find_kept(session, uris)}


async def fetch_object(cap: Capabilities, pending: Pending) -> Facts:
    """Fetch what the activity is about from its origin; what the sender embedded counts for nothing."""
    try:
        found = await resolving.resolve_object(cap, pending.activity.object_uri)
    except (Gone, NotFound):
        return Facts(is_gone=True)
    submission = keeping.read_submission(found.document)
    return Facts(submission=submission, author_uri=found.author.uri)


# -- Create, Update


def take_objects(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep answers to our posts and posts of those whom we follow; replace what is kept by newer versions."""
    arrivals = _arrivals(session, group)
    known = _Known(
        replies=replies.find_known(session, {each.uri for each in arrivals}),
        kept=remote_objects.find_kept(session, {each.uri for each in arrivals}),
        parents=replies.find_parents(
            session, {each.submission.subject.in_reply_to or "" for each in arrivals}
        ),
        sieve=withholding.open_sieve(session, world.now),
    )
    new: list[tuple[NewReply, Parent]] = []
    keys: set[str] = set()
    for arrival in arrivals:
        if arrival.uri in known.replies:
            keys |= _change_reply(session, known, arrival, world.now)
        elif arrival.uri in known.kept:
            keys |= _change_kept(session, world, arrival, known.kept[arrival.uri])
            keys |= _meet_rules(session, world, arrival, known.kept[arrival.uri])
        elif (parent := _parent(known, arrival)) is not None:
            new += _new_reply(known, arrival, parent)
        elif arrival.is_wanted and arrival.submission.is_public:
            # What is for followers alone has no place on our pages, so it is not even kept.
            row = keeping.as_remote_object(arrival.submission, arrival.author, arrival.version_at)
            remote_objects.put(session, row, world.now)
            keys |= {NETWORK_KEY, *_meet_rules(session, world, arrival)}
    replies.add(session, [row for row, _ in new], world.now)
    return frozenset(keys | {post_key(parent.post_uid) for _, parent in new})


def _meet_rules(session: Session, world: World, arrival: _Arrival, kept: KeptObject | None = None) -> Keys:
    """Let our rules meet what is news; somebody else's boost of it may have come before it."""
    is_theirs = kept is None or (
        kept.deleted_at is None and keeping.is_by(kept.actor_uri, arrival.author.uri)
    )
    if not (arrival.is_own_news and is_theirs):
        return handling.NOTHING
    return ruling.meet(session, world, arrival.submission, arrival.author, is_silenced=arrival.rank.waits)


def _arrivals(session: Session, group: Sequence[Pending]) -> list[_Arrival]:
    authors = remote_actors.find_many(session, {_author_uri(pending) for pending in group})
    ranks = handling.ranks(session, tuple(authors.values()))
    followed = remote_objects.followed_by_us(session, {pending.sender_uri for pending in group})
    found = []
    for pending in group:
        submission = _submission(pending)
        author = authors.get(_author_uri(pending))
        # Whoever passes it on: what somebody suspended wrote is not taken.
        if submission is None or author is None or ranks[author.uri].is_suspended:
            continue
        is_wanted = pending.sender_uri in followed and pending.entry.activity_type != handling.FORWARDED
        found.append(
            _Arrival(
                submission=submission,
                author=author,
                version_at=_version_at(pending, submission),
                is_wanted=is_wanted,
                rank=ranks[author.uri],
                is_change=pending.facts is not None or pending.activity.type == activities.UPDATE,
                is_own_news=pending.entry.activity_type == activities.CREATE
                and author.uri == pending.sender_uri,
            )
        )
    return found


def _submission(pending: Pending) -> Submission | None:
    return pending.submission if pending.facts is None else pending.facts.submission


def _author_uri(pending: Pending) -> str:
    fetched = None if pending.facts is None else pending.facts.author_uri
    return fetched or pending.sender_uri


def _version_at(pending: Pending, submission: Submission) -> datetime | None:
    # Some servers send an Update without saying when: then it was when they sent it.
    if pending.activity.type == activities.UPDATE and submission.subject.updated is None:
        return pending.activity.published or pending.entry.received_at
    return submission.version_at


def _parent(known: _Known, arrival: _Arrival) -> Parent | None:
    # A message to us alone is no comment for all to read.
    if not arrival.submission.is_public or not arrival.submission.html:
        return None
    return known.parents.get(arrival.submission.subject.in_reply_to or "")


def _new_reply(known: _Known, arrival: _Arrival, parent: Parent) -> list[tuple[NewReply, Parent]]:
    if parent.comments == "closed":
        return []
    # What answers this may be next in the same group.
    known.parents[arrival.uri] = parent
    reason = _why_held(known, arrival)
    is_open = parent.comments == "open" or arrival.rank.level == "trusted"
    row = keeping.as_reply(
        arrival.submission,
        arrival.author,
        parent.object_id,
        "shown" if is_open and reason is None else "held",
        arrival.submission.subject.updated,
        reason=reason,
    )
    return [(row, parent)]


def _why_held(known: _Known, arrival: _Arrival) -> str | None:
    return known.sieve.reason(arrival.rank, withholding.piece_of(arrival.submission, arrival.author))


def _change_reply(session: Session, rows: _Known, arrival: _Arrival, now: datetime) -> set[str]:
    known = rows.replies[arrival.uri]
    kept_at = known.updated_at or known.published_at
    is_own = keeping.is_by(known.actor_uri, arrival.author.uri)
    if known.state == "deleted" or not is_own or not arrival.is_change:
        return set()
    if not keeping.is_newer(arrival.version_at, kept_at):
        return set()
    # Somebody, or a rule, agreed to show the old words, not these.
    was_approved = known.state == "shown" and known.decision != "policy"
    is_other_text = known.html_clean != arrival.submission.html
    reason = _why_held(rows, arrival)
    waits = known.state == "shown" and is_other_text and (was_approved or reason is not None)
    state = "held" if waits else known.state
    row = keeping.as_reply(arrival.submission, arrival.author, 0, state, arrival.version_at, reason=reason)
    decision = known.decision if state == known.state else None
    replies.change(session, known.id, replace(row, decision=decision), now)
    return {post_key(known.post_uid)}


def _change_kept(session: Session, world: World, arrival: _Arrival, kept: KeptObject) -> set[str]:
    kept_at = kept.updated_at or kept.published_at
    is_own = keeping.is_by(kept.actor_uri, arrival.author.uri)
    is_refused = kept.deleted_at is not None or not is_own or not arrival.is_change
    if is_refused or not keeping.is_newer(arrival.version_at, kept_at):
        return set()
    row = keeping.as_remote_object(arrival.submission, arrival.author, arrival.version_at)
    remote_objects.put(session, row, world.now)
    return {NETWORK_KEY}


# -- Delete


def delete_objects(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Empty replies and posts that their own authors deleted."""
    return _delete(session, world, [(each.activity.object_uri, each.sender_uri) for each in group])


def take_forwarded(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Do with what others passed on as its origin says."""
    gone = [each for each in group if each.facts is not None and each.facts.is_gone]
    # Gone at its origin: then its author deleted it, whoever told us.
    keys = _delete(session, world, [(each.activity.object_uri, each.activity.actor_uri) for each in gone])
    return keys | take_objects(session, world, [each for each in group if each not in gone])


def _delete(session: Session, world: World, named: Sequence[tuple[str, str]]) -> Keys:
    keys: set[str] = set()
    for uri, actor_uri in named:
        keys |= {post_key(uid) for uid in replies.delete_by_owner(session, uri, actor_uri)}
        if remote_objects.delete_by_owner(session, uri, actor_uri, world.now):
            keys |= {NETWORK_KEY, *unsharing.end_everywhere(session, world.urls, uri, world.now)}
    return frozenset(keys)
