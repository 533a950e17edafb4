"""What moderators tell each other: notes about an entry, an actor or a server, and who is at what.

Notes are for the moderators of one collective and sealed; the audit says that there is one, not what it says.
Whoever takes an entry and lets it lie for a day has it no more.
"""

from typing import Final, Literal

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.moderation import clearing, describing_entries, queueing
from fedinode.storage import audit_log, collectives, moderation_notes, waiting_entries
from fedinode.storage.database import Session
from fedinode.storage.waiting_entries import EntryRow

About = Literal["entry", "actor", "server"]

MAX_NOTE_CHARACTERS: Final = 5_000
_EMPTY: Final = N_("Write something first.")
_TOO_LONG: Final = N_("This note is too long: 5,000 characters are the most.")
_NOBODY: Final = N_("It is not known who or which server this came from.")


def subject_of(kind: str, number: int) -> str:
    """Return what notes about an entry are kept under."""
    return f"{kind} {number}"


async def note(cap: Capabilities, member: Member, kind: str, number: int, about: About, words: str) -> None:
    """Write a note about an entry, about who sent it, or about their server. Raises: NotFound, UsageError."""
    text = words.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > MAX_NOTE_CHARACTERS:
        raise UsageError(_TOO_LONG if text else _EMPTY)

    def write(session: Session) -> None:
        owner = require_own(session, member, kind, number)
        collective_id = collective_id_of(session, owner)
        subject = _subject(session, kind, number, about)
        now = cap.clock()
        moderation_notes.add(session, collective_id, subject, text, account_id=member.account_id, now=now)
        audit_log.add(session, "moderation.note", subject, now=now, account_id=member.account_id)

    await cap.database.write(write)


async def take(cap: Capabilities, member: Member, kind: str, number: int) -> None:
    """Say that one is at an entry. Raises: NotFound, Conflict if somebody else is."""

    def write(session: Session) -> None:
        now = cap.clock()
        _require_waiting(session, cap, member, kind, number)
        claim = moderation_notes.claim_of(session, kind, number, now - queueing.CLAIM_LASTS)
        if claim is not None and claim.account_id != member.account_id:
            raise Conflict(N_("Somebody else took this meanwhile."))
        moderation_notes.put_claim(session, kind, number, member.account_id, now)
        _audit(session, cap, member, "moderation.take", subject_of(kind, number))

    await cap.database.write(write)


async def hand_back(cap: Capabilities, member: Member, kind: str, number: int) -> None:
    """Let others have an entry, whoever took it. Raises: NotFound."""

    def write(session: Session) -> None:
        require_own(session, member, kind, number)
        claim = moderation_notes.claim_of(session, kind, number, cap.clock() - queueing.CLAIM_LASTS)
        if claim is not None:
            moderation_notes.drop_claims(session, kind, [number])
            _audit(session, cap, member, "moderation.hand-back", subject_of(kind, number))

    await cap.database.write(write)


def require_own(session: Session, member: Member, kind: str, number: int) -> str:
    """Return whose an entry is, waiting or decided. Raises: NotFound if it is not the member's."""
    owner = clearing.owner_of(session, kind, number)
    if owner is None or owner not in member.where("moderate"):
        raise NotFound("There is no such entry.")
    return owner


def collective_id_of(session: Session, name: str) -> int:
    """Return the number of a collective that is known to exist."""
    row = collectives.find_by_name(session, name)
    assert row is not None
    return row.id


def _require_waiting(session: Session, cap: Capabilities, member: Member, kind: str, number: int) -> EntryRow:
    require_own(session, member, kind, number)
    wanted = queueing.wanted_of(member, queueing.Filter(kind=kind), cap.clock())
    found = waiting_entries.find(session, wanted, kind, number)
    if found is None:
        raise Conflict(N_("Somebody else decided this meanwhile."))
    return found


def _subject(session: Session, kind: str, number: int, about: About) -> str:
    if about == "entry":
        return subject_of(kind, number)
    sender = describing_entries.sender_of(session, kind, number)
    if sender is None:
        raise UsageError(_NOBODY)
    return sender.uri if about == "actor" else sender.host


def _audit(session: Session, cap: Capabilities, member: Member, action: str, subject: str) -> None:
    audit_log.add(session, action, subject, now=cap.clock(), account_id=member.account_id)
