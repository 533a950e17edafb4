"""Pages over HTTP: what stands where, what does not, and what an address leads to."""

import re

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import publishing, reading
from tests.web.conftest import DOCUMENT, HTML, ORIGIN, Get, Publish, fresh

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
IN_TWO_LANGUAGES = f"""{NEWS}
[translations.ru]
title = "Забастовка"
body = "Текст."
translator = "Нино"
status = "unofficial"
"""


def titles(response: httpx.Response) -> list[str]:
    return re.findall(r"<h2[^>]*><a [^>]*>([^<]*)</a></h2>", response.text)


async def test_a_post_is_read_at_its_own_address_in_each_language(get: Get, publish: Publish) -> None:
    post = await publish(IN_TWO_LANGUAGES, "Wir streiken.")
    assert post.url == f"{ORIGIN}/@berlin/de/streik"
    german, russian = await get(post.url), await get("/@berlin/ru/zabastovka")
    assert german.status_code == russian.status_code == 200
    assert "Wir streiken." in german.text
    assert '<html lang="ru" dir="ltr">' in russian.text
    assert "Нино" in russian.text
    assert f'<link rel="alternate" hreflang="ru" href="{ORIGIN}/@berlin/ru/zabastovka">' in german.text


async def test_the_address_of_a_post_does_not_depend_on_the_readers_language(
    get: Get, publish: Publish
) -> None:
    post = await publish(IN_TWO_LANGUAGES)
    russian = await get(post.url, accept_language="ru")
    assert '<html lang="de"' in russian.text
    assert "language" not in russian.headers["vary"].lower()


async def test_a_profile_lists_posts_newest_first_and_by_language(get: Get, publish: Publish) -> None:
    await publish(NEWS.replace("Streik", "Erstens"))
    await publish(IN_TWO_LANGUAGES.replace("Streik", "Zweitens"))
    assert titles(await get("/@berlin")) == ["Zweitens", "Erstens"]
    assert titles(await get("/@berlin/ru")) == ["Забастовка"]
    assert titles(await get("/@tbilisi")) == []


async def test_the_front_page_shows_all_collectives(get: Get, publish: Publish) -> None:
    await publish(NEWS)
    await publish('type = "news"\ntitle = "ტრამვაი"\nlanguage = "ka"\nshow = "teaser"', collective="tbilisi")
    front = await get("/")
    assert titles(front) == ["ტრამვაი", "Streik"]
    assert "@tbilisi@berlin.example" in front.text
    assert titles(await get("/ka")) == ["ტრამვაი"]


async def test_a_long_list_has_pages_and_the_last_one_ends_it(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    for number in range(reading.PAGE_SIZE + 1):
        await publish(NEWS.replace("Streik", f"Nummer {number}"))
    assert titles(await get("/@berlin?page=2")) == ["Nummer 0"]
    assert f'href="{ORIGIN}/@berlin?page=2">Ältere</a>' in (await get("/@berlin")).text
    for wrong in ("3", "0", "-1", "1.5", "x", "", "01", "99999999999999999999"):
        assert (await get(f"/@berlin?page={wrong}")).status_code == 404


async def test_a_draft_is_found_nowhere(get: Get, publish: Publish) -> None:
    draft = await publish(NEWS + '\ntags = ["Geheim"]', "Noch geheim.", draft=True)
    for path in (draft.url, draft.uri, "/", "/@berlin", "/@berlin/de", "/feed.atom", "/@berlin/feed.json"):
        for accept in (HTML, DOCUMENT):
            response = await get(path, **accept)
            assert "eheim" not in response.text
            assert "streik" not in response.text
    assert (await get(draft.url)).status_code == 404
    assert (await get(draft.uri, **DOCUMENT)).status_code == 404


async def test_a_draft_that_goes_public_is_found_at_once(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    draft = await publish(NEWS, draft=True)
    assert titles(await get("/@berlin")) == []
    await publishing.publish(cap, draft.url)
    assert (await get(draft.url)).status_code == 200
    await fresh(get, "/@berlin", lambda page: titles(page) == ["Streik"])


async def test_an_edit_shows_everywhere_within_a_second(get: Get, publish: Publish, edit: Publish) -> None:
    post = await publish(NEWS, "Alt.")
    for path in (post.url, "/@berlin", "/", "/feed.atom"):
        await get(path)
    await edit(post.url, NEWS.replace("Streik", "Generalstreik"), "Neu.")
    page = await fresh(get, post.url, lambda page: "Neu." in page.text)
    assert "Alt." not in page.text
    assert titles(await get("/@berlin")) == titles(await get("/")) == ["Generalstreik"]
    assert "Neu." in (await get("/feed.atom")).text


async def test_a_withdrawn_post_says_that_it_is_gone(get: Get, publish: Publish, cap: Capabilities) -> None:
    post = await publish(NEWS, "Zurückgenommen.")
    await get(post.url)
    await publishing.delete(cap, post.url)
    page = await fresh(get, post.url, lambda page: page.status_code == 410, **HTML)
    assert "Dieser Beitrag wurde zurückgenommen" in page.text
    assert "Zurückgenommen." not in page.text
    assert titles(await get("/@berlin")) == []


async def test_an_old_slug_leads_to_the_new_one(get: Get, publish: Publish, edit: Publish) -> None:
    post = await publish(NEWS)
    await edit(post.url, NEWS + '\nslug = "der-streik"', "Neu.")
    moved = await get("/@berlin/de/streik")
    assert moved.status_code == 301
    assert moved.headers["location"] == f"{ORIGIN}/@berlin/de/der-streik"
    assert (await get("/@berlin/de/der-streik")).status_code == 200


NOWHERE = (
    "/@nobody",
    "/@berlin/de/nothing",
    "/@berlin/xx",
    "/@berlin/DE",
    "/@berlin/fr",
    "/fr",
    "/nothing",
    "/@nobody/de/streik",
    "/@berlin/de/streik/more",
    "/posts/../secrets",
    "/static/site.css",
    "/media/..%2Ffedinode.toml",
    "/collectives/berlin/secrets",
)


async def test_what_is_not_there_is_not_found(get: Get, publish: Publish) -> None:
    await publish(NEWS)
    for path in NOWHERE:
        response = await get(path, **HTML)
        assert response.status_code == 404, path
        assert "There is nothing at this address" in response.text
        assert response.headers["cache-control"] == "no-store"


async def test_an_address_with_a_slash_at_the_end_leads_to_the_one_without(get: Get) -> None:
    moved = await get("/@berlin/")
    assert moved.status_code == 308
    assert moved.headers["location"] == f"{ORIGIN}/@berlin"
    assert (await get("//evil.example/")).headers.get("location", ORIGIN).startswith(ORIGIN)


async def test_pages_about_the_node_exist_before_anybody_wrote_them(get: Get) -> None:
    for path, word in (
        ("/about", "Wie du uns folgst"),
        ("/imprint", "stehen ein"),
        ("/privacy", "keine Cookies"),
    ):
        page = await get(path)
        assert page.status_code == 200
        assert word in page.text


async def test_a_page_that_a_collective_wrote_stands_in_its_place(get: Get, publish: Publish) -> None:
    await get("/about")
    await publish('type = "page"\nslug = "about"\ntitle = "Wer wir sind"\nlanguage = "de"', "Wir sind viele.")
    page = await fresh(get, "/about", lambda page: "Wir sind viele." in page.text)
    assert "Wer wir sind" in page.text
    assert titles(await get("/@berlin")) == []


async def test_a_known_page_is_not_sent_again(get: Get, publish: Publish, edit: Publish) -> None:
    post = await publish(NEWS)
    first = await get(post.url)
    known = await get(post.url, if_none_match=f'"other", W/{first.headers["etag"]}')
    assert known.status_code == 304
    assert known.content == b""
    assert known.headers["etag"] == first.headers["etag"]
    await edit(post.url, NEWS, "Neu.")
    await fresh(get, post.url, lambda page: page.status_code == 200, if_none_match=first.headers["etag"])


async def test_a_page_tells_servers_where_its_document_is(get: Get, publish: Publish) -> None:
    post = await publish(NEWS)
    page = await get(post.url)
    assert page.headers["link"] == f'<{post.uri}>; rel="alternate"; type="application/activity+json"'
    assert page.headers["vary"] == "Accept"
    search = "application/ld+json, application/activity+json, text/html;q=0.1"
    looked_up = await get(post.url, accept=search)
    assert (looked_up.status_code, looked_up.headers["location"]) == (303, post.uri)
    profile = await get("/@berlin", **DOCUMENT)
    assert profile.headers["location"] == f"{ORIGIN}/collectives/berlin"


async def test_an_event_on_its_page_and_in_the_list(get: Get, publish: Publish) -> None:
    post = await publish(
        """type = "event"
title = "Lesekreis"
language = "de"
starts = 2031-05-03T19:00:00
timezone = "Europe/Berlin"
show_zones = ["Europe/Berlin", "Asia/Tbilisi"]
place = "Bibliothek"
sign_up = "https://berlin.example/sign-up"
working_languages = ["de", "ka"]
[[organisers]]
name = "Zelle Berlin"
place = "Berlin"
"""
    )
    page = (await get(post.url)).text
    for fact in ("19:00", "21:00", "Tiflis", "Bibliothek", "Zelle Berlin", "Deutsch und Georgisch"):
        assert fact in page
    await publish(NEWS)
    await fresh(
        get, "/@berlin", lambda page: '<time class="day" datetime="2031-05-03T17:00:00Z">' in page.text
    )


async def test_a_translation_of_an_older_text_says_so(get: Get, publish: Publish, edit: Publish) -> None:
    post = await publish(IN_TWO_LANGUAGES, "Alt.")
    assert "оригинал изменился" not in (await get("/@berlin/ru/zabastovka")).text
    await edit(post.url, IN_TWO_LANGUAGES, "Neu.")
    await fresh(get, "/@berlin/ru/zabastovka", lambda page: "оригинал изменился" in page.text)
