"""Charts of who signed when and where, as numbers that a template draws. Pure: no rows, no words.

Days without anybody stand in the chart too, so that a quiet week looks quiet; over a long time, several days
make one bar.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

#: Units of the picture; it is drawn as wide as the page.
WIDTH: Final = 640
HEIGHT: Final = 160
#: More bars than this are thinner than the gaps between them.
MAX_BARS: Final = 62
_GAP: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How many confirmed from `first` to `last`, and where that stands in the picture."""

    first: date
    last: date
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChart:
    """Signatures by day, or by `days_each` days."""

    bars: tuple[Bar, ...]
    days_each: int
    highest: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A country, how many signed there, and how long its bar is, in hundredths of the longest."""

    country: str
    count: int
    share: float


def by_day(days: Sequence[tuple[date, int]]) -> DayChart | None:
    """Return the chart of days and their numbers, in order; None where one day holds them all."""
    if len(days) < 2:
        return None
    first, last = days[0][0], days[-1][0]
    each = -(-((last - first).days + 1) // MAX_BARS)
    sums = [0] * (((last - first).days // each) + 1)
    for day, count in days:
        sums[(day - first).days // each] += count
    highest = max(sums)
    step = WIDTH / len(sums)
    bars = tuple(
        _bar(first + timedelta(days=index * each), last, each, count, index * step, step, highest)
        for index, count in enumerate(sums)
    )
    return DayChart(bars=bars, days_each=each, highest=highest)


def _bar(  # noqa: PLR0913 - a bar is its time, its number and its place
    first: date, end: date, days: int, count: int, x: float, step: float, highest: int
) -> Bar:
    height = HEIGHT * count / highest
    return Bar(
        first=first,
        last=min(end, first + timedelta(days=days - 1)),
        count=count,
        x=round(x + step * _GAP / 2, 2),
        y=round(HEIGHT - height, 2),
        width=round(step * (1 - _GAP), 2),
        height=round(height, 2),
    )


def by_country(countries: Sequence[tuple[str, int]]) -> tuple[Row, ...]:
    """Return a row for each country; they come with the most first."""
    highest = countries[0][1] if countries else 1
    return tuple(
        Row(country=code, count=count, share=round(100 * count / highest, 1)) for code, count in countries
    )
