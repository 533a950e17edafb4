import contextlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import errors, times

MOMENT = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


def test_a_date_header_is_read() -> None:
    assert times.parse_http_date("Sat, 21 Nov 2026 12:00:05 GMT") == MOMENT


@pytest.mark.parametrize("month", range(1, 13))
def test_a_date_header_is_read_as_it_was_written_in_every_month(month: int) -> None:
    at = datetime(2026, month, 7, 1, 2, 3, tzinfo=UTC)
    assert times.parse_http_date(times.render_http_date(at)) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Saturday, 21-Nov-26 12:00:05 GMT",
        "Sat Nov 21 12:00:05 2026",
        "Sat, 21 Nov 2026 12:00:05 UTC",
        "Sat, 21 Nov 2026 12:00:05 +0000",
        "sat, 21 nov 2026 12:00:05 gmt",
        " Sat, 21 Nov 2026 12:00:05 GMT",
        "Sat, 21 Nov 2026 12:00:05 GMT\n",
        "Sat, 31 Feb 2026 12:00:05 GMT",
        "Sat, 21 Nov 2026 24:00:05 GMT",
        "Sat, 21 Nov 0000 12:00:05 GMT",
        "Sat, ٢١ Nov 2026 12:00:05 GMT",
    ],
)
def test_another_form_of_date_header_is_refused(text: str) -> None:
    with pytest.raises(errors.Malformed):
        times.parse_http_date(text)


def test_a_date_header_is_written_in_greenwich_time_without_fractions() -> None:
    at = datetime(2026, 11, 21, 14, 0, 5, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert times.render_http_date(at) == "Sat, 21 Nov 2026 12:00:05 GMT"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-21T12:00:05Z", MOMENT),
        ("2026-11-21t12:00:05z", MOMENT),
        ("2026-11-21T14:30:05+02:30", MOMENT),
        ("2026-11-21T10:00:05-02:00", MOMENT),
        ("2026-11-22T11:59:05+23:59", MOMENT),
        ("2026-11-21T12:00Z", MOMENT - timedelta(seconds=5)),
        ("2026-11-21T12:00:05.5Z", MOMENT + timedelta(milliseconds=500)),
        ("2026-11-21T12:00:05.123456789Z", MOMENT + timedelta(microseconds=123_456)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_read(text: str, expected: datetime) -> None:
    assert times.parse_timestamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-21",
        "2026-11-21T12:00:05",
        "2026-11-21 12:00:05Z",
        "2026-11-21T12:00:05Z\n",
        "2026-11-21T12:00:05.Z",
        "2026-11-21T12:00:05.1234567890Z",
        "2026-11-21T12:00:05+0200",
        "2026-11-21T12:00:05+24:00",
        "2026-11-21T12:00:05+01:60",
        "2026-02-29T12:00:05Z",
        "2026-11-21T12:60:05Z",
        "2026-11-21T12:00:60Z",
        "0000-11-21T12:00:05Z",
        "9999-12-31T23:59:59-00:01",
        "0001-01-01T00:00:00+00:01",
        "٢٠٢٦-11-21T12:00:05Z",
    ],
)
def test_a_timestamp_that_says_no_moment_is_refused(text: str) -> None:
    with pytest.raises(errors.Malformed):
        times.parse_timestamp(text)


def test_a_timestamp_is_written_in_utc_without_fractions() -> None:
    at = datetime(2026, 1, 2, 5, 4, 5, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert times.render_timestamp(at) == "2026-01-02T03:04:05Z"


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_malformed(text: str) -> None:
    for parse in (times.parse_http_date, times.parse_timestamp):
        with contextlib.suppress(errors.Malformed):
            assert parse(text).tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_written_is_read_back(at: datetime) -> None:
    assert times.parse_timestamp(times.render_timestamp(at)) == at.replace(microsecond=0)
    assert times.parse_http_date(times.render_http_date(at)) == at.replace(microsecond=0)
