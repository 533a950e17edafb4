"""Calendars: the events to come and those of the last weeks, changed and cancelled ones included."""

from datetime import timedelta

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading, shelving
from fedinode.services.presenting import CalendarView, Cancellation, PostView
from fedinode.services.reading import House
from fedinode.storage import listings
from fedinode.storage.database import Session
from fedinode.storage.listings import Filter

#: What is over longer ago is in the archive.
KEPT_AFTER = timedelta(days=60)
MAX_EVENTS = 300


async def calendar(cap: Capabilities, name: str | None, language: str | None = None) -> CalendarView:
    """Return the events of a collective, or of all. Raises NotFound."""
    since = cap.clock() - KEPT_AFTER

    def read(session: Session, house: House) -> CalendarView:
        row = house.row(name) if name is not None else None
        wanted = Filter(collective_id=row.id if row else None, kind="event", language=language)
        found = listings.list_events(session, wanted, since=since, limit=MAX_EVENTS)
        withdrawn = listings.list_withdrawn_events(
            session, wanted.collective_id, since=since, limit=MAX_EVENTS
        )
        node = house.view(language)
        return CalendarView(
            node=node,
            title=shelving.collective_view(house.urls, row, language).title if row else node.title,
            entries=tuple(
                reading.whole_entry(session, house, each, language) for each in found if each.texts
            ),
            cancelled=tuple(
                Cancellation(uid=each.uid, starts_at=each.starts_at, withdrawn_at=each.withdrawn_at)
                for each in withdrawn
            ),
        )

    return await reading.read_house(cap, read)


async def calendar_file(cap: Capabilities, name: str, language: str, slug: str) -> CalendarView:
    """Return a calendar that holds one event alone. Raises NotFound."""
    node, found = await reading.post(cap, name, language, slug)
    if not isinstance(found, PostView) or found.event is None:
        raise NotFound("There is no such event.")
    return CalendarView(node=node, title=found.title, entries=(found,))
