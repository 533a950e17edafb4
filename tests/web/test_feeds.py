"""Feeds: whole texts under ids that never change, well-formed whatever an author wrote."""

from xml.etree import ElementTree

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import publishing
from fedinode.services.members import consulting, enrolling, telling
from tests.conftest import DatabaseKind
from tests.web.conftest import ORIGIN, Clock, Get, Publish, fresh

pytestmark = pytest.mark.anyio


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: nothing here asks the database in a way of its own."""
    return "sqlite"


NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
ATOM = {"a": "http://www.w3.org/2005/Atom"}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def parse(response: httpx.Response) -> ElementTree.Element:
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def texts(feed: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in feed.findall(path, ATOM)]


async def test_an_atom_feed_holds_the_whole_text_under_the_id_of_the_object(
    get: Get, publish: Publish
) -> None:
    post = await publish(NEWS + '\ntags = ["Arbeit"]', "Wir **streiken**.")
    feed = parse(await get("/@berlin/feed.atom"))
    assert texts(feed, "a:entry/a:id") == [post.uri]
    assert texts(feed, "a:entry/a:title") == ["Streik"]
    assert "<p>Wir <strong>streiken</strong>.</p>" in texts(feed, "a:entry/a:content")[0]
    entry = feed.find("a:entry", ATOM)
    assert entry is not None
    assert entry.get(LANGUAGE) == "de"
    link = entry.find("a:link", ATOM)
    category = entry.find("a:category", ATOM)
    assert link is not None
    assert link.get("href") == post.url
    assert category is not None
    assert category.get("term") == "Arbeit"


async def test_the_time_of_an_entry_changes_with_its_text_alone(
    get: Get, publish: Publish, edit: Publish, clock: Clock
) -> None:
    post = await publish(NEWS)
    clock.advance(hours=5)
    await edit(post.url, NEWS + '\ntags = ["neu"]')
    tagged = await fresh(get, "/feed.atom", lambda answer: "neu" in answer.text)
    assert texts(parse(tagged), "a:entry/a:updated") == ["2026-11-20T12:00:00Z"]
    clock.advance(hours=1)
    await edit(post.url, NEWS + '\ntags = ["neu"]', "Ein anderer Text.")
    changed = parse(await fresh(get, "/feed.atom", lambda answer: "anderer" in answer.text))
    assert texts(changed, "a:entry/a:updated") == ["2026-11-20T18:00:00Z"]
    assert texts(changed, "a:entry/a:published") == ["2026-11-20T12:00:00Z"]
    assert texts(changed, "a:updated") == ["2026-11-20T18:00:00Z"]


async def test_a_feed_in_one_language_holds_the_texts_in_that_language(get: Get, publish: Publish) -> None:
    await publish(NEWS)
    await publish(f'{NEWS}\n[translations.ru]\ntitle = "Забастовка"\nbody = "Мы бастуем."')
    feed = parse(await get("/@berlin/ru/feed.atom"))
    assert feed.get(LANGUAGE) == "ru"
    assert texts(feed, "a:entry/a:title") == ["Забастовка"]
    assert "Мы бастуем." in texts(feed, "a:entry/a:content")[0]
    assert len(texts(parse(await get("/feed.atom")), "a:entry/a:id")) == 2


async def test_words_of_authors_cannot_break_a_feed(get: Get, publish: Publish) -> None:
    await publish(NEWS.replace("Streik", "Brot & Rosen"), "A & B < C ]]> `</content>`")
    feed = parse(await get("/feed.atom"))
    assert texts(feed, "a:entry/a:title") == ["Brot & Rosen"]
    assert "A &amp; B &lt; C ]]&gt;" in texts(feed, "a:entry/a:content")[0]


async def test_a_feed_without_posts_is_a_feed(get: Get) -> None:
    feed = parse(await get("/@tbilisi/feed.atom"))
    assert texts(feed, "a:entry/a:id") == []
    assert texts(feed, "a:updated") == ["2026-11-20T12:00:00Z"]


async def test_readers_that_come_often_are_answered_briefly(get: Get, publish: Publish) -> None:
    await publish(NEWS)
    first = await get("/feed.atom")
    again = await get("/feed.atom", if_none_match=first.headers["etag"])
    assert again.status_code == 304
    assert "vary" not in first.headers
    assert "set-cookie" not in first.headers


async def test_a_json_feed_says_the_same(get: Get, publish: Publish) -> None:
    post = await publish(
        NEWS
        + '\nsummary = "Kurz"\n[[source]]\nrole = "original"\ncanonical = true\nurl = "https://a.example/b"'
    )
    response = await get("/@berlin/de/feed.json")
    assert response.headers["content-type"].startswith("application/feed+json")
    feed = response.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{ORIGIN}/@berlin/de/feed.json"
    (item,) = feed["items"]
    assert item["id"] == post.uri
    assert item["url"] == post.url
    assert item["external_url"] == "https://a.example/b"
    assert item["summary"] == "Kurz"
    assert item["language"] == "de"
    assert item["authors"] == [{"name": "Berliner Zelle", "url": f"{ORIGIN}/@berlin"}]


async def test_a_post_without_title_has_none_in_the_json_feed(get: Get, publish: Publish) -> None:
    await publish('type = "news"\nlanguage = "de"\nshow = "full"', "Nur ein kurzer Hinweis.")
    (item,) = (await get("/feed.json")).json()["items"]
    assert "title" not in item
    assert texts(parse(await get("/feed.atom")), "a:entry/a:title") == ["Nur ein kurzer Hinweis."]


async def test_a_statement_in_a_feed_keeps_who_when_and_what(get: Get, publish: Publish) -> None:
    await publish(
        'type = "statement"\ntitle = "Erklärung"\nlanguage = "de"\nissued_by = "Plenum"\n'
        'adopted = 2026-11-08\nplace = "Berlin"\ndemands = ["Häuser für alle!"]',
        "Der Text.",
    )
    content = texts(parse(await get("/feed.atom")), "a:entry/a:content")[0]
    for fact in ("Plenum", "8. November 2026", "Berlin", "Häuser für alle!", "Der Text."):
        assert fact in content


async def test_a_withdrawn_post_leaves_the_feed(get: Get, publish: Publish, cap: Capabilities) -> None:
    post = await publish(NEWS)
    await get("/feed.atom")
    await publishing.delete(cap, post.url)
    await fresh(get, "/feed.atom", lambda answer: texts(parse(answer), "a:entry/a:id") == [])


async def test_an_rss_feed_says_the_same(get: Get, publish: Publish) -> None:
    post = await publish(NEWS + '\nsummary = "Kurz & gut"\ntags = ["Arbeit"]', "Wir **streiken**.")
    response = await get("/@berlin/feed.rss")
    assert response.headers["content-type"].startswith("application/rss+xml")
    channel = ElementTree.fromstring(response.content).find("channel")
    assert channel is not None
    (item,) = channel.findall("item")
    assert item.findtext("guid") == post.uri
    assert item.findtext("link") == post.url
    assert item.findtext("pubDate") == "Fri, 20 Nov 2026 12:00:00 GMT"
    assert item.findtext("description") == "Kurz & gut"
    encoded = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded")
    assert encoded is not None
    assert "<strong>streiken</strong>" in encoded
    for path in ("/feed.rss", "/de/feed.rss", "/@berlin/de/feed.rss", "/archive/feed.rss?tag=arbeit"):
        assert post.uri in (await get(path)).text


# -- the private feed


async def test_a_private_feed_says_that_something_waits_and_nothing_else(
    cap: Capabilities, publish: Publish, get: Get
) -> None:
    for email in ("ana@berlin.example", "ben@berlin.example"):
        await enrolling.add(cap, email, "owner", collective="berlin")
    await consulting.set_thresholds(cap, "berlin", {"publish": 2})
    draft = await publish('type = "news"\ntitle = "Zwielichtsegler"\nlanguage = "de"', draft=True)
    await publishing.publish(cap, draft.uri, account="ana@berlin.example")
    address = await telling.make_feed(cap, "ben@berlin.example")
    answer = await get(address)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"
    since = f"{cap.clock():%Y-%m-%d}"
    titles = texts(parse(answer), "a:entry/a:title")
    assert titles == [f"In Berliner Zelle wartet seit {since} eine Entscheidung."]
    for secret in ("Zwielichtsegler", draft.uri, draft.uid, "ana", "ben", "publish"):
        assert secret not in answer.text
    asker = await get(await telling.make_feed(cap, "ana@berlin.example"))
    assert parse(asker).findall("a:entry", ATOM) == []
    await telling.make_feed(cap, "ben@berlin.example")
    assert (await get(address)).status_code == 404
    assert (await get("/waiting/guess.atom")).status_code == 404
