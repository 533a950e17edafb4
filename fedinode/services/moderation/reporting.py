"""Flag: complaints of other servers about something of ours, kept for those who look after this node.

Nothing is lost silently: beyond a number of open complaints from one server the next ones are counted with
the newest of them.
"""

from collections.abc import Sequence
from typing import Final

from fedinode.services import handling
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import noticing
from fedinode.services.moderation import pointing
from fedinode.storage import remote_actors, replies, reports
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told
from fedinode.storage.reports import NewReport
from fedinode.text import plain

MAX_WORDS_CHARACTERS: Final = 5_000
#: So many open complaints are kept of one server.
MAX_OPEN_OF_SERVER: Final = 100
_MAX_URI_CHARACTERS: Final = 2_000


def take_reports(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Keep the complaints that name something of ours, or a reply that we have; not of who is limited."""
    shown = replies.find_known(session, {uri for pending in group for uri in pending.activity.object_uris})
    refused = _refused(session, group)
    for pending in group:
        named = _ours_first(pending, world, frozenset(shown))
        if named and pending.sender_uri not in refused:
            _keep(session, world, pending, named)
    return NOTHING


def _refused(session: Session, group: Sequence[Pending]) -> frozenset[str]:
    ranks = handling.ranks(session, tuple(handling.senders(session, group).values()))
    return frozenset(
        uri for uri, rank in ranks.items() if rank.level in ("silence", "suspend") or rank.rejects_reports
    )


def _ours_first(pending: Pending, world: World, shown: frozenset[str]) -> tuple[str, ...]:
    """Return what is named, beginning with what is of ours; nothing if nothing is."""
    named = [uri for uri in pending.activity.object_uris if len(uri) <= _MAX_URI_CHARACTERS]
    ours = [uri for uri in named if world.urls.is_ours(uri) or uri in shown]
    others = [uri for uri in named if uri not in ours]
    return tuple(dict.fromkeys((*ours, *others)))[: pointing.MAX_THINGS] if ours else ()


def _keep(session: Session, world: World, pending: Pending, named: tuple[str, ...]) -> None:
    if reports.is_known(session, pending.activity.uri):
        return
    words = pending.activity.content
    things = pointing.look_up_all(session, world.urls, named)
    new = NewReport(
        collective_id=pointing.collective_of(session, things),
        activity_uri=pending.activity.uri,
        actor_uri=pending.sender_uri,
        object_uris=named,
        words=plain(words)[:MAX_WORDS_CHARACTERS] if words else None,
    )
    same = reports.find_same(session, new) or _too_many(session, pending.sender_uri)
    if same is None:
        reports.add(session, new, world.now)
        told = Told(kind="report", cause=f"report:{pending.activity.uri}", collective_id=new.collective_id)
        noticing.tell_with_right(session, "moderate", told, world.now)
    else:
        reports.note_repeat(session, same)


def _too_many(session: Session, sender_uri: str) -> int | None:
    """Return the newest complaint of a server that has too many open ones."""
    sender = remote_actors.find(session, sender_uri)
    opened = () if sender is None else reports.open_of_host(session, sender.host)
    return opened[-1] if len(opened) >= MAX_OPEN_OF_SERVER else None
