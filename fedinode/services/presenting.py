"""What the pages, feeds and calendars show: frozen records, ready for a template.

What lives here: the nouns of the public site. What does not: where they come from (`reading`) and how
they look (`web.rendering` and templates/). Every `*_html` field was cleaned by `text`; all else is plain
text that the templates escape.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from fedinode.manuscripts import EventFacts, Kind, Person, Related, SignedElsewhere, Source, Status
from fedinode.services.cosigning.rostering import Roster
from fedinode.services.cosigning.versioning import History
from fedinode.services.supporting.entering import PeopleView


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A page of the same thing in one language."""

    language: str
    url: str
    title: str = ""
    status: Status = Status.OWN
    translator: str | None = None
    is_current: bool = False
    is_original: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """A picture in a width of its own, as WebP."""

    url: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of ours with its description in the language of the page."""

    url: str
    alt: str
    type: str = ""
    width: int | None = None
    height: int | None = None
    caption: str | None = None
    licence: str | None = None
    #: What browsers choose from, the smallest first; `url` is for those that cannot.
    sizes: tuple[Size, ...] = ()

    @property
    def srcset(self) -> str:
        """The sizes as an `srcset` attribute. Spec: HTML, srcset attributes."""
        return ", ".join(f"{size.url} {size.width}w" for size in self.sizes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A PDF file of ours: what it is, in the language of the page."""

    url: str
    title: str
    size_bytes: int
    caption: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveView:
    """A collective, named and described in one language."""

    name: str
    title: str
    language: str
    handle: str
    uri: str
    url: str
    about_html: str = ""
    #: The colour of its pages, #rrggbb.
    accent: str | None = None
    icon: Picture | None = None
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """A post in a list."""

    uid: str
    uri: str
    kind: Kind
    language: str
    url: str
    title: str
    summary_html: str
    published_at: datetime
    collective: CollectiveView
    #: False where the title is only the first words of the text.
    is_titled: bool = True
    versions: tuple[Version, ...] = ()
    event: EventFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list of posts, newest first; pages count from 1."""

    lines: tuple[PostLine, ...]
    page: int = 1
    pages: int = 1
    #: How many posts the whole list holds.
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyView:
    """A reply from the network that the editors let stand."""

    uri: str
    url: str
    author_name: str
    author_handle: str
    author_url: str
    html: str
    language: str | None
    published_at: datetime
    is_ours: bool = False
    answers: tuple["ReplyView", ...] = ()

    def with_answers(self, answers: tuple["ReplyView", ...]) -> "ReplyView":
        """Return the same reply with the answers to it."""
        return replace(self, answers=answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """What came back from the network."""

    likes: int = 0
    shares: int = 0
    replies: tuple[ReplyView, ...] = ()
    reply_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What stands beside the prose of a statement. `adopted_zone` names the zone of an hour."""

    issued_by: str | None = None
    adopted: date | datetime | None = None
    adopted_zone: str | None = None
    place: str | None = None
    addressees: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    signed_elsewhere: SignedElsewhere | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """That the words of a post are somebody else's, under their signature, and unchanged."""

    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView:
    """A post in one language, with everything its page shows."""

    uid: str
    uri: str
    kind: Kind
    collective: CollectiveView
    language: str
    url: str
    title: str
    summary_html: str
    note_html: str
    html: str
    plain_summary: str
    published_at: datetime
    updated_at: datetime | None
    versions: tuple[Version, ...]
    #: False where the title is only the first words of the text.
    is_titled: bool = True
    tags: tuple[str, ...] = ()
    category: str | None = None
    authors: tuple[Person, ...] = ()
    sources: tuple[Source, ...] = ()
    related: tuple[Related, ...] = ()
    pictures: tuple[Picture, ...] = ()
    papers: tuple[Paper, ...] = ()
    statement: Statement | None = None
    #: The original has changed since this translation was made.
    is_outdated: bool = False
    #: What this text was translated from, where that is not the original.
    source_language: str | None = None
    #: It was made after others signed the original: no part of what they agreed to.
    is_late_translation: bool = False
    #: The language of what stands beside the prose (issued_by, demands, place) where it is another one.
    said_in: Mapping[str, str] = field(default_factory=dict)
    copied: Copied | None = None
    licence: str | None = None
    event: EventFacts | None = None
    #: What must be known of an event first: that it is cancelled, or what has changed.
    notices: tuple[str, ...] = ()
    place: str | None = None
    reactions: Reactions = Reactions()
    #: Who signed a statement that is open to that.
    roster: Roster | None = None
    #: The versions of such a statement, and what became of it.
    history: History = field(default_factory=History)
    #: People who sign it, where its author asks them to.
    people: PeopleView | None = None

    @property
    def current(self) -> Version:
        """The version that this page is."""
        return next(version for version in self.versions if version.is_current)

    @property
    def original(self) -> Version:
        """The version that the others are translations of."""
        return next(version for version in self.versions if version.is_original)

    @property
    def canonical_url(self) -> str:
        """The address that search engines should name: the source's where the editors said so."""
        return next((source.url for source in self.sources if source.canonical and source.url), self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A post that its collective withdrew."""

    kind: Kind
    language: str
    withdrawn_at: datetime
    collective: CollectiveView


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """The node: where it is, whose it is, and the language it speaks where a page does not say."""

    host: str
    language: str
    collectives: tuple[CollectiveView, ...]
    contact: str | None = None

    @property
    def title(self) -> str:
        """What the site is called: the collective, where there is but one, else the host."""
        return self.collectives[0].title if len(self.collectives) == 1 else self.host

    @property
    def accent(self) -> str | None:
        """The colour of pages that are no collective's: the only one's, where there is but one."""
        return self.collectives[0].accent if len(self.collectives) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontView:
    """The front page, of all posts or of those in one language."""

    node: NodeView
    listing: Listing
    versions: tuple[Version, ...]
    #: What stands above the list, on its first page.
    pinned: tuple[PostLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """A post of somebody else, in a line: its words, who wrote it, and who of us passed it on."""

    url: str
    title: str
    summary: str
    language: str | None
    published_at: datetime
    author_name: str
    author_handle: str
    author_url: str
    shared_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """Somebody on another node whom a collective of ours follows."""

    title: str
    handle: str
    url: str
    country: str | None = None
    #: When they last published something that we keep.
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """A page of what those publish and share whom our collectives follow."""

    node: NodeView
    posts: tuple[KeptView, ...]
    cells: tuple[CellView, ...] = ()
    page: int = 1
    pages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A collective's page, with all its posts or those in one language, and what it passed on."""

    node: NodeView
    collective: CollectiveView
    listing: Listing
    versions: tuple[Version, ...]
    #: What stands above the list, on its first page.
    pinned: tuple[PostLine, ...] = ()
    reshared: tuple[KeptView, ...] = ()
    #: Whether it signed public statements of others.
    has_signed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What was asked for has another address now."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedView:
    """The newest posts, whole, of a collective or of the node, in one language or in all."""

    node: NodeView
    collective: CollectiveView | None
    language: str | None
    #: The page that shows the same list, and the feed's own address (Atom).
    page_url: str
    feed_url: str
    entries: tuple[PostView, ...]
    #: What the list was narrowed to, in words.
    part: str = ""

    @property
    def updated_at(self) -> datetime | None:
        """When the newest change in the feed was made; None where it is empty."""
        return max((entry.updated_at or entry.published_at for entry in self.entries), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """An event that was taken back."""

    uid: str
    starts_at: datetime
    withdrawn_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarView:
    """Events in order of time, of a collective or of the node."""

    node: NodeView
    title: str
    entries: tuple[PostView, ...]
    cancelled: tuple[Cancellation, ...] = ()
