"""What readers of each language find: pages, feeds and names in it, in its own direction."""

import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import describing
from fedinode.services.describing import Description
from tests.conftest import DatabaseKind
from tests.web.conftest import Get, Publish, fresh

pytestmark = pytest.mark.anyio

NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"'
TRANSLATED = (
    NEWS
    + """
[translations.fa]
title = "اعتصاب"
slug = "etesab"
body = "{lang=de}\\n> Brot und Rosen"
translator = "مینا"
status = "unofficial"
[translations.ru]
title = "Забастовка"
body = "Текст."
source_language = "fa"
"""
)
STATEMENT = """type = "statement"
title = "Erklärung"
language = "de"
summary = "Kurz."
issued_by = "Plenum"
adopted = 2026-03-14T18:30:00
timezone = "Europe/Berlin"
place = "Berlin"
addressees = ["Bezirksamt"]
demands = ["Brot"]
cosign = "anyone"
"""
RUSSIAN = '[translations.ru]\ntitle = "Заявление"\nsummary = "Коротко."\nplace = "Берлин"\nbody = "Текст."'


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: nothing here asks the database in a way of its own."""
    return "sqlite"


async def test_a_text_from_right_to_left_holds_a_quotation_from_left_to_right(
    get: Get, publish: Publish
) -> None:
    await publish(TRANSLATED)
    page = (await get("/@berlin/fa/etesab")).text
    assert '<html lang="fa" dir="rtl">' in page
    assert '<h1 id="title" lang="fa" dir="rtl">اعتصاب</h1>' in page
    assert '<blockquote lang="de" dir="ltr">\n<p>Brot und Rosen</p>' in page
    # The interface speaks no Persian yet: its words say that they are English.
    assert '<dt lang="en" dir="ltr">Translation</dt>' in page
    feed = (await get("/@berlin/fa/feed.atom")).text
    assert '<entry xml:lang="fa">' in feed
    assert "This is an unofficial translation." in feed
    assert "مینا" in feed


async def test_page_and_feed_say_how_a_translation_stands_to_its_original(
    get: Get, publish: Publish, edit: Publish
) -> None:
    post = await publish(TRANSLATED, "Alt.")
    page = (await get("/@berlin/ru/zabastovka")).text
    for words in ("Это наш собственный перевод.", "персидский", "Читать оригинал"):
        assert words in page
    await edit(post.url, TRANSLATED, "Neu.")
    outdated = "оригинал изменился"
    await fresh(get, "/@berlin/ru/zabastovka", lambda response: outdated in response.text)
    for path in ("/@berlin/ru/feed.atom", "/@berlin/ru/feed.rss", "/@berlin/ru/feed.json"):
        await fresh(get, path, lambda response: outdated in response.text)
    assert outdated not in (await get("/@berlin/de/feed.atom")).text


async def test_a_collective_has_a_page_in_each_language_in_which_it_says_who_it_is(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    assert (await get("/@berlin/ru")).status_code == 404
    change = Description(language="ru", name="Берлинская ячейка", about_markdown="Мы **здесь**.")
    await describing.describe(cap, "berlin", change)
    page = (await fresh(get, "/@berlin/ru", lambda response: response.status_code == 200)).text
    assert '<h1 id="name" lang="ru" dir="ltr"><bdi>Берлинская ячейка</bdi></h1>' in page
    assert "<p>Мы <strong>здесь</strong>.</p>" in page
    german = (await get("/@berlin")).text
    assert 'hreflang="ru" href="https://berlin.example/@berlin/ru"' in german
    assert "Берлинская" not in german


async def test_a_statement_speaks_the_language_of_its_reader(
    get: Get, publish: Publish, edit: Publish
) -> None:
    post = await publish(STATEMENT)
    await edit(post.url, STATEMENT + RUSSIAN)
    page = (await fresh(get, "/@berlin/ru/zayavlenie", lambda found: found.status_code == 200)).text
    # The hour on the clock of the place, in the words of the language.
    assert "14 марта 2026\u202fг., 18:30 (Берлин)" in page.replace("\xa0", "\u202f")
    # What the translation leaves out is shown in the language that it is in.
    assert '<dd lang="de" dir="ltr"><strong>Plenum</strong></dd>' in page
    assert '<ul class="list" lang="de" dir="ltr">' in page
    assert '<span lang="ru" dir="ltr">Берлин</span>' in page
    for words in ("Plenum", "Берлин", "Bezirksamt", "Brot", "Подписавшие согласились с оригиналом"):
        assert words in page
    assert 'id="signatures"' in page
    german = (await get(post.url)).text
    assert "14. März 2026, 18:30 (Berlin)" in german
    assert "Подписавшие" not in german
