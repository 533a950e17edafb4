"""The message catalogues: complete, in step with the program, right in number, and used."""

import re
from functools import cache

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

from fedinode import i18n
from fedinode.resources import resource_dir
from fedinode.services import presenting
from fedinode.urls import Urls
from fedinode.web.assets import Assets
from fedinode.web.rendering import Renderer
from tests.web import sample_views

REPOSITORY = resource_dir("templates").parent
LOCALE = REPOSITORY / "fedinode" / "locale"
TRANSLATED = sorted(i18n.spoken_languages() - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")


@cache
def messages_in_the_program() -> frozenset[str]:
    """Everything that the program may say, by its first English form."""
    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    found: set[str] = set()
    for folder, method, pattern in (("fedinode", "python", "**.py"), ("templates", "jinja2", "**.html")):
        for _, _, message, _, _ in extract_from_dir(
            REPOSITORY / folder, [(pattern, method)], {pattern: {}}, keywords
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    return frozenset(found)


def catalogue(language: str) -> Catalog:
    with (LOCALE / language / "fedinode.po").open("rb") as stream:
        return pofile.read_po(stream, locale=language)


def forms(catalogue_: Catalog) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each message with its forms, in English and translated."""
    return [(_forms(message.id), _forms(message.string)) for message in catalogue_ if message.id]


def _forms(stated: object) -> tuple[str, ...]:
    return tuple(map(str, stated)) if isinstance(stated, tuple | list) else (str(stated or ""),)


def test_the_interface_speaks_german_and_russian() -> None:
    assert {"de", "ru"} <= set(TRANSLATED)


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_holds_what_the_program_says_and_nothing_else(language: str) -> None:
    assert {english[0] for english, _ in forms(catalogue(language))} == messages_in_the_program()


def test_the_template_for_translators_is_up_to_date() -> None:
    with (LOCALE / "fedinode.pot").open("rb") as stream:
        template = pofile.read_po(stream)
    assert {english[0] for english, _ in forms(template)} == messages_in_the_program()


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_in_all_its_forms(language: str) -> None:
    read = catalogue(language)
    for english, translated in forms(read):
        assert all(translated), english
        assert len(translated) == (read.num_plurals if len(english) > 1 else 1), english
    assert not [message.id for message in read if message.fuzzy and message.id]


@pytest.mark.parametrize("language", TRANSLATED)
def test_hardly_anything_is_left_in_english(language: str) -> None:
    pairs = forms(catalogue(language))
    same = [english[0] for english, translated in pairs if english[0] == translated[0]]
    assert len(same) < len(pairs) * 0.05, same


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places_for_values(language: str) -> None:
    for english, translated in forms(catalogue(language)):
        wanted = sorted(PLACEHOLDER.findall(english[-1]))
        for form in translated:
            assert sorted(PLACEHOLDER.findall(form)) == wanted, english


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["1 post", "2 posts", "5 posts", "21 posts"]),
        ("de", ["1 Beitrag", "2 Beiträge", "5 Beiträge", "21 Beiträge"]),
        ("ru", ["1 запись", "2 записи", "5 записей", "21 запись"]),
        ("ka", ["1 post", "2 posts", "5 posts", "21 posts"]),
    ],
)
def test_numbers_take_the_form_that_their_language_wants(language: str, expected: list[str]) -> None:
    words = i18n.translations(language)
    said = [
        words.ngettext("%(number)s post", "%(number)s posts", count) % {"number": count}
        for count in (1, 2, 5, 21)
    ]
    assert said == expected


@pytest.mark.parametrize(
    ("wishes", "language"),
    [
        ("ru", "ru"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("xx, ru;q=0.3, de;q=0.7", "de"),
        ("fr, ka", "en"),
        ("ru;q=0, en;q=0.1", "en"),
        ("de;q=nonsense, ru", "ru"),
        ("../../etc/passwd", "en"),
        ("", "en"),
        (";;,,;q=", "en"),
    ],
)
def test_errors_are_told_in_the_language_somebody_wishes_for(wishes: str, language: str) -> None:
    assert i18n.best_language(wishes) == language


def test_a_page_speaks_the_language_of_its_text() -> None:
    templates = resource_dir("templates")
    renderer = Renderer(templates, Assets(templates / "static"), Urls("https://berlin.example"))
    post: presenting.PostView = sample_views.EVENT
    page = renderer.page(
        "site/post.html",
        post.language,
        post=post,
        versions=post.versions,
        site_name=post.collective.title,
        canonical_url=post.url,
    ).decode()
    for words in (
        "Мероприятие",
        "суббота, 5 декабря 2026",
        "Лос-Анджелес",
        "русский и немецкий",
        "Организаторы",
    ):
        assert words in page
    assert 'lang="en"' not in page
