"""The archive, its feeds and the sitemap: everything is found, nothing is a maze."""

import re
from xml.etree import ElementTree

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import mapping, reading
from tests.web.conftest import ORIGIN, Get, Publish

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}


def titles(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    return re.findall(r"<h2[^>]*><a [^>]*>([^<]*)</a></h2>", response.text)


@pytest.fixture
async def shelf(publish: Publish) -> None:
    """Posts of two collectives, two years, three kinds, several tags and languages."""
    await publish(f'{NEWS}\npublished = 2024-05-03T12:00:00Z\ntags = ["Arbeit"]\ncategory = "Berichte"')
    await publish(
        NEWS.replace("Streik", "Zweiter")
        + '\npublished = 2024-07-01T12:00:00Z\ntags = ["arbeit", "Wohnen"]'
        + '\n[translations.ru]\ntitle = "Второй"\nbody = "Текст."'
    )
    await publish(
        'type = "statement"\ntitle = "Erklärung"\nlanguage = "de"\npublished = 2025-01-01T00:00:00Z'
    )
    await publish(
        'type = "news"\ntitle = "ტრამვაი"\nlanguage = "ka"\nshow = "teaser"\n'
        "published = 2025-02-01T00:00:00Z",
        collective="tbilisi",
    )


NARROWED = {
    "": ["ტრამვაი", "Erklärung", "Zweiter", "Streik"],
    "?year=2024": ["Zweiter", "Streik"],
    "?year=2024&month=5": ["Streik"],
    "?year=2024&month=12": [],
    "?tag=Arbeit": ["Zweiter", "Streik"],
    "?tag=WOHNEN": ["Zweiter"],
    "?category=Berichte": ["Streik"],
    "?kind=statement": ["Erklärung"],
    "?language=ru": ["Второй"],
    "?collective=tbilisi": ["ტრამვაი"],
    "?year=2024&tag=arbeit&kind=news&collective=berlin": ["Zweiter", "Streik"],
    "?utm_source=x&tag=": ["ტრამვაი", "Erklärung", "Zweiter", "Streik"],
}
NOT_NARROWED = (
    "year=20x4",
    "year=99999",
    "month=5",
    "year=2024&month=13",
    "kind=rumour",
    "language=xx",
    "collective=nobody",
    "page=2",
    "page=0",
    f"tag={'x' * 200}",
)


@pytest.mark.usefixtures("shelf")
async def test_the_archive_is_narrowed_in_every_way(get: Get) -> None:
    for query, expected in NARROWED.items():
        assert titles(await get(f"/archive{query}")) == expected, query


@pytest.mark.usefixtures("shelf")
async def test_what_cannot_narrow_it_is_not_found(get: Get) -> None:
    for query in NOT_NARROWED:
        assert (await get(f"/archive?{query}")).status_code == 404, query


@pytest.mark.usefixtures("shelf")
async def test_who_asks_for_a_page_too_many_is_told_where_the_list_begins(get: Get) -> None:
    for path in (
        "/archive?tag=Arbeit&page=2",
        "/archive?page=0",
        "/?page=7",
        "/@berlin?page=x",
        "/search?page=9",
    ):
        answer = await get(path, accept="text/html", accept_language="de")
        assert answer.status_code == 404
        assert "So eine Seite hat diese Liste nicht" in answer.text, path
    first = await get("/archive?tag=Arbeit&page=2", accept="text/html")
    assert f'<a href="{ORIGIN}/archive?tag=Arbeit">' in first.text


async def test_pages_of_a_list_name_their_neighbours_and_themselves(
    get: Get, publish: Publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE_SIZE", 2)
    for number in range(5):
        await publish(NEWS.replace("Streik", f"Streik {number}") + '\ntags = ["Arbeit"]')
    for path in (f"{ORIGIN}/archive?tag=arbeit&", f"{ORIGIN}/de?", f"{ORIGIN}/@berlin?"):
        middle = await get(f"{path}page=2")
        first = path.removesuffix("&").removesuffix("?")
        links = {
            name: url for url, name in re.findall(r'<([^>]+)>; rel="(prev|next)"', middle.headers["link"])
        }
        assert links == {"prev": first, "next": f"{path}page=3"}
        canonical = f"{path}page=2".replace("tag=arbeit", "tag=Arbeit").replace("&", "&amp;")
        assert f'<link rel="canonical" href="{canonical}">' in middle.text
        assert 'rel="next"' not in (await get(f"{path}page=3")).headers["link"]


@pytest.mark.usefixtures("shelf")
async def test_each_way_says_how_many_posts_it_leaves(get: Get) -> None:
    page = re.sub(r"\s+", " ", (await get("/archive?year=2024")).text)
    assert "2 Beiträge: <bdi>2024</bdi>" in page
    assert f'href="{ORIGIN}/archive?year=2025"><bdi>2025</bdi></a> <small class="number">2</small>' in page
    assert f'href="{ORIGIN}/archive?year=2024&amp;month=7"><bdi>Juli</bdi></a>' in page
    assert 'rel="nofollow"><bdi>Meldung</bdi></a> <small class="number">2</small>' in page


@pytest.mark.usefixtures("shelf")
async def test_more_than_one_way_at_once_is_kept_from_crawlers(get: Get) -> None:
    assert "noindex" not in (await get("/archive?tag=arbeit")).text
    assert "noindex" not in (await get("/archive?year=2024&month=5")).text
    assert (
        '<meta name="robots" content="noindex, nofollow">'
        in (await get("/archive?tag=arbeit&year=2024")).text
    )


@pytest.mark.usefixtures("shelf")
async def test_every_part_of_the_archive_has_its_feed(get: Get) -> None:
    page = await get("/archive?tag=arbeit")
    assert f"{ORIGIN}/archive/feed.atom?tag=arbeit" in page.text
    feed = ElementTree.fromstring((await get("/archive/feed.atom?tag=arbeit")).content)
    atom = {"a": "http://www.w3.org/2005/Atom"}
    assert [each.text for each in feed.findall("a:entry/a:title", atom)] == ["Zweiter", "Streik"]
    (link,) = feed.findall("a:link[@rel='self']", atom)
    assert link.get("href") == f"{ORIGIN}/archive/feed.atom?tag=arbeit"
    as_json = (await get("/archive/feed.json?language=ru")).json()
    assert [item["title"] for item in as_json["items"]] == ["Второй"]
    assert as_json["title"] == "berlin.example: Русский"
    for kind, suffix in (("rss+xml", "rss"), ("feed+json", "json")):
        url = f"{ORIGIN}/archive/feed.{suffix}?tag=arbeit"
        assert f'<link rel="alternate" type="application/{kind}" href="{url}"' in page.text
    assert as_json["feed_url"] == f"{ORIGIN}/archive/feed.json?language=ru"


@pytest.mark.usefixtures("shelf")
async def test_tags_and_categories_of_a_post_lead_into_the_archive(get: Get) -> None:
    page = (await get("/@berlin/de/streik")).text
    assert f'<a href="{ORIGIN}/archive?tag=Arbeit" rel="tag">' in page
    assert f'<a href="{ORIGIN}/archive?category=Berichte">' in page


@pytest.mark.usefixtures("shelf")
async def test_the_sitemap_names_every_page_in_every_language(get: Get, publish: Publish) -> None:
    await publish(NEWS.replace("Streik", "Geheim"), draft=True)
    index = ElementTree.fromstring((await get("/sitemap.xml")).content)
    (part,) = [each.text or "" for each in index.findall("s:sitemap/s:loc", MAP)]
    pages = ElementTree.fromstring((await get(part)).content)
    urls = [each.text or "" for each in pages.findall("s:url/s:loc", MAP)]
    assert f"{ORIGIN}/@berlin/de/streik" in urls
    assert f"{ORIGIN}/@berlin" in urls
    assert not [url for url in urls if "geheim" in url]
    for url in urls:
        assert (await get(url)).status_code == 200
    alternates = {
        link.get("hreflang"): link.get("href")
        for link in pages.findall(f"s:url[s:loc='{ORIGIN}/@berlin/de/zweiter']/x:link", MAP)
    }
    assert alternates == {"de": f"{ORIGIN}/@berlin/de/zweiter", "ru": f"{ORIGIN}/@berlin/ru/vtoroy"}
    assert (await get("/sitemaps/2.xml")).status_code == 404
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in (await get("/robots.txt")).text


@pytest.mark.usefixtures("shelf")
async def test_a_large_sitemap_comes_in_parts_that_hold_each_page_once(
    get: Get, cap: Capabilities, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ElementTree.fromstring((await get("/sitemaps/1.xml")).content)
    monkeypatch.setattr(mapping, "POSTS_PER_MAP", 3)
    cap.cache.clear()
    index = ElementTree.fromstring((await get("/sitemap.xml")).content)
    parts = [each.text or "" for each in index.findall("s:sitemap/s:loc", MAP)]
    assert parts == [f"{ORIGIN}/sitemaps/1.xml", f"{ORIGIN}/sitemaps/2.xml"]
    found = [
        url.text
        for part in parts
        for url in ElementTree.fromstring((await get(part)).content).findall("s:url/s:loc", MAP)
    ]
    assert sorted(filter(None, found)) == sorted(url.text or "" for url in whole.findall("s:url/s:loc", MAP))
    assert (await get("/sitemaps/3.xml")).status_code == 404
