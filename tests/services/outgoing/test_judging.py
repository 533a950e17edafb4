"""What an outcome means for the row and the peer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from federation import retry
from federation.net.delivery import Abandoned, Deferred, Delivered, Outcome, Speech
from federation.signatures import Dialect
from fedinode.services import judging
from fedinode.services.bodies import Bodies
from fedinode.services.judging import Attempted
from fedinode.storage.deliveries import ClaimedDelivery
from fedinode.storage.peers import PeerRow

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLAIMED = ClaimedDelivery(
    id=7,
    activity_id=1,
    activity_type="Create",
    actor_uri="https://berlin.example/collectives/berlin",
    object_uri="https://berlin.example/posts/x",
    inbox_id=3,
    inbox_url="https://koeln.example/inbox",
    peer_id=2,
    attempts=1,
    last_status=None,
    leased_at=NOW,
    lease_until=NOW + timedelta(seconds=60),
)
PEER = PeerRow(
    id=2,
    host="koeln.example",
    dialect=None,
    dialect_seen_at=None,
    rfc9421_successes=0,
    alive_at=NOW,
    failing_since=None,
    failed_at=None,
    failing_days=0,
    parked_at=None,
    not_before=None,
    level="none",
)


def delivered(**changes: Any) -> Delivered:
    return replace(Delivered(status=202, last_words="", speech=Speech(), skew_seconds=0.0), **changes)


def deferred(status: int | None, retry_after: timedelta | None = None) -> Deferred:
    return Deferred(status=status, last_words="", retry_after=retry_after, skew_seconds=None)


def attempted(outcome: Outcome, **changes: Any) -> Attempted:
    return Attempted(claimed=replace(CLAIMED, **changes), peer=PEER, outcome=outcome)


def test_delivered_row_is_done() -> None:
    result = judging.result_of(attempted(delivered()), NOW, 0.5)
    assert (result.state, result.due_at, result.status, result.words) == ("delivered", None, 202, None)
    assert (result.id, result.lease_until) == (7, CLAIMED.lease_until)


def test_abandoned_row_keeps_the_last_words() -> None:
    gone = Abandoned(status=410, last_words="gone fishing", inbox_is_gone=True, skew_seconds=None)
    result = judging.result_of(attempted(gone), NOW, 0.5)
    assert (result.state, result.status, result.words) == ("abandoned", 410, "gone fishing")


def test_deferred_row_waits_longer_each_time_until_it_is_given_up() -> None:
    dues = []
    for attempts in range(1, len(retry.WAITS) + 1):
        result = judging.result_of(attempted(deferred(403), attempts=attempts), NOW, 0.0)
        assert result.state == "waiting"
        assert result.due_at is not None
        dues.append(result.due_at)
    assert dues == sorted(dues)
    last = judging.result_of(attempted(deferred(403), attempts=len(retry.WAITS) + 1), NOW, 0.0)
    assert (last.state, last.due_at) == ("abandoned", None)


@pytest.mark.parametrize(
    ("status", "failing"), [(None, True), (500, True), (503, True), (401, False), (429, False)]
)
def test_peer_fails_when_it_does_not_answer_or_is_broken(status: int | None, failing: bool) -> None:
    assert judging.is_peer_failing(deferred(status)) is failing


def test_success_and_refusal_are_no_failure_of_the_peer() -> None:
    assert not judging.is_peer_failing(delivered())
    refused = Abandoned(status=400, last_words="", inbox_is_gone=False, skew_seconds=None)
    assert not judging.is_peer_failing(refused)
    assert judging.hold_back_until(refused, PEER, NOW, 0.5) is None
    assert judging.hold_back_until(deferred(403), PEER, NOW, 0.5) is None


@pytest.mark.parametrize(
    ("failing_for", "wait"),
    [
        (timedelta(0), timedelta(seconds=30)),
        (timedelta(minutes=10), timedelta(minutes=5)),
        (timedelta(days=3), timedelta(hours=6)),
    ],
)
def test_failing_peer_is_asked_after_half_the_time_it_has_failed(
    failing_for: timedelta, wait: timedelta
) -> None:
    peer = replace(PEER, failing_since=NOW - failing_for)
    assert judging.hold_back_until(deferred(None), peer, NOW, 0.0) == NOW + wait
    assert judging.hold_back_until(deferred(None), peer, NOW, 1.0) == NOW + wait * 1.5


def test_peer_may_ask_for_more_patience_but_not_for_ever() -> None:
    hour, week = timedelta(hours=1), timedelta(days=7)
    assert judging.hold_back_until(deferred(503, hour), PEER, NOW, 0.0) == NOW + hour
    assert judging.hold_back_until(deferred(429, hour), PEER, NOW, 0.0) == NOW + hour
    assert judging.hold_back_until(deferred(429), PEER, NOW, 0.0) == NOW + judging.SOONEST
    assert judging.hold_back_until(deferred(429, week), PEER, NOW, 0.0) == NOW + retry.MAX_RETRY_AFTER


def test_success_is_news_only_where_it_changes_what_is_known() -> None:
    assert not judging.is_news(delivered(), PEER, NOW)
    assert judging.is_news(delivered(), replace(PEER, failing_since=NOW), NOW)
    assert judging.is_news(delivered(), replace(PEER, not_before=NOW), NOW)
    assert judging.is_news(delivered(), replace(PEER, parked_at=NOW), NOW)
    assert judging.is_news(delivered(), replace(PEER, alive_at=None), NOW)
    assert judging.is_news(delivered(), replace(PEER, alive_at=NOW - timedelta(hours=2)), NOW)
    assert judging.is_news(delivered(speech=Speech(dialect=Dialect.CAVAGE, seen_at=NOW)), PEER, NOW)


def test_what_is_known_of_a_dialect_comes_from_the_row() -> None:
    row = replace(PEER, dialect="rfc9421", dialect_seen_at=NOW, rfc9421_successes=2)
    assert judging.speech_of(row) == Speech(dialect=Dialect.RFC9421, seen_at=NOW, rfc9421_successes=2)


def test_bodies_leave_memory_when_it_is_full_the_least_used_first() -> None:
    bodies = Bodies(max_bytes=10)
    bodies.keep({1: b"aaaaa", 2: b"bbbbb"})
    assert bodies.get(1) == b"aaaaa"
    bodies.keep({3: b"ccc"})
    bodies.shrink()
    assert bodies.known() == {1, 3}
    assert bodies.get(3) == b"ccc"
