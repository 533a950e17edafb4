"""The sitemap: every public page with the languages that the same text stands in."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services.presenting import Version
from fedinode.services.reading import House, read_house
from fedinode.storage import page_addresses
from fedinode.storage.database import Session
from fedinode.storage.page_addresses import MappedPage
from fedinode.urls import Urls

POSTS_PER_MAP = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MapEntry:
    """A page, since when it reads as it does, and the same in all languages, itself included."""

    url: str
    changed_at: datetime | None = None
    versions: tuple[Version, ...] = ()


async def count_maps(cap: Capabilities) -> int:
    """Return in how many parts the sitemap comes."""
    count = await cap.database.read(page_addresses.count_public)
    return max(1, -(-count // POSTS_PER_MAP))


async def sitemap(cap: Capabilities, part: int) -> tuple[MapEntry, ...]:
    """Return a part of the sitemap, from 1 on; the first begins with the pages that are no posts.

    Raises NotFound for a part that there is not.
    """

    def read(session: Session, house: House) -> tuple[MapEntry, ...]:
        rows = page_addresses.list_public(session, offset=(part - 1) * POSTS_PER_MAP, limit=POSTS_PER_MAP)
        return (_standing_pages(house) if part == 1 else ()) + _entries(house.urls, rows)

    if not 1 <= part <= await count_maps(cap):
        raise NotFound("The sitemap has fewer parts.")
    return await read_house(cap, read)


def _standing_pages(house: House) -> tuple[MapEntry, ...]:
    urls = house.urls
    paths = [urls.front(), urls.archive(), urls.page("/about"), urls.page("/imprint"), urls.page("/privacy")]
    return tuple(MapEntry(url=url) for url in (*paths, *(urls.profile(row.name) for row in house.rows)))


def _entries(urls: Urls, rows: tuple[MappedPage, ...]) -> tuple[MapEntry, ...]:
    found: list[MapEntry] = []
    for _, pages in groupby(rows, key=lambda row: row.post_id):
        same_post = list(pages)
        versions = tuple(Version(language=page.language, url=_url(urls, page)) for page in same_post)
        found += [
            MapEntry(url=_url(urls, page), changed_at=page.written_at, versions=versions)
            for page in same_post
        ]
    return tuple(found)


def _url(urls: Urls, page: MappedPage) -> str:
    return urls.post_page(page.collective, page.language, page.slug)
