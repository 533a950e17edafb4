"""The network: what those whom our collectives follow publish, and what our collectives passed on."""

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading, shelving
from fedinode.services.presenting import NetworkView
from fedinode.services.reading import House
from fedinode.storage import kept_posts
from fedinode.storage.database import Session


async def network(cap: Capabilities, page: int) -> NetworkView:
    """Return a page of the network, each text once. Raises NotFound."""

    def read(session: Session, house: House) -> NetworkView:
        total = kept_posts.count_network(session)
        pages = min(max(1, -(-total // reading.PAGE_SIZE)), reading.MAX_PAGES)
        if not 1 <= page <= pages:
            raise NotFound("This list has fewer pages.")
        offset = (page - 1) * reading.PAGE_SIZE
        found = kept_posts.list_network(session, offset=offset, limit=reading.PAGE_SIZE)
        resharers = kept_posts.list_resharers(session, tuple(post.uri for post in found))
        titles = {row.id: shelving.collective_view(house.urls, row).title for row in house.rows}
        posts = tuple(
            shelving.kept_view(
                post, tuple(titles[each] for each in resharers.get(post.uri, ()) if each in titles)
            )
            for post in found
        )
        return NetworkView(node=house.view(), posts=posts, page=page, pages=pages)

    return await reading.read_house(cap, read)
