"""Calendars over HTTP: a feed for each collective and for the node, and a file for each event.

Times are written in UTC, computed from the local time when asked: a zone whose rules change needs no new file
format, and no calendar program misreads a description of a zone.
Spec: RFC 5545 (iCalendar), RFC 7986 (NAME, REFRESH-INTERVAL).
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import icalendar
from starlette.requests import Request
from starlette.responses import Response

from fedinode import text
from fedinode.cache import CachedAnswer
from fedinode.resources import installed_version
from fedinode.services import scheduling
from fedinode.services.presenting import CalendarView, Cancellation, PostView
from fedinode.web import answers, archive_pages
from fedinode.web.answers import Site

ICALENDAR: Final = "text/calendar; charset=utf-8"


async def events(site: Site, request: Request) -> Response:
    """`/events.ics` and `/@{name}/events.ics`."""
    name = request.path_params.get("name")

    async def make() -> CachedAnswer:
        return _answer(site, await scheduling.calendar(site.cap, name))

    return await answers.cached(site, request, f"calendar:{name}", make)


async def event_file(site: Site, request: Request) -> Response:
    """`/@{name}/{language}/{slug}/event.ics`: one event to put into a calendar."""
    name, language, slug = (request.path_params[part] for part in ("name", "language", "slug"))

    async def make() -> CachedAnswer:
        return _answer(site, await scheduling.calendar_file(site.cap, name, language, slug))

    return await answers.cached(site, request, f"calendar:{name}:{language}:{slug}", make)


def _answer(site: Site, view: CalendarView) -> CachedAnswer:
    return answers.make_answer(
        render(view, site.cap.urls.host),
        ICALENDAR,
        depends_on=archive_pages.depends_on(view.node),
        cache_control=answers.REVALIDATE,
    )


def render(view: CalendarView, host: str) -> bytes:
    """Write a calendar."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//fedinode//fedinode {installed_version()}//EN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", _shown(view.title))
    calendar.add("x-wr-calname", _shown(view.title))
    calendar.add("refresh-interval", timedelta(hours=6), {"VALUE": "DURATION"})
    for entry in view.entries:
        calendar.add_component(_event(entry, host))
    for withdrawn in view.cancelled:
        calendar.add_component(_withdrawn(withdrawn, host))
    return bytes(calendar.to_ical(sorted=False))


def _event(entry: PostView, host: str) -> icalendar.Event:
    facts = entry.event
    assert facts is not None, "a calendar holds events alone"
    changed_at = entry.updated_at or entry.published_at
    tongue = {"LANGUAGE": entry.language}
    event = icalendar.Event()
    event.add("uid", f"{entry.uid}@{host}")
    event.add("dtstamp", _moment(changed_at))
    event.add("last-modified", _moment(changed_at))
    event.add("sequence", int((changed_at - entry.published_at).total_seconds()))
    event.add("dtstart", _moment(facts.starts_at))
    if facts.ends_at is not None:
        event.add("dtend", _moment(facts.ends_at))
    where = ", ".join(part for part in (entry.place, facts.address) if part)
    if where:
        event.add("location", _shown(where), tongue)
    if entry.tags:
        event.add("categories", [_shown(tag) for tag in entry.tags], tongue)
    event.add("summary", _shown(entry.title), tongue)
    event.add("description", _shown(_description(entry)), tongue)
    event.add("url", entry.url)
    event.add("status", "CANCELLED" if facts.cancelled else "CONFIRMED")
    return event


def _withdrawn(gone: Cancellation, host: str) -> icalendar.Event:
    # Its words are gone; that it does not take place is all that may be told.
    event = icalendar.Event()
    event.add("uid", f"{gone.uid}@{host}")
    event.add("dtstamp", _moment(gone.withdrawn_at))
    event.add("sequence", int(gone.withdrawn_at.timestamp()) // 60)
    event.add("dtstart", _moment(gone.starts_at))
    event.add("status", "CANCELLED")
    return event


def _description(entry: PostView) -> str:
    parts = (*entry.notices, entry.plain_summary, text.plain(entry.html), entry.url)
    return "\n\n".join(part for part in parts if part)


def _moment(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _shown(words: str) -> str:
    """Return words without control characters, which a calendar must not hold."""
    return "".join(char for char in words if char in "\n\t" or char >= " ")
