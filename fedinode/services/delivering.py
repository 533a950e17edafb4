"""The delivery queue: claim due rows, attempt them, record what came of it.

Deliveries are at-least-once with one activity id and identical bytes. A lease (60 s) outlasts the
longest attempt; leasing and recording are short transactions, and none is open across a request.
"""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """Where one activity has got to at one server."""

    activity_uri: str
    activity_type: str
    object_uri: str
    host: str
    state: str
    attempts: int
    last_status: int | None
    last_words: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySummary:
    """How far an object has got: delivered to 41 of 44 servers."""

    object_uri: str
    delivered: int
    total: int
    open: int
    failed: int


async def deliver_once(cap: Capabilities) -> int:
    """Claim due deliveries, attempt them all and record the outcomes; return how many were attempted."""
    raise NotImplementedError


def wake_peer(session: Session, host: str, now: datetime) -> bool:
    """Resume deliveries to a peer that showed it is alive; return whether it had been failing.

    Called in the transaction that keeps a verified request from that host.
    """
    raise NotImplementedError


async def wake(cap: Capabilities) -> int:
    """Queue one signed post to every known peer, so that those who gave us up send again; return how many."""
    raise NotImplementedError


async def retry(cap: Capabilities, peer: str | None = None) -> int:
    """Make open and failed deliveries (of one host, or all) due now; return how many."""
    raise NotImplementedError


async def report(
    cap: Capabilities, url: str | None = None, *, failed: bool = False, limit: int = 500
) -> tuple[DeliveryReport, ...]:
    """Return deliveries, newest first: of one object, or all; all states, or only those in trouble."""
    raise NotImplementedError


async def summaries(cap: Capabilities, *, limit: int = 50) -> tuple[DeliverySummary, ...]:
    """Return how far the newest objects have got."""
    raise NotImplementedError


async def release_leases(cap: Capabilities) -> None:
    """Give back what this process has leased and not attempted, when it stops."""
    raise NotImplementedError
