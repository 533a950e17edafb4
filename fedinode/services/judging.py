"""What the outcome of an attempt means for the row, and for the peer behind it. Pure but for the dice.

A peer that does not answer at all is asked again less and less often, whatever it has waiting: its rows are
held back together. What a peer that answers refuses concerns the one row.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from federation import retry
from federation.net.delivery import Abandoned, Deferred, Delivered, Outcome, Speech
from federation.signatures import Dialect
from fedinode.storage.deliveries import ClaimedDelivery, Result
from fedinode.storage.peers import PeerRow

#: A failing peer is asked again after half the time it has been failing, within these bounds.
SOONEST = timedelta(seconds=30)
LATEST = timedelta(hours=6)
#: A peer that failed on so many different days is asked no more until it shows that it is alive.
PARKED_AFTER_DAYS = 7
#: How often a success is written down for a peer that is known to be well.
ALIVE_EVERY = timedelta(hours=1)
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """An attempt that was made, and what was known of the peer before."""

    claimed: ClaimedDelivery
    peer: PeerRow
    outcome: Outcome
    #: Something went wrong before anything was sent: the peer has nothing to do with it.
    is_own_fault: bool = False


def result_of(attempted: Attempted, now: datetime, dice: float) -> Result:
    """Return what becomes of the row. `dice` is a random number from 0 to 1."""
    outcome, claimed = attempted.outcome, attempted.claimed
    state, due_at = "delivered", None
    match outcome:
        case Delivered():
            pass
        case Abandoned():
            state = "abandoned"
        case Deferred():
            due_at = retry.next_attempt(claimed.attempts, now, outcome.retry_after, dice)
            state = "abandoned" if due_at is None else "waiting"
        case _:
            assert_never(outcome)
    return Result(
        id=claimed.id,
        lease_until=claimed.lease_until,
        state=state,
        due_at=due_at,
        status=outcome.status,
        words=outcome.last_words or None,
    )


def is_peer_failing(outcome: Outcome) -> bool:
    """Tell whether the server itself is in trouble, not only this delivery."""
    if not isinstance(outcome, Deferred):
        return False
    return outcome.status is None or outcome.status >= _SERVER_ERROR


def hold_back_until(outcome: Outcome, peer: PeerRow, now: datetime, dice: float) -> datetime | None:
    """Return before when the peer is sent nothing at all; None if nothing holds it back."""
    if not isinstance(outcome, Deferred):
        return None
    asked = min(outcome.retry_after or timedelta(), retry.MAX_RETRY_AFTER)
    if is_peer_failing(outcome):
        failing_for = now - (peer.failing_since or now)
        wait = min(max(failing_for / 2, SOONEST), LATEST) * (1 + retry.JITTER_PART * dice)
        return now + max(wait, asked)
    if outcome.status == _TOO_MANY_REQUESTS:
        return now + max(asked, SOONEST)
    return None


def speech_of(peer: PeerRow) -> Speech:
    """Return what we know of the signatures that a peer understands."""
    return Speech(
        dialect=Dialect(peer.dialect) if peer.dialect else None,
        seen_at=peer.dialect_seen_at,
        rfc9421_successes=peer.rfc9421_successes,
    )


def is_news(outcome: Delivered, peer: PeerRow, now: datetime) -> bool:
    """Tell whether a success says something about the peer that its row does not."""
    was_held_back = (
        peer.failing_since is not None or peer.not_before is not None or peer.parked_at is not None
    )
    is_stale = peer.alive_at is None or now - peer.alive_at > ALIVE_EVERY
    return was_held_back or is_stale or outcome.speech != speech_of(peer)
