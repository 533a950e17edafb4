"""Flag: complaints of other servers about something of ours, kept for those who look after this node."""

from collections.abc import Sequence
from typing import Final

from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.storage import replies, reports
from fedinode.storage.database import Session
from fedinode.storage.reports import NewReport
from fedinode.text import plain

MAX_WORDS_CHARACTERS: Final = 5_000


def take_reports(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep the complaints that name something of ours, or a reply that we show."""
    shown = replies.find_known(session, {uri for pending in group for uri in pending.activity.object_uris})
    for pending in group:
        named = pending.activity.object_uris
        if any(world.urls.is_ours(uri) or uri in shown for uri in named):
            reports.add(session, _report(pending), world.now)
    return NOTHING


def _report(pending: Pending) -> NewReport:
    words = pending.activity.content
    return NewReport(
        activity_uri=pending.activity.uri,
        actor_uri=pending.sender_uri,
        object_uris=pending.activity.object_uris,
        words=plain(words)[:MAX_WORDS_CHARACTERS] if words else None,
    )
