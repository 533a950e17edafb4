"""Who runs a collective from the desk: its members, their roles, and the links that let them in.

A link is as good as the account that it is for. Where several members decide, whoever saw a link of somebody
with a vote could vote twice; so such a link goes to its owner by mail, or is made at the machine. It is shown
at the desk only for accounts that the reader could make anyway.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotAllowed, NotFound
from fedinode.i18n import N_
from fedinode.services import mailing, registering
from fedinode.services.members import consulting, enrolling, gating
from fedinode.services.members.consulting import Consulted
from fedinode.services.members.deciding import Standing
from fedinode.services.members.signing_in import Member
from fedinode.services.registering import SignInLink
from fedinode.storage import accounts, audit_log, collectives, decisions
from fedinode.storage.accounts import AccountRow
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail

_NOT_SHOWN: Final = N_(
    "This link could vote in somebody else's name, so it is not shown here. The operator makes it at the "
    "machine, with `fedinode account link EMAIL`."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of a collective, as its owners see them."""

    uid: str
    name: str
    email: str
    roles: tuple[str, ...]
    seen_at: datetime
    is_asleep: bool
    #: Nobody came in with this account yet.
    is_new: bool
    has_second_factor: bool
    is_self: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """A collective with its members, and with how many of them it takes for what."""

    collective: str
    people: tuple[Person, ...]
    numbers: Consulted


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What became of an invitation: the vote where there is one, and the link, shown once or mailed."""

    email: str
    standing: Standing | None = None
    link: SignInLink | None = None
    is_mailed: bool = False


async def rosters(cap: Capabilities, member: Member) -> tuple[Roster, ...]:
    """Return the collectives that a member owns."""

    def read(session: Session) -> tuple[Roster, ...]:
        return tuple(_roster(session, member, name, cap.clock()) for name in member.where("members"))

    return await cap.database.read(read)


def _roster(session: Session, member: Member, name: str, now: datetime) -> Roster:
    row = registering.require_collective(session, name)
    people = tuple(
        Person(
            uid=each.uid,
            name=each.name,
            email=each.email or "",
            roles=each.roles,
            seen_at=each.seen_at,
            is_asleep=each.seen_at < now - decisions.LAPSES_AFTER,
            is_new=not each.was_seen,
            has_second_factor=each.has_totp,
            is_self=each.uid == member.uid,
        )
        for each in accounts.list_enrolled(session, row.id)
    )
    return Roster(collective=name, people=people, numbers=consulting.numbers_in(session, row))


# -- coming in


async def invite(cap: Capabilities, member: Member, collective: str, email: str, role: str) -> Admitted:
    """Give somebody a role in a collective that the member owns, or ask its members to.

    Raises: NotFound, UsageError, NotAllowed, Conflict.
    """

    def write(session: Session) -> Admitted:
        row = _require_owned(session, member, collective)
        found, standing = enrolling.give(session, row, email.strip(), role, member.account_id, cap.clock())
        if standing is not None and not standing.is_approved:
            return Admitted(email=email, standing=standing)
        return _let_in(session, cap, member, found, standing)

    return await cap.database.write(write)


async def new_link(cap: Capabilities, member: Member, collective: str, uid: str) -> Admitted:
    """Make a new link for a member of a collective that the asking member owns; it asks the second factor.

    Raises: NotFound, NotAllowed.
    """

    def write(session: Session) -> Admitted:
        row = _require_owned(session, member, collective)
        admitted = _let_in(session, cap, member, _require_person(session, row, uid), None)
        if admitted.link is None and not admitted.is_mailed:
            raise NotAllowed(_NOT_SHOWN)
        return admitted

    return await cap.database.write(write)


def _let_in(
    session: Session, cap: Capabilities, member: Member, found: AccountRow, standing: Standing | None
) -> Admitted:
    """Make a link for an account; mail it, or show it, or leave it to the operator."""
    now = cap.clock()
    email = accounts.email_of(session, found.id)
    has_mail = cap.settings.mail.host is not None
    if not has_mail and not _may_be_shown(session, member, found):
        return Admitted(email=email, standing=standing)
    link = registering.record_link(session, cap.urls, found.id, email, now)
    details = {"by": "mail" if has_mail else "page"}
    audit_log.add(
        session, "member.link-made", found.uid, now=now, account_id=member.account_id, details=details
    )
    if not has_mail:
        return Admitted(email=email, standing=standing, link=link)
    _mail_link(session, found, link, now)
    return Admitted(email=email, standing=standing, is_mailed=True)


def _mail_link(session: Session, found: AccountRow, link: SignInLink, now: datetime) -> None:
    """Queue a letter that says nothing but the way in."""
    mail = NewMail(
        dedupe_key=f"sign-in:{found.uid}:{int(now.timestamp() * 1_000_000)}",
        recipient=link.email,
        template="sign-in-link",
        language=found.language or collectives.first(session).primary_language,
        parameters={"link": link.url},
    )
    mailing.queue(session, mail, now)


def _may_be_shown(session: Session, member: Member, found: AccountRow) -> bool:
    """Tell whether a link for this account gives its reader nothing that they could not do already."""
    owned = member.where("members")
    for name, roles in accounts.roles_by_collective(session, found.id).items():
        row = registering.require_collective(session, name)
        votes = any(gating.has_vote(session, row.id, role) for role in roles)
        if name not in owned or (votes and gating.needed(session, row.id, "member") > 1):
            return False
    return True


# -- what members are


async def give_role(
    cap: Capabilities, member: Member, collective: str, uid: str, role: str
) -> Standing | None:
    """Give a member one more role, or ask the members to. Raises: NotFound, UsageError, NotAllowed."""

    def write(session: Session) -> Standing | None:
        row = _require_owned(session, member, collective)
        email = accounts.email_of(session, _require_person(session, row, uid).id)
        return enrolling.give(session, row, email, role, member.account_id, cap.clock())[1]

    return await cap.database.write(write)


async def take_role(
    cap: Capabilities, member: Member, collective: str, uid: str, role: str | None
) -> tuple[Standing, ...]:
    """Take a role from a member, or all of them, or ask the members to.

    Raises: NotFound, NotAllowed, Conflict for the last owner.
    """

    def write(session: Session) -> tuple[Standing, ...]:
        row = _require_owned(session, member, collective)
        found = _require_person(session, row, uid)
        done = enrolling.take(session, row, found, role, member.account_id, cap.clock())
        return tuple(each.standing for each in done if each.standing is not None)

    return await cap.database.write(write)


async def leave(cap: Capabilities, member: Member, collective: str) -> None:
    """Give up all own roles in a collective. Raises: NotFound, Conflict for the last owner."""

    def write(session: Session) -> None:
        if collective not in member.roles:
            raise NotFound("This member is not of that collective.")
        row = registering.require_collective(session, collective)
        own = accounts.get(session, member.account_id)
        enrolling.take(session, row, own, None, member.account_id, cap.clock())

    await cap.database.write(write)


async def wake(cap: Capabilities, member: Member, collective: str, uid: str) -> None:
    """Let somebody count again who was not seen for long. Raises: NotFound."""

    def write(session: Session) -> None:
        row = _require_owned(session, member, collective)
        enrolling.rouse(session, _require_person(session, row, uid), member.account_id, cap.clock())

    await cap.database.write(write)


def _require_owned(session: Session, member: Member, collective: str) -> CollectiveRow:
    if not member.may("members", collective):
        raise NotFound("There is no such collective of yours.")
    return registering.require_collective(session, collective)


def _require_person(session: Session, row: CollectiveRow, uid: str) -> AccountRow:
    found = accounts.find_by_uid(session, uid)
    if found is None or not accounts.roles_of(session, found.id, row.id):
        raise NotFound("There is no such member in this collective.")
    return found
