"""Dates, times, numbers and names as one language writes them: the filters of the templates.

Pure. Each function takes the language of the interface, because a date stands among its words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel import dates, lists, numbers, units

from fedinode import i18n
from fedinode.manuscripts import EventFacts, Kind
from fedinode.services.supporting import agreed_words
from fedinode.services.supporting.agreed_words import Meaning
from fedinode.text import display_handle, display_host


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTime:
    """The start of an event on the clock of one zone; `day` is set where the day differs there."""

    instant: datetime
    time: str
    place: str
    day: str = ""


def machine_time(moment: date | datetime) -> str:
    """Return the moment for a datetime attribute: a day, or an instant in whole seconds."""
    if not isinstance(moment, datetime):
        return moment.isoformat()
    if moment.utcoffset() == timedelta(0):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat(timespec="seconds")


def mail_date(moment: datetime) -> str:
    """Return the instant as mail and RSS write it. Spec: RFC 5322 section 3.3."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


def long_date(moment: date | datetime, language: str) -> str:
    """Return the day, "2 March 2022"; of an instant the day in UTC."""
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return dates.format_date(day, "long", locale=i18n.locale_of(language))


def short_date(moment: datetime, language: str) -> str:
    """Return the day as briefly as a list has room for, "2 Mar 2022"; of an instant the day in UTC."""
    return dates.format_date(moment.astimezone(UTC).date(), "medium", locale=i18n.locale_of(language))


def date_and_time(moment: datetime, language: str) -> str:
    """Return an instant to the minute, in UTC: "2 Mar 2022, 14:05 UTC"."""
    locale, instant = i18n.locale_of(language), moment.astimezone(UTC)
    time = dates.format_time(instant, "short", tzinfo=UTC, locale=locale)
    return f"{dates.format_date(instant.date(), 'medium', locale=locale)}, {time} UTC"


def weekday_name(moment: datetime, language: str) -> str:
    """Return the short name of the weekday."""
    return dates.format_date(moment.date(), "EEE", locale=i18n.locale_of(language))


def month_and_year(moment: datetime, language: str) -> str:
    """Return month and year, short."""
    return dates.format_date(moment.date(), "LLL yyyy", locale=i18n.locale_of(language))


def zone_city(zone: str, language: str) -> str:
    """Return the city that a zone is named after, as the language calls it."""
    if zone in ("UTC", "Etc/UTC", "GMT"):
        return "UTC"
    return dates.get_timezone_location(ZoneInfo(zone), locale=i18n.locale_of(language), return_city=True)


def clock_time(moment: datetime, language: str) -> str:
    """Return the hour and minute on the moment's own clock."""
    return dates.format_time(moment.timetz(), "short", tzinfo=moment.tzinfo, locale=i18n.locale_of(language))


def adoption(moment: date | datetime, zone: str | None, language: str) -> str:
    """Return the day a statement was adopted, with hour and zone where they are known."""
    locale = i18n.locale_of(language)
    if not isinstance(moment, datetime):
        return dates.format_date(moment, "long", locale=locale)
    local = moment.astimezone(ZoneInfo(zone)) if zone else moment
    place = (
        zone_city(zone, language) if zone else f"UTC{local.strftime('%z')[:3]}:{local.strftime('%z')[3:5]}"
    )
    day = dates.format_date(local.date(), "long", locale=locale)
    return f"{day}, {clock_time(local, language)} ({place})"


def event_days(event: EventFacts, language: str) -> str:
    """Return the day of an event, or its first and last."""
    locale = i18n.locale_of(language)
    first = dates.format_date(event.starts.date(), "full", locale=locale)
    if event.ends is None or event.ends.date() == event.starts.date():
        return first
    return f"{first} – {dates.format_date(event.ends.date(), 'full', locale=locale)}"


def clocks(event: EventFacts, language: str) -> tuple[ClockTime, ...]:
    """Return start and end on every clock the organisers named, else on the event's own."""
    zones = event.show_zones or (event.timezone,)
    return tuple(_clock(event, zone, language) for zone in zones)


def _clock(event: EventFacts, zone: str, language: str) -> ClockTime:
    start = event.starts_at.astimezone(ZoneInfo(zone))
    time = clock_time(start, language)
    if event.ends_at is not None and event.ends is not None and event.ends.date() == event.starts.date():
        time += f"–{clock_time(event.ends_at.astimezone(ZoneInfo(zone)), language)}"
    is_same_day = start.date() == event.starts.date()
    day = "" if is_same_day else dates.format_date(start.date(), "EEE d MMM", locale=i18n.locale_of(language))
    return ClockTime(instant=event.starts_at, time=time, place=zone_city(zone, language), day=day)


def clock_line(event: EventFacts, language: str) -> str:
    """Return the start on all clocks in a line: "10:00 Los Angeles / 18:00 UTC / 19:00 Berlin"."""
    return " / ".join(_start_on(event, zone, language) for zone in event.show_zones or (event.timezone,))


def _start_on(event: EventFacts, zone: str, language: str) -> str:
    start = event.starts_at.astimezone(ZoneInfo(zone))
    day = dates.format_date(start.date(), "EEE d MMM", locale=i18n.locale_of(language))
    where = zone_city(zone, language).replace(" ", "\u00a0")  # a clock and its city stay on one line
    return f"{clock_time(start, language)}\u00a0{where}" + (
        "" if start.date() == event.starts.date() else f" ({day})"
    )


def when_line(event: EventFacts, language: str) -> str:
    """Return day and clocks in a line."""
    return f"{event_days(event, language)}, {clock_line(event, language)}"


def number(value: int, language: str) -> str:
    """Return a number with the thousands set apart as the language does."""
    return numbers.format_decimal(value, locale=i18n.locale_of(language))


def file_size(size_bytes: int, language: str) -> str:
    """Return how large a file is, "240 kB" or "1.2 MB"."""
    is_large = size_bytes >= 1_000_000
    amount = round(size_bytes / 1_000_000, 1) if is_large else max(1, round(size_bytes / 1_000))
    unit = "digital-megabyte" if is_large else "digital-kilobyte"
    return units.format_unit(amount, unit, length="short", locale=i18n.locale_of(language))


def language_in(tag: str, language: str) -> str:
    """Return what one language calls another."""
    return i18n.locale_of(tag).get_language_name(i18n.locale_of(language)) or tag


def languages_in(tags: Iterable[str], language: str) -> str:
    """Return the languages in a sentence: "Russian and English"."""
    names = [language_in(tag, language) for tag in tags]
    return lists.format_list(names, locale=i18n.locale_of(language))


def initial(name: str) -> str:
    """Return the first letter of a name, for a mark without a picture."""
    return next((letter.upper() for letter in name if letter.isalnum()), "·")


def host_of(url: str) -> str:
    """Return the host of an address as readers may trust it, without www."""
    return display_host((urlsplit(url).hostname or url).removeprefix("www."))


def shown_host(host: str, language: str) -> str:
    """Return a server's name, with its port, in letters that readers of the language can tell apart."""
    return display_host(host, language)


def agreed_word(language: str) -> str:
    """Return the word by which people sign from their own account."""
    return agreed_words.word(Meaning.SIGN, language)


def shown_handle(handle: str, language: str) -> str:
    """Return `@name@host` with the host as readers of a language may read it."""
    return display_handle(handle, language)


def shown_hosts(hosts: Iterable[str], language: str) -> str:
    """Return the names of servers in a sentence."""
    return lists.format_list(
        [display_host(host, language) for host in hosts], locale=i18n.locale_of(language)
    )


def small_number(value: int, language: str) -> str:
    """Return a number from one to nine as a word."""
    _ = i18n.translator(language)
    few = (_("one"), _("two"), _("three"), _("four"))
    more = (_("five"), _("six"), _("seven"), _("eight"), _("nine"))
    return (few + more)[value - 1]


def country_name(code: str, language: str) -> str:
    """Return what a language calls a country; the code where there is no such country."""
    return str(i18n.locale_of(language).territories.get(code.upper(), code))


def kind_name(kind: Kind, language: str) -> str:
    """Return what this kind of post is called."""
    return kind_names(language)[kind]


def page_url(base: str, page: int) -> str:
    """Return the address of a page of a list; the first one has no number."""
    if page <= 1:
        return base
    return f"{base}{'&' if '?' in base else '?'}page={page}"


def kind_names(language: str) -> dict[str, str]:
    """Return what the kinds of posts are called."""
    _ = i18n.translator(language)
    return {
        Kind.STATEMENT: _("Statement"),
        Kind.NEWS: _("News"),
        Kind.EVENT: _("Event"),
        Kind.PAGE: _("Page"),
    }


#: Every filter of the templates by its name there.
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    "adoption": adoption,
    "clock_line": clock_line,
    "clocks": clocks,
    "country_name": country_name,
    "direction": i18n.direction,
    "date_and_time": date_and_time,
    "event_days": event_days,
    "file_size": file_size,
    "host_of": host_of,
    "kind_name": kind_name,
    "initial": initial,
    "language_in": language_in,
    "language_name": i18n.language_name,
    "languages_in": languages_in,
    "long_date": long_date,
    "machine_time": machine_time,
    "mail_date": mail_date,
    "month_and_year": month_and_year,
    "number": number,
    "page_url": page_url,
    "short_date": short_date,
    "small_number": small_number,
    "shown_host": shown_host,
    "agreed_word": agreed_word,
    "shown_handle": shown_handle,
    "shown_hosts": shown_hosts,
    "weekday_name": weekday_name,
    "when_line": when_line,
}
