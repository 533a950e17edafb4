"""Dates, clocks, numbers and names as each language writes them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from fedinode.manuscripts import EventFacts
from fedinode.web import formats

MEETING = EventFacts(
    starts=datetime(2022, 1, 22, 19, 0),  # noqa: DTZ001 - wall-clock time in the zone beside it
    timezone="Europe/Berlin",
    show_zones=("America/Los_Angeles", "UTC", "Europe/Berlin"),
)


def with_end(ends: datetime) -> EventFacts:
    return EventFacts(starts=MEETING.starts, ends=ends, timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("language", "written"),
    [("en", "2 March 2022"), ("de", "2. März 2022"), ("ru", "2 марта 2022\u202fг."), ("xx", "2 March 2022")],
)
def test_a_day_is_written_as_its_language_does(language: str, written: str) -> None:
    assert formats.long_date(date(2022, 3, 2), language) == written


def test_an_instant_is_dated_by_utc() -> None:
    late = datetime(2022, 3, 2, 23, 30, tzinfo=timezone(-timedelta(hours=3)))
    assert formats.long_date(late, "en") == "3 March 2022"


def test_machines_read_a_day_or_an_instant() -> None:
    assert formats.machine_time(date(2022, 3, 2)) == "2022-03-02"
    assert formats.machine_time(datetime(2022, 3, 2, 10, 58, 1, 5, tzinfo=UTC)) == "2022-03-02T10:58:01Z"
    local = datetime(2022, 3, 2, 10, 58, tzinfo=timezone(-timedelta(hours=3)))
    assert formats.machine_time(local) == "2022-03-02T10:58:00-03:00"


def test_an_event_shows_every_clock_that_the_organisers_named() -> None:
    line = formats.clock_line(MEETING, "en").replace("\u00a0", " ")
    assert line == "10:00 Los Angeles / 18:00 UTC / 19:00 Berlin"


def test_a_clock_on_which_it_is_another_day_says_so() -> None:
    late = EventFacts(starts=MEETING.starts, timezone="Europe/Berlin", show_zones=("Asia/Vladivostok",))
    assert formats.clocks(late, "en")[0].day == "Sun 23 Jan"
    assert formats.clock_line(late, "en").endswith("(Sun 23 Jan)")


def test_an_event_that_names_no_zones_shows_its_own() -> None:
    alone = EventFacts(starts=MEETING.starts, timezone="Europe/Berlin")
    assert [clock.place for clock in formats.clocks(alone, "ru")] == ["Берлин"]


def test_the_end_of_the_same_day_stands_beside_the_start() -> None:
    evening = with_end(datetime(2022, 1, 22, 21, 30))  # noqa: DTZ001
    assert formats.clocks(evening, "de")[0].time == "19:00–21:30"
    assert formats.event_days(evening, "de") == "Samstag, 22. Januar 2022"


def test_an_event_of_several_days_names_the_first_and_the_last() -> None:
    camp = with_end(datetime(2022, 1, 24, 12, 0))  # noqa: DTZ001
    assert formats.event_days(camp, "de") == "Samstag, 22. Januar 2022 – Montag, 24. Januar 2022"
    assert formats.clocks(camp, "de")[0].time == "19:00"


def test_an_adoption_keeps_the_hour_of_its_place() -> None:
    at = datetime(2022, 3, 2, 13, 58, tzinfo=UTC)
    assert formats.adoption(at, "America/Sao_Paulo", "en") == "2 March 2022, 10:58 (Sao Paulo)"
    assert formats.adoption(date(2022, 1, 12), None, "en") == "12 January 2022"
    offset = datetime(2022, 3, 2, 10, 58, tzinfo=timezone(-timedelta(hours=3)))
    assert formats.adoption(offset, None, "en") == "2 March 2022, 10:58 (UTC-03:00)"


def test_languages_are_named_in_the_language_of_the_page() -> None:
    assert formats.languages_in(("ru", "en"), "en") == "Russian and English"
    assert formats.languages_in(("ru", "en"), "de") == "Russisch und Englisch"


def test_numbers_have_their_thousands_set_apart() -> None:
    assert formats.number(12345, "en") == "12,345"
    assert formats.number(12345, "de") == "12.345"


def test_a_name_without_letters_still_has_a_mark() -> None:
    assert formats.initial("«ქარი»") == "ქ".upper()
    assert formats.initial("***") == "·"


def test_the_host_of_an_address_is_shown_so_that_it_cannot_deceive() -> None:
    assert formats.host_of("https://www.example.net/a?b") == "example.net"
    assert formats.host_of("https://bеrlin.example/") != "bеrlin.example"


def test_only_further_pages_carry_a_number() -> None:
    assert formats.page_url("https://berlin.example/", 1) == "https://berlin.example/"
    assert formats.page_url("https://berlin.example/@berlin", 3) == "https://berlin.example/@berlin?page=3"
