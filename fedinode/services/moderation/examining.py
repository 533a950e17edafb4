"""One entry of the moderators' queue with all around it: the thread, what else its sender wrote, notes.

It can be looked at after it was decided, too: a decision may have to be changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import describing_entries, jotting, pointing, queueing
from fedinode.services.moderation.describing_entries import Entry
from fedinode.services.moderation.pointing import Thing
from fedinode.services.moderation.queueing import CLAIM_LASTS, Filter
from fedinode.storage import (
    accounts,
    levels,
    moderation_notes,
    replies,
    reply_threads,
    reports,
    supporter_lists,
    waiting_entries,
)
from fedinode.storage.database import Session
from fedinode.storage.levels import Rank, Subject
from fedinode.storage.moderation_notes import ClaimRow, NoteRow
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.replies import ReplyDetails
from fedinode.storage.reports import ReportRow
from fedinode.storage.supporters import SupporterRow
from fedinode.storage.waiting_entries import EntryRow
from fedinode.text import display_handle, outline, plain
from fedinode.urls import Urls

_AROUND: Final = 5
_OTHERS: Final = 20
_NOTES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A reply of a thread, or something else that somebody wrote."""

    id: int
    uri: str
    name: str
    handle: str
    text: str
    language: str | None
    state: str
    received_at: datetime
    #: It is what the page is about.
    is_subject: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody on a list of signers whom a complaint may be about."""

    id: int
    name: str
    details: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An entry and what a moderator wants to know to decide about it."""

    entry: Entry
    #: waiting, or what became of it: shown, hidden, accepted, rejected, ..
    state: str
    is_waiting: bool
    decided_by: str
    claim: ClaimRow | None
    #: Of a reply: what it answers, and its thread in order.
    thread: tuple[Line, ...]
    others: tuple[Line, ...]
    actor: RemoteActor | None
    rank: Rank
    notes: tuple[NoteRow, ...]
    report: ReportRow | None
    persons: tuple[Person, ...]
    #: To be given back with a decision: up to where this was seen.
    seen: str


async def look(cap: Capabilities, member: Member, kind: str, number: int) -> Case:
    """Return an entry with all around it. Raises: NotFound."""

    def read(session: Session) -> Case:
        jotting.require_own(session, member, kind, number)
        return _case(session, cap, member, kind, number)

    return await cap.database.read(read)


def _case(session: Session, cap: Capabilities, member: Member, kind: str, number: int) -> Case:
    wanted = queueing.wanted_of(member, Filter(), cap.clock())
    waiting = waiting_entries.find(session, wanted, kind, number)
    row, state = _row(session, member, kind, number)
    (entry,) = describing_entries.describe(session, cap.urls, member, [waiting or row], wanted)
    actor = describing_entries.sender_of(session, kind, number)
    report = reports.find(session, number) if kind == "report" else None
    return Case(
        entry=entry,
        state=state,
        is_waiting=waiting is not None,
        decided_by=accounts.names(session).get((report.decided_by if report else None) or 0, ""),
        claim=moderation_notes.claim_of(session, kind, number, cap.clock() - CLAIM_LASTS),
        thread=_thread(session, number) if kind == "reply" else (),
        others=_others(session, actor, kind, number),
        actor=actor,
        rank=_rank(session, actor),
        notes=_notes(session, entry.collective, kind, number, actor),
        report=report,
        persons=_persons(session, cap.urls, report) if report else (),
        seen=queueing.write_seen(entry.since or cap.clock(), kind, number),
    )


def _row(session: Session, member: Member, kind: str, number: int) -> tuple[EntryRow, str]:
    """Return an entry as the queue would have it, whatever became of it."""
    owner = jotting.require_own(session, member, kind, number)
    at, state = waiting_entries.state_of(session, kind, number)
    sender = describing_entries.sender_of(session, kind, number)
    row = EntryRow(
        kind=kind,
        id=number,
        at=at,
        collective=owner,
        actor_uri=sender.uri if sender else None,
        host=sender.host if sender else None,
        rule=None,
        holder_id=None,
    )
    return row, state


def _rank(session: Session, actor: RemoteActor | None) -> Rank:
    if actor is None:
        return Rank()
    subject = Subject(host=actor.host, uri=actor.uri)
    return levels.ranks(session, [subject]).get(subject, Rank())


def _notes(
    session: Session, collective: str, kind: str, number: int, actor: RemoteActor | None
) -> tuple[NoteRow, ...]:
    subjects = [jotting.subject_of(kind, number), *((actor.uri, actor.host) if actor else ())]
    collective_id = jotting.collective_id_of(session, collective)
    return moderation_notes.list_about(session, collective_id, subjects, _NOTES)


# -- the thread


def _thread(session: Session, number: int) -> tuple[Line, ...]:
    found = replies.find_details(session, number)
    assert found is not None
    parent = reply_threads.parent_of(session, number)
    before, after = reply_threads.neighbours(session, number, parent, _AROUND)
    above = reply_threads.ancestors(session, parent)
    below = reply_threads.answers(session, found.uri, _AROUND)
    return (
        *(line(row) for row in (*above, *before)),
        line(found, is_subject=True),
        *(line(row) for row in (*below, *after)),
    )


def _others(session: Session, actor: RemoteActor | None, kind: str, number: int) -> tuple[Line, ...]:
    if actor is None:
        return ()
    rows = reply_threads.of_actor(session, actor.uri, limit=_OTHERS + 1)
    return tuple(line(row) for row in rows if (kind, number) != ("reply", row.id))[:_OTHERS]


def line(row: ReplyDetails, *, is_subject: bool = False) -> Line:
    """Return a reply as moderators read it."""
    handle = row.handle or f"{row.preferred_username or ''}@{row.host}"
    return Line(
        id=row.id,
        uri=row.uri,
        name=row.actor_name or row.preferred_username or "",
        handle=display_handle(f"@{handle}"),
        text=plain(row.html_clean or ""),
        language=row.language,
        state=row.state,
        received_at=row.received_at,
        is_subject=is_subject,
    )


# -- whom a complaint about a list means


def _persons(session: Session, urls: Urls, report: ReportRow) -> tuple[Person, ...]:
    things = pointing.look_up_all(session, urls, report.object_uris)
    return tuple(each for thing in things for each in persons_meant(session, urls, thing, report.about_name))


def persons_meant(session: Session, urls: Urls, thing: Thing, name: str | None) -> tuple[Person, ...]:
    """Return who stands on a list of signers under a name like this one."""
    if thing.kind != "list" or not name:
        return ()
    object_id = pointing.object_id_of(session, urls, thing.post_uri)
    alike = [
        row.id for row in supporter_lists.likenesses(session, object_id) if outline(row.name) == outline(name)
    ]
    return tuple(_person(row) for row in supporter_lists.by_ids(session, object_id, alike[:_OTHERS]))


def _person(row: SupporterRow) -> Person:
    details: Sequence[str | None] = (row.role, row.city, row.country)
    return Person(id=row.id, name=row.name or "", details=", ".join(filter(None, details)), state=row.state)
