"""The search: words in all their forms, in every language, never wrong whatever is typed."""

import asyncio
import random
import re

import httpx
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import indexing, publishing, searching
from fedinode.storage import node_facts, search_words
from fedinode.text import stems
from fedinode.web.throttle import Throttle
from tests.web.conftest import ORIGIN, Get, Publish, fresh

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'


def titles(response: httpx.Response) -> list[str]:
    assert response.status_code == 200
    found = re.findall(r"<h2[^>]*><a [^>]*>(.*?)</a></h2>", response.text)
    return [re.sub(r"</?mark>", "", title) for title in found]


@pytest.fixture
async def shelf(publish: Publish) -> None:
    await publish(
        f'{NEWS}\n[translations.ru]\ntitle = "Забастовка"\nbody = "Водители бастуют вторую неделю."',
        "Die Fahrerinnen streiken in der zweiten Woche.",
    )
    await publish(
        'type = "event"\ntitle = "Lesekreis"\nlanguage = "de"\nstarts = 2031-05-03T19:00:00\n'
        'timezone = "Europe/Berlin"\ntags = ["Wohnen"]\n[[speakers]]\nname = "Nino Kapanadze"',
        "Wir lesen über Mieten.",
    )
    await publish(
        'type = "news"\ntitle = "გაფიცვა"\nlanguage = "ka"\nshow = "teaser"',
        "მძღოლები.",
        collective="tbilisi",
    )


FOUND = {
    "streiken": ["Streik"],
    "STREIKS": ["Streik"],
    "Fahrerin Wochen": ["Streik"],
    "Fahrerin Mieten": [],
    "забастовки": ["Забастовка"],
    "водитель": ["Забастовка"],
    "Miete": ["Lesekreis"],
    "Kapanadze": ["Lesekreis"],
    "wohnen": ["Lesekreis"],
    "გაფიცვა": ["გაფიცვა"],
    '"streiken"': ["Streik"],
    "streiken*": ["Streik"],
    "nichts-davon": [],
    "' OR 1=1 --": [],
    "%": [],
    "\x00": [],
    "<script>": [],
    "AND (NEAR": [],
    "x" * 500: [],
}


@pytest.mark.usefixtures("shelf")
async def test_words_are_found_in_all_their_forms_and_signs_mean_nothing(get: Get) -> None:
    for asked, expected in FOUND.items():
        response = await get(str(httpx.URL("/search", params={"q": asked})))
        assert titles(response) == expected, asked
        assert "<script>" not in response.text


@pytest.mark.usefixtures("shelf")
async def test_what_was_typed_stays_and_is_shown_in_place(get: Get) -> None:
    page = await get("/search?q=streiken+woche")
    assert 'value="streiken woche"' in page.text
    assert "Die Fahrerinnen <mark>streiken</mark> in der zweiten <mark>Woche</mark>." in page.text
    assert "1 Beitrag wurde gefunden." in page.text


@pytest.mark.usefixtures("shelf")
async def test_a_search_can_keep_to_one_language(get: Get) -> None:
    assert titles(await get("/search?q=streik&language=ru")) == []
    assert titles(await get("/search?q=streik&language=de")) == ["Streik"]
    assert titles(await get("/search?q=streik&language=nonsense")) == ["Streik"]


async def test_a_search_is_never_crawled(get: Get) -> None:
    page = await get("/search?q=x")
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert "Disallow: /search" in (await get("/robots.txt")).text


async def test_a_draft_is_not_found_and_a_change_is(
    get: Get, publish: Publish, edit: Publish, cap: Capabilities
) -> None:
    draft = await publish(NEWS, "Geheimnis.", draft=True)
    assert titles(await get("/search?q=geheimnis")) == []
    await publishing.publish(cap, draft.url)
    await fresh(get, "/search?q=geheimnis", lambda page: titles(page) == ["Streik"])
    await edit(draft.url, NEWS, "Offenes Wort.")
    await fresh(get, "/search?q=geheimnis", lambda page: titles(page) == [])
    assert titles(await get("/search?q=worte")) == ["Streik"]
    await publishing.delete(cap, draft.url)
    await fresh(get, "/search?q=worte", lambda page: titles(page) == [])


async def test_a_title_weighs_more_than_a_mention(get: Get, publish: Publish) -> None:
    await publish(NEWS, "Text.")
    await publish(NEWS.replace("Streik", "Anderes"), "Vom Streik.")
    assert titles(await get("/search?q=streik")) == ["Streik", "Anderes"]


async def test_many_results_come_in_pages(get: Get, publish: Publish) -> None:
    for number in range(21):
        await publish(NEWS.replace("Streik", f"Streik {number}"))
    assert len(titles(await get("/search?q=streik"))) == 20
    assert len(titles(await get("/search?q=streik&page=2"))) == 1
    assert (await get("/search?q=streik&page=3")).status_code == 404
    assert f'href="{ORIGIN}/search?q=streik&amp;page=2">Nächste</a>' in (await get("/search?q=streik")).text


async def test_when_too_many_search_at_once_some_are_asked_to_wait(get: Get) -> None:
    found = await asyncio.gather(*(get(f"/search?q=word{number}") for number in range(60)))
    statuses = [each.status_code for each in found]
    assert 429 in statuses
    assert (await get("/search?q=word0")).status_code == 200
    refused = await get(f"/search?q=word{statuses.index(429)}", accept="text/html")
    assert refused.status_code in (200, 429)


def test_the_brake_lets_go_with_time() -> None:
    now = [0.0]
    brake = Throttle(2, 3, lambda: now[0])
    assert [brake.is_open() for _ in range(4)] == [True, True, True, False]
    now[0] = 0.5
    assert [brake.is_open() for _ in range(2)] == [True, False]
    now[0] = 100.0
    assert [brake.is_open() for _ in range(4)] == [True, True, True, False]


def test_a_long_text_is_cut_around_the_first_word() -> None:
    body = "Anfang " * 100 + "hier steht das gesuchte Wort und noch viel mehr " + "Ende " * 100
    pieces = searching.snippet(body, frozenset(stems.stems_of("gesuchtes", "de")), "de")
    assert pieces[0].words.startswith("… ")
    assert [piece.words for piece in pieces if piece.is_hit] == ["gesuchte"]
    assert sum(len(piece.words) for piece in pieces) < 300


ACCENTS = (
    ("Zürich", "zurich", "de"),
    ("Łódź", "lodz", "pl"),
    ("organización", "organizacion", "es"),
    ("за́мок", "замок", "ru"),
    ("İstanbul", "istanbul", "tr"),
    ("שָׁלוֹם", "שלום", "he"),
    ("Straße", "strasse", "de"),
)


def test_who_leaves_accents_out_finds_the_word_with_them() -> None:
    for written, typed, language in ACCENTS:
        (keys,) = stems.keys_of(written, language)
        (stem,) = stems.stems_of(typed, language)
        assert stem in keys, written
    assert stems.stems_of("мой", "uk") != stems.stems_of("мои", "uk")
    assert [piece.words for piece in searching.mark("In Zürich.", frozenset({"zurich"}), "de")] == [
        "In ",
        "Zürich",
        ".",
    ]


#: What is an operator in one database or the other, and what is hard to read.
SIGNS = (
    *"\"'*()&|!<->:%_^~+-,;\\\x00\u0301\u202e🚫",
    " OR ",
    " AND NOT ",
    " NEAR/2 ",
    "--",
    "streik",
)


@pytest.mark.usefixtures("shelf")
async def test_nothing_that_is_typed_breaks_the_search(cap: Capabilities) -> None:
    dice = random.Random(7)
    for _ in range(60):
        asked = "".join(dice.choices(SIGNS, k=dice.randint(0, 40)))
        view = await searching.search(cap, asked, language=dice.choice((None, "de", "ka")), page=1)
        assert view.asked == asked
        assert view.total <= 1


@pytest.mark.usefixtures("shelf")
async def test_of_too_many_words_the_first_are_looked_for_and_the_page_says_so(get: Get) -> None:
    many = "streiken woche zweiten fahrerinnen die der in " + "streiken " * 20
    page = await get(str(httpx.URL("/search", params={"q": many})))
    assert titles(page) == ["Streik"]
    assert "Nur nach den ersten 8 Wörtern wurde gesucht." in page.text
    assert "wurde gesucht" not in (await get("/search?q=streiken")).text


async def test_an_index_of_an_older_version_is_made_anew_once(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    await publish(NEWS, "Ein Wort.")
    assert await indexing.bring_up_to_date(cap) == 1
    (post_id,) = await cap.database.read(lambda session: search_words.list_public_posts(session, 0, 2))
    await cap.database.write(lambda session: search_words.drop_post(session, post_id))
    assert titles(await get("/search?q=wort")) == []
    assert await indexing.bring_up_to_date(cap) == 0
    await cap.database.write(lambda session: node_facts.put(session, "form of the search index", "older"))
    assert await indexing.bring_up_to_date(cap) == 1
    assert titles(await get("/search?q=worte")) == ["Streik"]


def test_an_apostrophe_and_an_accent_are_written_in_more_than_one_way() -> None:
    assert stems.stems_of("п’ять", "uk") == stems.stems_of("п'ять", "uk")
    assert stems.stems_of("ёлка", "ru") == stems.stems_of("елка", "ru")
    assert stems.stems_of("cafe\u0301", "fr") == stems.stems_of("café", "fr")
