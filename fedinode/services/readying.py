"""What is delivered is asked for at once: the actor, the object and its pages are made before that.

A thousand servers that get a post fetch who wrote it, and many fetch its page to show a preview, all within
the same seconds. In a process that delivers and serves no pages nothing is made.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from federation import activities, jsonld
from federation.negotiation import ACCEPT_ACTIVITY
from fedinode.capabilities import Capabilities
from fedinode.storage import page_addresses, publications
from fedinode.storage.database import Session

logger = logging.getLogger(__name__)

#: Delivery waits no longer than this.
READY_SECONDS: Final = 5.0
#: So long after its commit a change may go unseen by the cache: what is made earlier would be dropped again.
UNSEEN_SECONDS: Final = 0.06
_HTML: Final = "text/html"
_TELLS_OF_AN_OBJECT: Final = frozenset({activities.CREATE, activities.UPDATE})


async def make_ready(cap: Capabilities, bodies: Iterable[bytes]) -> None:
    """Make the answers that the servers will ask for that get these activities; never fails."""
    documents = [jsonld.load(body) for body in bodies] if cap.own_site.is_open else []
    telling = [each for each in documents if each["type"] in _TELLS_OF_AN_OBJECT]
    if not telling:
        return
    try:
        async with asyncio.timeout(READY_SECONDS):
            await asyncio.sleep(UNSEEN_SECONDS)
            for document in telling:
                await _make_for(cap, document)
    # Whatever is wrong with a page, what was published must go out.
    except Exception:
        logger.warning("the pages of what is delivered could not all be made beforehand", exc_info=True)


async def _make_for(cap: Capabilities, activity: jsonld.Document) -> None:
    actor_uri = jsonld.require_uri(activity["actor"], "actor")
    uri = jsonld.require_uri(jsonld.id_of(activity["object"]), "object")
    pages = await cap.database.read(lambda session: _pages_of(session, cap, uri))
    for url in {actor_uri, uri}:
        await cap.own_site.ask(url, ACCEPT_ACTIVITY)
    for url in (uri, *pages):
        await cap.own_site.ask(url, _HTML)


def _pages_of(session: Session, cap: Capabilities, uri: str) -> tuple[str, ...]:
    found = publications.find_object(session, uri)
    if found is None:
        return ()
    places = page_addresses.list_of_post(session, found.post_id)
    return tuple(cap.urls.post_page(each.collective, each.language, each.slug) for each in places)
