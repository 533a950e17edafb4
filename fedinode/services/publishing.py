"""Posts, from a manuscript to their last tombstone.

Going public is one transaction: revision, document, activity, deliveries and invalidations (`releasing`).
What documents look like is composing's business, how they travel is delivering's, changes are `revising`'s.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from fedinode import failpoints
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed
from fedinode.manuscripts import Facts, Kind, Manuscript, TextVersion, Wording
from fedinode.services import answering, composing, drafting, finding, preparing, registering, releasing
from fedinode.services.answering import Answered
from fedinode.services.members import binding, deciding, gating, halting, ordering
from fedinode.services.members.deciding import Question, Stale, Standing
from fedinode.services.members.gating import GATES, Action
from fedinode.services.members.ordering import Order
from fedinode.services.preparing import Prepared
from fedinode.services.releasing import Press
from fedinode.storage import accounts, collectives, desk_texts, federated_objects, inboxes, posts, texts
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.posts import PostRow
from fedinode.urls import Urls

T = TypeVar("T")


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
    """What deleting a post does: how many servers are told; how the vote stands where several decide."""

    uri: str
    title: str
    servers: int
    standing: Standing | None = None


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
        ordering.require_past(manuscript.published, cap.clock())
    answered = await _find_answered(cap, manuscript.facts.in_reply_to)
    prepared = await preparing.prepare(cap, manuscript)
    if answered is not None:
        prepared = replace(prepared, facts=replace(prepared.facts, in_reply_to=answered.uri))
    press = await _open_press(cap, row, answered)
    deliver = manuscript.is_delivered(press.now)

    def write(session: Session) -> Published:
        if not draft:
            require_alone(session, row, is_joint=composing.can_be_co_signed(prepared.facts))
        return _add(session, press, prepared, draft=draft, again=again, deliver=deliver)

    published = await commit(cap, write)
    return replace(published, warnings=manuscript.warnings)


async def publish(
    cap: Capabilities, url: str, *, account: Named = None, at: datetime | None = None
) -> Published:
    """Make a draft public now or at a moment, or ask the members to; `account` is who asks and says yes.

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
        order = Order(deliver=ordering.is_sent(standing.published_at, press.now), at=at)
        return pass_gate(session, press, standing, order, account)

    return await commit(cap, write)


def pass_gate(session: Session, press: Press, draft: PostRow, order: Order, account: Named) -> Published:
    """Make a draft, which is locked, public as it stands, where need be after asking the members.

    Raises: Conflict, NotAllowed.
    """
    if order.at is not None:
        ordering.require_future(order.at, press.now)
        releasing.require_in_time(session, draft, order.at)
    action: Action = "publish-joint" if binding.is_joint(session, draft) else "publish"
    is_at_once = gating.is_immediate(session, press.collective.id, action)
    if is_at_once and account is None and order.at is None and not GATES[action].uses_cosign_key:
        return _go_public(session, press, draft, order)
    question = Question(
        collective_id=press.collective.id,
        action=action,
        subject_uri=federated_objects.list_of_post(session, draft.id)[0].uri,
        digest=binding.release_digest(session, draft, order.at),
        parameters=order.as_parameters(),
        not_before=order.at,
        expires_at=None if order.at is None else order.at + deciding.OPEN_FOR,
    )
    account_id = accounts.id_of(session, account)
    standing = deciding.ask(session, question, account_id=account_id, now=press.now)
    if standing.is_approved:
        published = _execute(session, press, standing.decision)
        return published if is_at_once else replace(published, standing=standing)
    return replace(describe(session, press.urls, press.collective, draft), standing=standing)


def execute(session: Session, press: Press, decision: DecisionRow) -> str:
    """Publish what the members decided to publish; return its id. Raises: NotAllowed, Stale."""
    return _execute(session, press, decision).uri


def _execute(session: Session, press: Press, decision: DecisionRow) -> Published:
    draft = posts.lock(session, finding.require_post(session, press.urls, decision.subject_uri).id)
    if draft.state != "draft":
        raise Stale(f"This post is {draft.state}, not a draft.")
    order = ordering.order_of(decision.parameters)
    digest = binding.release_digest(session, draft, order.at)
    mandate = deciding.require_decision(session, decision.uid, digest, press.now)
    return _go_public(session, replace(press, mandate=mandate), draft, order)


def _go_public(session: Session, press: Press, draft: PostRow, order: Order) -> Published:
    halting.require_running(session)
    queued = releasing.go_public(session, press, draft, deliver=order.deliver)
    if order.copy_uid is not None and order.number is not None:
        desk_texts.close_if_newest(session, order.copy_uid, order.number, press.now)
    public = posts.get(session, draft.id)
    return describe(session, press.urls, press.collective, public, deliveries=queued)


def require_alone(session: Session, row: CollectiveRow, *, is_joint: bool = False) -> None:
    """Raise NotAllowed where several members decide what is published."""
    needed = gating.needed(session, row.id, "publish-joint" if is_joint else "publish")
    if needed > 1:
        raise NotAllowed(
            f"In {row.name} {needed} members decide what is published: keep it with `fedinode post --draft`, "
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
    if draft:
        return describe(session, press.urls, row, posts.get(session, kept.id))
    return pass_gate(session, press, kept, Order(deliver=deliver), None)


def _further_key(session: Session, row: CollectiveRow, key: str) -> str:
    count = posts.count_keys_like(session, row.id, key)
    return f"{key}#{count + 1}" if count else key


# -- taking back


async def preview_deletion(cap: Capabilities, url: str) -> Deletion:
    """Return what `delete` would do, without doing it. Raises NotFound."""

    def read(session: Session) -> Deletion:
        doomed, row = post_and_collective(session, cap.urls, url)
        told = set(inboxes.of_followers(session, row.id)) if doomed.state == "public" else set()
        for each in federated_objects.list_of_post(session, doomed.id):
            told |= set(inboxes.that_got(session, each.uri))
        described = describe(session, cap.urls, row, doomed)
        return Deletion(uri=described.uri, title=title_of(session, doomed), servers=len(told))

    return await cap.database.read(read)


async def delete(cap: Capabilities, url: str, *, account: Named = None) -> Deletion:
    """Withdraw a post, or ask the members to: a Tombstone stays, who was sent it is sent a Delete.

    Raises: NotFound, NotAllowed. A draft is anybody's to drop.
    """
    doomed, row = await cap.database.read(lambda session: post_and_collective(session, cap.urls, url))
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Deletion:
        standing = posts.lock(session, doomed.id)
        described = describe(session, cap.urls, row, standing)
        if standing.state == "withdrawn":
            return Deletion(uri=described.uri, title="", servers=0)
        if standing.state != "public" or gating.is_immediate(session, row.id, "delete"):
            return _delete(session, press, standing)
        return _ask_to_delete(session, press, standing, described.uri, account)

    return await commit(cap, write)


def _ask_to_delete(session: Session, press: Press, public: PostRow, uri: str, account: Named) -> Deletion:
    question = Question(
        collective_id=press.collective.id,
        action="delete",
        subject_uri=uri,
        digest=binding.deletion_digest(session, public),
    )
    account_id = accounts.id_of(session, account)
    standing = deciding.ask(session, question, account_id=account_id, now=press.now)
    if not standing.is_approved:
        return Deletion(uri=uri, title=title_of(session, public), servers=0, standing=standing)
    return replace(_execute_deletion(session, press, standing.decision), standing=standing)


def execute_deletion(session: Session, press: Press, decision: DecisionRow) -> str:
    """Take back what the members decided to take back; return its id. Raises: NotAllowed, Stale."""
    return _execute_deletion(session, press, decision).uri


def _execute_deletion(session: Session, press: Press, decision: DecisionRow) -> Deletion:
    public = posts.lock(session, finding.require_post(session, press.urls, decision.subject_uri).id)
    if public.state != "public":
        raise Stale(f"This post is {public.state}, not public.")
    deciding.require_decision(session, decision.uid, binding.deletion_digest(session, public), press.now)
    return _delete(session, press, public)


def _delete(session: Session, press: Press, doomed: PostRow) -> Deletion:
    if doomed.state == "public":
        halting.require_running(session)
    uri = describe(session, press.urls, press.collective, doomed).uri
    title = title_of(session, doomed)
    queued = releasing.withdraw(session, press, doomed)
    return Deletion(uri=uri, title=title, servers=queued)


# -- views


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


def title_of(session: Session, standing: PostRow) -> str:
    """Return the title of a post in its own language; empty for one that says nothing any more."""
    if standing.state == "withdrawn":
        return ""
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
