from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import retry
from federation.retry import Verdict
from tests.federation.samples import NOW

# The wait after each failed attempt, in seconds, without jitter.
WAITS = [30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 86400, 86400, 86400]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_delivered(status: int) -> None:
    assert retry.classify(status) is Verdict.DELIVERED


@pytest.mark.parametrize("status", [None, 401, 403, 408, 425, 429, 500, 501, 502, 503, 504, 599])
def test_what_may_pass_is_deferred(status: int | None) -> None:
    assert retry.classify(status) is Verdict.DEFERRED


@pytest.mark.parametrize("status", [100, 199, 300, 301, 302, 307, 308, 399])
def test_what_says_nothing_about_the_activity_is_deferred(status: int) -> None:
    assert retry.classify(status) is Verdict.DEFERRED


@pytest.mark.parametrize("status", [400, 402, 404, 405, 406, 409, 411, 413, 415, 418, 422, 451, 499])
def test_any_other_refusal_is_final_for_the_activity(status: int) -> None:
    assert retry.classify(status) is Verdict.REFUSED


def test_a_gone_inbox_is_a_case_of_its_own() -> None:
    assert retry.classify(410) is Verdict.GONE


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(WAITS, 1)))
def test_waits_grow_from_half_a_minute_to_a_day(attempts: int, seconds: int) -> None:
    assert retry.next_attempt(attempts, NOW, None, 0.0) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(("attempts", "seconds"), list(enumerate(WAITS, 1)))
def test_jitter_lengthens_a_wait_by_up_to_a_half(attempts: int, seconds: int) -> None:
    assert retry.next_attempt(attempts, NOW, None, 1.0) == NOW + timedelta(seconds=seconds * 1.5)
    assert retry.next_attempt(attempts, NOW, None, 0.5) == NOW + timedelta(seconds=seconds * 1.25)


def test_after_the_last_wait_we_give_up() -> None:
    assert retry.next_attempt(len(WAITS), NOW, None, 0.0) is not None
    assert retry.next_attempt(len(WAITS) + 1, NOW, None, 0.0) is None
    assert retry.next_attempt(1000, NOW, timedelta(hours=1), 0.0) is None


def test_all_waits_together_are_days() -> None:
    assert timedelta(days=5) < sum(retry.WAITS, timedelta(0)) * 1.0 < timedelta(days=8)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        (timedelta(0), timedelta(seconds=30)),
        (timedelta(seconds=29), timedelta(seconds=30)),
        (timedelta(seconds=31), timedelta(seconds=31)),
        (timedelta(hours=24), timedelta(hours=24)),
        (timedelta(hours=24, seconds=1), timedelta(hours=24)),
        (timedelta(days=999), timedelta(hours=24)),
    ],
)
def test_a_peer_may_lengthen_a_wait_up_to_a_day(asked: timedelta, waited: timedelta) -> None:
    assert retry.next_attempt(1, NOW, asked, 0.0) == NOW + waited


def test_a_peer_cannot_shorten_the_longest_wait() -> None:
    assert retry.next_attempt(10, NOW, timedelta(hours=24), 1.0) == NOW + timedelta(hours=36)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("0", timedelta(0)),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("99999999", timedelta(seconds=99_999_999)),
        ("100000000", None),
        ("١٢", None),
        ("Sat, 21 Nov 2026 12:01:30 GMT", timedelta(seconds=60)),
        ("Sat, 21 Nov 2026 12:00:30 GMT", timedelta(0)),
        ("Sat, 21 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Sat, 21 Nov 2026", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str | None, expected: timedelta | None) -> None:
    assert retry.parse_retry_after(value, NOW) == expected


@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(value: str) -> None:
    wait = retry.parse_retry_after(value, NOW)
    assert wait is None or wait >= timedelta(0)


@given(st.integers(1, 20), st.timedeltas(), st.floats(0, 1))
def test_the_next_attempt_is_always_later_and_within_two_days(
    attempts: int, retry_after: timedelta, jitter: float
) -> None:
    at = retry.next_attempt(attempts, NOW, retry_after, jitter)
    assert at is None or NOW + timedelta(seconds=30) <= at <= NOW + timedelta(days=2)
