"""The network: what those whom our collectives follow publish and share, and who they are."""

from urllib.parse import urlsplit

from fedinode.capabilities import Capabilities
from fedinode.errors import NoSuchPage
from fedinode.services import keeping, reading, shelving
from fedinode.services.presenting import CellView, KeptView, NetworkView
from fedinode.services.reading import House
from fedinode.storage import kept_posts
from fedinode.storage.database import Session
from fedinode.storage.kept_posts import KeptPost, KnownCell
from fedinode.text import display_handle, display_host

#: The directory is for people to read; who follows more has a list elsewhere.
MAX_CELLS = 500


async def network(cap: Capabilities, page: int) -> NetworkView:
    """Return a page of the network, each text once, with the directory of who is in it. Raises NotFound."""

    def read(session: Session, house: House) -> NetworkView:
        total = kept_posts.count_network(session)
        pages = min(max(1, -(-total // reading.PAGE_SIZE)), reading.MAX_PAGES)
        if not 1 <= page <= pages:
            raise NoSuchPage("This list has fewer pages.")
        offset = (page - 1) * reading.PAGE_SIZE
        found = kept_posts.list_network(session, offset=offset, limit=reading.PAGE_SIZE)
        return NetworkView(
            node=house.view(),
            posts=_views(
                session, house, tuple(post for post in found if keeping.is_for_everybody(post.body))
            ),
            cells=tuple(_cell(each) for each in kept_posts.list_cells(session, MAX_CELLS)),
            page=page,
            pages=pages,
        )

    return await reading.read_house(cap, read)


def _views(session: Session, house: House, found: tuple[KeptPost, ...]) -> tuple[KeptView, ...]:
    uris = tuple(post.uri for post in found)
    titles = {row.id: shelving.collective_view(house.urls, row).title for row in house.rows}
    ours, theirs = kept_posts.list_resharers(session, uris), kept_posts.list_sharers(session, uris)
    return tuple(
        shelving.kept_view(
            post,
            tuple(
                dict.fromkeys(
                    [
                        *(titles[each] for each in ours.get(post.uri, ()) if each in titles),
                        *theirs.get(post.uri, ()),
                    ]
                )
            ),
        )
        for post in found
    )


def _cell(cell: KnownCell) -> CellView:
    host = urlsplit(cell.uri).netloc
    handle = f"@{cell.handle}" if cell.handle else f"@{cell.username or ''}@{host}"
    return CellView(
        title=cell.name or cell.username or display_host(host),
        handle=display_handle(handle),
        url=cell.url or cell.uri,
        country=cell.country,
        published_at=cell.published_at,
    )
