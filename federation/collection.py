"""Collections and their pages: written for followers, outboxes and replies, read within a budget.

A peer's collection may be endless on purpose. Whoever walks one keeps a ``Walk``: it says which page is next
and when to stop. Spec: Activity Streams 2.0 section 5 (collections and paging).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from federation import contexts, errors, jsonld
from federation.jsonld import Document

MAX_PAGES: Final = 10
MAX_ITEMS: Final = 500

_COLLECTIONS: Final = frozenset({"Collection", "OrderedCollection"})
_PAGES: Final = frozenset({"CollectionPage", "OrderedCollectionPage"})

#: An id, or an embedded object that is not believed: whoever uses it fetches it by its id.
Item = str | Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A collection, or one page of it, as its document describes it."""

    uri: str | None
    items: tuple[Item, ...] = ()
    total_items: int | None = None
    #: The page to read next: ``first`` of a collection, ``next`` of a page. Beside ``uri``, never elsewhere.
    next_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """How far a walk through a collection may still go."""

    pages_left: int = MAX_PAGES
    items_left: int = MAX_ITEMS
    visited: frozenset[str] = field(default_factory=frozenset)

    def take(self, page: Page) -> tuple[tuple[Item, ...], Walk]:
        """Return the items of a page that are still within the budget, and the walk after it."""
        items = page.items[: self.items_left]
        rest = Walk(
            pages_left=self.pages_left - 1,
            items_left=self.items_left - len(items),
            visited=self.visited if page.uri is None else self.visited | {page.uri},
        )
        return items, rest

    def next_url(self, page: Page) -> str | None:
        """Return the page to read after one that was taken, or None when the walk is over."""
        if self.pages_left <= 0 or self.items_left <= 0 or page.next_url in self.visited:
            return None
        return page.next_url


# -- reading


def parse_page(document: Document, url: str) -> Page:
    """Read a collection or a page that was found at ``url``.

    Items without an id are left out. Raises: Malformed, TooLarge.
    """
    kind = jsonld.require_type(document)
    if kind not in _COLLECTIONS | _PAGES:
        raise errors.Malformed("a collection is of a type that is none")
    listed = jsonld.get_list(document, "orderedItems" if "orderedItems" in document else "items")
    return Page(
        uri=url,
        items=tuple(item for item in listed if _has_id(item)),
        total_items=jsonld.get_count(document, "totalItems"),
        next_url=_next_url(document, "next" if kind in _PAGES else "first", url),
    )


def embedded_first(document: Document) -> Document | None:
    """Return the first page of a collection where it is embedded (Mastodon does so for replies)."""
    return jsonld.get_document(document, "first")


def _has_id(item: object) -> bool:
    return jsonld.is_uri(item.get("id") if isinstance(item, dict) else item)


def _next_url(document: Document, name: str, url: str) -> str | None:
    following = jsonld.get_uri(document, name)
    return following if following is not None and jsonld.is_beside(following, url) else None


# -- writing


def render_collection(
    uri: str,
    *,
    total_items: int,
    items: Sequence[Item] | None = None,
    first_url: str | None = None,
    last_url: str | None = None,
) -> Document:
    """Write an ordered collection: with its items, with pages, or as a number alone.

    Mastodon takes lists of followers without ``first`` for hidden.
    """
    return _without_none(
        {
            "@context": list(contexts.OBJECT_CONTEXT),
            "id": uri,
            "type": "OrderedCollection",
            "totalItems": total_items,
            "first": first_url,
            "last": last_url,
            "orderedItems": None if items is None else [_embed(item) for item in items],
        }
    )


def render_page(
    url: str,
    *,
    collection_uri: str,
    items: Sequence[Item],
    next_url: str | None = None,
    previous_url: str | None = None,
) -> Document:
    """Write one page of an ordered collection."""
    return _without_none(
        {
            "@context": list(contexts.OBJECT_CONTEXT),
            "id": url,
            "type": "OrderedCollectionPage",
            "partOf": collection_uri,
            "next": next_url,
            "prev": previous_url,
            "orderedItems": [_embed(item) for item in items],
        }
    )


def _embed(item: Item) -> Item:
    if isinstance(item, str) or "proof" in item:
        return item
    return {name: value for name, value in item.items() if name != "@context"}


def _without_none(document: Document) -> Document:
    return {name: value for name, value in document.items() if value is not None}
