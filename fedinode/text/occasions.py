"""Dates and times in the words of a language, and the facts of an event as lines.

Mastodon shows nothing of an Event but title, summary and link: date, clock times, place and
organisers must stand in its summary, or its readers never learn when to come.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel import dates

from fedinode import i18n
from fedinode.manuscripts import EventFacts, Person, Wording
from fedinode.text import markdown


def date_in_words(moment: date | datetime, language: str) -> str:
    """Return a date, "12. Januar 2022"; of a datetime also its clock time and zone."""
    locale = i18n.locale_of(language)
    day = dates.format_date(moment, "long", locale)
    if not isinstance(moment, datetime):
        return day
    return f"{day}, {moment:%H:%M} {_zone_in_words(moment, language)}"


def _zone_in_words(moment: datetime, language: str) -> str:
    if isinstance(moment.tzinfo, ZoneInfo):
        return city(moment.tzinfo.key, language)
    offset = f"{moment:%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}" if moment.utcoffset() else "UTC"


def city(timezone: str, language: str) -> str:
    """Return the town that a time zone is named after, in the words of the language."""
    if timezone in ("UTC", "Etc/UTC", "GMT", "Etc/GMT"):
        return "UTC"
    return dates.get_timezone_location(timezone, i18n.locale_of(language), return_city=True)


def clock_times(event: EventFacts, language: str) -> str:
    """Return the start in each zone that the event shows: "10:00 Los Angeles / 18:00 UTC"."""
    zones = event.show_zones if event.timezone in event.show_zones else (*event.show_zones, event.timezone)
    return " / ".join(_clock_time(event, zone, language) for zone in zones)


def _clock_time(event: EventFacts, zone: str, language: str) -> str:
    start = event.starts_at.astimezone(ZoneInfo(zone))
    words = f"{start:%H:%M} {city(zone, language)}"
    if start.date() == event.starts.date():
        return words
    day = dates.format_skeleton("EEEd", start, tzinfo=start.tzinfo, locale=i18n.locale_of(language))
    return f"{words} ({day})"


def event_notices(event: EventFacts, wording: Wording) -> tuple[str, ...]:
    """Return what must be known before anything else: that it is cancelled, or what has changed."""
    _ = i18n.translator(wording.language)
    if event.cancelled:
        return (_("Cancelled: this event does not take place."),)
    was = event.before
    if was is None:
        return ()
    when = date_in_words(was.starts.replace(tzinfo=ZoneInfo(was.timezone)), wording.language)
    place = ", ".join(part for part in (was.place, was.address) if part)
    time_words = _("The time has changed. It was announced for: {when}")
    place_words = _("The place has changed. It was announced for: {place}")
    return (
        *((time_words.format(when=when),) if event.is_moved else ()),
        *((place_words.format(place=place),) if place else ()),
    )


def event_lines(event: EventFacts, wording: Wording) -> tuple[str, ...]:
    """Return date, clock times, end, place and organisers, a line of plain text each."""
    language = wording.language
    _ = i18n.translator(language)
    names = people_in_words(event.organisers, language)
    speakers = people_in_words(event.speakers, language)
    lines = (
        dates.format_date(event.starts.date(), "full", i18n.locale_of(language)),
        clock_times(event, language),
        _end(event, language),
        _place(event, wording),
        _("Speaking: {names}").format(names=speakers) if speakers else "",
        _("Organised by: {names}").format(names=names) if names else "",
        _("Sign up: {url}").format(url=event.sign_up) if event.sign_up and event.sign_up != "here" else "",
    )
    return tuple(line for line in lines if line)


def _end(event: EventFacts, language: str) -> str:
    if event.ends is None:
        return ""
    when = f"{event.ends:%H:%M} {city(event.timezone, language)}"
    if event.ends.date() != event.starts.date():
        when = f"{dates.format_date(event.ends.date(), 'long', i18n.locale_of(language))}, {when}"
    return i18n.gettext("Until {when}", language).format(when=when)


def _place(event: EventFacts, wording: Wording) -> str:
    language = wording.language
    words = {
        "place": "",
        "online": i18n.gettext("online", language),
        "both": i18n.gettext("also online", language),
    }[event.attendance]
    return ", ".join(part for part in (wording.place, event.address, words) if part)


def people_in_words(people: Sequence[Person], language: str) -> str:
    """Return names with role and place, "Ainur Kurmanov (Socialist Movement Kazakhstan)"."""
    return ", ".join(_person(person, language) for person in people)


def _person(person: Person, language: str) -> str:
    beside = ", ".join(part for part in (person.role_in(language), person.place_in(language)) if part)
    return person.name_in(language) + (f" ({beside})" if beside else "")


def event_summary(event: EventFacts, wording: Wording, summary: str | None) -> str:
    """Return the HTML summary of an Event: what has changed, its facts, then the author's own summary."""
    facts = "<br>".join(markdown.escape(line) for line in event_lines(event, wording))
    own = f"<p>{markdown.inline_to_html(summary)}</p>" if summary else ""
    return f"{notices_html(event, wording)}<p>{facts}</p>{own}"


def notices_html(event: EventFacts, wording: Wording) -> str:
    """Return what must be known first as a paragraph; nothing where nothing has changed."""
    notices = "<br>".join(markdown.escape(line) for line in event_notices(event, wording))
    return f"<p><strong>{notices}</strong></p>" if notices else ""
