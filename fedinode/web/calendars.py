"""Calendars over HTTP: a feed for each collective and for the node, and a file for each event.

Times are written in UTC, computed from the local time when asked: a zone whose rules change needs no new file
format, and no calendar program misreads our description of a zone.
Spec: RFC 5545 (iCalendar), RFC 7986 (NAME, REFRESH-INTERVAL).
"""

from datetime import UTC, datetime
from typing import Final

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
_MAX_LINE_BYTES: Final = 75
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


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
        cache_control=answers.FOR_FEEDS,
    )


def render(view: CalendarView, host: str) -> bytes:
    """Write a calendar."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//fedinode//fedinode {installed_version()}//EN",
        "METHOD:PUBLISH",
        f"NAME:{_escaped(view.title)}",
        f"X-WR-CALNAME:{_escaped(view.title)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    ]
    for entry in view.entries:
        lines += _event(entry, host)
    for cancelled in view.cancelled:
        lines += _cancelled(cancelled, host)
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) for line in lines).encode()


def _event(entry: PostView, host: str) -> list[str]:
    event = entry.event
    assert event is not None, "a calendar holds events alone"
    changed_at = entry.updated_at or entry.published_at
    tongue = f";LANGUAGE={entry.language}"
    where = ", ".join(part for part in (entry.place, event.address) if part)
    optional = (
        (f"DTEND:{_moment(event.ends_at)}" if event.ends_at else ""),
        (f"LOCATION{tongue}:{_escaped(where)}" if where else ""),
        (f"CATEGORIES{tongue}:{','.join(_escaped(tag) for tag in entry.tags)}" if entry.tags else ""),
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{entry.uid}@{host}",
        f"DTSTAMP:{_moment(changed_at)}",
        f"LAST-MODIFIED:{_moment(changed_at)}",
        f"SEQUENCE:{int((changed_at - entry.published_at).total_seconds())}",
        f"DTSTART:{_moment(event.starts_at)}",
        *(line for line in optional if line),
        f"SUMMARY{tongue}:{_escaped(entry.title)}",
        f"DESCRIPTION{tongue}:{_escaped(_description(entry))}",
        f"URL:{entry.url}",
        "STATUS:CONFIRMED",
        "END:VEVENT",
    ]


def _cancelled(cancelled: Cancellation, host: str) -> list[str]:
    # Its words are gone; that it does not take place is all that may be told.
    return [
        "BEGIN:VEVENT",
        f"UID:{cancelled.uid}@{host}",
        f"DTSTAMP:{_moment(cancelled.withdrawn_at)}",
        f"SEQUENCE:{int(cancelled.withdrawn_at.timestamp()) // 60}",
        f"DTSTART:{_moment(cancelled.starts_at)}",
        "STATUS:CANCELLED",
        "END:VEVENT",
    ]


def _description(entry: PostView) -> str:
    return "\n\n".join(part for part in (entry.plain_summary, text.plain(entry.html), entry.url) if part)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(words: str) -> str:
    """Escape a text value. Spec: RFC 5545 section 3.3.11."""
    return "".join(char for char in words if char in "\n\t" or char >= " ").translate(_ESCAPES)


def _folded(line: str) -> str:
    """Return the line in pieces of at most 75 bytes, no character torn. Spec: RFC 5545 section 3.1."""
    pieces, piece, size = [], "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _MAX_LINE_BYTES:
            pieces.append(piece)
            piece, size = " ", 1
        piece += char
        size += width
    return "\r\n".join([*pieces, piece]) + "\r\n"
