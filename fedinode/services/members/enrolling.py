"""Members of a collective: who they are, taken in, let go, and woken after they lapsed.

Who could take in voters alone would outvote the others, so where several members decide, a role that votes is
given and taken by decision. Leaving is everybody's own.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound, UsageError
from fedinode.i18n import N_
from fedinode.services import registering
from fedinode.services.members import deciding, gating, noticing
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.registering import ROLES, SignInLink
from fedinode.storage import accounts, audit_log, collectives, decisions
from fedinode.storage.accounts import AccountRow, Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.member_notices import Told

Deed = Literal["add", "remove"]

#: What is written into the audit when it happens.
_AUDITED: Final = {"add": "member.added", "remove": "member.removed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member as commands show it; `has_lapsed`: not seen for so long that they no longer count."""

    collective: str
    email: str
    roles: tuple[str, ...]
    seen_at: datetime
    has_lapsed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """What became of a change: its vote where there is one, and the link that signs a new member in."""

    standing: Standing | None = None
    link: SignInLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One role of one account, given or taken."""

    deed: Deed
    collective: CollectiveRow
    account_id: int
    account_uid: str
    role: str

    @property
    def subject_uri(self) -> str:
        return f"{self.collective.uri}#{self.deed}-{self.role}-{self.account_uid}"

    @property
    def parameters(self) -> dict[str, str]:
        return {"deed": self.deed, "account": self.account_uid, "role": self.role}


async def list_members(cap: Capabilities, *, collective: str | None = None) -> tuple[Member, ...]:
    """Return the members of all collectives, or of one. Raises: NotFound."""

    def read(session: Session) -> tuple[Member, ...]:
        every = collectives.list_all(session)
        wanted = (registering.require_collective(session, collective),) if collective else every
        return tuple(
            _member(row, each, cap.clock())
            for row in wanted
            for each in accounts.list_enrolled(session, row.id)
        )

    return await cap.database.read(read)


def _member(row: CollectiveRow, enrolled: accounts.EnrolledRow, now: datetime) -> Member:
    return Member(
        collective=row.name,
        email=enrolled.email or "",
        roles=enrolled.roles,
        seen_at=enrolled.seen_at,
        has_lapsed=enrolled.seen_at < now - decisions.LAPSES_AFTER,
    )


async def add(
    cap: Capabilities, email: str, role: str, *, collective: str | None = None, account: Named = None
) -> Enrolled:
    """Give somebody a role, with an account if they have none, or ask the members to.

    Raises: UsageError, NotFound, NotAllowed.
    """

    def write(session: Session) -> Enrolled:
        now = cap.clock()
        row = registering.require_collective(session, collective)
        found, standing = give(session, row, email, role, account, now)
        return Enrolled(
            standing=standing, link=registering.record_link(session, cap.urls, found.id, email, now)
        )

    return await cap.database.write(write)


def give(
    session: Session, row: CollectiveRow, email: str, role: str, account: Named, now: datetime
) -> tuple[AccountRow, Standing | None]:
    """Give somebody a role, or ask the members to, in the caller's transaction; return their account.

    Raises: UsageError, NotAllowed.
    """
    _require_role(role)
    registering.require_email(email)
    is_operator = role == "owner" and gating.is_immediate(session, row.id, "member")
    found = registering.find_or_add_account(session, email, is_operator=is_operator, now=now)
    change = _Change(deed="add", collective=row, account_id=found.id, account_uid=found.uid, role=role)
    return found, _pass_gate(session, change, account, now)


async def remove(
    cap: Capabilities,
    email: str,
    *,
    role: str | None = None,
    collective: str | None = None,
    account: Named = None,
) -> tuple[Enrolled, ...]:
    """Take a role from a member, or all of them, or ask the members to; votes of theirs count no more.

    Raises: UsageError, NotFound, NotAllowed, Conflict for the last owner.
    """
    if role is not None:
        _require_role(role)

    def write(session: Session) -> tuple[Enrolled, ...]:
        row = registering.require_collective(session, collective)
        found = accounts.require_by_email(session, email)
        return take(session, row, found, role, account, cap.clock())

    return await cap.database.write(write)


def take(
    session: Session, row: CollectiveRow, found: AccountRow, role: str | None, account: Named, now: datetime
) -> tuple[Enrolled, ...]:
    """Take a role from a member, or all of them, or ask the members to, in the caller's transaction.

    Raises: NotFound, NotAllowed, Conflict for the last owner.
    """
    held = accounts.roles_of(session, found.id, row.id)
    wanted = sorted(held) if role is None else [role]
    if not held.issuperset(wanted) or not wanted:
        raise NotFound(f"{found.name} has no such role in {row.name}.")
    changes = (
        _Change(deed="remove", collective=row, account_id=found.id, account_uid=found.uid, role=each)
        for each in wanted
    )
    return tuple(Enrolled(standing=_pass_gate(session, each, account, now)) for each in changes)


async def wake(cap: Capabilities, email: str) -> None:
    """Let a member count again who was not seen for long. Raises: NotFound."""

    def write(session: Session) -> None:
        rouse(session, accounts.require_by_email(session, email), None, cap.clock())

    await cap.database.write(write)


def rouse(session: Session, found: AccountRow, account_id: int | None, now: datetime) -> None:
    """Let a member count again, in the caller's transaction; `account_id` is who wants it."""
    decisions.record_seen(session, found.id, now)
    audit_log.add(session, "member.woken", found.uid, now=now, account_id=account_id)


def execute(session: Session, decision: DecisionRow, now: datetime) -> str:
    """Give or take the role that was decided about; return the collective. Raises: NotAllowed, Conflict."""
    wanted = json.loads(decision.parameters)
    found = accounts.find_by_uid(session, wanted["account"])
    if found is None:
        raise NotFound("The account that was decided about is not here any more.")
    change = _Change(
        deed=wanted["deed"],
        collective=collectives.get(session, decision.collective_id),
        account_id=found.id,
        account_uid=found.uid,
        role=wanted["role"],
    )
    deciding.require_decision(session, decision.uid, _digest(change), now)
    _apply(session, change, None, now)
    return change.collective.uri


def _pass_gate(session: Session, change: _Change, account: Named, now: datetime) -> Standing | None:
    """Change it at once where nobody else has a say in it, else ask."""
    row = change.collective
    asker = accounts.id_of(session, account)
    leaves = change.deed == "remove" and asker == change.account_id
    votes = gating.has_vote(session, row.id, change.role)
    if not votes or leaves or gating.is_immediate(session, row.id, "member"):
        _apply(session, change, asker, now)
        return None
    question = Question(
        collective_id=row.id,
        action="member",
        subject_uri=change.subject_uri,
        digest=_digest(change),
        parameters=json.dumps(change.parameters).encode(),
    )
    standing = deciding.ask(session, question, account_id=asker, now=now)
    if standing.is_approved:
        execute(session, standing.decision, now)
    return standing


def _apply(session: Session, change: _Change, asker: int | None, now: datetime) -> None:
    row = change.collective
    if change.deed == "add":
        accounts.add_role(session, change.account_id, row.id, change.role, now)
    else:
        collectives.lock(session, row.id)
        if change.role == "owner" and accounts.count_owners(session, row.id) == 1:
            raise Conflict(N_("{collective} needs an owner: make another one first."), collective=row.name)
        accounts.remove_role(session, change.account_id, row.id, change.role)
    details = {"collective": row.name, "role": change.role}
    link = audit_log.add(
        session, _AUDITED[change.deed], change.account_uid, now=now, account_id=asker, details=details
    )
    if decisions.was_seen(session, change.account_id):
        told = Told(kind="role", cause=f"role:{link}")
        noticing.tell_account(session, change.account_id, told, now)


def _digest(change: _Change) -> str:
    return documents.digest({"action": "member", "subject": change.subject_uri})


def _require_role(role: str) -> None:
    if role not in ROLES:
        raise UsageError(f'There is no role "{role}"; the roles are {", ".join(ROLES)}.')
