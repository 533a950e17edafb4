"""Single values of front matter: what each must look like, and what it becomes.

A converter takes what TOML gave and a function for warnings. It returns the value, or raises
ValueError with the end of a sentence that begins with the key's name.
"""

import difflib
import functools
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo, available_timezones

from fedinode.text import canonical_language, normalise, without_invisible
from fedinode.text.slugs import is_slug

Warn = Callable[[str], None]
Converter = Callable[[Any, Warn], Any]

MAX_NAME_CHARS: Final = 500
MAX_URL_CHARS: Final = 2000
MAX_TAGS: Final = 30

_ADDRESS = re.compile(r"https?://(?:[^\s<>\"'`\\^{|}\]()]|\([^\s()]*\))+")
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|igsh|mc_cid|mc_eid|twclid|ttclid|_openstat"
)
_HANDLE = re.compile(r"@?([A-Za-z0-9_]+(?:[.-]+[A-Za-z0-9_]+)*)@([^\s@/]+)")
# Mastodon reads plain names as HTML.
_LOOKS_LIKE_HTML = re.compile(r"[<>]|&[A-Za-z#]")
_NOT_IN_TAGS = re.compile(r"[^\w\s-]|^\d*$")


def text(value: Any, warn: Warn) -> str:
    """Read a text of any length, without what cannot be seen."""
    if not isinstance(value, str):
        raise ValueError("must be a text in quotation marks")
    visible, cut = without_invisible(normalise(value))
    if cut:
        warn(
            "characters that cannot be seen were cut: "
            + ", ".join(f"U+{ord(each):04X}" for each in sorted(cut))
        )
    if not visible.strip():
        raise ValueError("must not be empty")
    return visible.strip()


def name(value: Any, warn: Warn) -> str:
    """Read plain text of one line."""
    line = text(value, warn)
    if "\n" in line:
        raise ValueError("must be one line")
    if len(line) > MAX_NAME_CHARS:
        raise ValueError(f"must not be longer than {MAX_NAME_CHARS} characters")
    if _LOOKS_LIKE_HTML.search(line):
        raise ValueError('must be plain text, without "<", ">" or an "&" before a letter')
    return line


def markdown(value: Any, warn: Warn) -> str:
    """Read Markdown: its links lose their tracking parameters."""
    return without_tracking(text(value, warn), warn)


def yes_or_no(value: Any, _warn: Warn) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise ValueError("must be true or false, without quotation marks")
    return value


def number(value: Any, _warn: Warn) -> int:
    """Read a whole number of people or countries."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000_000:
        raise ValueError("must be a whole number, without quotation marks")
    return value


def positive(value: Any, warn: Warn) -> int:
    """Read a whole number of people, one at least."""
    if number(value, warn) == 0:
        raise ValueError("must be a whole number above 0")
    return int(value)


def one_of(words: Sequence[str]) -> Converter:
    """Return a converter for a word out of a few."""

    def convert(value: Any, _warn: Warn) -> str:
        if not isinstance(value, str) or value not in words:
            known = ", ".join(f'"{word}"' for word in words)
            raise ValueError(f"must be one of {known}{nearest(value, words)}")
        return value

    return convert


def list_of(convert_one: Converter, most: int = 1000) -> Converter:
    """Return a converter for a list."""

    def convert(value: Any, warn: Warn) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError("must be a list in square brackets")
        if len(value) > most:
            raise ValueError(f"must not have more than {most} entries")
        return tuple(_entry(convert_one, index, each, warn) for index, each in enumerate(value, start=1))

    return convert


def _entry(convert: Converter, index: int, value: Any, warn: Warn) -> Any:
    try:
        return convert(value, warn)
    except ValueError as error:
        raise ValueError(f"has a wrong entry, number {index}: it {error}") from error


def language(value: Any, warn: Warn) -> str:
    """Read a language tag; another spelling than the canonical one is mended with a warning."""
    if not isinstance(value, str):
        raise ValueError('must be a language tag such as "de" or "pt-BR"')
    try:
        tag = canonical_language(value)
    except ValueError as error:
        raise ValueError(f'has the value "{value[:40]}", which {error}') from error
    if tag != value:
        warn(f'the language "{value}" is written "{tag}"')
    return tag


def languages_to_names(value: Any, warn: Warn) -> dict[str, str]:
    """Read names in several languages, `names.de = "..."`."""
    if not isinstance(value, dict):
        raise ValueError('must be written with a language, as in names.de = "..."')
    return {language(tag, warn): name(each, warn) for tag, each in value.items()}


def url(value: Any, warn: Warn) -> str:
    """Read an address on the web, and cut what is only there to track people."""
    if not isinstance(value, str):
        raise ValueError("must be an address in quotation marks")
    address = value.strip()
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address that begins with https:// or http://")
        _ = parts.port
    except ValueError as error:
        raise ValueError("must be an address that begins with https:// or http://") from error
    if len(address) > MAX_URL_CHARS or re.search(r"[\s<>\"\x00-\x20\x7f]", address):
        raise ValueError(f"must be an address of at most {MAX_URL_CHARS} characters, without blanks")
    if parts.username is not None:
        raise ValueError("must not hold a user name or password")
    return without_tracking(address, warn)


def without_tracking(source: str, warn: Warn) -> str:
    """Return a text whose addresses have lost their tracking parameters."""

    def cut(match: re.Match[str]) -> str:
        address, dropped = _cut_parameters(match[0])
        if dropped:
            warn("tracking parameters were cut from a link: " + ", ".join(dropped))
        return address

    return _ADDRESS.sub(cut, source)


def _cut_parameters(address: str) -> tuple[str, list[str]]:
    try:
        parts = urlsplit(address)
    except ValueError:
        return address, []
    parameters = parts.query.split("&")
    dropped = [each for each in parameters if _TRACKING.fullmatch(each.partition("=")[0].lower())]
    if not dropped:
        return address, []
    kept = "&".join(each for each in parameters if each not in dropped)
    return urlunsplit(parts._replace(query=kept)), [each.partition("=")[0] for each in dropped]


def sign_up(value: Any, warn: Warn) -> str:
    """Read where people sign up: "here", or an address."""
    return "here" if value == "here" else url(value, warn)


def handle(value: Any, _warn: Warn) -> str:
    """Read a handle, `@name@host`."""
    match = _HANDLE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        raise ValueError('must be a handle such as "@berlin@berlin.example"')
    return f"@{match[1]}@{match[2].lower()}"


def tag(value: Any, warn: Warn) -> str:
    """Read a hashtag, with or without its mark."""
    word = name(value, warn).removeprefix("#").strip()
    if _NOT_IN_TAGS.search(word):
        raise ValueError("must be made of letters and digits, not of digits alone")
    return word


def slug(value: Any, _warn: Warn) -> str:
    """Read the readable part of the page's address."""
    if not isinstance(value, str) or not is_slug(value):
        raise ValueError('must be small Latin letters, digits and hyphens, as in "no-to-war"')
    return value


def timezone(value: Any, _warn: Warn) -> str:
    """Read the name of a time zone, `Europe/Berlin`."""
    zones = _zones()
    if not isinstance(value, str) or value not in zones:
        raise ValueError(f'names no time zone such as "Europe/Berlin"{_nearest_zone(value)}')
    return value


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zone for zone in available_timezones() if not zone.startswith(("posix", "right")))


def _nearest_zone(value: Any) -> str:
    wanted = str(value).strip().lower().replace(" ", "_")
    names = {zone.lower(): zone for zone in sorted(_zones())}
    cities = {zone.rsplit("/", 1)[-1].lower(): zone for zone in sorted(_zones(), reverse=True) if "/" in zone}
    known = cities | names
    near = difflib.get_close_matches(wanted.rsplit("/", 1)[-1], cities, n=1, cutoff=0.7)
    near = near or difflib.get_close_matches(wanted, names, n=1, cutoff=0.7)
    found = wanted if wanted in known else near[0] if near else ""
    return f'; did you mean "{known[found]}"' if found else ""


def instant(value: Any, _warn: Warn) -> datetime:
    """Read a date and time with its offset, as UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(
            "must be a date and time with an offset, as 2027-05-01T10:00:00Z or ...T12:00:00+02:00"
        )
    return _utc(value)


def _utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the years that we can reckon with") from error


def day(value: Any, _warn: Warn) -> date:
    """Read a date."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("must be a date without quotation marks, as 2027-05-01")
    return value


def day_or_time(value: Any, _warn: Warn) -> date | datetime:
    """Read a date, a local date and time, or one with an offset."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            _utc(value)
        return value
    if isinstance(value, date):
        return value
    raise ValueError("must be a date, or a date and time, without quotation marks, as 2027-05-01")


def time(value: Any, _warn: Warn) -> datetime:
    """Read a date and time, local or with an offset."""
    if not isinstance(value, datetime):
        raise ValueError("must be a date and time without quotation marks, as 2027-05-01T19:00:00")
    return value if value.tzinfo is None else _utc(value)


def local_time(moment: datetime, zone: str) -> datetime:
    """Return what a clock in `zone` shows; a time without offset is taken for such a clock's.

    Raises: ValueError where that clock never shows it, or shows it twice.
    """
    place = ZoneInfo(zone)
    try:
        naive = moment if moment.tzinfo is None else moment.astimezone(place).replace(tzinfo=None, fold=0)
        first, second = naive.replace(tzinfo=place, fold=0), naive.replace(tzinfo=place, fold=1)
        exists = first.astimezone(UTC).astimezone(place).replace(tzinfo=None) == naive
    except OverflowError as error:
        raise ValueError("is outside the years that we can reckon with") from error
    if not exists:
        raise ValueError(f"does not exist in {zone}: the clocks are put forward over it")
    if first.utcoffset() != second.utcoffset():
        raise ValueError(f"occurs twice in {zone}, because the clocks are put back; choose another time")
    return naive


def nearest(value: Any, known: Sequence[str]) -> str:
    """Return `; did you mean "x"` for what is nearly a known word, else nothing."""
    near = difflib.get_close_matches(str(value).lower(), known, n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"' if near else ""
