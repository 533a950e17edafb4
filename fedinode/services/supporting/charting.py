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
#: More countries than this are in the table alone.
MAX_COUNTRIES: Final = 12
ROW_HEIGHT: Final = 24
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
    """A country and how many signed there; `width` in the units of the picture."""

    country: str
    count: int
    y: int
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryChart:
    """Signatures by country, the most first."""

    rows: tuple[Row, ...]
    width: int = WIDTH

    @property
    def height(self) -> int:
        """How high the picture is."""
        return ROW_HEIGHT * len(self.rows)


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


def by_country(countries: Sequence[tuple[str, int]]) -> CountryChart | None:
    """Return the chart of countries and their numbers, the most first; None of fewer than two."""
    if len(countries) < 2:
        return None
    highest = countries[0][1]
    rows = tuple(
        Row(country=code, count=count, y=index * ROW_HEIGHT, width=round(WIDTH / 2 * count / highest, 2))
        for index, (code, count) in enumerate(countries[:MAX_COUNTRIES])
    )
    return CountryChart(rows=rows)
