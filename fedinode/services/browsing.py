"""The archive: all posts, narrowed by year, month, tag, category, kind, language and collective."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Kind
from fedinode.services import reading, shelving
from fedinode.services.presenting import FeedView, Listing, NodeView
from fedinode.services.reading import House
from fedinode.storage import facets, listings
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter

TAGS_SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What somebody looks for in the archive; what is None does not narrow it."""

    year: int | None = None
    month: int | None = None
    tag: str | None = None
    category: str | None = None
    kind: Kind | None = None
    language: str | None = None
    collective: str | None = None

    @property
    def facets(self) -> int:
        """How many ways the archive is narrowed at once; a month within a year is one."""
        parts = (self.year, self.tag, self.category, self.kind, self.language, self.collective)
        return sum(part is not None for part in parts)

    def parameters(self) -> tuple[tuple[str, str], ...]:
        """Return the query of the address, always in the same order."""
        named = (
            ("year", self.year),
            ("month", self.month),
            ("tag", self.tag),
            ("category", self.category),
            ("kind", self.kind),
            ("language", self.language),
            ("collective", self.collective),
        )
        return tuple((name, str(value)) for name, value in named if value is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to narrow the archive further, and how many posts that leaves."""

    label: str
    count: int
    query: Query
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveView:
    """A page of the archive and the ways to go on from there."""

    node: NodeView
    query: Query
    listing: Listing
    years: tuple[Facet, ...]
    months: tuple[Facet, ...]
    kinds: tuple[Facet, ...]
    categories: tuple[Facet, ...]
    tags: tuple[Facet, ...]
    languages: tuple[Facet, ...]
    collectives: tuple[Facet, ...]


async def archive(cap: Capabilities, query: Query, page: int) -> ArchiveView:
    """Return a page of the archive. Raises NotFound for a collective or page that there is not."""

    def read(session: Session, house: House) -> ArchiveView:
        return ArchiveView(
            node=house.view(query.language),
            query=query,
            listing=reading.list_page(session, house, _filter(house, query), page),
            years=_years(session, house, query),
            months=_months(session, house, query),
            kinds=_kinds(session, house, query),
            categories=_categories(session, house, query),
            tags=_tags(session, house, query),
            languages=_languages(session, house, query),
            collectives=_collectives(session, house, query),
        )

    return await reading.read_house(cap, read)


async def archive_feed(cap: Capabilities, query: Query) -> FeedView:
    """Return the newest posts of a part of the archive, whole. Raises NotFound."""

    def read(session: Session, house: House) -> FeedView:
        posts = listings.list_posts(session, _filter(house, query), offset=0, limit=reading.FEED_ENTRIES)
        return FeedView(
            node=house.view(query.language),
            collective=None,
            language=query.language,
            page_url=house.urls.archive(query.parameters()),
            feed_url=house.urls.archive_feed(query.parameters()),
            entries=tuple(
                reading.whole_entry(session, house, each, query.language) for each in posts if each.texts
            ),
        )

    return await reading.read_house(cap, read)


def _filter(house: House, query: Query) -> Filter:
    since, until = _span(query)
    return Filter(
        collective_id=house.row(query.collective).id if query.collective else None,
        language=query.language,
        kind=query.kind,
        tag=text.fold(query.tag) if query.tag else None,
        category=query.category,
        since=since,
        until=until,
    )


def _span(query: Query) -> tuple[datetime | None, datetime | None]:
    if query.year is None:
        return None, None
    first, last = (query.month, query.month) if query.month else (1, 12)
    since = datetime(query.year, first, 1, tzinfo=UTC)
    after = (query.year + 1, 1) if last == 12 else (query.year, last + 1)
    return since, datetime(after[0], after[1], 1, tzinfo=UTC)


# -- each way counts what would be left if it alone were chosen anew


def _years(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    months = facets.count_months(session, _filter(house, replace(query, year=None, month=None)))
    years: dict[int, int] = {}
    for (year, _), count in months.items():
        years[year] = years.get(year, 0) + count
    return tuple(
        Facet(
            label=str(year),
            count=count,
            query=replace(query, year=year, month=None),
            is_chosen=year == query.year,
        )
        for year, count in years.items()
    )


def _months(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    if query.year is None:
        return ()
    months = facets.count_months(session, _filter(house, replace(query, month=None)))
    return tuple(
        Facet(
            label=str(month),
            count=count,
            query=replace(query, month=month),
            is_chosen=month == query.month,
        )
        for (_, month), count in months.items()
    )


def _kinds(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    counts = facets.count_kinds(session, _filter(house, replace(query, kind=None)))
    return tuple(
        Facet(label=kind, count=count, query=replace(query, kind=Kind(kind)), is_chosen=kind == query.kind)
        for kind, count in counts.items()
    )


def _categories(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    counts = facets.count_categories(session, _filter(house, replace(query, category=None)))
    return tuple(
        Facet(label=name, count=count, query=replace(query, category=name), is_chosen=name == query.category)
        for name, count in counts.items()
    )


def _tags(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    counts = facets.count_tags(session, _filter(house, replace(query, tag=None)), TAGS_SHOWN)
    chosen = text.fold(query.tag) if query.tag else None
    return tuple(
        Facet(
            label=tag.written,
            count=tag.count,
            query=replace(query, tag=tag.written),
            is_chosen=tag.folded == chosen,
        )
        for tag in counts
    )


def _languages(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    counts = facets.count_languages(session, _filter(house, replace(query, language=None)))
    return tuple(
        Facet(label=tag, count=count, query=replace(query, language=tag), is_chosen=tag == query.language)
        for tag, count in counts.items()
    )


def _collectives(session: Session, house: House, query: Query) -> tuple[Facet, ...]:
    if len(house.rows) < 2:
        return ()
    counts = facets.count_collectives(session, _filter(house, replace(query, collective=None)))
    by_id = {row.id: row for row in house.rows}
    return tuple(
        Facet(
            label=shelving.collective_view(house.urls, by_id[row_id], query.language).title,
            count=count,
            query=replace(query, collective=by_id[row_id].name),
            is_chosen=by_id[row_id].name == query.collective,
        )
        for row_id, count in counts.items()
        if row_id in by_id
    )
