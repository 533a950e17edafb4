"""Events that move or are called off: on pages, in lists and calendars, and on other servers."""

from typing import Any

import icalendar
import pytest

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.services import rescheduling
from tests.web.conftest import DOCUMENT, Clock, Get, Publish, fresh
from tests.web.test_calendars import EVENT, structured

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)]

MOVED = EVENT.replace("2026-12-05T19:00", "2026-12-12T20:00").replace("2026-12-05T21:30", "2026-12-12T22:30")
ELSEWHERE = MOVED.replace('place = "Bibliothek"', 'place = "Hof"')


async def calendar_event(get: Get, path: str = "/events.ics") -> Any:
    calendar = icalendar.Calendar.from_ical((await get(path)).content)
    (event,) = calendar.walk("VEVENT")
    return event


async def test_an_event_that_moves_says_what_was_announced(
    get: Get, publish: Publish, edit: Publish, clock: Clock
) -> None:
    post = await publish(EVENT)
    assert 'role="note"' not in (await get(post.url)).text
    clock.advance(hours=1)
    await edit(post.url, ELSEWHERE)
    page = (await fresh(get, post.url, lambda answer: 'role="note"' in answer.text)).text
    time_words = "Der Zeitpunkt hat sich geändert. Angekündigt war: 5. Dezember 2026, 19:00 Berlin"
    place_words = "Der Ort hat sich geändert. Angekündigt war: Bibliothek, Kiefholzstr. 20, Berlin"
    assert time_words in page
    assert place_words in page
    assert "<strong>geändert</strong>" in (await get("/@berlin")).text
    found = structured(page)
    assert found["eventStatus"] == "https://schema.org/EventRescheduled"
    assert found["previousStartDate"] == "2026-12-05T19:00:00+01:00"
    document = (await get(post.uri, **DOCUMENT)).json()
    assert document["summary"].startswith(f"<p><strong>{time_words}<br>{place_words}</strong></p>")
    assert "Это" not in document["summary"]
    assert "5 декабря 2026" in document["summaryMap"]["ru"]

    # A corrected word changes nothing about what was announced.
    await edit(post.url, ELSEWHERE, "Bringt das Buch mit.")
    again = (await fresh(get, post.url, lambda answer: "Bringt das Buch mit." in answer.text)).text
    assert time_words in again


async def test_an_event_that_is_called_off_stays_and_says_so_everywhere(
    get: Get, publish: Publish, edit: Publish, cap: Capabilities, clock: Clock
) -> None:
    post = await publish(EVENT)
    before = await calendar_event(get)
    clock.advance(hours=1)
    done = await rescheduling.cancel_event(cap, post.url)
    assert (done.uri, done.already) == (post.uri, False)
    page = (await fresh(get, post.url, lambda answer: 'role="note"' in answer.text)).text
    assert "Abgesagt: Diese Veranstaltung findet nicht statt." in page
    assert structured(page)["eventStatus"] == "https://schema.org/EventCancelled"
    assert "Отменено: это мероприятие не состоится." in (await get("/@berlin/ru/chitaem-vmeste")).text
    assert "<strong>abgesagt</strong>" in (await get("/@berlin")).text
    after = await calendar_event(get)
    assert (after["UID"], after["STATUS"]) == (before["UID"], "CANCELLED")
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["SUMMARY"] == before["SUMMARY"]
    document = (await get(post.uri, **DOCUMENT)).json()
    assert document["ical:status"] == "CANCELLED"
    assert document["summary"].startswith("<p><strong>Abgesagt: ")
    assert document["content"].startswith("<p><strong>Abgesagt: ")
    assert "Abgesagt" in (await get("/feed.atom")).text

    assert (await rescheduling.cancel_event(cap, post.url)).already
    # The file says nothing about it: a correction does not bring the event back.
    await edit(post.url, EVENT, "Genaueres folgt.")
    await fresh(get, post.url, lambda answer: "Genaueres folgt." in answer.text and "Abgesagt" in answer.text)
    await rescheduling.cancel_event(cap, post.url, revive=True)
    await fresh(get, post.url, lambda answer: "Abgesagt" not in answer.text)
    assert (await calendar_event(get))["STATUS"] == "CONFIRMED"
    await edit(post.url, EVENT.replace('attendance = "both"', 'attendance = "both"\ncancelled = true'))
    await fresh(get, post.url, lambda answer: "Abgesagt" in answer.text)


async def test_only_a_public_event_can_be_called_off(publish: Publish, cap: Capabilities) -> None:
    news = await publish('type = "news"\ntitle = "Streik"\nlanguage = "de"\nshow = "teaser"')
    with pytest.raises(Conflict, match="This post is a news; only an event can be called off"):
        await rescheduling.cancel_event(cap, news.uri)
    draft = await publish(EVENT, draft=True)
    with pytest.raises(Conflict, match="This event is draft; only a public one can be called off"):
        await rescheduling.cancel_event(cap, draft.uri)
