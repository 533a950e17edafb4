"""Deliveries as members see them: delivered to 41 of 44 servers, what the rest say, and once more please."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import activities
from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, NoSuchPage, NotFound
from fedinode.i18n import N_
from fedinode.services import delivering, publishing
from fedinode.storage import audit_log, collectives, delivery_lists, federated_objects, posts
from fedinode.storage.database import Session
from fedinode.storage.delivery_lists import HeldServer, ProgressRow, RemainingRow

PAGE_SIZE: Final = 25
MAX_SERVERS: Final = 200
MAX_HISTORY: Final = 50
#: Greeting all servers again within this time helps nobody.
WAKE_EVERY: Final = timedelta(minutes=10)
#: What is said to everybody who follows; the rest are answers to single servers.
PUBLISHED: Final = (
    activities.CREATE,
    activities.UPDATE,
    activities.DELETE,
    activities.ANNOUNCE,
    activities.UNDO,
)
_TOO_SOON: Final = N_("All servers were greeted a moment ago. Wait ten minutes.")
_NOT_HERE: Final = N_("Nothing of your collectives was ever sent there.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an activity has got; `title` is empty where it is about nothing that has one."""

    id: int
    type: str
    collective: str
    title: str
    object_uri: str
    created_at: datetime
    total: int
    delivered: int
    open: int
    parked: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressList:
    """A page of what was sent, and the servers that something waits for."""

    lines: tuple[Progress, ...]
    page: int
    pages: int
    held: tuple[HeldServer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerHistory:
    """A server, and what was sent to it, the newest first."""

    server: HeldServer
    rows: tuple[tuple[Progress, RemainingRow], ...]


async def list_progress(
    cap: Capabilities, names: Collection[str], page: int, *, everything: bool = False
) -> ProgressList:
    """Return a page of what some collectives sent, the newest first. Raises: NotFound."""

    def read(session: Session) -> ProgressList:
        rows = _ids(session, names)
        types = None if everything else PUBLISHED
        pages = max(1, -(-delivery_lists.count(session, rows, types) // PAGE_SIZE))
        if not 1 <= page <= pages:
            raise NoSuchPage("This list has fewer pages.")
        found = delivery_lists.list_progress(
            session, rows, types, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE
        )
        return ProgressList(
            lines=tuple(_progress(session, each, rows) for each in found),
            page=page,
            pages=pages,
            held=delivery_lists.list_held(session, rows, MAX_SERVERS),
        )

    return await cap.database.read(read)


async def find_progress(
    cap: Capabilities, names: Collection[str], number: int
) -> tuple[Progress, tuple[RemainingRow, ...]]:
    """Return how far one activity has got, and each server that does not have it. Raises: NotFound."""

    def read(session: Session) -> tuple[Progress, tuple[RemainingRow, ...]]:
        rows = _ids(session, names)
        found = delivery_lists.find_progress(session, rows, number)
        if found is None:
            raise NotFound(_NOT_HERE)
        return _progress(session, found, rows), delivery_lists.list_remaining(session, number, MAX_SERVERS)

    return await cap.database.read(read)


async def find_server(cap: Capabilities, names: Collection[str], number: int) -> ServerHistory:
    """Return what some collectives sent to one server lately. Raises: NotFound."""

    def read(session: Session) -> ServerHistory:
        rows = _ids(session, names)
        server = delivery_lists.find_server(session, rows, number)
        if server is None:
            raise NotFound(_NOT_HERE)
        found = []
        for each in delivery_lists.list_of_peer(session, rows, number, MAX_HISTORY):
            progress = delivery_lists.find_progress(session, rows, each.activity_id)
            assert progress is not None, "a delivery belongs to an activity"
            found.append((_progress(session, progress, rows), each))
        return ServerHistory(server=server, rows=tuple(found))

    return await cap.database.read(read)


async def retry(
    cap: Capabilities, names: Collection[str], number: int | None, *, account_id: int | None = None
) -> int:
    """Try one server again, or all, now; return how many deliveries that are. Raises: NotFound."""
    host = None if number is None else (await find_server(cap, names, number)).server.host
    count = await delivering.retry(cap, host)
    await _audit(cap, "delivery.retried", host or "all servers", account_id)
    return count


async def wake(cap: Capabilities, *, account_id: int | None = None) -> int:
    """Greet every server that we know, so that those who gave us up send again. Raises: Busy."""
    since = cap.clock() - WAKE_EVERY
    if await cap.database.read(lambda session: delivery_lists.was_greeted(session, since)):
        raise Busy(_TOO_SOON)
    greeted = await delivering.wake(cap)
    await _audit(cap, "delivery.woken", "all servers", account_id)
    return greeted


async def _audit(cap: Capabilities, deed: str, subject: str, account_id: int | None) -> None:
    await cap.database.write(
        lambda session: audit_log.add(session, deed, subject, now=cap.clock(), account_id=account_id)
    )


def _ids(session: Session, names: Collection[str]) -> dict[int, str]:
    return {row.id: row.name for row in collectives.list_all(session) if row.name in names}


def _progress(session: Session, row: ProgressRow, names: dict[int, str]) -> Progress:
    subject = federated_objects.find_by_uri(session, row.object_uri)
    if subject is None:
        title = delivery_lists.title_of_others(session, row.object_uri)
    else:
        title = publishing.title_of(session, posts.get(session, subject.post_id))
    return Progress(
        id=row.id,
        type=row.type,
        collective=names[row.collective_id],
        title=title,
        object_uri=row.object_uri,
        created_at=row.created_at,
        total=row.total,
        delivered=row.delivered,
        open=row.open,
        parked=row.parked,
        failed=row.failed,
    )
