"""Charts of signatures: no day is missing, nothing leaves the picture, and the numbers stay."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fedinode.services.supporting import charting

_FIRST = date(2026, 3, 1)


def test_a_quiet_day_stands_in_the_chart() -> None:
    chart = charting.by_day([(_FIRST, 4), (_FIRST + timedelta(days=2), 2)])
    assert chart is not None
    assert [bar.count for bar in chart.bars] == [4, 0, 2]
    assert [bar.height for bar in chart.bars] == [charting.HEIGHT, 0, charting.HEIGHT / 2]


def test_over_a_long_time_several_days_make_one_bar() -> None:
    chart = charting.by_day([(_FIRST, 1), (_FIRST + timedelta(days=300), 1)])
    assert chart is not None
    assert chart.days_each == 5
    assert len(chart.bars) == 61
    assert (chart.bars[0].last, chart.bars[-1].last) == (date(2026, 3, 5), _FIRST + timedelta(days=300))


def test_one_day_needs_no_chart() -> None:
    assert charting.by_day([(_FIRST, 4)]) is None
    assert charting.by_day([]) is None


@given(st.dictionaries(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 10_000), min_size=2))
def test_every_bar_is_inside_and_nobody_is_lost(days: dict[date, int]) -> None:
    chart = charting.by_day(sorted(days.items()))
    assert chart is not None
    assert len(chart.bars) <= charting.MAX_BARS
    assert sum(bar.count for bar in chart.bars) == sum(days.values())
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width + 0.01 for bar in chart.bars)
    assert all(bar.y >= 0 and bar.y + bar.height <= chart.height + 0.02 for bar in chart.bars)


def test_the_most_signed_country_has_the_longest_bar() -> None:
    rows = charting.by_country([("DE", 40), ("GE", 10)])
    assert [(row.country, row.share) for row in rows] == [("DE", 100), ("GE", 25)]
    assert charting.by_country([]) == ()
