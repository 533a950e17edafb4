"""What changes at the source of a text that was taken over reaches our editors as a proposal.

An Update or Delete by the author makes one, and so does the daily look at each source: nobody sends us
anything where we follow nobody. Nothing of it is done before an editor accepts it; an accepted correction
is an edit of our post like any other, with the votes that an edit takes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from federation import jsonld
from federation.errors import FederationError, Gone, NotFound
from federation.jsonld import Document
from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NodeError, NotAllowed, UsageError
from fedinode.errors import NotFound as NotHere
from fedinode.manuscripts import Kind, Wording, parse_facts
from fedinode.services import drafting, publishing, releasing, revising, sourcing, taking_over
from fedinode.services.handling import Pending
from fedinode.services.members.deciding import Standing
from fedinode.services.preparing import Prepared, PreparedText
from fedinode.services.sourcing import Original
from fedinode.storage import collectives, federated_objects, media_files, posts, takeovers, texts
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.media_files import MediaRow, NewMedia
from fedinode.storage.posts import PostRow
from fedinode.storage.takeovers import NewTakeover, ProposalRow, TakeoverRow
from fedinode.text import differences
from fedinode.text.differences import Piece
from fedinode.urls import Urls

logger = logging.getLogger(__name__)

CORRECTION: Final = "correction"
WITHDRAWAL: Final = "withdrawal"
#: Each source is asked so often.
ASK_EVERY: Final = timedelta(days=1)
ASK_AT_ONCE: Final = 20
_MARKS: Final = {"same": "{}", "cut": "[-{}-]", "added": "{{+{}+}}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal as commands show it."""

    id: int
    collective: str
    kind: str
    #: Our post, and the object at its source.
    post_url: str
    source_uri: str
    title: str
    made_at: datetime
    #: Our editors changed the text themselves since it was taken over.
    is_changed_here: bool
    #: The paragraphs that differ, with [-what goes-] and {+what comes+}.
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What became of a proposal; where members vote, it stays open until the last of them agrees."""

    post_url: str
    kind: str
    deliveries: int = 0
    standing: Standing | None = None


# -- what arrives


def note_updates(session: Session, group: Sequence[Pending], now: datetime) -> None:
    """Propose what authors say now, where a post of ours brings what they said before."""
    stated = {pending.activity.object_uri: pending for pending in group}
    for row in takeovers.list_of_objects(session, stated):
        pending = stated[row.object_uri]
        document = _document_of(pending)
        if document is not None and pending.sender_uri == row.actor_uri:
            _propose(session, row, document, now)


def note_deletions(session: Session, group: Sequence[Pending], now: datetime) -> None:
    """Propose to withdraw what authors deleted."""
    stated = {pending.activity.object_uri: pending.sender_uri for pending in group}
    for row in takeovers.list_of_objects(session, stated):
        if stated[row.object_uri] == row.actor_uri:
            takeovers.propose(session, row.id, WITHDRAWAL, now, None, None)


def needs_object(session: Session, group: Sequence[Pending]) -> frozenset[int]:
    """Return the entries that name what was taken over without carrying it."""
    bare = [pending for pending in group if pending.activity.object_document is None]
    known = takeovers.list_of_objects(session, {pending.activity.object_uri for pending in bare})
    uris = {row.object_uri for row in known}
    return frozenset(pending.id for pending in bare if pending.activity.object_uri in uris)


def _document_of(pending: Pending) -> Document | None:
    if pending.facts is not None and pending.facts.submission is not None:
        return jsonld.load(pending.facts.submission.body)
    return pending.activity.object_document


def _propose(session: Session, row: TakeoverRow, document: Document, now: datetime) -> None:
    try:
        original = sourcing.read_original(document, _language_of(row))
    except NotAllowed:
        # It is for some people alone from now on.
        takeovers.propose(session, row.id, WITHDRAWAL, now, None, None)
        return
    except (FederationError, NodeError) as error:
        logger.info("what %s became is no text: %s", row.object_uri, error)
        return
    if (original.uri, original.author_uri) != (row.object_uri, row.actor_uri):
        return
    if original.digest == row.digest:
        takeovers.drop_open(session, row.id)
    else:
        takeovers.propose(session, row.id, CORRECTION, now, jsonld.dump(document), original.digest)


def _language_of(row: TakeoverRow) -> str:
    return row.languages.split()[0]


# -- looking at the sources


async def ask_sources(cap: Capabilities, *, every: timedelta = ASK_EVERY, limit: int = ASK_AT_ONCE) -> int:
    """Compare what was taken over with its sources, each once in a while; return how many were asked."""
    now = cap.clock()
    rows = await cap.database.read(lambda session: takeovers.list_to_ask(session, now - every, limit))
    for row in rows:
        await _ask(cap, row)
    return len(rows)


async def _ask(cap: Capabilities, row: TakeoverRow) -> None:
    document: Document | None = None
    is_gone = False
    try:
        document = (await taking_over.fetch(cap, row.object_uri, _language_of(row))).document
    except (Gone, NotFound, NotAllowed):
        is_gone = True
    except (FederationError, NodeError) as error:
        logger.info("the source %s cannot be asked: %s", row.object_uri, error)

    def write(session: Session) -> None:
        takeovers.set_asked(session, row.id, cap.clock())
        if is_gone:
            takeovers.propose(session, row.id, WITHDRAWAL, cap.clock(), None, None)
        elif document is not None:
            _propose(session, row, document, cap.clock())

    await cap.database.write(write)


# -- for editors


async def list_proposals(cap: Capabilities) -> tuple[Proposal, ...]:
    """Return what waits for an answer, the oldest first."""
    return await cap.database.read(
        lambda session: tuple(_line(session, cap.urls, each) for each in takeovers.list_open(session))
    )


def _line(session: Session, urls: Urls, proposal: ProposalRow) -> Proposal:
    row = takeovers.get(session, proposal.takeover_id)
    post = posts.get(session, row.post_id)
    collective = collectives.get(session, post.collective_id)
    return Proposal(
        id=proposal.id,
        collective=collective.name,
        kind=proposal.kind,
        post_url=publishing.describe(session, urls, collective, post).url,
        source_uri=row.object_uri,
        title=publishing.title_of(session, post),
        made_at=proposal.made_at,
        is_changed_here=row.is_changed,
        changes=_changes(session, post, row, proposal),
    )


def _changes(session: Session, post: PostRow, row: TakeoverRow, proposal: ProposalRow) -> tuple[str, ...]:
    if proposal.body is None:
        return ()
    standing = drafting.texts_of_objects(session, federated_objects.list_of_post(session, post.id))
    found = []
    for each in sourcing.read_original(jsonld.load(proposal.body), _language_of(row)).words:
        ours = standing.get(each.language)
        before = f"{ours.title or ''}\n{text.plain(ours.html)}" if ours else ""
        compared = differences.compare(before, f"{each.title or ''}\n{text.plain(each.html)}")
        found += [
            f"{each.language}: {''.join(map(_marked, one.pieces)).strip()}"
            for one in compared
            if one.is_changed
        ]
    return tuple(found)


def _marked(piece: Piece) -> str:
    return _MARKS[piece.kind].format(piece.text)


async def decline(cap: Capabilities, proposal_id: int) -> Decided:
    """Leave our post as it is; the same words are not proposed again. Raises: NotFound, Conflict."""

    def write(session: Session) -> Decided:
        proposal, row, post = _require_open(session, proposal_id)
        takeovers.decide(session, proposal.id, "declined", cap.clock())
        described = publishing.describe(session, cap.urls, collectives.get(session, row.collective_id), post)
        return Decided(post_url=described.url, kind=proposal.kind)

    return await cap.database.write(write)


async def accept(
    cap: Capabilities, proposal_id: int, *, account: Named = None, although_changed: bool = False
) -> Decided:
    """Do with our post what its source did, or ask the members to.

    Raises: NotFound, Conflict, NotAllowed; UsageError where changes of our own would be lost.
    """
    proposal, row, post = await cap.database.read(lambda session: _require_open(session, proposal_id))
    if proposal.body is None:
        return await _withdraw(cap, proposal, post, account)
    if row.is_changed and not although_changed:
        raise UsageError(
            "You changed this text here, and that would be lost. Say --yes if that is what you want, or "
            "take over by hand what you need: `fedinode edit`."
        )
    return await _correct(cap, proposal, row, account)


async def _withdraw(cap: Capabilities, proposal: ProposalRow, post: PostRow, account: Named) -> Decided:
    def describe(session: Session) -> str:
        collective = collectives.get(session, post.collective_id)
        return publishing.describe(session, cap.urls, collective, post).uri

    uri = await cap.database.read(describe)
    done = await publishing.delete(cap, uri, account=account)
    is_done = done.standing is None or done.standing.is_approved
    if is_done:
        await cap.database.write(
            lambda session: takeovers.decide(session, proposal.id, "accepted", cap.clock())
        )
    return Decided(
        post_url=uri, kind=WITHDRAWAL, deliveries=done.servers, standing=None if is_done else done.standing
    )


async def _correct(cap: Capabilities, proposal: ProposalRow, row: TakeoverRow, account: Named) -> Decided:
    assert proposal.body is not None, "a correction has words"
    document = jsonld.load(proposal.body)
    original = sourcing.read_original(document, _language_of(row))
    is_proven = await taking_over.is_proven(cap, document, row.actor_uri)
    collective = await cap.database.read(lambda session: collectives.get(session, row.collective_id))
    press = await releasing.open_press(cap, collective)

    def write(session: Session) -> Decided:
        collectives.lock(session, collective.id)
        post = posts.lock(session, row.post_id)
        _require_open(session, proposal.id)
        prepared = _prepared(session, post, original)
        if post.state == "draft":
            drafting.replace_draft(session, collective, post, prepared, cap.urls, press.now)
            published = publishing.describe(session, cap.urls, collective, post)
        else:
            published = revising.edit_public(session, press, post, prepared, account)
        if published.standing is not None and not published.standing.is_approved:
            return Decided(post_url=published.url, kind=CORRECTION, standing=published.standing)
        taken = _taken(row, original, is_proven=is_proven)
        takeovers.set_words(session, row.id, taken, press.now)
        takeovers.decide(session, proposal.id, "accepted", press.now)
        return Decided(post_url=published.url, kind=CORRECTION, deliveries=published.deliveries)

    return await publishing.commit(cap, write)


def _taken(row: TakeoverRow, original: Original, *, is_proven: bool) -> NewTakeover:
    return NewTakeover(
        collective_id=row.collective_id,
        post_id=row.post_id,
        object_uri=row.object_uri,
        page_url=original.page_url,
        actor_uri=row.actor_uri,
        languages=original.languages,
        digest=original.digest,
        is_proven=is_proven,
    )


def _prepared(session: Session, post: PostRow, original: Original) -> Prepared:
    """Return our post with the source's words in place of those it has, and all that is ours beside them."""
    objects = federated_objects.list_of_post(session, post.id)
    revision = federated_objects.newest_revision(session, objects[0].id)
    facts = parse_facts(revision.facts)
    standing = {row.language: row for row in drafting.texts_of_objects(session, objects).values()}
    own = {language: _as_it_stands(row) for language, row in standing.items()}
    new = {each.language: each for each in sourcing.prepared_texts([original])}
    # Credits and slugs stay ours; languages that the source does not have stay as they are.
    changed = {
        language: replace(each, status=own[language].status, translator=own[language].translator)
        if language in own
        else each
        for language, each in new.items()
    }
    merged = own | changed
    ordered = sorted(merged, key=lambda language: language != post.primary_language)
    known = {each.language for each in facts.wordings}
    further = tuple(Wording(language=each) for each in ordered if each not in known)
    public_tags = posts.list_tags(session, post.id) if post.state == "public" else facts.tags
    return Prepared(
        kind=Kind(post.kind),
        key=post.import_key,
        texts=tuple(merged[each] for each in ordered),
        facts=replace(
            facts,
            wordings=facts.wordings + further,
            tags=public_tags,
            category=post.category or facts.category,
            comments=post.comments,
        ),
        media=tuple(map(_same_file, media_files.list_of_revision(session, revision.id))),
        published=post.published_at,
    )


def _same_file(row: MediaRow) -> NewMedia:
    # It is known by its digest; how large it is nobody asks again.
    return NewMedia(
        digest=row.digest,
        type=row.type,
        path=row.path,
        size_bytes=0,
        width=row.width,
        height=row.height,
        licence=row.licence,
        alts=row.alts,
        captions=row.captions,
    )


def _as_it_stands(row: texts.TextRevisionRow) -> PreparedText:
    return PreparedText(
        language=row.language,
        title=row.title,
        slug=None,
        summary=row.summary,
        markdown=row.markdown,
        html=row.html,
        translator=row.translator,
        status=row.status,
    )


def _require_open(session: Session, proposal_id: int) -> tuple[ProposalRow, TakeoverRow, PostRow]:
    proposal = takeovers.find_proposal(session, proposal_id)
    if proposal is None:
        raise NotHere(f"There is no proposal {proposal_id}; `fedinode proposals` lists them.")
    if proposal.state != "open":
        raise Conflict(f"Proposal {proposal_id} was {proposal.state} already.")
    row = takeovers.get(session, proposal.takeover_id)
    post = posts.get(session, row.post_id)
    if post.state == "withdrawn":
        raise Conflict("This post was withdrawn; there is nothing to correct.")
    return proposal, row, post
