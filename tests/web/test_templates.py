"""The templates, filled with invented posts: every fact is shown, nothing is taken for markup."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest

from fedinode.manuscripts import Source, Status
from fedinode.resources import resource_dir
from fedinode.services import presenting
from fedinode.services.presenting import PostView
from fedinode.urls import Urls
from fedinode.web.assets import Assets
from fedinode.web.rendering import Renderer
from tests.web import sample_views

ORIGIN = "https://berlin.example"
DAY = date(2026, 3, 2)
HOSTILE = "<script>alert(1)</script>\"'&"
#: Elements that have no end tag.
VOID = {"meta", "link", "img", "br", "hr", "input"}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    templates = resource_dir("templates")
    return Renderer(templates, Assets(templates / "static"), Urls(ORIGIN))


Render = Callable[[PostView], str]


@pytest.fixture
def render_post(renderer: Renderer) -> Render:
    def render(post: PostView) -> str:
        return renderer.page(
            "site/post.html",
            post.language,
            post=post,
            versions=post.versions,
            site_name=post.collective.title,
            canonical_url=post.canonical_url,
            activity_url=post.uri,
            description=post.plain_summary,
        ).decode()

    return render


def front(renderer: Renderer) -> str:
    return renderer.page(
        "site/front.html",
        "de",
        node=sample_views.NODE,
        site_name="berlin.example",
        listing=sample_views.LISTING,
        pinned=(),
        versions=sample_views.BERLIN.versions,
        chosen=None,
        all_url=f"{ORIGIN}/",
        base_url=f"{ORIGIN}/",
        canonical_url=f"{ORIGIN}/",
        here="front",
    ).decode()


class Outline(HTMLParser):
    """Reads a page as strictly as we write it: every element is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture(params=["statement", "event", "news", "front"])
def page(request: pytest.FixtureRequest, renderer: Renderer, render_post: Render) -> str:
    posts = {
        "statement": sample_views.STATEMENT,
        "event": sample_views.EVENT,
        "news": sample_views.NEWS,
    }
    return render_post(posts[request.param]) if request.param in posts else front(renderer)


def test_every_element_is_closed_in_order(page: str) -> None:
    assert Outline(page).open == []


def test_a_page_has_one_heading_of_the_first_rank_and_its_landmarks(page: str) -> None:
    outline = Outline(page)
    assert len(outline.all("h1")) == 1
    assert [each.get("id") for each in outline.all("main")] == ["main"]
    assert len(outline.all("footer")) == 1
    assert outline.all("a")[0]["href"] == "#main"


def test_a_page_needs_no_script_and_no_inline_style(page: str) -> None:
    outline = Outline(page)
    # Data for search engines is no script: browsers do not run it.
    assert [each["type"] for each in outline.all("script")] == ["application/ld+json"] * page.count("<script")
    assert outline.all("style") == []
    assert not [tag for tag, attributes in outline.seen if "style" in attributes]
    assert not [tag for tag, attributes in outline.seen if any(name.startswith("on") for name in attributes)]


def test_a_page_loads_nothing_from_elsewhere(page: str) -> None:
    outline = Outline(page)
    loaded = [each["src"] for each in outline.all("img")]
    loaded += [each["href"] for each in outline.all("link") if each["rel"] in ("stylesheet", "icon")]
    assert loaded
    assert all(str(url).startswith(("/", ORIGIN)) for url in loaded)


def test_a_page_is_small(page: str) -> None:
    assert len(page.encode()) < 100_000


def test_identifiers_on_a_page_are_unique(page: str) -> None:
    ids = [attributes["id"] for _, attributes in Outline(page).seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = re.findall(r'aria-labelledby="([^"]+)"', page)
    assert set(named) <= set(ids)


def test_the_style_sheet_is_at_most_30_kb() -> None:
    assert (resource_dir("templates") / "static" / "site.css").stat().st_size <= 30_000


def test_a_page_says_its_language_and_that_of_what_differs(render_post: Render) -> None:
    page = render_post(sample_views.NEWS)
    assert '<html lang="ka" dir="ltr">' in page
    assert '<h2 id="answers" lang="en" dir="ltr">' in page


def test_a_text_from_right_to_left_is_marked(render_post: Render) -> None:
    arabic = replace(
        sample_views.NEWS,
        language="ar",
        versions=(replace(sample_views.NEWS.versions[0], language="ar"),),
    )
    page = render_post(arabic)
    assert '<html lang="ar" dir="rtl">' in page
    assert '<div class="prose" lang="ar" dir="rtl">' in page
    assert '<footer class="foot" lang="en" dir="ltr">' in page


def test_a_statement_shows_who_when_where_and_what_is_demanded(render_post: Render) -> None:
    page = render_post(sample_views.STATEMENT)
    for fact in (
        "Assembly of the tenants of Kiefholzstraße",
        "8 November 2026, 20:40 (Berlin)",
        "Berlin, in the yard of No. 20",
        "Everybody who rents",
        "<li>No police at our doors!</li>",
        "1,204 signatures from 17 countries were collected on another site.",
        "As of 10 November 2026.",
    ):
        assert fact in page


def test_sources_say_what_each_of_them_is(render_post: Render) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", render_post(sample_views.STATEMENT)))
    assert "Original: Tenants’ assembly" in text
    assert "First published by Stadtbote on 8 November 2026, licence: CC BY-SA 4.0" in text
    assert "Translated from German by Nino K." in text
    assert "Found at example.net" in text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source(role="first_published"), "First published"),
        (Source(role="first_published", published=DAY), "First published on 2 March 2026"),
        (Source(role="first_published", author="Ana", title="Bread"), "First published by Ana: Bread"),
        (
            Source(role="first_published", publisher="Blatt", author="Ana", title="Bread", published=DAY),
            "First published by Blatt on 2 March 2026: Bread, Ana",
        ),
        (Source(role="found", title="Bread", published=DAY), "Found at Bread on 2 March 2026"),
        (Source(role="translated_from"), "Translated"),
        (Source(role="translated_from", translator="Nino"), "Translated by Nino"),
        (
            Source(role="translated_from", language="pt", title="Pão", publisher="Folha", published=DAY),
            "Translated from Portuguese: Pão, Folha, 2 March 2026",
        ),
        (Source(role="original", title="Bread", publisher="Blatt"), "Original: Bread, Blatt"),
        (Source(role="original", author="Ana", translator="Nino"), "Original: Ana, translated by Nino"),
    ],
)
def test_a_source_says_all_it_knows_in_one_line(render_post: Render, source: Source, words: str) -> None:
    page = render_post(replace(sample_views.STATEMENT, sources=(source,)))
    (line,) = re.findall(r'<ul class="sources">\s*<li>(.*?)</li>', page, re.DOTALL)
    assert re.sub(r"<[^>]+>", "", line).strip() == words


def test_words_and_terms_that_were_taken_over_are_named(render_post: Render) -> None:
    copied = presenting.Copied(taken_at=datetime(2026, 11, 12, tzinfo=UTC))
    page = render_post(replace(sample_views.STATEMENT, copied=copied, licence="CC BY-SA 4.0"))
    assert "Unchanged copy." in page
    assert "verified on 12 November 2026" in page
    assert "<bdi>CC BY-SA 4.0</bdi>" in page


def test_a_translation_names_who_made_it_from_what(render_post: Render) -> None:
    version = replace(sample_views.STATEMENT.current, status=Status.OWN, translator="Mira")
    others = tuple(each for each in sample_views.STATEMENT.versions if not each.is_current)
    late = replace(
        sample_views.STATEMENT, versions=(*others, version), source_language="ru", is_late_translation=True
    )
    page = render_post(late)
    assert "This is our own translation." in page
    assert "It was made from the text in Russian." in page
    assert "Translation: <bdi>Mira</bdi>" in page
    assert "Who signed agreed to the original." in page


def test_a_translation_says_so_and_leads_to_the_original(render_post: Render) -> None:
    outdated = render_post(replace(sample_views.STATEMENT, is_outdated=True))
    assert "This is an unofficial translation." in outdated
    assert "The original has changed since this translation was made." in outdated
    assert f'href="{ORIGIN}/@berlin/de/housing" hreflang="de">Read the original</a>' in outdated
    assert "has changed since" not in render_post(sample_views.STATEMENT)


def test_other_languages_are_named_for_people_and_machines(render_post: Render) -> None:
    page = render_post(sample_views.STATEMENT)
    assert f'<link rel="alternate" hreflang="ru" href="{ORIGIN}/@berlin/ru/housing">' in page
    assert (
        '<a href="https://berlin.example/@berlin/ka/housing" hreflang="ka" lang="ka" dir="ltr">ქართული</a>'
        in page
    )
    assert '<strong aria-current="page" lang="en" dir="ltr">English</strong>' in page


def test_an_event_shows_all_clocks_people_and_the_way_to_sign_up(render_post: Render) -> None:
    page = render_post(sample_views.EVENT)
    for fact in (
        "19:00–21:30",
        "10:00–12:30",
        "Лос-Анджелес",
        "Тбилиси",
        "Grupo de Lisboa",
        "Nino Kapanadze",
    ):
        assert fact in page
    assert 'class="button" href="https://berlin.example/sign-up"' in page
    assert "Kiefholzstr. 20, 12435 Berlin" in page


def test_replies_stand_under_what_they_answer(render_post: Render) -> None:
    page = render_post(sample_views.STATEMENT)
    outer, inner = page.index("Estamos convosco"), page.index("Obrigado!")
    assert page.count('<ol class="replies">') == 2
    assert outer < page.rindex('<ol class="replies">') < inner
    assert '<div class="prose" lang="pt" dir="ltr">' in page


def test_what_servers_look_up_is_named_in_the_head(render_post: Render) -> None:
    page = render_post(sample_views.EVENT)
    assert f'<link rel="alternate" type="application/activity+json" href="{sample_views.EVENT.uri}">' in page


def test_a_canonical_source_is_named_in_place_of_our_page(render_post: Render) -> None:
    source = replace(sample_views.STATEMENT.sources[0], canonical=True)
    page = render_post(replace(sample_views.STATEMENT, sources=(source,)))
    assert '<link rel="canonical" href="https://assembly.example/text">' in page


def test_words_of_others_are_never_taken_for_markup(render_post: Render) -> None:
    reply = replace(sample_views.STATEMENT.reactions.replies[0], author_name=HOSTILE, author_handle=HOSTILE)
    post = replace(
        sample_views.STATEMENT,
        title=HOSTILE,
        category=HOSTILE,
        tags=(HOSTILE,),
        plain_summary=HOSTILE,
        reactions=replace(sample_views.STATEMENT.reactions, replies=(reply,)),
    )
    page = render_post(post)
    assert page.count("<script") == 1
    assert Outline(page).open == []


def test_a_list_shows_an_event_by_its_day(renderer: Renderer) -> None:
    page = front(renderer)
    assert '<time class="day" datetime="2026-12-05T18:00:00Z">' in page
    assert "@tbilisi@berlin.example" in page
    assert f'<a rel="next" href="{ORIGIN}/?page=2">Ältere</a>' in page
