"""Dates, clock times and the facts of an event in the words of a language."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from fedinode import text
from fedinode.manuscripts import EventFacts, Person, Wording


def event(**changes: object) -> EventFacts:
    facts = {
        "starts": datetime(2022, 1, 22, 19),  # noqa: DTZ001, a wall clock's time
        "timezone": "Europe/Berlin",
        "show_zones": ("America/Los_Angeles", "UTC", "Europe/Berlin"),
    }
    return EventFacts(**{**facts, **changes})  # type: ignore[arg-type]  # a mixed record of test data


def test_the_start_is_told_in_every_zone() -> None:
    assert text.clock_times(event(), "en") == "10:00 Los Angeles / 18:00 UTC / 19:00 Berlin"


def test_the_events_own_zone_is_never_left_out() -> None:
    assert text.clock_times(event(show_zones=("UTC",)), "de") == "18:00 UTC / 19:00 Berlin"


def test_another_day_is_named() -> None:
    assert (
        text.clock_times(event(show_zones=("Asia/Tokyo",)), "de") == "03:00 Tokio (So., 23.) / 19:00 Berlin"
    )


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "12 January 2022"),
        ("de", "12. Januar 2022"),
        ("ru", "12 января 2022"),
        ("pt", "12 de janeiro de 2022"),
    ],
)
def test_a_date_is_told_in_its_language(language: str, day: str) -> None:
    assert text.date_in_words(date(2022, 1, 12), language).startswith(day)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (ZoneInfo("America/Sao_Paulo"), "São Paulo"),
        (UTC, "UTC"),
        (timezone(timedelta(hours=-3)), "UTC-03:00"),
    ],
)
def test_a_time_is_told_with_its_zone(zone: timezone | ZoneInfo, words: str) -> None:
    moment = datetime(2022, 3, 2, 10, 58, tzinfo=zone)
    assert text.date_in_words(moment, "de") == f"2. März 2022, 10:58 {words}"


def test_the_summary_of_an_event_says_all_that_mastodon_leaves_out() -> None:
    people = (Person(name="A & B", names={"de": "A und B"}, place="Italy"), Person(name="C"))
    facts = event(
        attendance="online",
        organisers=people,
        speakers=(Person(name="D", role="union"),),
        sign_up="https://a.example/",
        ends=datetime(2022, 1, 22, 21),  # noqa: DTZ001, a wall clock's time
    )
    html = text.event_summary(facts, Wording(language="en", place="Zoom"), "All *welcome*")
    assert html == (
        "<p>Saturday, 22 January 2022<br>10:00 Los Angeles / 18:00 UTC / 19:00 Berlin<br>Until 21:00 Berlin"
        "<br>Zoom, online<br>Speaking: D (union)<br>Organised by: A &amp; B (Italy), C"
        "<br>Sign up: https://a.example/</p><p>All <em>welcome</em></p>"
    )
    assert "A und B" in text.event_summary(facts, Wording(language="de"), None)


def test_an_event_over_days_names_its_last_day() -> None:
    facts = event(ends=datetime(2022, 1, 23, 12))  # noqa: DTZ001, a wall clock's time
    assert "Until 23 January 2022, 12:00 Berlin" in text.event_lines(facts, Wording(language="en"))


def test_a_place_may_be_joined_from_elsewhere() -> None:
    lines = text.event_lines(
        event(attendance="both", address="Street 1"), Wording(language="en", place="House")
    )
    assert "House, Street 1, also online" in lines
