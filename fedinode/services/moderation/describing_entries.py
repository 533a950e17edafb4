"""Entries of the moderators' queue as people read them: who, what, about what, since when, why it waits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from fedinode.services.following import handle_of
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import pointing
from fedinode.services.moderation.pointing import Thing
from fedinode.storage import (
    accounts,
    acquaintances,
    cosignatures,
    follows,
    remote_actors,
    replies,
    reports,
    supporter_lists,
    waiting_entries,
)
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.waiting_entries import EntryRow, Wanted
from fedinode.text import display_handle, plain
from fedinode.urls import Urls

_BRIEF_CHARS: Final = 160
#: So long an account is new.
_NEW_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that waits for a moderator."""

    kind: str
    id: int
    collective: str = ""
    since: datetime | None = None
    #: Who: a name of their own choice, the handle with its full domain, their page; empty for a form's.
    name: str = ""
    handle: str = ""
    actor_uri: str = ""
    actor_url: str | None = None
    host: str = ""
    #: What they say, as plain words.
    text: str = ""
    language: str | None = None
    about: tuple[Thing, ...] = ()
    #: Which rule made it wait, in a word or more.
    rule: str = ""
    #: How many more wait from there.
    more_of_server: int = 0
    more_of_actor: int = 0
    #: Nothing was ever agreed with them.
    is_first_contact: bool = False
    #: The account was made in the days before.
    is_new_account: bool = False
    #: Who took it, if anybody did.
    holder: str = ""
    is_mine: bool = False
    repeats: int = 0

    @property
    def name_in_forms(self) -> str:
        """What a form calls it."""
        return f"{self.kind}-{self.id}"


def describe(
    session: Session, urls: Urls, member: Member, rows: Sequence[EntryRow], wanted: Wanted
) -> tuple[Entry, ...]:
    """Return entries as a member reads them, in their order."""
    known = _look_up(session, member, rows, wanted)
    found: dict[tuple[str, int], Entry] = {}
    for kind, tell in _TELLERS.items():
        ids = [row.id for row in rows if row.kind == kind]
        if ids:
            found |= {(kind, each.id): each for each in tell(session, urls, ids)}
    told = [(row, found[row.kind, row.id]) for row in rows if (row.kind, row.id) in found]
    return tuple(_complete(session, urls, row, each, known) for row, each in told)


def brief(html: str) -> str:
    """Return the beginning of a text as plain words."""
    words = " ".join(plain(html).split())
    return words if len(words) <= _BRIEF_CHARS else f"{words[: _BRIEF_CHARS - 1]}…"


# -- what all kinds have


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    member: Member
    actors: Mapping[str, RemoteActor]
    friends: frozenset[str]
    of_hosts: Mapping[str, int]
    of_actors: Mapping[str, int]
    names: Mapping[int, str]
    #: What was looked up: many entries are about the same.
    things: dict[str, Thing] = field(default_factory=dict)


def _look_up(session: Session, member: Member, rows: Sequence[EntryRow], wanted: Wanted) -> _Known:
    uris = {row.actor_uri for row in rows if row.actor_uri}
    hosts = {row.host for row in rows if row.host}
    # How many more there are is asked of all that waits, whatever is shown of it.
    whole = replace(
        wanted,
        kinds=waiting_entries.KINDS,
        host="",
        actor_uri="",
        rule="",
        same_as=None,
        holder_id=None,
        is_free=False,
    )
    return _Known(
        member=member,
        actors=remote_actors.find_many(session, uris),
        friends=acquaintances.known_of(session, uris),
        of_hosts=waiting_entries.count_of(session, whole, "host", hosts) if hosts else {},
        of_actors=waiting_entries.count_of(session, whole, "actor_uri", uris) if uris else {},
        names=accounts.names(session),
    )


def _complete(
    session: Session,
    urls: Urls,
    row: EntryRow,
    entry: Entry,
    known: _Known,
) -> Entry:
    uri = row.actor_uri or ""
    actor = known.actors.get(uri)
    about = tuple(_thing(session, urls, each, known.things) for each in entry.about)
    return replace(
        entry,
        collective=row.collective,
        since=row.at,
        actor_uri=uri,
        actor_url=actor.url if actor else None,
        name=entry.name or (actor.name or actor.preferred_username or "" if actor else ""),
        handle=entry.handle or (handle_of_actor(actor) if actor else display_host_of(uri)),
        host=row.host or "",
        about=about,
        rule=row.rule or "",
        more_of_server=max(known.of_hosts.get(row.host or "", 1) - 1, 0),
        more_of_actor=max(known.of_actors.get(uri, 1) - 1, 0),
        is_new_account=_is_new(actor, row.at),
        is_first_contact=bool(uri) and uri not in known.friends,
        holder=known.names.get(row.holder_id or 0, ""),
        is_mine=row.holder_id == known.member.account_id,
    )


def _is_new(actor: RemoteActor | None, at: datetime) -> bool:
    made_at = actor.made_at if actor else None
    return made_at is not None and at - made_at < _NEW_FOR


def _thing(session: Session, urls: Urls, named: Thing, things: dict[str, Thing]) -> Thing:
    if named.uri not in things:
        things[named.uri] = pointing.look_up(session, urls, named.uri)
    return things[named.uri]


def handle_of_actor(actor: RemoteActor) -> str:
    """Return a handle with its full domain, as it can be read."""
    own_name = f"{actor.preferred_username or ''}@{actor.host}"
    return display_handle(f"@{actor.handle or own_name}")


def sender_of(session: Session, kind: str, number: int) -> RemoteActor | None:
    """Return who sent an entry, waiting or decided, where that is an actor whom we know."""
    uri = _SENDERS[kind](session, number) if kind in _SENDERS else None
    return remote_actors.find(session, uri) if uri else None


def _sender_of_reply(session: Session, number: int) -> str | None:
    found = replies.find_details(session, number)
    return found.actor_uri if found else None


def _sender_of_request(session: Session, number: int) -> str | None:
    found = follows.find(session, number)
    return found.actor_uri if found else None


def _sender_of_signature(session: Session, number: int) -> str | None:
    return next((row.actor_uri for row, _ in supporter_lists.with_objects(session, [number])), None)


def _sender_of_report(session: Session, number: int) -> str | None:
    return next((row.actor_uri for row in reports.by_ids(session, [number])), None)


_SENDERS: Final[Mapping[str, Callable[[Session, int], str | None]]] = {
    "reply": _sender_of_reply,
    "request": _sender_of_request,
    "signature": _sender_of_signature,
    "report": _sender_of_report,
}


def display_host_of(uri: str) -> str:
    """Return the host of an actor of whom nothing else is known."""
    return urlsplit(uri).netloc


# -- what each kind says


def _replies(session: Session, _urls: Urls, ids: Sequence[int]) -> list[Entry]:
    return [
        Entry(
            kind="reply",
            id=row.id,
            text=plain(row.html_clean or ""),
            language=row.language,
            about=(_named(row.object_uri),),
        )
        for row in replies.list_details(session, ids)
    ]


def _requests(session: Session, urls: Urls, ids: Sequence[int]) -> list[Entry]:
    return [
        Entry(
            kind="request",
            id=row.id,
            handle=display_handle(handle_of(row)),
            about=(_named(row.collective_uri),),
        )
        for row in follows.by_ids(session, ids)
    ]


def _signatures(session: Session, _urls: Urls, ids: Sequence[int]) -> list[Entry]:
    return [
        Entry(
            kind="signature",
            id=row.id,
            name=row.name or "",
            text=", ".join(each for each in (row.role, row.city, row.country) if each),
            about=(_named(uri),),
        )
        for row, uri in supporter_lists.with_objects(session, ids)
    ]


def _consents(session: Session, _urls: Urls, ids: Sequence[int]) -> list[Entry]:
    rows = [cosignatures.find_by_number(session, number) for number in ids]
    return [
        Entry(
            kind="consent",
            id=row.id,
            name=row.name,
            about=(_named(row.statement_uri),),
        )
        for row in rows
        if row is not None
    ]


def _reports(session: Session, _urls: Urls, ids: Sequence[int]) -> list[Entry]:
    return [
        Entry(
            kind="report",
            id=row.id,
            text=row.words or "",
            about=tuple(_named(uri) for uri in row.object_uris[: pointing.MAX_THINGS]),
            repeats=row.repeats,
        )
        for row in reports.by_ids(session, ids)
    ]


def _named(uri: str) -> Thing:
    return Thing(uri=uri, kind="elsewhere")


_TELLERS: Final[Mapping[str, Callable[[Session, Urls, Sequence[int]], list[Entry]]]] = {
    "reply": _replies,
    "request": _requests,
    "signature": _signatures,
    "consent": _consents,
    "report": _reports,
}
