"""What other servers fetch: actors, objects, activities and collections as documents."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from federation import collection, jsonld
from federation.jsonld import Document
from fedinode.cache import NODE_KEY, collective_key, follows_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import pinning, portraying
from fedinode.storage import collectives, page_addresses, publications
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session

T = TypeVar("T")

PAGE_ITEMS = 20
MAX_PAGES = 500
FEATURED_ITEMS = pinning.MAX_PINNED
REPLY_ITEMS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A document as bytes, the page that shows the same to people, and the keys that it depends on."""

    body: bytes
    depends_on: tuple[str, ...]
    page_url: str | None = None
    is_gone: bool = False


# -- actors


async def node_actor(cap: Capabilities) -> Served:
    """Return the node's own actor, which signs our fetches."""
    document = await cap.database.read(lambda session: portraying.node_document(session, cap.urls))
    return Served(body=jsonld.dump(document), page_url=cap.urls.page("/about"), depends_on=(NODE_KEY,))


async def collective_actor(cap: Capabilities, name: str) -> Served:
    """Return a collective's actor. Raises NotFound."""

    def read(session: Session, row: CollectiveRow) -> Document:
        return portraying.collective_document(session, cap.urls, row)

    document = await _of_collective(cap, name, read)
    return Served(
        body=jsonld.dump(document),
        page_url=cap.urls.profile(name),
        depends_on=(NODE_KEY, collective_key(name)),
    )


# -- what was published


async def published_object(cap: Capabilities, uri: str) -> Served:
    """Return an object of ours, or the Tombstone that is left of it. Raises NotFound."""

    def read(session: Session) -> tuple[publications.ServedObject, str | None]:
        found = publications.find_object(session, uri)
        if found is None:
            raise NotFound("There is no such object.")
        return found, _page_of(session, cap, found)

    found, page_url = await cap.database.read(read)
    return Served(
        body=found.body,
        page_url=page_url,
        is_gone=found.is_gone,
        depends_on=(NODE_KEY, post_key(found.post_uid)),
    )


def _page_of(session: Session, cap: Capabilities, found: publications.ServedObject) -> str | None:
    place = page_addresses.find_page_place(session, found.post_id, found.language)
    return None if place is None else cap.urls.post_page(place.collective, found.language, place.slug)


async def activity(cap: Capabilities, uri: str) -> Served:
    """Return an activity of ours that anybody may fetch. Raises NotFound.

    A text that was changed since is named, not repeated: what was taken out of it must not live on here.
    """
    found = await cap.database.read(lambda session: publications.find_activity(session, uri))
    if found is None or found.is_gone:
        raise NotFound("There is no such activity.")
    body = found.body if found.is_newest else _naming_object(found.body, found.object_uri)
    depends_on = (NODE_KEY,) if found.post_uid is None else (NODE_KEY, post_key(found.post_uid))
    return Served(body=body, depends_on=depends_on)


def _naming_object(body: bytes, object_uri: str) -> bytes:
    document = jsonld.load(body)
    document["object"] = object_uri
    document.pop("proof", None)
    return jsonld.dump(document)


async def answers(cap: Capabilities, object_uri: str, kind: str) -> Served:
    """Return the likes, shares or replies of an object of ours. Raises NotFound."""

    def read(session: Session) -> tuple[publications.ServedObject, Document]:
        found = publications.find_object(session, object_uri)
        if found is None or found.is_gone:
            raise NotFound("There is no such object.")
        return found, _answers_document(session, found.id, f"{object_uri}/{kind}", kind)

    found, document = await cap.database.read(read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, post_key(found.post_uid)))


_REACTIONS = {"likes": "like", "shares": "announce"}


def _answers_document(session: Session, object_id: int, uri: str, kind: str) -> Document:
    if kind in _REACTIONS:
        # Who liked it is theirs to tell: a number says enough.
        count = publications.count_reactions(session, object_id, _REACTIONS[kind])
        return collection.render_collection(uri, total_items=count)
    uris = publications.list_reply_uris(session, object_id, REPLY_ITEMS)
    return collection.render_collection(uri, total_items=len(uris), items=uris)


# -- collections of a collective


async def outbox(cap: Capabilities, name: str) -> Served:
    """Return the outbox as a number and the address of its first page. Raises NotFound."""
    uri = cap.urls.collective_outbox(name)

    def read(session: Session, row: CollectiveRow) -> Document:
        count = publications.count_outbox(session, row.id)
        return _with_pages(uri, count)

    document = await _of_collective(cap, name, read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, collective_key(name)))


async def outbox_page(cap: Capabilities, name: str, page: int) -> Served:
    """Return a page of the outbox, the newest first; each activity names its object. Raises NotFound."""
    uri = cap.urls.collective_outbox(name)

    def read(session: Session, row: CollectiveRow) -> Document:
        count = publications.count_outbox(session, row.id)
        bodies = publications.list_outbox(session, row.id, offset=_offset(page, count), limit=PAGE_ITEMS)
        return _page(uri, page, count, [_brief(jsonld.load(body)) for body in bodies])

    document = await _of_collective(cap, name, read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, collective_key(name)))


def _brief(document: Document) -> Document:
    brief = {name: value for name, value in document.items() if name not in ("@context", "proof")}
    brief["object"] = jsonld.id_of(document["object"])
    return brief


async def followers(cap: Capabilities, name: str) -> Served:
    """Return how many follow a collective, and who where the node shows it. Raises NotFound.

    Without a first page Mastodon says that the list is hidden, which is true then.
    """
    return await _follows(cap, name, "in", cap.urls.collective_followers(name))


async def following(cap: Capabilities, name: str) -> Served:
    """Return whom a collective follows. Raises NotFound."""
    return await _follows(cap, name, "out", cap.urls.collective_following(name))


async def _follows(cap: Capabilities, name: str, direction: str, uri: str) -> Served:
    is_shown = direction == "out" or cap.settings.privacy.show_followers

    def read(session: Session, row: CollectiveRow) -> Document:
        count = publications.count_follows(session, row.id, direction)
        return _with_pages(uri, count) if is_shown else collection.render_collection(uri, total_items=count)

    document = await _of_collective(cap, name, read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, follows_key(name)))


async def follows_page(cap: Capabilities, name: str, kind: str, page: int) -> Served:
    """Return a page of followers or followed, where the node shows them. Raises NotFound."""
    if kind == "followers" and not cap.settings.privacy.show_followers:
        raise NotFound("This list is not shown.")
    direction = {"followers": "in", "following": "out"}[kind]
    uri = f"{cap.urls.collective(name)}/{kind}"

    def read(session: Session, row: CollectiveRow) -> Document:
        count = publications.count_follows(session, row.id, direction)
        offset = _offset(page, count)
        uris = publications.list_follows(session, row.id, direction, offset=offset, limit=PAGE_ITEMS)
        return _page(uri, page, count, list(uris))

    document = await _of_collective(cap, name, read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, follows_key(name)))


async def featured(cap: Capabilities, name: str) -> Served:
    """Return the posts that a profile shows first, as ids: Mastodon takes embedded Articles for nothing."""
    uri = cap.urls.collective_featured(name)

    def read(session: Session, row: CollectiveRow) -> Document:
        uris = publications.list_featured(session, row.id, FEATURED_ITEMS)
        return collection.render_collection(uri, total_items=len(uris), items=uris)

    document = await _of_collective(cap, name, read)
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY, collective_key(name)))


async def node_outbox(cap: Capabilities) -> Served:
    """Return the outbox of the node's own actor, which publishes nothing."""
    document = collection.render_collection(cap.urls.node_outbox(), total_items=0, items=())
    return Served(body=jsonld.dump(document), depends_on=(NODE_KEY,))


# -- parts


async def _of_collective(cap: Capabilities, name: str, read: Callable[[Session, CollectiveRow], T]) -> T:
    def run(session: Session) -> T:
        row = collectives.find_by_name(session, name)
        if row is None:
            raise NotFound("No collective of this name publishes here.")
        return read(session, row)

    return await cap.database.read(run)


def _pages(count: int) -> int:
    return min(max(1, -(-count // PAGE_ITEMS)), MAX_PAGES)


def _offset(page: int, count: int) -> int:
    if not 1 <= page <= _pages(count):
        raise NotFound("This collection has fewer pages.")
    return (page - 1) * PAGE_ITEMS


def _with_pages(uri: str, count: int) -> Document:
    return collection.render_collection(
        uri, total_items=count, first_url=f"{uri}/1", last_url=f"{uri}/{_pages(count)}"
    )


def _page(uri: str, page: int, count: int, items: list[collection.Item]) -> Document:
    return collection.render_page(
        f"{uri}/{page}",
        collection_uri=uri,
        items=items,
        next_url=f"{uri}/{page + 1}" if page < _pages(count) else None,
        previous_url=f"{uri}/{page - 1}" if page > 1 else None,
    )
