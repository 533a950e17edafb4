"""Dates as they are written on the wire.

Two forms: the IMF-fixdate of HTTP headers (RFC 9110 section 5.6.7) and the timestamps of JSON documents
(RFC 3339; Activity Streams calls them xsd:dateTime). In memory a time is always an aware datetime in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from federation import errors

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HTTP_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (" + "|".join(_MONTHS) + r") (\d{4}) (\d\d):(\d\d):(\d\d) GMT",
    re.ASCII,
)
_TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)


def parse_http_date(text: str) -> datetime:
    """Read an IMF-fixdate such as ``Sat, 21 Nov 2026 12:00:00 GMT``.

    The name of the day is not compared with the date: it carries no information.

    Raises: Malformed. Spec: RFC 9110 section 5.6.7 (the obsolete forms are refused; nobody sends them).
    """
    match = _HTTP_DATE.fullmatch(text)
    if match is None:
        raise errors.Malformed("a date header is not in the form of RFC 9110")
    day, month, year, hour, minute, second = match.groups()
    numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    return _build(*numbers)


def render_http_date(at: datetime) -> str:
    """Write an aware datetime as an IMF-fixdate, cut to whole seconds."""
    return format_datetime(at.astimezone(UTC), usegmt=True)


def parse_timestamp(text: str) -> datetime:
    """Read an RFC 3339 timestamp; it must carry its offset. Seconds may be absent, as in xsd:dateTime of some
    peers.

    Raises: Malformed.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise errors.Malformed("a timestamp is not in the form of RFC 3339")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    at = _build(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))
    at += timedelta(microseconds=int((fraction or "").ljust(6, "0")[:6]))
    if sign is None:
        return at
    if int(offset_hours) > 23 or int(offset_minutes) > 59:
        raise errors.Malformed("a timestamp has an impossible offset")
    offset = timedelta(hours=int(offset_hours), minutes=int(offset_minutes))
    try:
        return at - offset if sign == "+" else at + offset
    except OverflowError as error:
        raise errors.Malformed("a timestamp is outside the years 1 to 9999") from error


def render_timestamp(at: datetime) -> str:
    """Write an aware datetime as ``YYYY-MM-DDTHH:MM:SSZ``, cut to whole seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _build(*numbers: int) -> datetime:
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise errors.Malformed("a date names a day or an hour that does not exist") from error
