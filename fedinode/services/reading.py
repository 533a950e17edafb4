"""What readers see: each page, list and feed as a view, read in one job.

Only public posts are found. The views are records of `presenting`; rows become views in `shelving`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from fedinode.capabilities import Capabilities
from fedinode.config import Settings
from fedinode.errors import NoSuchPage, NotFound
from fedinode.services import conversing, shelving
from fedinode.services.cosigning import rostering, versioning
from fedinode.services.cosigning.versioning import History
from fedinode.services.presenting import (
    Copied,
    FeedView,
    FrontView,
    Listing,
    Moved,
    NodeView,
    PostLine,
    PostView,
    ProfileView,
    Reactions,
    ReplyView,
    Tombstone,
    Version,
)
from fedinode.services.supporting import entering
from fedinode.storage import (
    cosignatures,
    facets,
    kept_posts,
    listings,
    page_addresses,
    public_collectives,
    public_posts,
    publications,
    takeovers,
)
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter
from fedinode.storage.public_collectives import PublicCollective
from fedinode.storage.public_posts import ListedPost
from fedinode.text import display_host
from fedinode.urls import Urls

T = TypeVar("T")

PAGE_SIZE = 20
#: Lists end here; a crawler that wants more is lost in a maze.
MAX_PAGES = 50
FEED_ENTRIES = 50
MAX_REPLIES = 200
RESHARES_SHOWN = 6
PINNED_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who publishes here, as every page needs to know."""

    urls: Urls
    settings: Settings
    rows: tuple[PublicCollective, ...]

    def row(self, name: str) -> PublicCollective:
        """Return a collective by its name. Raises NotFound."""
        for row in self.rows:
            if row.name == name:
                return row
        raise NotFound("No collective of this name publishes here.")

    def row_of(self, post: ListedPost) -> PublicCollective:
        """Return the collective that published a post. Raises NotFound where it has closed."""
        for row in self.rows:
            if row.id == post.collective_id:
                return row
        raise NotFound("Its collective does not publish here any more.")

    def view(self, language: str | None = None) -> NodeView:
        """Return the node as a page in this language shows it."""
        return NodeView(
            host=display_host(self.urls.host),
            language=self.rows[0].primary_language if self.rows else "en",
            collectives=tuple(shelving.collective_view(self.urls, row, language) for row in self.rows),
            contact=self.settings.mail.contact,
        )


async def node(cap: Capabilities, language: str | None = None) -> NodeView:
    """Return the node, for pages that show nothing else."""
    return await read_house(cap, lambda session, house: house.view(language))


async def front(cap: Capabilities, *, language: str | None, page: int) -> FrontView:
    """Return a page of all posts, or of those that can be read in one language. Raises NotFound."""

    def read(session: Session, house: House) -> FrontView:
        wanted = Filter(language=language)
        pinned = _pinned(session, house, wanted, page)
        return FrontView(
            node=house.view(language),
            listing=_without(_list_in_language(session, house, wanted, page), pinned),
            versions=_versions(session, Filter(), language, house.urls.front),
            pinned=pinned,
        )

    return await read_house(cap, read)


async def profile(cap: Capabilities, name: str, *, language: str | None, page: int) -> ProfileView:
    """Return a collective with a page of its posts. Raises NotFound."""

    def read(session: Session, house: House) -> ProfileView:
        row = house.row(name)
        wanted = Filter(collective_id=row.id, language=language)
        pinned = _pinned(session, house, wanted, page)
        return ProfileView(
            node=house.view(language),
            collective=shelving.collective_view(house.urls, row, language),
            pinned=pinned,
            listing=_without(_list_in_language(session, house, wanted, page, named=_named(row)), pinned),
            versions=_versions(
                session,
                Filter(collective_id=row.id),
                language,
                lambda tag: house.urls.profile(name, tag),
                named=_named(row),
            ),
            reshared=tuple(
                shelving.kept_view(post) for post in kept_posts.list_reshared(session, row.id, RESHARES_SHOWN)
            ),
            has_signed=cosignatures.has_signed_public(session, row.uri),
        )

    return await read_house(cap, read)


async def post(
    cap: Capabilities, name: str, language: str, slug: str
) -> tuple[NodeView, PostView | Tombstone | Moved]:
    """Return what stands at the address of a post's page. Raises NotFound."""

    def read(session: Session, house: House) -> tuple[NodeView, PostView | Tombstone | Moved]:
        row = house.row(name)
        place = page_addresses.find_place(session, name, language, slug)
        found = public_posts.find_post(session, place.post_id) if place else None
        if place is None or found is None:
            raise NotFound("There is no such post.")
        if found.state == "withdrawn":
            return house.view(language), shelving.tombstone(house.urls, found, row, language)
        if slug != place.slug:
            return house.view(language), Moved(url=house.urls.post_page(name, language, place.slug))
        if all(text.language != language for text in found.texts):
            raise NotFound("This post is not public in this language.")
        view = _whole(session, house, found, row, language)
        people = entering.people_of(session, house.urls, view.uri, language, cap.clock())
        return house.view(language), replace(view, people=people)

    return await read_house(cap, read)


async def node_page(cap: Capabilities, slug: str) -> tuple[NodeView, PostView | None]:
    """Return the node's about, imprint or privacy page, if a collective wrote one."""

    def read(session: Session, house: House) -> tuple[NodeView, PostView | None]:
        post_id = page_addresses.find_page(session, slug)
        found = public_posts.find_post(session, post_id) if post_id is not None else None
        view = None if found is None else shelving.post_view(house.urls, found, house.row_of(found), None)
        return house.view(view.language if view else None), view

    return await read_house(cap, read)


async def feed(cap: Capabilities, *, name: str | None, language: str | None) -> FeedView:
    """Return the newest posts with their full text. Raises NotFound."""

    def read(session: Session, house: House) -> FeedView:
        row = house.row(name) if name is not None else None
        wanted = Filter(collective_id=row.id if row else None, language=language)
        posts = listings.list_posts(session, wanted, offset=0, limit=FEED_ENTRIES)
        return FeedView(
            node=house.view(language),
            collective=shelving.collective_view(house.urls, row, language) if row else None,
            language=language,
            page_url=house.urls.profile(name, language) if name else house.urls.front(language),
            feed_url=house.urls.feed(name, language) if name else house.urls.front_feed(language),
            entries=tuple(whole_entry(session, house, each, language) for each in posts if each.texts),
        )

    return await read_house(cap, read)


# -- parts


async def read_house(cap: Capabilities, job: Callable[[Session, House], T]) -> T:
    """Run a job that reads, with all that every page needs to know about the house."""

    def run(session: Session) -> T:
        rows = public_collectives.list_public(session)
        return job(session, House(urls=cap.urls, settings=cap.settings, rows=rows))

    return await cap.database.read(run)


def list_page(session: Session, house: House, wanted: Filter, page: int) -> Listing:
    """Return a page of a list. Raises NotFound where the list is shorter."""
    count = listings.count_posts(session, wanted)
    pages = min(max(1, -(-count // PAGE_SIZE)), MAX_PAGES)
    if not 1 <= page <= pages:
        raise NoSuchPage("This list has fewer pages.")
    posts = listings.list_posts(session, wanted, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    lines = tuple(
        shelving.post_line(house.urls, each, house.row_of(each), wanted.language)
        for each in posts
        if each.texts
    )
    return Listing(lines=lines, page=page, pages=pages, total=count)


def _named(row: PublicCollective) -> tuple[str, ...]:
    """Return the languages in which a collective says who it is, posts or none: its page speaks them."""
    return tuple(each.language for each in row.texts)


def _list_in_language(
    session: Session, house: House, wanted: Filter, page: int, *, named: tuple[str, ...] = ()
) -> Listing:
    found = list_page(session, house, wanted, page)
    if wanted.language is not None and not found.total and wanted.language not in named:
        raise NotFound("Nothing here can be read in this language.")
    return found


def _pinned(session: Session, house: House, wanted: Filter, page: int) -> tuple[PostLine, ...]:
    found = listings.list_pinned(session, wanted, limit=PINNED_SHOWN) if page == 1 else ()
    return tuple(
        shelving.post_line(house.urls, each, house.row_of(each), wanted.language)
        for each in found
        if each.texts
    )


def _without(listing: Listing, pinned: tuple[PostLine, ...]) -> Listing:
    # What is pinned stands above; twice on one page it would look like two posts.
    uids = {line.uid for line in pinned}
    return replace(listing, lines=tuple(line for line in listing.lines if line.uid not in uids))


def _versions(
    session: Session,
    wanted: Filter,
    current: str | None,
    url: Callable[[str], str],
    *,
    named: tuple[str, ...] = (),
) -> tuple[Version, ...]:
    return tuple(
        Version(language=language, url=url(language), is_current=language == current)
        for language in dict.fromkeys((*facets.count_languages(session, wanted), *named))
    )


def whole_entry(session: Session, house: House, found: ListedPost, language: str | None) -> PostView:
    """Return a whole post without what came back from the network."""
    text = shelving.text_in(found, language)
    view = shelving.post_view(
        house.urls,
        found,
        house.row_of(found),
        text.language,
        tags=public_posts.list_tags(session, found.id),
        media=public_posts.list_media(session, text.revision_id, text.language),
    )
    return replace(view, copied=_copied(session, found, view)) if view.sources else view


def _copied(session: Session, found: ListedPost, view: PostView) -> Copied | None:
    """Tell of what was taken over whether it is still what its author signed."""
    for each in takeovers.list_of_post(session, found.id):
        if view.language in each.languages.split():
            return Copied(taken_at=each.taken_at) if each.is_proven and not each.is_changed else None
    return None


def _whole(
    session: Session, house: House, found: ListedPost, row: PublicCollective, language: str
) -> PostView:
    view = whole_entry(session, house, found, language)
    counts = publications.count_answers(session, found.id)
    answers = _answers(session, house, found)
    # Others sign the original, on whose pages a translation that came later stands too.
    roster = rostering.find_roster(session, house.urls, found.uri) if view.statement else None
    return replace(
        view,
        reactions=Reactions(
            likes=counts.likes,
            shares=counts.shares,
            replies=conversing.threads(answers),
            reply_count=len(answers),
        ),
        roster=roster,
        history=versioning.history_of(session, house.urls, found.uri, language) if roster else History(),
        is_late_translation=roster is not None and view.uri != found.uri,
    )


def _answers(session: Session, house: House, found: ListedPost) -> list[tuple[str, ReplyView]]:
    rows = publications.list_replies(session, found.id, MAX_REPLIES)
    uris = {row.uri for row in rows} | {text.object_uri for text in found.texts}
    ours = public_posts.list_own_answers(session, uris)
    return [(row.in_reply_to_uri, conversing.reply_view(row)) for row in rows] + [
        (parent, conversing.own_answer_view(house.urls, post, house.row_of(post)))
        for parent, post in ours
        if post.texts
    ]
