"""What happens when a statement becomes public: at its author, and at the cells that signed the draft.

The author opens the consents and begins the list. Each signer's node compares the digest of what was
published with what it signed: equal, it shows the statement to its followers; different, it withdraws.
Spec: docs/cosigning.md, R10, R14, R16.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from federation import jsonld, times
from federation.cosigning import documents, verify
from federation.cosigning.report import StatementWord
from federation.errors import FederationError, FetchFailed, Gone, NotFound
from federation.jsonld import Document
from fedinode.cache import SIGNERS_KEY
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.services import resolving
from fedinode.services.cosigning import consenting, keeping_lists, sightings, withdrawing
from fedinode.services.handling import NOTHING, Keys, Pending, World
from fedinode.services.members import telling
from fedinode.services.network import resharing
from fedinode.storage import (
    audit_log,
    collectives,
    cosignatures,
    inboxes,
    invalidations,
    invitations,
    kept_statements,
    statement_versions,
)
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import NewKept
from fedinode.urls import Urls

#: Boosts of one statement are spread, so that its server is not asked by everybody in the same second.
ANNOUNCE_WITHIN: Final = timedelta(minutes=15)
ANNOUNCE_AFTER: Final = timedelta(minutes=1)
#: Signers' states that wait for the publication.
_WAITING: Final = (*consenting.UNANSWERED, "accepted")
_OTHER_TEXT: Final = "another text was published"


# -- at the author


def open_list(
    session: Session, urls: Urls, collective: CollectiveRow, statement: Document, now: datetime
) -> None:
    """Begin the public list of a statement that was published just now, and count it for the first time."""
    statement_versions.put_public(session, consenting.new_version(statement), now)
    new = NewKept(
        statement_uri=statement["id"],
        text_digest=statement["textDigest"],
        author_uri=collective.uri,
        collective_id=collective.id,
        is_own=True,
    )
    kept_statements.add(session, new)
    _end_others(session, statement, now)
    _void_late(session, statement)
    _leave_out(session, statement["id"])
    for invitation in invitations.list_of_statement(session, statement["id"]):
        if invitation.state == "open":
            invitations.set_state(session, invitation, "expired", now)
    kept = kept_statements.find(session, statement["id"])
    assert kept is not None
    keeping_lists.make_checkpoint(session, urls, kept, now)
    # Pages of earlier texts say from now on that there is this one.
    invalidations.record(session, [SIGNERS_KEY], now)


def _end_others(session: Session, statement: Document, now: datetime) -> None:
    """End what was agreed to under drafts that read otherwise: nobody signed this text by that (R13)."""
    for row in cosignatures.list_of_statement(session, statement["id"]):
        is_other = row.text_digest != statement["textDigest"]
        if is_other and row.author_state in ("pending", "accepted") and row.ended_at is None:
            cosignatures.set_author_state(session, row.id, "superseded", ended_at=now)


def _void_late(session: Session, statement: Document) -> None:
    """Leave out the consents that ended before the publication (R14)."""
    published = times.parse_timestamp(statement["published"])
    for row in cosignatures.list_of_statement(session, statement["id"]):
        before = jsonld.load(row.body).get("publishBefore")
        if (
            row.author_state == "accepted"
            and row.ended_at is None
            and before
            and times.parse_timestamp(before) < published
        ):
            cosignatures.set_author_state(session, row.id, "void", ended_at=published)


def _leave_out(session: Session, statement_uri: str) -> None:
    """Forget the stamps of what ended before the publication: nobody else learns of it (R15)."""
    for row in cosignatures.list_of_statement(session, statement_uri):
        if row.ended_at is not None and row.stamp_body is not None:
            cosignatures.forget_stamp(session, row.id)


def cell_inboxes(session: Session, statement_uri: str) -> tuple[int, ...]:
    """Return where a statement is sent beside its followers: to all cells that were asked or are listed."""
    asked = [
        each for each in invitations.list_of_statement(session, statement_uri) if each.state != "declined"
    ]
    agreed = [
        each.signer_uri
        for each in cosignatures.list_of_statement(session, statement_uri)
        if each.author_state == "accepted"
    ]
    return inboxes.of_actor_uris(session, {each.cell_uri for each in asked} | set(agreed))


# -- at a signer


def needs_author(session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the entries that publish a statement which waits for that: its proof needs the author's keys."""
    return frozenset(
        pending.id
        for pending in group
        if (statement := _statement_of(pending)) is not None and _is_awaited(session, statement["id"])
    )


def _is_awaited(session: Session, statement_uri: str) -> bool:
    return bool(_waiting(session, statement_uri) or invitations.list_of_statement(session, statement_uri))


def is_statement(pending: Pending) -> bool:
    """Tell whether a Create or Update is about a statement that can be signed."""
    return _statement_of(pending) is not None


async def see_author(cap: Capabilities, pending: Pending) -> None:
    """Look at the keys of a statement's author again, and keep them. Raises: FederationError, Blocked."""
    await resolving.resolve_actor(cap, pending.sender_uri, max_age=timedelta(0))


def take_publications(session: Session, world: World, group: Sequence[Pending]) -> Keys:
    """Compare what authors published with what our collectives signed."""
    for pending in group:
        statement = _statement_of(pending)
        if statement is not None and statement.get("attributedTo") == pending.sender_uri:
            judge(session, world.urls, statement, world.now)
    return NOTHING


def judge(session: Session, urls: Urls, statement: Document, now: datetime) -> None:
    """Compare a statement as it is published with every consent of ours to it."""
    if not _is_awaited(session, statement["id"]):
        return
    word, _ = verify.judge_statement(statement, sightings.keyring_of(session, statement["attributedTo"]))
    for row in _waiting(session, statement["id"]):
        is_same = _is_what_was_signed(session, row, statement)
        if word is StatementWord.VALID and is_same:
            _see(session, row, statement, now)
        elif word is StatementWord.VALID or _digest(statement) != row.text_digest:
            _mismatch(session, urls, row, statement, now)
    if word is StatementWord.VALID:
        _close_invitations(session, statement, now)


def _is_what_was_signed(session: Session, row: CoSignatureRow, statement: Document) -> bool:
    """Whether text and time are the ones that our cell knows: once public, both stay (R14, R16)."""
    if _digest(statement) != row.text_digest:
        return False
    version = statement_versions.find(session, row.statement_uri, row.text_digest)
    if version is None or version.public_at is None:
        return True
    return bool(jsonld.load(version.body).get("published") == statement["published"])


def _close_invitations(session: Session, statement: Document, now: datetime) -> None:
    """Note that a draft which we were shown is public: from here on it is signed as a public text."""
    if statement_versions.find(session, statement["id"], statement["textDigest"]) is None:
        return
    statement_versions.put_public(session, consenting.new_version(statement), now)
    for invitation in invitations.list_of_statement(session, statement["id"]):
        if invitation.state == "open":
            invitations.set_state(session, invitation, "expired", now)


def _statement_of(pending: Pending) -> Document | None:
    document = pending.activity.object_document
    if document is None or document.get("type") != documents.ARTICLE or "textDigest" not in document:
        return None
    return document if isinstance(document.get("id"), str) else None


def _waiting(session: Session, statement_uri: str) -> list[CoSignatureRow]:
    return [
        row
        for row in cosignatures.list_of_statement(session, statement_uri)
        if row.ended_at is None and row.signer_state in (*_WAITING, "seen", "public")
    ]


def _digest(statement: Document) -> str | None:
    try:
        return documents.digest(documents.signed_text(statement))
    except FederationError:
        return None


def _see(session: Session, row: CoSignatureRow, statement: Document, now: datetime) -> None:
    cell = collectives.find_by_uri(session, row.signer_uri)
    if cell is None or row.signer_state not in _WAITING:
        return
    _leave_out(session, row.statement_uri)
    statement_versions.put_public(session, consenting.new_version(statement), now)
    # Who is not listed yet keeps no list and shows nothing; the answer that is still to come does both.
    if row.signer_state == "accepted":
        keeping_lists.keep_copy(session, row, cell.id, now)


def _mismatch(session: Session, urls: Urls, row: CoSignatureRow, statement: Document, now: datetime) -> None:
    """The author published another text than was signed: alarm, no boost, the consent is withdrawn."""
    cell = collectives.find_by_uri(session, row.signer_uri)
    if cell is None:
        return
    cosignatures.set_signer_state(session, row.id, "mismatch", reason=_OTHER_TEXT)
    withdrawing.undo_as_agreed(session, urls, replace(row, reason=_OTHER_TEXT), now)
    details = {
        "statement": row.statement_uri,
        "signed": row.text_digest,
        "published": str(_digest(statement)),
    }
    audit_log.add(session, "cosign.mismatch", row.uri, now=now, details=details)
    telling.tell_members(session, cell.id, "withdraw", f"mismatch:{row.uri}", now)


# -- time


def withdraw_unpublished(session: Session, urls: Urls, now: datetime) -> int:
    """Withdraw the consents whose statement was not seen published in time; return how many (R14)."""
    late = [row for row in _unpublished(session) if _is_over(row, now)]
    for row in late:
        withdrawing.undo_as_agreed(session, urls, row, now)
    return len(late)


def _unpublished(session: Session) -> list[CoSignatureRow]:
    """Return the consents of ours that stand, to texts that were not seen in public."""
    found = []
    for row in cosignatures.list_in_state(session, signer=_WAITING):
        version = statement_versions.find(session, row.statement_uri, row.text_digest)
        if row.ended_at is None and (version is None or version.public_at is None):
            found.append(row)
    return found


def _is_over(row: CoSignatureRow, now: datetime) -> bool:
    before = jsonld.load(row.body).get("publishBefore")
    return before is not None and times.parse_timestamp(before) <= now


async def poll_unpublished(cap: Capabilities) -> int:
    """Ask once whether the statements that our cells signed are public: a Create may have been lost (R11)."""
    rows = await cap.database.read(_unpublished)
    for uri in {row.statement_uri for row in rows}:
        try:
            found = await resolving.resolve_object(cap, uri)
            await resolving.resolve_actor(cap, found.author.uri, max_age=timedelta(0))
        except (FederationError, NodeError):
            continue
        if found.document.get("id") == uri and "textDigest" in found.document:
            await _judge(cap, found.document)
    return len(rows)


async def _judge(cap: Capabilities, statement: Document) -> None:
    await cap.database.write(lambda session: judge(session, cap.urls, statement, cap.clock()))


async def announce_due(cap: Capabilities, *, within: timedelta = ANNOUNCE_WITHIN) -> int:
    """Show statements that our cells signed to their followers, if the origin answers; return how many."""
    now = cap.clock()
    rows = await cap.database.read(lambda session: cosignatures.list_in_state(session, signer=("seen",)))
    announced = 0
    for row in rows:
        if row.ended_at is None and await _is_time(cap, row, now, within):
            announced += await _announce(cap, row)
    return announced


async def _is_time(cap: Capabilities, row: CoSignatureRow, now: datetime, within: timedelta) -> bool:
    def read(session: Session) -> datetime | None:
        version = statement_versions.find(session, row.statement_uri, row.text_digest)
        return version.public_at if version else None

    seen_at = await cap.database.read(read)
    return seen_at is not None and now >= seen_at + delay_of(row.uri, within)


def delay_of(uri: str, within: timedelta) -> timedelta:
    """Return how long a cell waits with its boost: anything from a minute on, the same for one consent."""
    share = int.from_bytes(hashlib.sha256(uri.encode()).digest()[:4], "big") / 2**32
    earliest = min(ANNOUNCE_AFTER, within)
    return earliest + (within - earliest) * share


async def _announce(cap: Capabilities, row: CoSignatureRow) -> bool:
    def name_of(session: Session) -> str | None:
        cell = collectives.find_by_uri(session, row.signer_uri)
        return cell.name if cell else None

    name = await cap.database.read(name_of)
    try:
        await resharing.reshare(cap, row.statement_uri, collective=name)
    except (NodeError, FetchFailed, Gone, NotFound):
        # A boost of what nobody can fetch shows nothing, for ever.
        return False
    await cap.database.write(lambda session: cosignatures.set_signer_state(session, row.id, "public"))
    return True
