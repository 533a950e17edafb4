"""What people and other services ask of the delivery queue: deliver, wake, retry, and tell how far it is.

The engine is `dispatching`. Deliveries are at-least-once with one activity id and identical bytes.
"""

from dataclasses import dataclass
from datetime import datetime

from federation import activities
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import finding, portraying, sending, waking
from fedinode.services.dispatching import Dispatcher
from fedinode.services.sending import Outgoing
from fedinode.storage import collectives, deliveries, delivery_reports, inboxes, peers
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.delivery_reports import DeliveryRow, SummaryRow
from fedinode.urls import Urls


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
    """How far an activity has got: delivered to 41 of 44 servers."""

    activity_uri: str
    activity_type: str
    object_uri: str
    created_at: datetime
    delivered: int
    total: int
    #: Still on their way.
    open: int
    #: Given up.
    failed: int


async def deliver_once(cap: Capabilities) -> int:
    """Attempt everything that is due, until nothing is; return how many attempts that took."""
    return await Dispatcher(cap).drain()


async def recover(cap: Capabilities, *, all_leases: bool = False) -> int:
    """Make rows due again whose process died; `all_leases` where no other process can hold any."""
    return await cap.database.write(
        lambda session: deliveries.recover_expired(session, cap.clock(), all_leases=all_leases)
    )


# -- on request


async def wake(cap: Capabilities) -> int:
    """Queue one signed post to every known peer, so that those who gave us up send again; return how many.

    Mastodon sends nothing to a server that was down for a week, until that server posts something to it.
    """

    def write(session: Session) -> int:
        now = cap.clock()
        for host in peers.list_held_back(session):
            waking.wake_peer(session, cap.urls, host, now)
        delivery_reports.retry(session, None, now)
        return _greet_all(session, cap.urls, now)

    greeted = await cap.database.write(write)
    cap.bells.deliver.set()
    return greeted


def _greet_all(session: Session, urls: Urls, now: datetime) -> int:
    """Send each peer an Update of a collective: one that it follows, else the first."""
    by_peer = inboxes.one_per_peer(session)
    queued = 0
    greeted: set[int] = set()
    rows = collectives.list_all(session)
    for row in rows:
        followers = inboxes.peers_of_followers(session, row.id) - greeted
        queued += _greet(session, urls, row, [by_peer[each] for each in followers if each in by_peer], now)
        greeted |= followers
    others = [inbox_id for peer_id, inbox_id in by_peer.items() if peer_id not in greeted]
    return queued + _greet(session, urls, rows[0], others, now, "others")


def _greet(
    session: Session, urls: Urls, row: CollectiveRow, inbox_ids: list[int], now: datetime, cause: str = "own"
) -> int:
    if not inbox_ids:
        return 0
    document = portraying.collective_document(session, urls, row)
    outgoing = Outgoing(
        type=activities.UPDATE,
        actor_uri=row.uri,
        collective_id=row.id,
        object_uri=row.uri,
        cause_key=f"wake:{cause}:{row.uri}:{now.isoformat()}",
        make=lambda envelope: activities.update(envelope, document),
        to=(urls.collective_followers(row.name),),
        is_public=False,
        inbox_ids=tuple(inbox_ids),
    )
    sent = sending.send(session, urls, outgoing, now)
    return sent.deliveries if sent else 0


async def retry(cap: Capabilities, peer: str | None = None) -> int:
    """Make open and failed deliveries (of one host, or all) due now; return how many. Raises NotFound."""

    def write(session: Session) -> int:
        now = cap.clock()
        hosts = peers.list_held_back(session) if peer is None else (peer,)
        peer_id = None
        if peer is not None:
            found = peers.find(session, peer.lower())
            if found is None:
                raise NotFound(f"Nothing was ever sent to {peer}.")
            peer_id = found.id
        for host in hosts:
            waking.wake_peer(session, cap.urls, host.lower(), now)
        return delivery_reports.retry(session, peer_id, now)

    count = await cap.database.write(write)
    cap.bells.deliver.set()
    return count


async def report(
    cap: Capabilities, url: str | None = None, *, failed: bool = False, limit: int = 500
) -> tuple[DeliveryReport, ...]:
    """Return deliveries, newest first: of one object, or all; all states, or only those in trouble.

    Raises NotFound for an address that is no post of ours.
    """

    def read(session: Session) -> tuple[DeliveryReport, ...]:
        uris = _object_uris(session, cap.urls, url)
        rows = delivery_reports.rows(session, object_uris=uris, failed=failed, limit=limit)
        return tuple(_report(row) for row in rows)

    return await cap.database.read(read)


async def summaries(
    cap: Capabilities, url: str | None = None, *, limit: int = 50
) -> tuple[DeliverySummary, ...]:
    """Return how far the newest activities have got: about one post, or all. Raises NotFound."""

    def read(session: Session) -> tuple[DeliverySummary, ...]:
        uris = _object_uris(session, cap.urls, url)
        return tuple(
            _summary(row) for row in delivery_reports.summaries(session, object_uris=uris, limit=limit)
        )

    return await cap.database.read(read)


def _object_uris(session: Session, urls: Urls, url: str | None) -> tuple[str, ...] | None:
    if url is None:
        return None
    if not urls.is_ours(url):
        # What we reshared or follow is asked for by its own address.
        return (url,)
    return finding.object_uris(session, urls, url)


def _report(row: DeliveryRow) -> DeliveryReport:
    return DeliveryReport(
        activity_uri=row.activity_uri,
        activity_type=row.activity_type,
        object_uri=row.object_uri,
        host=row.host,
        state=row.state,
        attempts=row.attempts,
        last_status=row.last_status,
        last_words=row.last_words or "",
        due_at=row.due_at if row.state == "waiting" else None,
    )


def _summary(row: SummaryRow) -> DeliverySummary:
    return DeliverySummary(
        activity_uri=row.activity_uri,
        activity_type=row.activity_type,
        object_uri=row.object_uri,
        created_at=row.created_at,
        delivered=row.delivered,
        total=row.total,
        open=row.total - row.delivered - row.failed,
        failed=row.failed,
    )
