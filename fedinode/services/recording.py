"""Outcomes of many attempts, written down together in one short transaction."""

from collections.abc import Sequence
from datetime import datetime

from federation.net.delivery import Abandoned, Delivered
from fedinode import failpoints
from fedinode.services import judging
from fedinode.services.judging import Attempted
from fedinode.storage import deliveries, inboxes, parked_deliveries, peers
from fedinode.storage.database import Session
from fedinode.storage.peers import Contact

_GONE_WORDS = "nobody is behind this inbox any more"


def record(session: Session, attempts: Sequence[Attempted], dice: Sequence[float], now: datetime) -> None:
    """Record what became of the rows, and what it says about their peers."""
    drawn = list(zip(attempts, dice, strict=True))
    deliveries.record(session, [judging.result_of(each, now, number) for each, number in drawn], now)
    contacts = []
    for attempted, number in _last_of_each_peer([each for each in drawn if not each[0].is_own_fault]):
        outcome, before = attempted.outcome, attempted.peer
        if not isinstance(outcome, Delivered):
            _record_trouble(session, attempted, number, now)
        elif judging.is_news(outcome, before, now):
            contacts.append(_contact(outcome, before.id))
    peers.record_contacts(session, contacts, now)
    for attempted in attempts:
        if isinstance(attempted.outcome, Abandoned) and attempted.outcome.inbox_is_gone:
            inboxes.record_gone(session, attempted.claimed.inbox_id, now)
            parked_deliveries.abandon_inbox(session, attempted.claimed.inbox_id, _GONE_WORDS, now)
    failpoints.hit("deliver.before-record")


def _last_of_each_peer(drawn: Sequence[tuple[Attempted, float]]) -> Sequence[tuple[Attempted, float]]:
    """Return one attempt of each peer, a success before a failure: one answer shows that it lives."""
    chosen: dict[int, tuple[Attempted, float]] = {}
    for each in drawn:
        known = chosen.get(each[0].peer.id)
        if known is None or not isinstance(known[0].outcome, Delivered):
            chosen[each[0].peer.id] = each
    return tuple(chosen.values())


def _record_trouble(session: Session, attempted: Attempted, dice: float, now: datetime) -> None:
    outcome, before = attempted.outcome, attempted.peer
    if not isinstance(outcome, Abandoned) and judging.is_peer_failing(outcome):
        _record_failure(session, attempted, dice, now)
        return
    until = judging.hold_back_until(outcome, before, now, dice)
    if until is not None:
        peers.hold_back(session, before.id, until)


def _contact(outcome: Delivered, peer_id: int) -> Contact:
    skew = outcome.skew_seconds
    return Contact(
        peer_id=peer_id,
        dialect=outcome.speech.dialect,
        dialect_seen_at=outcome.speech.seen_at,
        rfc9421_successes=outcome.speech.rfc9421_successes,
        skew_seconds=None if skew is None else round(skew),
    )


def _record_failure(session: Session, attempted: Attempted, dice: float, now: datetime) -> None:
    present = peers.get_many(session, [attempted.peer.id])[attempted.peer.id]
    if present.alive_at is not None and present.alive_at > attempted.claimed.leased_at:
        # It spoke to us while this attempt was under way.
        return
    until = judging.hold_back_until(attempted.outcome, present, now, dice)
    days = peers.record_failure(session, present, until, now)
    if days >= judging.PARKED_AFTER_DAYS:
        peers.record_parked(session, present.id, now)
        parked_deliveries.park(session, present.id, now)
