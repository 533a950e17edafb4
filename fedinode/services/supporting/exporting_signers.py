"""What is stored of people who sign, handed out: a list for its author, to a person what is stored of them.

Lists carry no mail address. Whoever asks what is stored about an address, or wants it erased, is found by the
digest of the address under each statement, as the form knows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services.supporting import mailboxes, noting, sorting_out, tokens
from fedinode.services.supporting.sorting_out import Signer
from fedinode.storage import audit_log, federated_objects, mail_queue, supporter_lists, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import SupporterRow
from fedinode.text import csv_tables

_COLUMNS: Final = tuple(each.name for each in fields(Signer))
_COUNTED: Final = ("confirmed", "suspect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """All that is stored of somebody under one statement."""

    statement: str
    state: str
    kind: str
    name: str | None
    role: str | None
    city: str | None
    country: str | None
    language: str | None
    shown: str
    method: str
    #: The address itself, where it is kept: until it is confirmed, and for news.
    email: str | None
    wants_updates: bool
    actor_uri: str | None
    evidence_uri: str | None
    created_at: datetime
    sent_at: datetime | None
    confirmed_at: datetime | None
    ended_at: datetime | None
    reason: str | None


_STORED: Final = tuple(each.name for each in fields(Stored) if each.name not in ("statement", "email"))


async def table(cap: Capabilities, url: str) -> bytes:
    """Return everybody under a statement of ours as CSV, for its author; it stands in the audit.

    Raises: NotFound.
    """
    signers = await sorting_out.list_signers(cap, url)

    def note(session: Session) -> None:
        details = {"signatures": str(len(signers))}
        audit_log.add(session, "export-signers", url, now=cap.clock(), details=details)

    await cap.database.write(note)
    return csv_tables.write(_COLUMNS, (_cells(each) for each in signers))


def _cells(signer: Signer) -> Sequence[Any]:
    values = (getattr(signer, name) for name in _COLUMNS)
    return [value.isoformat() if isinstance(value, datetime) else value for value in values]


async def stored_about(cap: Capabilities, person: str) -> tuple[Stored, ...]:
    """Return all that is stored about a mail address or an account of the fediverse. Raises: UsageError."""

    def read(session: Session) -> tuple[Stored, ...]:
        return tuple(stored(session, row) for row in _find(session, person))

    return await cap.database.read(read)


async def stored_behind(cap: Capabilities, token: str) -> Stored:
    """Return all that is stored of the signature that a link to leave was made for. Raises: NotFound."""

    def read(session: Session) -> Stored:
        uid = tokens.read_stamp(session, tokens.LEAVE, token)
        row = None if uid is None else supporters.find_by_uid(session, uid)
        if row is None:
            raise NotFound("This link is not known, or not any more.")
        return stored(session, row)

    return await cap.database.read(read)


async def erase(cap: Capabilities, person: str) -> int:
    """Delete all that is stored about a mail address or an account; return how many signatures.

    What counted is counted no longer, and leaves copies with the next list. Raises: UsageError.
    """

    def write(session: Session) -> int:
        now = cap.clock()
        rows = _find(session, person)
        for row in rows:
            if row.state in _COUNTED:
                noting.note(session, row, "person-erased", now)
            mail_queue.drop_about(session, row.uid)
        supporter_lists.erase(session, [row.id for row in rows])
        if rows:
            details = {"signatures": ", ".join(str(row.id) for row in rows)}
            audit_log.add(session, "erase-signer", "signer", now=now, details=details)
        return len(rows)

    return await cap.database.write(write)


def as_document(found: Stored) -> dict[str, Any]:
    """Return what is stored as a document, without what is empty."""
    values = ((each.name, getattr(found, each.name)) for each in fields(Stored))
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values
        if value is not None
    }


def stored(session: Session, row: SupporterRow) -> Stored:
    """Return all that is stored of a signature."""
    return Stored(
        statement=federated_objects.get(session, row.object_id).uri,
        email=supporters.address_of(session, row.uid),
        **{name: getattr(row, name) for name in _STORED},
    )


def _find(session: Session, person: str) -> list[SupporterRow]:
    objects = supporter_lists.objects_signed(session)
    if person.startswith(("https://", "http://")):
        identities = [supporters.identity_of_actor(session, each, person) for each in objects]
    else:
        normal = _mailbox(person)
        identities = [supporters.identity_of_address(session, each, normal) for each in objects]
    return supporter_lists.by_identities(session, identities)


def _mailbox(written: str) -> str:
    try:
        return mailboxes.parse(written).normal
    except ValueError as error:
        raise UsageError(
            "Write a mail address, or the address of a fediverse account (https://..)."
        ) from error
