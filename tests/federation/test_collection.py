"""Collections: read within a budget, written with pages."""

from __future__ import annotations

from typing import Any

import pytest

from federation import collection, contexts, errors
from federation.collection import Page, Walk

URL = "https://remote.example/notes/1/replies"


@pytest.mark.parametrize("kind", ["Collection", "OrderedCollection"])
@pytest.mark.parametrize("name", ["items", "orderedItems"])
def test_a_collection_is_read_with_the_page_that_comes_first(kind: str, name: str) -> None:
    document = {
        "id": URL,
        "type": kind,
        "totalItems": 3,
        name: ["https://remote.example/notes/2"],
        "first": f"{URL}?page=1",
        "next": f"{URL}?page=9",
    }

    assert collection.parse_page(document, URL) == Page(
        uri=URL,
        items=("https://remote.example/notes/2",),
        total_items=3,
        next_url=f"{URL}?page=1",
    )


@pytest.mark.parametrize("kind", ["CollectionPage", "OrderedCollectionPage"])
def test_a_page_is_read_with_the_page_that_follows(kind: str) -> None:
    document = {
        "type": kind,
        "items": "https://remote.example/notes/2",
        "first": URL,
        "next": f"{URL}?page=2",
    }

    assert collection.parse_page(document, f"{URL}?page=1") == Page(
        uri=f"{URL}?page=1", items=("https://remote.example/notes/2",), next_url=f"{URL}?page=2"
    )


def test_items_without_an_id_are_left_out() -> None:
    note = {"id": "https://remote.example/notes/2", "type": "Note"}
    document = {
        "type": "Collection",
        "items": [note, None, 7, "x", {"type": "Note"}, {"id": 7}, ["y"], note["id"]],
    }

    assert collection.parse_page(document, URL).items == (note, "https://remote.example/notes/2")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"type": "Note"}, "a collection is of a type that is none"),
        ({"type": ["Collection"]}, "type is not one name"),
        ({"type": "Collection", "totalItems": -1}, "totalItems is not a count"),
        ({"type": "Collection", "first": "x"}, "first is not an http address"),
        ({"type": "Collection", "items": [None] * 501}, "items has more than 500 items"),
        ({"type": "Collection", "orderedItems": [None] * 501}, "orderedItems has more than 500 items"),
    ],
)
def test_what_is_no_collection_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.Malformed) as caught:
        collection.parse_page(document, URL)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "elsewhere", ["https://other.example/replies?page=2", "http://remote.example/x", None]
)
def test_a_collection_never_leads_to_another_host(elsewhere: str | None) -> None:
    assert collection.parse_page({"type": "CollectionPage", "next": elsewhere}, URL).next_url is None


def test_a_first_page_may_be_embedded() -> None:
    first = {"type": "CollectionPage", "items": []}

    assert collection.embedded_first({"type": "Collection", "first": first}) == first
    assert collection.embedded_first({"type": "Collection", "first": URL}) is None


# -- walking


def endless(number: int) -> Page:
    return Page(
        uri=f"{URL}?page={number}", items=("https://remote.example/x",), next_url=f"{URL}?page={number + 1}"
    )


def test_an_endless_collection_is_left_after_ten_pages() -> None:
    walk, read = Walk(), 0
    url: str | None = URL

    while url is not None:
        page = endless(read)
        _, walk = walk.take(page)
        read += 1
        url = walk.next_url(page)

    assert read == 10


def test_a_collection_is_left_after_500_items() -> None:
    page = Page(uri=URL, items=("https://remote.example/x",) * 300, next_url=f"{URL}?page=2")

    first, walk = Walk().take(page)
    assert (len(first), walk.next_url(page)) == (300, f"{URL}?page=2")
    second, walk = walk.take(page)
    assert (len(second), walk.next_url(page)) == (200, None)
    third, walk = walk.take(page)
    assert (len(third), walk.items_left, walk.pages_left) == (0, 0, 7)


def test_a_page_is_never_read_twice() -> None:
    there = Page(uri=f"{URL}?page=1", next_url=f"{URL}?page=2")
    back = Page(uri=f"{URL}?page=2", next_url=f"{URL}?page=1")

    _, walk = Walk().take(there)
    assert walk.next_url(there) == f"{URL}?page=2"
    _, walk = walk.take(back)
    assert walk.next_url(back) is None


def test_a_page_that_names_itself_as_next_ends_the_walk() -> None:
    page = Page(uri=URL, next_url=URL)

    _, walk = Walk().take(page)

    assert walk.next_url(page) is None


def test_a_page_without_an_address_is_counted_all_the_same() -> None:
    page = Page(uri=None, items=("https://remote.example/x",), next_url=URL)

    items, walk = Walk().take(page)

    assert items == ("https://remote.example/x",)
    assert walk == Walk(pages_left=9, items_left=499, visited=frozenset())
    assert walk.next_url(page) == URL


def test_the_last_item_of_the_budget_is_still_fetched_for() -> None:
    page = Page(uri=URL, items=("https://remote.example/x",) * 499, next_url=f"{URL}?page=2")

    _, walk = Walk().take(page)

    assert (walk.items_left, walk.next_url(page)) == (1, f"{URL}?page=2")


def test_the_last_page_ends_the_walk() -> None:
    page = Page(uri=URL)

    assert Walk().next_url(page) is None


# -- writing

OURS = "https://berlin.example/collectives/berlin/outbox"


def test_a_collection_with_pages_says_where_the_first_is() -> None:
    document = collection.render_collection(OURS, total_items=41, first_url=f"{OURS}/1", last_url=f"{OURS}/3")

    assert document == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": OURS,
        "type": "OrderedCollection",
        "totalItems": 41,
        "first": f"{OURS}/1",
        "last": f"{OURS}/3",
    }


def test_a_short_collection_carries_its_items() -> None:
    document = collection.render_collection(OURS, total_items=2, items=("https://berlin.example/posts/1",))

    assert document == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": OURS,
        "type": "OrderedCollection",
        "totalItems": 2,
        "orderedItems": ["https://berlin.example/posts/1"],
    }
    assert collection.render_collection(OURS, total_items=0, items=())["orderedItems"] == []


def test_a_collection_may_be_a_number_alone() -> None:
    assert "orderedItems" not in collection.render_collection(OURS, total_items=2)


def test_a_page_says_where_it_belongs_and_embeds_items_under_its_own_context() -> None:
    activity = {"@context": ["x"], "id": "https://berlin.example/activities/1", "type": "Create"}
    signed = {**activity, "proof": {"type": "DataIntegrityProof"}}

    document = collection.render_page(
        f"{OURS}/2",
        collection_uri=OURS,
        items=[activity, signed, "https://berlin.example/activities/2"],
        next_url=f"{OURS}/3",
        previous_url=f"{OURS}/1",
    )

    assert document == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": f"{OURS}/2",
        "type": "OrderedCollectionPage",
        "partOf": OURS,
        "next": f"{OURS}/3",
        "prev": f"{OURS}/1",
        "orderedItems": [
            {"id": "https://berlin.example/activities/1", "type": "Create"},
            signed,
            "https://berlin.example/activities/2",
        ],
    }


def test_a_single_page_leads_nowhere() -> None:
    document = collection.render_page(f"{OURS}/1", collection_uri=OURS, items=())

    assert document == {
        "@context": contexts.OBJECT_CONTEXT,
        "id": f"{OURS}/1",
        "type": "OrderedCollectionPage",
        "partOf": OURS,
        "orderedItems": [],
    }
    assert document["@context"] is not contexts.OBJECT_CONTEXT
