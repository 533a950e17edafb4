"""Posts, from a manuscript to their last tombstone.

Going public is one transaction: revision, document, activity, deliveries and invalidations (`releasing`).
What documents look like is composing's business, how they travel is delivering's, changes are `revising`'s.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError, NotAllowed
from fedinode.manuscripts import BACKDATED_AFTER, Facts, Kind, Manuscript, TextVersion, Wording
from fedinode.services import (
    answering,
    binding,
    composing,
    deciding,
    drafting,
    finding,
    preparing,
    registering,
    releasing,
)
from fedinode.services.answering import Answered
from fedinode.services.deciding import Question, Standing
from fedinode.services.preparing import Prepared
from fedinode.services.releasing import Press
from fedinode.storage import accounts, collectives, decisions, federated_objects, inboxes, posts, texts
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.posts import PostRow
from fedinode.urls import Urls

T = TypeVar("T")

#: A moment that a colleague's clock calls now may lie so far ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)


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
    #: How the vote stands where several members decide what is published.
    standing: Standing | None = None


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


# -- new posts


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
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    if not again:
        known = await cap.database.read(lambda session: _find_known(session, cap.urls, row, manuscript.key))
        if known is not None:
            return known
    if not draft:
        _require_past(manuscript, cap.clock())
    answered = await _find_answered(cap, manuscript.facts.in_reply_to)
    prepared = await preparing.prepare(cap, manuscript)
    if answered is not None:
        prepared = replace(prepared, facts=replace(prepared.facts, in_reply_to=answered.uri))
    press = await _open_press(cap, row, answered)
    deliver = manuscript.is_delivered(press.now)

    def write(session: Session) -> Published:
        if not draft:
            _require_alone(session, row)
        return _add(session, press, prepared, draft=draft, again=again, deliver=deliver)

    published = await commit(cap, write)
    return replace(published, warnings=manuscript.warnings)


async def publish(cap: Capabilities, url: str, *, account: str | None = None) -> Published:
    """Make a draft public, or ask the members to; `account` is who asks and says yes.

    Raises: NotFound, Conflict, NotAllowed.
    """
    draft, row = await cap.database.read(lambda session: post_and_collective(session, cap.urls, url))
    press = await open_press_of(cap, url)

    def write(session: Session) -> Published:
        standing = posts.lock(session, draft.id)
        if standing.state == "withdrawn":
            raise Conflict("This post was withdrawn; publish the text as a new one.")
        if standing.state == "public":
            return describe(session, cap.urls, row, standing, already=True)
        if decisions.thresholds(session, row.id)[0] > 1:
            return _ask(session, press, standing, account)
        return _go_public(session, press, standing)

    return await commit(cap, write)


def _ask(session: Session, press: Press, draft: PostRow, account: str | None) -> Published:
    """Ask the members whether a draft is published as it stands now."""
    account_id = None if account is None else accounts.require_by_email(session, account).id
    question = Question(
        collective_id=press.collective.id,
        action="publish",
        subject_uri=federated_objects.list_of_post(session, draft.id)[0].uri,
        digest=binding.release_digest(session, draft),
    )
    standing = deciding.ask(session, question, account_id=account_id, now=press.now)
    if standing.is_approved:
        execute(session, press, standing.decision)
    described = describe(session, press.urls, press.collective, posts.get(session, draft.id))
    return replace(described, standing=standing)


def execute(session: Session, press: Press, decision: DecisionRow) -> str:
    """Publish what the members decided to publish; return its id. Raises: NotAllowed, Stale."""
    draft = finding.require_post(session, press.urls, decision.subject_uri)
    standing = posts.lock(session, draft.id)
    deciding.require_decision(session, decision.uid, binding.release_digest(session, standing), press.now)
    if standing.state != "draft":
        raise Conflict(f"This post is {standing.state}, not a draft.")
    return _go_public(session, press, standing).uri


def _go_public(session: Session, press: Press, draft: PostRow) -> Published:
    is_new = draft.published_at is None or draft.published_at >= press.now - BACKDATED_AFTER
    queued = releasing.go_public(session, press, draft, deliver=is_new)
    public = posts.get(session, draft.id)
    return describe(session, press.urls, press.collective, public, deliveries=queued)


def _require_alone(session: Session, row: CollectiveRow) -> None:
    """Raise NotAllowed where several members decide what is published."""
    needed, _ = decisions.thresholds(session, row.id)
    if needed > 1:
        raise NotAllowed(
            f"In {row.name} {needed} members decide what is published: keep it with --draft, "
            "then `fedinode publish URL --account EMAIL` asks them."
        )


async def reply(
    cap: Capabilities, url: str, answer: Manuscript | str, *, collective: str | None = None
) -> Published:
    """Answer a reply to one of our posts, or any object of another server, as a Note.

    A string is Markdown in the collective's own language. Raises NotFound, PeerUnavailable.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    answered = await answering.find_answered(cap, url)
    manuscript = _as_manuscript(answer, row.primary_language, answered.uri)
    return await post(cap, manuscript, collective=row.name)


def _as_manuscript(answer: Manuscript | str, language: str, answered_uri: str) -> Manuscript:
    if isinstance(answer, Manuscript):
        facts = replace(answer.facts, in_reply_to=answered_uri, show="full")
        return replace(answer, kind=Kind.NEWS, facts=facts)
    text = TextVersion(language=language, title=None, slug=None, summary=None, markdown=answer)
    facts = Facts(wordings=(Wording(language=language),), in_reply_to=answered_uri)
    key = hashlib.sha256(f"{answered_uri}\n{answer}".encode()).hexdigest()
    return Manuscript(kind=Kind.NEWS, key=key, texts=(text,), facts=facts)


def _add(
    session: Session, press: Press, prepared: Prepared, *, draft: bool, again: bool, deliver: bool
) -> Published:
    row = press.collective
    collectives.lock(session, row.id)
    if again:
        prepared = prepared.with_key(_further_key(session, row, prepared.key))
    else:
        known = _find_known(session, press.urls, row, prepared.key)
        if known is not None:
            return known
    kept = drafting.save(session, press.urls, row, prepared, press.now)
    queued = 0 if draft else releasing.go_public(session, press, kept, deliver=deliver)
    return describe(session, press.urls, row, posts.get(session, kept.id), deliveries=queued)


def _further_key(session: Session, row: CollectiveRow, key: str) -> str:
    count = posts.count_keys_like(session, row.id, key)
    return f"{key}#{count + 1}" if count else key


def _require_past(manuscript: Manuscript, now: datetime) -> None:
    if manuscript.published is not None and manuscript.published > now + CLOCK_TOLERANCE:
        raise ManuscriptError(
            "`published` lies in the future; leave it out to publish now, or keep the file as a --draft."
        )


# -- taking back


async def preview_deletion(cap: Capabilities, url: str) -> Deletion:
    """Return what `delete` would do, without doing it. Raises NotFound."""

    def read(session: Session) -> Deletion:
        doomed, row = post_and_collective(session, cap.urls, url)
        told = set(inboxes.of_followers(session, row.id)) if doomed.state == "public" else set()
        for each in federated_objects.list_of_post(session, doomed.id):
            told |= set(inboxes.that_got(session, each.uri))
        described = describe(session, cap.urls, row, doomed)
        return Deletion(uri=described.uri, title=_title(session, doomed), servers=len(told))

    return await cap.database.read(read)


async def delete(cap: Capabilities, url: str) -> Deletion:
    """Withdraw a post: a Tombstone stays, everybody who was sent it is sent a Delete. Raises NotFound."""
    doomed, row = await cap.database.read(lambda session: post_and_collective(session, cap.urls, url))
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Deletion:
        standing = posts.lock(session, doomed.id)
        described = describe(session, cap.urls, row, standing)
        if standing.state == "withdrawn":
            return Deletion(uri=described.uri, title="", servers=0)
        title = _title(session, standing)
        queued = releasing.withdraw(session, press, standing)
        return Deletion(uri=described.uri, title=title, servers=queued)

    return await commit(cap, write)


# -- lists


async def list_posts(
    cap: Capabilities, *, collective: str | None = None, limit: int = 100
) -> tuple[PostSummary, ...]:
    """Return the newest posts, drafts too."""

    def read(session: Session) -> tuple[PostSummary, ...]:
        wanted = registering.require_collective(session, collective).id if collective else None
        rows = {row.id: row for row in collectives.list_all(session)}
        return tuple(
            _summary(session, cap.urls, rows[each.collective_id], each)
            for each in posts.list_newest(session, wanted, limit)
        )

    return await cap.database.read(read)


def describe(
    session: Session,
    urls: Urls,
    row: CollectiveRow,
    standing: PostRow,
    *,
    already: bool = False,
    deliveries: int = 0,
) -> Published:
    """Return a post as commands show it."""
    objects = federated_objects.list_of_post(session, standing.id)
    slug = texts.current_slugs(session, standing.id).get(standing.primary_language, standing.uid)
    own = next((each for each in objects if each.language in (None, standing.primary_language)), objects[0])
    return Published(
        uid=standing.uid,
        uri=own.uri,
        url=urls.post_page(row.name, standing.primary_language, slug),
        state=standing.state,
        already=already,
        deliveries=deliveries,
    )


def _summary(session: Session, urls: Urls, row: CollectiveRow, each: PostRow) -> PostSummary:
    described = describe(session, urls, row, each)
    languages = tuple(text.language for text in texts.list_of_post(session, each.id))
    return PostSummary(
        uid=each.uid,
        uri=described.uri,
        url=described.url,
        collective=row.name,
        kind=each.kind,
        state=each.state,
        title=_title(session, each),
        languages=languages,
        first_public_at=each.first_public_at,
    )


def _title(session: Session, standing: PostRow) -> str:
    rows = drafting.texts_of_objects(session, federated_objects.list_of_post(session, standing.id))
    own = rows.get(standing.primary_language)
    return composing.plain_title(own) if own else ""


# -- steps


async def commit(cap: Capabilities, job: Callable[[Session], T]) -> T:
    """Run a job that changes a post, with a point before and after its commit where a test may kill us."""

    def write(session: Session) -> T:
        result = job(session)
        failpoints.hit("publish.before-commit")
        return result

    result = await cap.database.write(write)
    failpoints.hit("publish.after-commit")
    cap.bells.deliver.set()
    return result


def post_and_collective(session: Session, urls: Urls, url: str) -> tuple[PostRow, CollectiveRow]:
    """Return a post by what people paste, and whose it is. Raises NotFound."""
    found = finding.require_post(session, urls, url)
    return found, collectives.get(session, found.collective_id)


def _find_known(session: Session, urls: Urls, row: CollectiveRow, key: str) -> Published | None:
    known = posts.find_by_key(session, row.id, key)
    return None if known is None else describe(session, urls, row, known, already=True)


async def _find_answered(cap: Capabilities, uri: str | None) -> Answered | None:
    return None if uri is None else await answering.find_answered(cap, uri)


async def open_press_of(cap: Capabilities, url: str) -> Press:
    """Gather what publishing a draft takes. Raises: NotFound, PeerUnavailable."""
    draft, row = await cap.database.read(lambda session: post_and_collective(session, cap.urls, url))
    return await _open_press(cap, row, await _find_answered(cap, draft.in_reply_to_uri))


async def _open_press(cap: Capabilities, row: CollectiveRow, answered: Answered | None) -> Press:
    press = await releasing.open_press(cap, row)
    if answered is None:
        return press
    return replace(press, mentions=answered.mentions, inbox_ids=answered.inbox_ids)
