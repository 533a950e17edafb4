"""Calendars, read by a calendar program that is not ours; and what search engines read."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import icalendar
import pytest

from fedinode.capabilities import Capabilities
from fedinode.services import publishing
from fedinode.services.presenting import CalendarView
from fedinode.web import calendars
from tests.web import sample_views
from tests.web.conftest import ORIGIN, Clock, Get, Publish, fresh

pytestmark = pytest.mark.anyio

EVENT = """type = "event"
title = "Lesekreis, Kapitel 1; \\"Ware\\""
slug = "lesekreis"
language = "de"
summary = "Wir lesen."
starts = 2026-12-05T19:00:00
ends = 2026-12-05T21:30:00
timezone = "Europe/Berlin"
place = "Bibliothek"
address = "Kiefholzstr. 20, Berlin"
attendance = "both"
tags = ["Lesen"]
[translations.ru]
title = "Читаем вместе"
body = "Текст."
[[organisers]]
name = "Zelle Berlin"
[[speakers]]
name = "Nino Kapanadze"
"""


def events(response: httpx.Response) -> list[Any]:
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(response.content)
    assert not calendar.errors
    return list(calendar.walk("VEVENT"))


def structured(page: str) -> dict[str, Any]:
    words = page.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(words)
    return found


async def test_a_calendar_holds_the_events_of_a_collective(get: Get, publish: Publish) -> None:
    post = await publish(EVENT, "Bringt das Buch mit.")
    (event,) = events(await get("/@berlin/events.ics"))
    assert event["SUMMARY"] == 'Lesekreis, Kapitel 1; "Ware"'
    assert event["DTSTART"].dt == datetime(2026, 12, 5, 18, 0, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 12, 5, 20, 30, tzinfo=UTC)
    assert event["LOCATION"] == "Bibliothek, Kiefholzstr. 20, Berlin"
    assert event["UID"] == f"{post.uid}@berlin.example"
    assert event["URL"] == post.url
    assert event["STATUS"] == "CONFIRMED"
    assert "Bringt das Buch mit." in event["DESCRIPTION"]
    assert events(await get("/@tbilisi/events.ics")) == []
    assert len(events(await get("/events.ics"))) == 1


async def test_one_event_can_be_taken_in_the_language_of_its_page(get: Get, publish: Publish) -> None:
    post = await publish(EVENT)
    (event,) = events(await get(f"{post.url}/event.ics"))
    (russian,) = events(await get("/@berlin/ru/chitaem-vmeste/event.ics"))
    assert russian["SUMMARY"] == "Читаем вместе"
    assert russian["UID"] == event["UID"]
    assert f'href="{post.url}/event.ics"' in (await get(post.url)).text


async def test_a_changed_event_has_a_higher_sequence(
    get: Get, publish: Publish, edit: Publish, clock: Clock
) -> None:
    post = await publish(EVENT)
    (before,) = events(await get("/events.ics"))
    clock.advance(hours=1)
    await edit(post.url, EVENT.replace("19:00", "20:00"), "Später.")
    changed = await fresh(get, "/events.ics", lambda answer: "Später." in answer.text)
    (after,) = events(changed)
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTSTART"].dt == datetime(2026, 12, 5, 19, 0, tzinfo=UTC)


async def test_a_withdrawn_event_is_cancelled_without_its_words(
    get: Get, publish: Publish, cap: Capabilities
) -> None:
    post = await publish(EVENT)
    (before,) = events(await get("/events.ics"))
    await publishing.delete(cap, post.url)
    gone = await fresh(get, "/events.ics", lambda answer: "CANCELLED" in answer.text)
    (event,) = events(gone)
    assert event["UID"] == before["UID"]
    assert event["SEQUENCE"] > before["SEQUENCE"]
    assert "SUMMARY" not in event


async def test_an_event_of_long_ago_is_not_in_the_calendar(get: Get, publish: Publish) -> None:
    await publish(EVENT.replace("2026-12", "2024-12") + "\n", "Vorbei.")
    assert events(await get("/events.ics")) == []


async def test_what_is_no_event_has_no_calendar_file(get: Get, publish: Publish) -> None:
    post = await publish('type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"')
    assert (await get(f"{post.url}/event.ics")).status_code == 404


async def test_an_event_tells_search_engines_when_where_and_who(get: Get, publish: Publish) -> None:
    post = await publish(EVENT)
    found = structured((await get(post.url)).text)
    assert found["@type"] == "Event"
    assert found["startDate"] == "2026-12-05T19:00:00+01:00"
    assert found["endDate"] == "2026-12-05T21:30:00+01:00"
    assert found["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert [place["@type"] for place in found["location"]] == ["Place", "VirtualLocation"]
    assert found["organizer"] == [{"@type": "Organization", "name": "Zelle Berlin"}]
    assert found["performer"] == [{"@type": "Person", "name": "Nino Kapanadze"}]


async def test_a_translation_tells_search_engines_what_it_translates(get: Get, publish: Publish) -> None:
    await publish(
        'type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"\n'
        '[translations.ru]\ntitle = "Забастовка"\nbody = "Текст."'
    )
    page = (await get("/@berlin/ru/zabastovka")).text
    found = structured(page)
    assert found["@type"] == "NewsArticle"
    assert found["inLanguage"] == "ru"
    assert found["translationOfWork"]["url"] == f"{ORIGIN}/@berlin/de/streik"
    assert '<meta name="fediverse:creator" content="@berlin@berlin.example">' in page
    assert '<meta property="og:locale:alternate" content="de">' in page


def test_long_lines_are_folded_without_tearing_a_character() -> None:
    view = CalendarView(node=sample_views.NODE, title="Ж" * 200, entries=(sample_views.EVENT,))
    written = calendars.render(view, "berlin.example")
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    read = icalendar.Calendar.from_ical(written)
    assert read["X-WR-CALNAME"] == "Ж" * 200
