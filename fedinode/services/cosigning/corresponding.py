"""Co-signing as members see it: what their cells are asked to sign and signed, and whom they ask."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import jsonld, times
from federation.jsonld import Document
from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.manuscripts import Kind, parse_facts
from fedinode.services import composing, publishing
from fedinode.services.cosigning import inviting, vetting
from fedinode.services.cosigning.vetting import Named
from fedinode.storage import (
    collectives,
    cosignatures,
    federated_objects,
    invitations,
    posts,
    remote_actors,
)
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.invitations import InvitationRow
from fedinode.storage.posts import PostRow
from fedinode.storage.remote_actors import RemoteActor
from fedinode.urls import Urls

#: So many are asked with one form; the rest with the next.
MAX_HANDLES: Final = 30
MAX_STATEMENTS: Final = 100
_NO_STATEMENT: Final = N_("There is no such statement.")
_TOO_MANY: Final = N_("Ask at most {count} at once.")
_BINDING: Final = ("sent", "unanswered", "accepted", "seen", "public", "mismatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text in one language; `html` was cleaned."""

    language: str
    title: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a cell of ours is asked to sign: exactly this text."""

    collective: str
    statement_uri: str
    author_handle: str
    author_uri: str
    role: str
    revision: int
    ends_at: datetime
    wordings: tuple[Wording, ...]
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSignature:
    """What a cell of ours signed, and how far that is: 'sent', 'accepted', 'mismatch' and so on."""

    collective: str
    statement: Named
    uri: str
    role: str
    state: str
    reason: str | None
    signed_at: datetime
    ended_at: datetime | None
    can_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStatement:
    """A statement of ours that others can sign."""

    uid: str
    uri: str
    url: str
    collective: str
    title: str
    state: str
    made_at: datetime
    asked: int
    signed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A cell that was asked to sign a statement of ours, or signed it."""

    uri: str
    handle: str
    name: str
    role: str
    #: 'invited', 'declined', 'cancelled', 'expired', or the state of a consent.
    state: str
    revision: int
    reason: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Whether somebody can be asked; `trouble` says why not."""

    handle: str
    name: str = ""
    kind: str = ""
    trouble: NodeError | None = None


# -- what our cells are asked, and signed


async def list_asked(cap: Capabilities, names: Collection[str]) -> tuple[Asked, ...]:
    """Return the open invitations of some collectives, what ends first at the top."""

    def read(session: Session) -> tuple[Asked, ...]:
        now = cap.clock()
        found = [
            _asked(session, invited, row.name)
            for row in collectives.list_all(session)
            if row.name in names
            for invited in invitations.list_of_cell(session, row.uri, states=("open",))
            if invited.ends_at > now
        ]
        return tuple(sorted(found, key=lambda each: each.ends_at))

    return await cap.database.read(read)


def _asked(session: Session, invited: InvitationRow, collective: str) -> Asked:
    document: Document = jsonld.load(invited.body)
    # Of an author on this node one row stands for both sides: it has the whole Invite.
    draft = document["object"] if document.get("type") == "Invite" else document
    author = remote_actors.find(session, invited.author_uri)
    return Asked(
        collective=collective,
        statement_uri=invited.statement_uri,
        author_handle=vetting.handle_of(invited.author_uri, author),
        author_uri=invited.author_uri,
        role=invited.role,
        revision=invited.revision,
        ends_at=invited.ends_at,
        wordings=tuple(
            Wording(
                language=language,
                title=draft["nameMap"][language],
                html=text.without_headings(text.clean_remote_html(content)),
            )
            for language, content in draft["contentMap"].items()
        ),
        files=tuple(each["name"] or each["url"].rpartition("/")[2] for each in draft["attachment"]),
    )


async def list_signed(cap: Capabilities, names: Collection[str]) -> tuple[OwnSignature, ...]:
    """Return what some collectives signed, the newest first; what needs a look stands above."""

    def read(session: Session) -> tuple[OwnSignature, ...]:
        found = [
            _own(session, each, row.name)
            for row in collectives.list_all(session)
            if row.name in names
            for each in cosignatures.list_of_signer(session, row.uri)
            if each.signer_state is not None
        ]
        newest = sorted(found, key=lambda each: each.signed_at, reverse=True)
        return tuple(sorted(newest, key=lambda each: each.state != "mismatch"))

    return await cap.database.read(read)


def _own(session: Session, row: CoSignatureRow, collective: str) -> OwnSignature:
    state = row.signer_state or ""
    is_over = row.ended_at is not None and state not in ("withdrawn", "mismatch")
    return OwnSignature(
        collective=collective,
        statement=vetting.name_of_statement(session, row.statement_uri, row.text_digest),
        uri=row.uri,
        role=row.role,
        state=(row.author_state or "ended") if is_over else state,
        reason=row.reason,
        signed_at=times.parse_timestamp(jsonld.load(row.body)["published"]),
        ended_at=row.ended_at,
        can_withdraw=state in _BINDING and row.ended_at is None,
    )


# -- our own statements


async def list_statements(cap: Capabilities, names: Collection[str]) -> tuple[OwnStatement, ...]:
    """Return the statements of some collectives that others can sign, the newest first."""

    def read(session: Session) -> tuple[OwnStatement, ...]:
        ids = {row.id for row in collectives.list_all(session) if row.name in names}
        rows = [
            row
            for state in ("draft", "public")
            for row in posts.list_in(session, ids, state, limit=MAX_STATEMENTS, offset=0)
            if row.kind == Kind.STATEMENT
        ]
        newest = sorted(rows, key=lambda row: row.id, reverse=True)
        return tuple(_statement(session, cap.urls, row) for row in newest if _is_open(session, row))

    return await cap.database.read(read)


async def find_statement(cap: Capabilities, names: Collection[str], uid: str) -> OwnStatement:
    """Return one of them. Raises: NotFound."""

    def read(session: Session) -> OwnStatement:
        row = posts.find_by_uid(session, uid)
        if row is None or row.kind != Kind.STATEMENT or row.state == "withdrawn":
            raise NotFound(_NO_STATEMENT)
        if collectives.get(session, row.collective_id).name not in names or not _is_open(session, row):
            raise NotFound(_NO_STATEMENT)
        return _statement(session, cap.urls, row)

    return await cap.database.read(read)


def _is_open(session: Session, row: PostRow) -> bool:
    subject = federated_objects.list_of_post(session, row.id)[0]
    facts = parse_facts(federated_objects.newest_revision(session, subject.id).facts)
    return composing.can_be_co_signed(facts)


def _statement(session: Session, urls: Urls, row: PostRow) -> OwnStatement:
    collective = collectives.get(session, row.collective_id)
    described = publishing.describe(session, urls, collective, row)
    signed = cosignatures.list_of_statement(session, described.uri)
    return OwnStatement(
        uid=row.uid,
        uri=described.uri,
        url=described.url,
        collective=collective.name,
        title=publishing.title_of(session, row) or described.uri,
        state=row.state,
        made_at=row.created_at,
        asked=sum(each.state == "open" for each in invitations.list_of_statement(session, described.uri)),
        signed=sum(each.author_state == "accepted" and each.ended_at is None for each in signed),
    )


async def list_lines(cap: Capabilities, statement: OwnStatement) -> tuple[Line, ...]:
    """Return who was asked to sign a statement and who did, whatever came of it."""

    def read(session: Session) -> tuple[Line, ...]:
        consents = cosignatures.list_of_statement(session, statement.uri)
        signed = {(each.signer_uri, each.revision) for each in consents}
        asked = [
            each
            for each in invitations.list_of_statement(session, statement.uri)
            if (each.cell_uri, each.revision) not in signed
        ]
        uris = {*(each.signer_uri for each in consents), *(each.cell_uri for each in asked)}
        actors = remote_actors.find_many(session, uris)
        lines = [_of_consent(each, actors.get(each.signer_uri)) for each in consents]
        return (*lines, *(_of_invitation(each, actors.get(each.cell_uri)) for each in asked))

    return await cap.database.read(read)


def _of_consent(row: CoSignatureRow, actor: RemoteActor | None) -> Line:
    return Line(
        uri=row.signer_uri,
        handle=vetting.handle_of(row.signer_uri, actor),
        name=row.name,
        role=row.role,
        state=row.author_state or row.signer_state or "",
        revision=row.revision,
        reason=row.reason,
        since=row.ended_at or row.verified_at,
    )


def _of_invitation(row: InvitationRow, actor: RemoteActor | None) -> Line:
    return Line(
        uri=row.cell_uri,
        handle=vetting.handle_of(row.cell_uri, actor),
        name=(actor.name if actor else None) or "",
        role=row.role,
        state="invited" if row.state == "open" else row.state,
        revision=row.revision,
        reason=row.reason,
        since=row.decided_at or row.created_at,
    )


def require_handles(written: str) -> tuple[str, ...]:
    """Return the handles that somebody wrote, one a line or with blanks between them. Raises: UsageError."""
    found = tuple(dict.fromkeys(each.strip(",;") for each in written.split()))
    if len(found) > MAX_HANDLES:
        raise UsageError(_TOO_MANY, count=MAX_HANDLES)
    return tuple(each for each in found if each)


async def check(cap: Capabilities, statement: OwnStatement, handles: Sequence[str]) -> tuple[Checked, ...]:
    """Tell of each handle whether it can be asked, without asking anybody."""
    return tuple(await asyncio.gather(*(_check(cap, statement, handle) for handle in handles)))


async def _check(cap: Capabilities, statement: OwnStatement, handle: str) -> Checked:
    try:
        guest = await inviting.find_guest(cap, handle, statement.url)
    except NodeError as error:
        return Checked(handle=handle, trouble=error)
    actor = guest.actor
    return Checked(handle=handle, name=actor.name or actor.preferred_username or "", kind=actor.type)
