"""Front matter: what is right arrives whole."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fedinode.frontmatter import has_front_matter, parse_manuscript
from fedinode.manuscripts import Kind, Status, facts_json, parse_facts

MANUSCRIPTS = Path(__file__).parents[1] / "manuscripts"
NEWS = '+++\ntype = "news"\nlanguage = "de"\n{more}\n+++\n\nText.\n'
POSTS = sorted(path for path in MANUSCRIPTS.glob("*.md") if has_front_matter(path))


def news(folder: Path, more: str = "") -> Path:
    path = folder / "news.md"
    path.write_text(NEWS.format(more=more), "utf-8")
    return path


@pytest.mark.parametrize("path", POSTS, ids=lambda path: str(path.name))
def test_the_first_texts_are_read_without_a_warning(path: Path) -> None:
    assert parse_manuscript(path).warnings == ()


@pytest.mark.parametrize("path", POSTS, ids=lambda path: str(path.name))
def test_facts_survive_being_stored(path: Path) -> None:
    facts = parse_manuscript(path).facts
    assert parse_facts(facts_json(facts)) == facts


def test_an_event_arrives_whole() -> None:
    manuscript = parse_manuscript(MANUSCRIPTS / "001-event.md")
    event = manuscript.facts.event
    assert manuscript.kind is Kind.EVENT
    assert [each.language for each in manuscript.texts] == ["en", "de"]
    assert manuscript.texts[1].markdown == "Internationale Online-Veranstaltung auf Russisch und Englisch."
    assert event
    assert event.starts_at == datetime(2022, 1, 22, 18, tzinfo=UTC)
    assert event.show_zones == ("America/Los_Angeles", "UTC", "Europe/Berlin")
    assert event.working_languages == ("ru", "en")
    assert event.sign_up == "https://tinyurl.com/uprising2022"
    assert len(event.organisers) == 10
    assert event.organisers[0].name_in("de") == "Anti*Capitalist Resistance"
    assert event.organisers[0].name_in("ru") == "AntiCapitalist Resistance"
    assert event.speakers[0].role == "Socialist Movement Kazakhstan"
    assert manuscript.facts.related[0].language == "de"


def test_a_statement_arrives_whole() -> None:
    manuscript = parse_manuscript(MANUSCRIPTS / "002-statement.md")
    facts = manuscript.facts
    assert manuscript.key == "mes-2022-03-02"
    assert manuscript.published == datetime(2022, 3, 2, 13, 58, tzinfo=UTC)
    assert manuscript.texts[0].markdown.count("\n\n") == 3
    assert manuscript.texts[1].status is Status.OFFICIAL
    assert manuscript.texts[1].markdown == "Texto original."
    assert facts.statement
    assert facts.statement.adopted == datetime(2022, 3, 2, 10, 58, tzinfo=ZoneInfo("America/Sao_Paulo"))
    assert facts.wording("pt").issued_by == "Secretariado Nacional do MES"
    assert len(facts.wording("pt").demands) == 5
    assert facts.sources[0].publisher == "Secretariado Nacional do MES"


def test_signatures_from_elsewhere_are_kept_apart() -> None:
    statement = parse_manuscript(MANUSCRIPTS / "001-solidarity.md").facts.statement
    assert statement
    assert statement.adopted == date(2022, 1, 12)
    assert statement.signed_elsewhere
    assert statement.signed_elsewhere.count == 200
    assert statement.signed_elsewhere.as_of == date(2022, 1, 14)


def test_a_translation_may_lie_in_a_file_beside() -> None:
    manuscript = parse_manuscript(MANUSCRIPTS / "000-special-issue.md")
    assert manuscript.texts[1].title == "Специальный выпуск о левых политзаключённых в России"
    assert manuscript.texts[1].markdown.startswith("Недавно вышел")
    assert [author.name for author in manuscript.facts.authors][2] == "Redaktion der Zeitung „Tribune…“"
    assert manuscript.facts.authors[1].place == "FR"


def test_news_shown_in_full_needs_no_title(tmp_path: Path) -> None:
    manuscript = parse_manuscript(news(tmp_path))
    assert manuscript.texts[0].title is None
    assert manuscript.facts.show == "full"
    assert manuscript.facts.comments == "held"


def test_the_key_is_the_files_digest_unless_written(tmp_path: Path) -> None:
    one = parse_manuscript(news(tmp_path)).key
    assert len(one) == 64
    assert parse_manuscript(news(tmp_path, 'category = "x"')).key != one
    assert parse_manuscript(news(tmp_path, 'key = "mine"')).key == "mine"


def test_bom_crlf_and_loose_accents_are_accepted(tmp_path: Path) -> None:
    path = news(tmp_path, 'title = "Cafe\u0301"')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    manuscript = parse_manuscript(path)
    assert has_front_matter(path)
    assert manuscript.texts[0].title == "Café"
    assert manuscript.texts[0].markdown == "Text."


def test_tracking_parameters_are_cut_with_a_warning(tmp_path: Path) -> None:
    path = news(
        tmp_path, '[[source]]\nrole = "found"\nurl = "https://a.example/x?b=1&fbclid=Iw&utm_source=m#top"'
    )
    path.write_text(path.read_text("utf-8") + "[link](https://b.example/?utm_campaign=x)\n", "utf-8")
    manuscript = parse_manuscript(path)
    assert manuscript.facts.sources[0].url == "https://a.example/x?b=1#top"
    assert manuscript.texts[0].markdown == "Text.\n[link](https://b.example/)"
    assert manuscript.warnings == (
        f"{path}: tracking parameters were cut from a link: utm_campaign.",
        f"{path}, line 6: tracking parameters were cut from a link: fbclid, utm_source.",
    )


def test_invisible_characters_are_cut_with_a_warning(tmp_path: Path) -> None:
    manuscript = parse_manuscript(news(tmp_path, 'title = "Soli\u00addarity"'))
    assert manuscript.texts[0].title == "Solidarity"
    assert "U+00AD" in manuscript.warnings[0]


def test_invisible_characters_in_the_text_are_cut_with_a_warning(tmp_path: Path) -> None:
    path = news(tmp_path)
    path.write_text(path.read_text("utf-8") + "Soli\u00addarity\n", "utf-8")
    manuscript = parse_manuscript(path)
    assert manuscript.texts[0].markdown == "Text.\nSolidarity"
    assert manuscript.warnings == (f"{path}: characters that cannot be seen were cut from news.md: U+00AD.",)


def test_what_only_looks_like_an_address_is_left_alone(tmp_path: Path) -> None:
    path = news(tmp_path)
    path.write_text(path.read_text("utf-8") + "https://[x?fbclid=1\n", "utf-8")
    assert "https://[x?fbclid=1" in parse_manuscript(path).texts[0].markdown


def test_a_language_in_another_spelling_is_mended_with_a_warning(tmp_path: Path) -> None:
    more = 'title = "x"\n[translations.PT-br]\ntitle = "y"\nbody = "z"'
    manuscript = parse_manuscript(news(tmp_path, more))
    assert manuscript.texts[1].language == "pt-BR"
    assert 'the language "PT-br" is written "pt-BR"' in manuscript.warnings[0]


def test_a_picture_lies_beside_and_has_a_description(tmp_path: Path) -> None:
    (tmp_path / "crowd.jpg").write_bytes(b"x")
    picture = '[[media]]\nfile = "crowd.jpg"\nalt = "A crowd"\nalts.de = "Viele Leute"'
    (read,) = parse_manuscript(news(tmp_path, picture)).pictures
    assert read.path == tmp_path / "crowd.jpg"
    assert read.alts == {"de": "Viele Leute"}


def test_old_posts_are_sent_only_on_request(tmp_path: Path) -> None:
    now = datetime(2027, 5, 1, 12, tzinfo=UTC)
    assert parse_manuscript(news(tmp_path)).is_delivered(now)
    assert parse_manuscript(news(tmp_path, "published = 2027-05-01T11:30:00Z")).is_delivered(now)
    old = "published = 2027-05-01T10:30:00Z"
    assert not parse_manuscript(news(tmp_path, old)).is_delivered(now)
    assert parse_manuscript(news(tmp_path, old + "\ndeliver = true")).is_delivered(now)
    assert not parse_manuscript(news(tmp_path, "deliver = false")).is_delivered(now)


def test_tags_lose_their_mark_and_their_doubles(tmp_path: Path) -> None:
    assert parse_manuscript(news(tmp_path, 'tags = ["#Мир", "Мир", "8March"]')).facts.tags == (
        "Мир",
        "8March",
    )


STATEMENT = '+++\ntype = "statement"\ntitle = "x"\nlanguage = "de"\n{more}\n+++\n{body}\n'


def statement(folder: Path, more: str, body: str = "Text.") -> Path:
    path = folder / "statement.md"
    path.write_text(STATEMENT.format(more=more, body=body), "utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "adopted"),
    [
        ("adopted = 2027-05-01", date(2027, 5, 1)),
        ("adopted = 2027-05-01T10:00:00+02:00", datetime(2027, 5, 1, 8, tzinfo=UTC)),
        ('adopted = 2027-05-01T10:00:00\ntimezone = "Asia/Tbilisi"', datetime(2027, 5, 1, 6, tzinfo=UTC)),
        ('adopted = 2027-05-01T10:00:00Z\ntimezone = "Asia/Tbilisi"', datetime(2027, 5, 1, 10, tzinfo=UTC)),
    ],
)
def test_a_statement_is_adopted_on_a_day_or_at_a_time(tmp_path: Path, written: str, adopted: date) -> None:
    read = parse_manuscript(statement(tmp_path, written)).facts.statement
    assert read
    assert read.adopted == adopted


def test_the_place_of_adoption_is_kept_with_the_time(tmp_path: Path) -> None:
    written = 'adopted = 2027-05-01T10:00:00\ntimezone = "Asia/Tbilisi"'
    facts = parse_manuscript(statement(tmp_path, written)).facts
    stored = parse_facts(facts_json(facts)).statement
    assert stored
    assert isinstance(stored.adopted, datetime)
    assert stored.adopted.tzinfo == ZoneInfo("Asia/Tbilisi")


def test_a_local_end_of_signing_is_an_instant(tmp_path: Path) -> None:
    more = 'sign_until = 2027-05-01T10:00:00\ntimezone = "Asia/Tbilisi"'
    read = parse_manuscript(statement(tmp_path, more)).facts.statement
    assert read
    assert read.sign_until == datetime(2027, 5, 1, 6, tzinfo=UTC)


def test_a_hundred_and_twenty_words_need_no_summary(tmp_path: Path) -> None:
    assert parse_manuscript(statement(tmp_path, "", body="Wort " * 120)).texts[0].summary is None


def test_invited_cells_are_named_by_handle(tmp_path: Path) -> None:
    more = 'cosign = "invited"\ninvite = ["lisbon@Lisbon.Example"]'
    read = parse_manuscript(statement(tmp_path, more)).facts.statement
    assert read
    assert read.invite == ("@lisbon@lisbon.example",)


def test_an_event_may_end_and_start_at_an_instant(tmp_path: Path) -> None:
    path = tmp_path / "event.md"
    more = 'starts = 2027-05-01T10:00:00Z\nends = 2027-05-01T14:00:00\ntimezone = "Europe/Berlin"\n'
    more += 'sign_up = "here"'
    path.write_text(f'+++\ntype = "event"\ntitle = "x"\nlanguage = "de"\n{more}\n+++\n', "utf-8")
    event = parse_manuscript(path).facts.event
    assert event
    assert event.starts == datetime(2027, 5, 1, 12)  # noqa: DTZ001, a wall clock's time
    assert event.ends_at == datetime(2027, 5, 1, 12, tzinfo=UTC)
    assert event.sign_up == "here"
