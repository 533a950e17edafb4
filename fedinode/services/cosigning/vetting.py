"""Co-signatures that wait for the author's word: who signs, as far as this node knows, and the answers.

Nobody has to be known to sign what is open to anyone. So members are told what they cannot see in a name:
that there was no contact before, and that somebody on another server is called alike.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from federation import jsonld, times
from federation.actors import CO_SIGNING
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services.cosigning import rostering, stamping
from fedinode.storage import (
    audit_log,
    collectives,
    cosignatures,
    follows,
    levels,
    remote_actors,
    signer_facts,
    statement_versions,
)
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.signer_facts import SignerFacts
from fedinode.text import display_handle, display_host, outline


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A statement as members call it: its title, the language of that, and where it can be read."""

    uri: str
    title: str
    language: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """Who signed a statement of ours and waits for our word."""

    id: int
    collective: str
    statement: Named
    #: The name under which it would stand on the list, and who that is.
    name: str
    handle: str
    actor_uri: str
    url: str | None
    #: As its document says: Group, Organization, Person, Service, Application.
    kind: str
    country: str
    role: str
    signed_at: datetime
    #: Nobody of ours follows them or is followed, and they signed nothing of ours before.
    is_new: bool
    #: Servers on which others are called alike.
    namesakes: tuple[str, ...]
    #: "none", "silence" or "suspend", themselves or by their server.
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """What is looked up once for all who wait."""

    called: Mapping[str, frozenset[str]]
    actors: Mapping[str, RemoteActor]
    facts: Mapping[str, SignerFacts]
    levels: Mapping[str, str]


async def list_pending(cap: Capabilities, names: Collection[str]) -> tuple[Applicant, ...]:
    """Return what waits for some collectives of ours, the oldest first."""

    def read(session: Session) -> tuple[Applicant, ...]:
        rows = _of(session, names)
        world = _look_up(session, [row for row, _ in rows])
        return tuple(_applicant(session, world, row, name) for row, name in rows)

    return await cap.database.read(read)


async def settle(
    cap: Capabilities,
    numbers: Sequence[int],
    *,
    is_accepted: bool,
    names: Collection[str],
    account_id: int | None = None,
) -> int:
    """List or refuse what waits for these collectives, all or none; return how many were still open.

    Raises: NotFound.
    """

    def write(session: Session) -> int:
        now, answered = cap.clock(), 0
        for number in numbers:
            row = cosignatures.find_by_number(session, number)
            author = None if row is None or row.author_state is None else stamping.author_of(session, row)
            if row is None or author is None or author.name not in names:
                raise NotFound(f"There is no co-signature {number}.")
            if row.author_state != "pending":
                continue
            stamping.decide(session, cap.urls, number, is_accepted=is_accepted, now=now)
            deed = "cosign.listed" if is_accepted else "cosign.not-listed"
            details = {"cell": row.signer_uri}
            audit_log.add(session, deed, row.uri, now=now, account_id=account_id, details=details)
            answered += 1
        return answered

    answered = await cap.database.write(write)
    cap.bells.deliver.set()
    return answered


def name_of_statement(session: Session, statement_uri: str, text_digest: str) -> Named:
    """Return how members call a text of a statement that is known here."""
    version = statement_versions.find(session, statement_uri, text_digest)
    if version is None:
        return Named(uri=statement_uri, title=statement_uri, language=None, url=None)
    document = jsonld.load(version.body)
    language = document["authoritativeLanguage"]
    return Named(
        uri=statement_uri,
        title=document["nameMap"][language],
        language=language,
        url=version.page_url if version.public_at else None,
    )


def handle_of(actor_uri: str, actor: RemoteActor | None) -> str:
    """Return a handle with its whole domain: the confirmed one, else the actor's name at its own server."""
    if actor is not None and actor.handle:
        return display_handle(f"@{actor.handle}")
    name = actor.preferred_username if actor is not None else None
    return display_handle(f"@{name or ''}@{rostering.host_of(actor_uri)}")


def _of(session: Session, names: Collection[str]) -> list[tuple[CoSignatureRow, str]]:
    own = {row.uri: row.name for row in collectives.list_all(session) if row.name in names}
    found = []
    for row in cosignatures.list_in_state(session, author=("pending",)):
        name = own.get(jsonld.load(row.body)["statementAuthor"])
        if name is not None:
            found.append((row, name))
    return found


def _look_up(session: Session, rows: Sequence[CoSignatureRow]) -> _World:
    uris = {row.signer_uri for row in rows}
    hosts = levels.of_hosts(session, {rostering.host_of(uri) for uri in uris})
    own = levels.of_actors(session, uris)
    found = {uri: (own.get(uri, "none"), hosts.get(rostering.host_of(uri), "none")) for uri in uris}
    return _World(
        called=_called(session, rows),
        actors=remote_actors.find_many(session, uris),
        facts=signer_facts.of_actors(session, uris),
        levels={
            uri: next((each for each in ("suspend", "silence") if each in both), "none")
            for uri, both in found.items()
        },
    )


def _called(session: Session, rows: Sequence[CoSignatureRow]) -> dict[str, frozenset[str]]:
    """Return on which servers somebody is called so, by the outline of the name."""
    named = [(row.signer_uri, row.name) for row in rows]
    named += signer_facts.names_of_cells(session, CO_SIGNING)
    for row in collectives.list_all(session):
        named += [(row.uri, name) for name in collectives.display_names(session, row.id).values()]
    called: dict[str, frozenset[str]] = {}
    for uri, name in named:
        if form := outline(name):
            called[form] = called.get(form, frozenset()) | {rostering.host_of(uri)}
    return called


def _applicant(session: Session, world: _World, row: CoSignatureRow, collective: str) -> Applicant:
    actor = world.actors.get(row.signer_uri)
    host = rostering.host_of(row.signer_uri)
    facts = world.facts.get(row.signer_uri)
    alike = world.called.get(outline(row.name), frozenset()) - {host}
    return Applicant(
        id=row.id,
        collective=collective,
        statement=name_of_statement(session, row.statement_uri, row.text_digest),
        name=row.name,
        handle=handle_of(row.signer_uri, actor),
        actor_uri=row.signer_uri,
        url=actor.url if actor is not None else None,
        kind=actor.type if actor is not None else "",
        country=(facts.country if facts else None) or "",
        role=row.role,
        signed_at=times.parse_timestamp(jsonld.load(row.body)["published"]),
        is_new=_is_new(session, row, actor),
        namesakes=tuple(display_host(each) for each in sorted(alike)),
        level=world.levels[row.signer_uri],
    )


def _is_new(session: Session, row: CoSignatureRow, actor: RemoteActor | None) -> bool:
    signed = cosignatures.list_of_signer(session, row.signer_uri)
    if any(each.author_state == "accepted" for each in signed):
        return False
    ids = [] if actor is None else [actor.id]
    return not any(follows.count_of_actors(session, direction, ids) for direction in ("in", "out"))
