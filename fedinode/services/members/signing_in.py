"""Signing in: by a link that works once or with a password, then with a second factor where one is set up.

Sessions last as long as they are used, and at most so many days without. Tries are counted for each account,
never for an address of the network. A password does not wake who fell asleep; a link from the machine does.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Busy, NotAllowed, NotFound
from fedinode.services.members import entitling, halting, noticing, proving
from fedinode.services.members.entitling import Right
from fedinode.services.members.halting import Level
from fedinode.services.members.proving import Hashing
from fedinode.storage import accounts, alarms, audit_log, collectives, credentials, decisions, sign_ins
from fedinode.storage.alarms import Alarm
from fedinode.storage.credentials import Credentials
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told
from fedinode.storage.sign_ins import SessionRow

_TOKEN_BYTES: Final = 32
#: Who gave the password has so long for the code.
_HALFWAY = timedelta(minutes=10)
#: A page a minute is enough to know that a session is in use.
_TOUCH_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who is signed in, and what they may do where: collective -> roles."""

    account_id: int
    uid: str
    name: str
    language: str | None
    is_operator: bool
    has_totp: bool
    has_password: bool
    recovery_codes: int
    roles: Mapping[str, frozenset[str]]
    #: The node's first collective: its members look after the node.
    home: str
    session: SessionRow
    #: The alarm, while the node is under attack and holds what comes in.
    attack: Alarm | None = None
    #: Whether the node runs, is stopped, or is read-only.
    level: Level = "running"

    def where(self, right: Right) -> tuple[str, ...]:
        """Return the collectives where the member has a right."""
        return entitling.collectives_of(right, self.roles, self.home)

    def may(self, right: Right, collective: str | None = None) -> bool:
        """Tell whether the member has a right in a collective, or in any."""
        found = self.where(right)
        return bool(found) if collective is None else collective in found


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A browser that signed in; `needs_code`: the second factor is still to come."""

    token: str
    needs_code: bool


# -- the ways in


async def is_link_good(cap: Capabilities, token: str) -> bool:
    """Tell whether a one-time link can still be used; looking does not use it up."""
    found = await cap.database.read(lambda session: sign_ins.find_link(session, token, cap.clock()))
    return found is not None


async def enter_by_link(cap: Capabilities, token: str, browser: str) -> Entered:
    """Sign in with a one-time link. Raises NotFound if it was used or has ended."""

    def write(session: Session) -> Entered:
        now = cap.clock()
        account_id = sign_ins.use_link(session, token, now)
        if account_id is None:
            raise NotFound("This link was used before, or it has ended.")
        return _enter(session, cap, credentials.of(session, account_id), browser)

    return await cap.database.write(write)


async def enter_by_password(
    cap: Capabilities, hashing: Hashing, email: str, password: str, browser: str
) -> Entered:
    """Sign in with address and password. Raises NotAllowed, Busy after too many tries."""
    key = await cap.database.read(lambda session: accounts.fingerprint(session, email))
    spend_try(cap, key)

    def read(session: Session) -> tuple[Credentials, bool] | None:
        found = accounts.find_by_email(session, email)
        if found is None:
            return None
        # After a panic nobody comes in by what they know, or what was taken from them: a link alone does.
        is_shut = halting.level_of(session) == "read-only"
        is_asleep = decisions.is_asleep(session, found.id, cap.clock())
        return credentials.of(session, found.id), is_shut or is_asleep

    found = await cap.database.read(read)
    is_right = await hashing.fits(found[0].password_hash if found else None, password)
    if found is None or not is_right:
        raise NotAllowed("This address and this password do not belong together.")
    known, is_asleep = found
    if is_asleep:
        raise NotAllowed("This account sleeps, because it was not used for long. Ask for a new link.")
    return await cap.database.write(lambda session: _enter(session, cap, known, browser))


async def enter_with_code(cap: Capabilities, token: str, code: str) -> Entered:
    """Give the second factor of a session that waits for it. Raises NotFound, NotAllowed, Busy."""
    now = cap.clock()
    waiting = await cap.database.read(lambda session: sign_ins.find_session(session, token, now))
    if waiting is None or waiting.is_complete:
        raise NotFound("Nothing waits for a code here; begin again.")
    spend_code(cap, waiting.account_id)

    def write(session: Session) -> Entered | None:
        if not proving.proves(session, waiting.account_id, code, now):
            return None
        sign_ins.end_session(session, waiting.token_hash)
        return _open(session, cap, waiting.account_id, waiting.browser, is_complete=True)

    entered = await cap.database.write(write)
    if entered is None:
        raise NotAllowed("This code is not right, or it was used before.")
    return entered


def _enter(session: Session, cap: Capabilities, known: Credentials, browser: str) -> Entered:
    return _open(session, cap, known.account_id, browser, is_complete=not known.has_totp)


def _open(
    session: Session, cap: Capabilities, account_id: int, browser: str, *, is_complete: bool
) -> Entered:
    now = cap.clock()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    ends = now + (_lasting(cap) if is_complete else _HALFWAY)
    new = SessionRow(
        token_hash=accounts.hash_token(token),
        account_id=account_id,
        created_at=now,
        seen_at=now,
        expires_at=ends,
        is_complete=is_complete,
        browser=browser,
    )
    is_strange = is_complete and _is_strange(session, account_id, browser)
    sign_ins.open_session(session, new)
    if is_strange:
        told = Told(kind="sign-in", cause=f"sign-in:{new.token_hash}")
        noticing.tell_account(session, account_id, told, now)
    if is_complete:
        decisions.record_seen(session, account_id, now)
        audit_log.add(session, "member.signed-in", _uid(session, account_id), now=now, account_id=account_id)
    return Entered(token=token, needs_code=not is_complete)


def _is_strange(session: Session, account_id: int, browser: str) -> bool:
    """Tell whether an account that was used before is used in a browser that is signed in nowhere else."""
    return decisions.was_seen(session, account_id) and browser not in sign_ins.browsers(session, account_id)


def spend_code(cap: Capabilities, account_id: int) -> None:
    """Count a try to give a second factor, at the door or behind it. Raises Busy."""
    spend_try(cap, f"code {account_id}")


def spend_try(cap: Capabilities, key: str) -> None:
    """Count a try to prove who one is. Raises Busy after too many."""
    if not cap.memory.sign_in_tries.spend(key):
        raise Busy("There were too many tries. Wait a quarter of an hour, then try again.")


def _lasting(cap: Capabilities) -> timedelta:
    return timedelta(days=cap.settings.members.session_days)


def _uid(session: Session, account_id: int) -> str:
    return credentials.of(session, account_id).uid


# -- who is there


async def find_member(cap: Capabilities, token: str) -> Member | None:
    """Return who is signed in with a token, and note that they are here."""
    now = cap.clock()
    found = await cap.database.read(lambda session: _member(session, token, now))
    if found is None:
        return None
    if now - found.session.seen_at > _TOUCH_AFTER:
        await cap.database.write(lambda session: _note(session, found, now, now + _lasting(cap)))
    return found


def _member(session: Session, token: str, now: datetime) -> Member | None:
    row = sign_ins.find_session(session, token, now)
    if row is None or not row.is_complete:
        return None
    account = accounts.get(session, row.account_id)
    alarm = alarms.find(session)
    known = credentials.of(session, row.account_id)
    return Member(
        account_id=account.id,
        uid=account.uid,
        name=account.name,
        language=account.language,
        is_operator=account.is_operator,
        has_totp=known.has_totp,
        has_password=known.password_hash is not None,
        recovery_codes=known.recovery_codes,
        roles=accounts.roles_by_collective(session, account.id),
        home=collectives.first_name(session),
        session=row,
        attack=alarm if alarm is not None and alarm.is_on(now) else None,
        level=halting.level_of(session),
    )


def _note(session: Session, member: Member, now: datetime, ends: datetime) -> None:
    sign_ins.touch(session, member.session.token_hash, now, ends)
    decisions.record_seen(session, member.account_id, now)


# -- leaving


async def leave(cap: Capabilities, member: Member) -> None:
    """Sign this browser out."""
    await cap.database.write(lambda session: sign_ins.end_session(session, member.session.token_hash))


async def list_sessions(cap: Capabilities, member: Member) -> tuple[SessionRow, ...]:
    """Return where the member is signed in, the latest first."""
    return await cap.database.read(
        lambda session: sign_ins.list_sessions(session, member.account_id, cap.clock())
    )


async def end_session(cap: Capabilities, member: Member, name: str) -> None:
    """Sign another browser of the member out; one that is out already stays out."""
    await cap.database.write(lambda session: sign_ins.end_named(session, member.account_id, name))


async def end_others(cap: Capabilities, member: Member) -> int:
    """Sign all other browsers of the member out; return how many."""
    own = member.session.token_hash
    return await cap.database.write(lambda session: sign_ins.end_all(session, member.account_id, but=own))
