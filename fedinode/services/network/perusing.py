"""What others publish, for members: posts of those whom their collectives follow, and what we did with each.

Words alone are shown: nothing of a page of the desk is loaded from elsewhere.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from fedinode.capabilities import Capabilities
from fedinode.errors import NoSuchPage, NotFound
from fedinode.services import keeping
from fedinode.services.cosigning.consenting import UNANSWERED
from fedinode.services.network import ruling
from fedinode.storage import (
    collectives,
    cosignatures,
    followed_posts,
    invitations,
    kept_posts,
    sharing_rules,
    takeovers,
)
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.followed_posts import FollowedPost, Sieve
from fedinode.text import display_handle, display_host, excerpt, plain, without_headings

PAGE_SIZE: Final = 20
#: Lists to choose from end somewhere; who follows more writes the handle.
MAX_SENDERS: Final = 500
_TITLE_CHARS: Final = 110
_SUMMARY_CHARS: Final = 280
_STANDING: Final = (*UNANSWERED, "accepted", "seen", "public", "mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """How a list is narrowed: by the number of a sender, a kind of posts, a language."""

    sender: int | None = None
    kind: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderView:
    """Somebody whom we follow: name, and handle with the whole domain."""

    id: int
    uri: str
    name: str
    handle: str
    host: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a collective of ours did with a post: 'reshared', 'taken-over', 'signed' or 'invited'."""

    word: str
    collective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post of somebody else, cleaned."""

    id: int
    uri: str
    url: str
    kind: str
    #: It can be co-signed, if its author lets us.
    is_statement: bool
    title: str
    summary: str
    html: str
    #: The summary is not all of it.
    is_cut: bool
    language: str | None
    published_at: datetime
    sender: SenderView
    shared_by: tuple[str, ...]
    deeds: tuple[Deed, ...]
    #: Collectives of ours whose rules say never to reshare it.
    never_by: tuple[str, ...]

    def did(self, word: str, collective: str) -> bool:
        """Tell whether a collective did something with it."""
        return Deed(word=word, collective=collective) in self.deeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A page of what others publish, and what it can be narrowed to."""

    posts: tuple[PostView, ...]
    page: int
    pages: int
    total: int
    senders: tuple[SenderView, ...]
    languages: tuple[str, ...]


async def list_posts(cap: Capabilities, names: Collection[str], choice: Choice, page: int) -> Listing:
    """Return a page of what those publish whom these collectives follow, newest first. Raises NotFound."""

    def read(session: Session) -> Listing:
        rows = _rows(session, names)
        sieve = _sieve(rows, choice)
        total = followed_posts.count(session, sieve)
        pages = max(1, -(-total // PAGE_SIZE))
        if not 1 <= page <= pages:
            raise NoSuchPage("This list has fewer pages.")
        found = followed_posts.list_page(session, sieve, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        return Listing(
            posts=_views(session, rows, tuple(post for post in found if keeping.is_for_everybody(post.body))),
            page=page,
            pages=pages,
            total=total,
            senders=tuple(_sender(each) for each in followed_posts.senders(session, rows, MAX_SENDERS)),
            languages=followed_posts.languages(session, rows),
        )

    return await cap.database.read(read)


async def find_posts(
    cap: Capabilities, names: Collection[str], numbers: Collection[int]
) -> Mapping[int, PostView]:
    """Return those of some posts that are here and public, by number."""

    def read(session: Session) -> Mapping[int, PostView]:
        found = followed_posts.find_many(session, sorted(numbers))
        views = _views(
            session,
            _rows(session, names),
            tuple(post for post in found if keeping.is_for_everybody(post.body)),
        )
        return {view.id: view for view in views}

    return await cap.database.read(read)


async def find_post(cap: Capabilities, names: Collection[str], number: int) -> PostView:
    """Return one post. Raises NotFound."""
    found = await find_posts(cap, names, [number])
    if number not in found:
        raise NotFound("This post is not here, or not here any more.")
    return found[number]


def _rows(session: Session, names: Collection[str]) -> dict[int, CollectiveRow]:
    return {row.id: row for row in collectives.list_all(session) if row.name in names}


def _sieve(rows: Mapping[int, CollectiveRow], choice: Choice) -> Sieve:
    is_other = choice.kind == "other"
    types = None if choice.kind is None or is_other else ruling.types_of(choice.kind)
    return Sieve(
        collective_ids=tuple(rows),
        actor_id=choice.sender,
        types=types,
        other_than=ruling.KNOWN_TYPES if is_other else (),
        language=choice.language,
    )


def _views(
    session: Session, rows: Mapping[int, CollectiveRow], found: tuple[FollowedPost, ...]
) -> tuple[PostView, ...]:
    uris = tuple(post.uri for post in found)
    deeds = _deeds(session, rows, uris)
    sharers = kept_posts.list_sharers(session, uris)
    never = _never(session, rows, found)
    return tuple(
        _view(post, tuple(deeds.get(post.uri, ())), sharers.get(post.uri, ()), never.get(post.id, ()))
        for post in found
    )


def _deeds(
    session: Session, rows: Mapping[int, CollectiveRow], uris: tuple[str, ...]
) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = {}
    passed_on, signed = _passed_on(session, rows, uris), _signed(session, rows, uris)
    for uri, word, collective in dict.fromkeys((*passed_on, *signed)):
        found.setdefault(uri, []).append(Deed(word=word, collective=collective))
    return found


def _passed_on(
    session: Session, rows: Mapping[int, CollectiveRow], uris: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    for uri, ids in kept_posts.list_resharers(session, uris).items():
        yield from ((uri, "reshared", rows[each].name) for each in ids if each in rows)
    for taken in takeovers.list_of_objects(session, uris):
        if taken.collective_id in rows:
            yield taken.object_uri, "taken-over", rows[taken.collective_id].name


def _signed(
    session: Session, rows: Mapping[int, CollectiveRow], uris: tuple[str, ...]
) -> Iterator[tuple[str, str, str]]:
    for row in rows.values():
        for consent in cosignatures.list_of_signer(session, row.uri):
            is_standing = consent.signer_state in _STANDING and consent.ended_at is None
            if consent.statement_uri in uris and is_standing:
                yield consent.statement_uri, "signed", row.name
        for invited in invitations.list_of_cell(session, row.uri, states=("open",)):
            if invited.statement_uri in uris:
                yield invited.statement_uri, "invited", row.name


def _never(
    session: Session, rows: Mapping[int, CollectiveRow], found: tuple[FollowedPost, ...]
) -> dict[int, tuple[str, ...]]:
    subjects = {each for post in found for each in (post.actor_uri, post.host)}
    modes = {
        (rule.collective_id, rule.subject): rule.mode for rule in sharing_rules.list_about(session, subjects)
    }
    return {
        post.id: tuple(
            row.name
            for row in rows.values()
            if modes.get((row.id, post.actor_uri), modes.get((row.id, post.host))) == "never"
        )
        for post in found
    }


def _view(
    post: FollowedPost, deeds: tuple[Deed, ...], shared_by: tuple[str, ...], never_by: tuple[str, ...]
) -> PostView:
    # Statements and articles begin with their own title, because some servers show nothing else.
    words = plain(post.html).removeprefix(post.name or "").strip()
    title = post.name or excerpt(words, _TITLE_CHARS) or post.uri
    summary = excerpt(words, _SUMMARY_CHARS) if post.name else ""
    return PostView(
        id=post.id,
        uri=post.uri,
        url=post.url or post.uri,
        kind=ruling.kind_of(post.type),
        is_statement=post.body is not None and b'"textDigest"' in post.body,
        title=title,
        summary=summary,
        html=without_headings(post.html),
        is_cut=words not in (summary or title, ""),
        language=post.language,
        published_at=post.published_at,
        sender=SenderView(
            id=post.actor_id,
            uri=post.actor_uri,
            name=post.actor_name or post.username or display_host(post.host),
            handle=handle(post.actor_uri, post.handle, post.username),
            host=display_host(post.host),
            url=post.actor_url or post.actor_uri,
        ),
        shared_by=shared_by,
        deeds=deeds,
        never_by=never_by,
    )


def _sender(each: followed_posts.Sender) -> SenderView:
    return SenderView(
        id=each.id,
        uri=each.uri,
        name=each.name or each.username or display_host(each.host),
        handle=handle(each.uri, each.handle, each.username),
        host=display_host(each.host),
        url=each.uri,
    )


def handle(uri: str, confirmed: str | None, username: str | None) -> str:
    """Return a handle with its whole domain, as people may read it."""
    return display_handle(f"@{confirmed}" if confirmed else f"@{username or ''}@{urlsplit(uri).netloc}")
