"""The texts that the project began from, published on one node and read on another, arrive whole."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.nodes.conftest import Pair
from tests.nodes.forking import REPOSITORY
from tests.nodes.harness import wait_until

MANUSCRIPTS = REPOSITORY / "tests" / "manuscripts"
ORGANISERS = (
    "AntiCapitalist Resistance",
    "ControCorrente",
    "ecosocialist.scot",
    "Internationale Sozialistische Organisation",
    "Lernen im Kampf",
    "Reform &amp; Revolution caucus in DSA",
    "Republican Socialist Platform",
    "Russia’s Socialist Movement",
    "RISE",
    "SAP ‒ Antikapitalisten",
)
SLOGANS = (
    "End of the Russian invasion of Ukraine!",
    "Self-determination for the Ukrainian people!",
    "Freedom for Russian pacifists!",
    "Against the disputing imperialisms!",
    "Build an international campaign for peace!",
)
LONG_TITLE = (
    "Against Putin’s imperialist aggression! Out Russian troops from Ukraine! "
    "In defense of peace and the liberation of Russian pacifists!"
)

Arrived = dict[str, object]


@pytest.fixture(scope="module")
def arrived(pair: Pair) -> Callable[[str], Arrived]:
    """Return a function that publishes a file on one node and gives what the other then keeps of it."""

    @cache
    def publish(name: str) -> Arrived:
        writer, reader = pair.writer, pair.reader
        uri = writer.document(writer.cli("post", str(MANUSCRIPTS / name)))["id"]
        # Old texts are delivered to nobody: the other node fetches them because somebody reshares them there.
        reader.cli("reshare", uri)
        return wait_until(lambda: pair.copy(uri), f"{name} arrives")

    return publish


def text_of(copy: Arrived) -> str:
    return str(copy["html_clean"])


def document_of(copy: Arrived) -> str:
    body = copy["body"]
    assert isinstance(body, bytes)
    return body.decode("utf-8")


def paragraphs_of(name: str) -> list[str]:
    """Return the paragraphs of a manuscript that hold prose alone, as HTML."""
    prose = (MANUSCRIPTS / name).read_text("utf-8").split("+++", 2)[2].strip()
    return [block.replace("&", "&amp;") for block in prose.split("\n\n") if not block.startswith("- ")]


@pytest.mark.parametrize(
    "name",
    [
        "000-about.md",
        "000-special-issue.md",
        "001-article.md",
        "001-event.md",
        "001-solidarity.md",
        "002-statement.md",
    ],
)
def test_every_paragraph_arrives(arrived: Callable[[str], Arrived], name: str) -> None:
    # Bare addresses have become links on the way.
    text = re.sub(r"</?a\b[^>]*>", "", text_of(arrived(name)))
    assert [block for block in paragraphs_of(name) if f"<p>{block}</p>" not in text] == []


@pytest.mark.parametrize(
    ("name", "kind", "language", "title"),
    [
        (
            "000-special-issue.md",
            "Article",
            "de",
            "Sonderausgabe über linke politische Gefangene in Russland",
        ),
        ("001-article.md", "Article", "en", "How the Russian Left Survived in a Post‑Soviet World"),
        ("001-event.md", "Event", "en", "Uprising in Kazakhstan"),
        ("001-solidarity.md", "Article", "en", "Solidarity with the uprising in Kazakhstan"),
        (
            "002-statement.md",
            "Article",
            "en",
            LONG_TITLE,
        ),
    ],
)
def test_kind_language_and_title_arrive(
    arrived: Callable[[str], Arrived], name: str, kind: str, language: str, title: str
) -> None:
    copy = arrived(name)
    assert (copy["type"], copy["language"], copy["name"]) == (kind, language, title)


def test_the_list_of_the_page_arrives_as_a_list(arrived: Callable[[str], Arrived]) -> None:
    items = re.findall(r"<li>(.*?)</li>", text_of(arrived("000-about.md")), re.DOTALL)
    assert len(items) == 10
    assert "conducts long-term work;" in items


def test_both_languages_of_the_special_issue_arrive(arrived: Callable[[str], Arrived]) -> None:
    document = document_of(arrived("000-special-issue.md"))
    assert "Специальный выпуск о левых политзаключённых в России" in document
    assert (MANUSCRIPTS / "000-special-issue.ru.md").read_text("utf-8").strip() in document


def test_authors_with_their_place_arrive(arrived: Callable[[str], Arrived]) -> None:
    text = text_of(arrived("000-special-issue.md"))
    for words in (
        "Post-Soviet Left",
        "Sozialisten gegen den Krieg",
        "FR",
        "Redaktion der Zeitung „Tribune…“",
    ):
        assert words in text


def test_author_note_sources_and_translator_of_the_article_arrive(arrived: Callable[[str], Arrived]) -> None:
    text = text_of(arrived("001-article.md"))
    assert "Ilya Budraitskis" in text
    assert "is recommended to readers of this blog" in text
    assert "Global Dialogue" in text
    assert "Giuliano Vivaldi" in text
    assert (
        'href="https://anticapitalistresistance.org/how-the-russian-left-survived-in-a-post-soviet-world/"'
        in text
    )


@pytest.mark.parametrize("name", ORGANISERS)
def test_each_of_the_ten_organisers_arrives(arrived: Callable[[str], Arrived], name: str) -> None:
    assert name in text_of(arrived("001-event.md"))


@pytest.mark.parametrize("hour", ["10:00", "18:00", "19:00"])
def test_the_event_is_told_in_three_clock_times(arrived: Callable[[str], Arrived], hour: str) -> None:
    assert hour in text_of(arrived("001-event.md"))


def test_the_event_keeps_its_moment_and_zone(arrived: Callable[[str], Arrived]) -> None:
    document = document_of(arrived("001-event.md"))
    assert '"startTime":"2022-01-22T18:00:00Z"' in document
    assert '"timezone":"Europe/Berlin"' in document


def test_links_speakers_and_working_languages_of_the_event_arrive(arrived: Callable[[str], Arrived]) -> None:
    text = text_of(arrived("001-event.md"))
    assert "Ainur Kurmanov" in text
    assert "https://tinyurl.com/uprising2022" in text
    assert "internationale-solidaritaet-mit-dem-aufstand-in-kasachstan" in text
    assert "Russian" in text
    assert "Ainur Kumarow" in document_of(arrived("001-event.md"))


def test_the_sources_of_the_solidarity_statement_arrive(arrived: Callable[[str], Arrived]) -> None:
    text = text_of(arrived("001-solidarity.md"))
    for address in (
        "https://kazakhsolidarity.wordpress.com/",
        "https://www.letusrise.ie/featured-articles/solidarity-with-the-uprising-in-kazakhstan",
        "http://www.europe-solidaire.org/spip.php?article60687",
    ):
        assert address in text


def test_the_issuing_body_arrives_in_both_languages(arrived: Callable[[str], Arrived]) -> None:
    copy = arrived("002-statement.md")
    assert "Secretariat of the Socialist Left Movement – MES/PSOL" in text_of(copy)
    assert "Secretariado Nacional do MES" in document_of(copy)
    assert "Contra a agressão imperialista de Putin!" in document_of(copy)


def test_the_date_of_adoption_arrives_with_hour_and_zone(arrived: Callable[[str], Arrived]) -> None:
    text = text_of(arrived("002-statement.md"))
    assert "2 March 2022, 10:58 Sao Paulo" in text


def test_slogans_arrive_as_a_list_in_their_order(arrived: Callable[[str], Arrived]) -> None:
    items = re.findall(r"<li>(.*?)</li>", text_of(arrived("002-statement.md")), re.DOTALL)
    assert [item for item in items if item in SLOGANS] == list(SLOGANS)


def test_the_day_of_publication_is_kept(arrived: Callable[[str], Arrived]) -> None:
    assert '"published":"2022-03-02T13:58:00Z"' in document_of(arrived("002-statement.md"))


def test_the_pages_show_each_language(pair: Pair, arrived: Callable[[str], Arrived], tmp_path: Path) -> None:
    page = pair.writer.page(str(arrived("002-statement.md")["uri"]))
    assert "Secretariat of the Socialist Left Movement – MES/PSOL" in page
    portuguese = re.search(r'href="([^"]+/pt/[^"]+)"', page)
    assert portuguese
    assert "Texto original." in pair.writer.page(portuguese[1].removeprefix(pair.writer.origin))
