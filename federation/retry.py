"""When to deliver again, and when to stop.

A peer that cannot take an activity now is tried again for days, at growing distances. Most refusals are
temporary too: 401 and 403 are what every peer answers while *our* clock is wrong or our certificate has
expired, so they must not lose anything.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from federation import errors, times

#: Waits after the first, second, .. failed attempt. Together with the jitter about five to eight days, so
#: that a peer may be down for a long weekend. The first ones are short: most failures are a restart.
WAITS: tuple[timedelta, ...] = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
    timedelta(hours=24),
)
#: The jitter lengthens a wait by up to this part of it, so that a herd of deliveries spreads out.
JITTER_PART = 0.5
#: A peer may ask us to wait longer than our own schedule, up to this.
MAX_RETRY_AFTER = timedelta(hours=24)

_DEFERRED_STATUSES = frozenset({401, 403, 408, 425, 429})
_DELTA_SECONDS = re.compile(r"[0-9]{1,8}")


class Verdict(StrEnum):
    """What the answer to one delivery means for it."""

    #: The peer took it.
    DELIVERED = "delivered"
    #: Try again later.
    DEFERRED = "deferred"
    #: The inbox says that it is gone. It is, once the actor answers 404 or 410 too; until then it is
    #: deferred.
    GONE = "gone"
    #: This activity is refused for good; the next one may not be.
    REFUSED = "refused"


def classify(status: int | None) -> Verdict:
    """Say what the HTTP status of a delivery means; None stands for a network error or a timeout."""
    if status is None or status in _DEFERRED_STATUSES:
        return Verdict.DEFERRED
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    # A redirect is never followed with a POST; a moved inbox shows when the actor is fetched again.
    return Verdict.REFUSED if 400 <= status < 500 else Verdict.DEFERRED


def next_attempt(
    attempts: int, now: datetime, retry_after: timedelta | None, jitter: float
) -> datetime | None:
    """Return when to try again after the ``attempts``-th attempt failed, or None to give up.

    ``attempts`` counts from 1. ``jitter`` is a random number from 0 to 1 that the caller draws.
    ``retry_after`` is the wait that the peer asked for: it may lengthen ours, never shorten it.
    """
    if attempts > len(WAITS):
        return None
    wait = WAITS[attempts - 1] * (1 + JITTER_PART * jitter)
    if retry_after is not None:
        wait = max(wait, min(retry_after, MAX_RETRY_AFTER))
    return now + wait


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date; None if there is none or it cannot be read.

    Spec: RFC 9110 section 10.2.3. A date in the past is a wait of nothing.
    """
    if value is None:
        return None
    text = value.strip()
    if _DELTA_SECONDS.fullmatch(text):
        return timedelta(seconds=int(text))
    try:
        return max(times.parse_http_date(text) - now, timedelta(0))
    except errors.Malformed:
        return None
