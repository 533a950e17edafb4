"""Members are told that something waits for them, by mail and in a private feed, without saying what."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.services import mailing
from fedinode.services.entitling import RIGHTS
from fedinode.services.gating import GATES
from fedinode.storage import accounts, collectives, decisions, invitations
from fedinode.storage.accounts import AccountRow
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail

_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """That something waits in a collective; `key` names it to a feed reader and says nothing."""

    key: str
    collective: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingFeed:
    """What waits for one member, the newest first."""

    language: str
    lines: tuple[WaitingLine, ...]


# -- by mail


def tell_members(
    session: Session,
    collective_id: int,
    action: str,
    cause: str,
    now: datetime,
    *,
    asker: int | None = None,
) -> int:
    """Queue a mail to everybody who may decide about an action, once per cause; return how many.

    Who asks, knows. Those who lapsed are told too: it may bring them back.
    """
    return _tell(session, collective_id, GATES[action].voters, cause, now, asker)


def tell_everybody(session: Session, collective_id: int, cause: str, now: datetime) -> int:
    """Queue a mail to every member of a collective, whatever their role, once per cause; return how many."""
    return _tell(session, collective_id, RIGHTS["enter"], cause, now, None)


def _tell(
    session: Session,
    collective_id: int,
    roles: frozenset[str],
    cause: str,
    now: datetime,
    but: int | None,
) -> int:
    language = collectives.get(session, collective_id).primary_language
    queued = 0
    for member in accounts.list_members(session, collective_id, roles):
        if member.id == but:
            continue
        mail = NewMail(
            dedupe_key=f"{cause}:{member.uid}",
            recipient=member.email,
            template="decision-waits",
            language=member.language or language,
            parameters={},
        )
        queued += mailing.queue(session, mail, now)
    return queued


# -- in a private feed


async def make_feed(cap: Capabilities, email: str) -> str:
    """Return the new secret address of a member's feed; an earlier one leads nowhere. Raises: NotFound."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await cap.database.write(
        lambda session: accounts.set_feed(session, accounts.require_by_email(session, email).id, token)
    )
    return cap.urls.private_feed(token)


async def end_feed(cap: Capabilities, email: str) -> None:
    """Let a member's feed have no address. Raises: NotFound."""
    await cap.database.write(
        lambda session: accounts.set_feed(session, accounts.require_by_email(session, email).id, None)
    )


async def feed_of(cap: Capabilities, token: str) -> WaitingFeed | None:
    """Return what waits for the member whose feed lies under this token; None if it is nobody's."""

    def read(session: Session) -> WaitingFeed | None:
        account = accounts.find_by_feed(session, token)
        if account is None:
            return None
        every = collectives.list_all(session)
        lines = [line for row in every for line in _lines(session, row, account, cap.clock())]
        language = account.language or (every[0].primary_language if every else "en")
        newest = sorted(lines, key=lambda line: (line.since, line.key), reverse=True)
        return WaitingFeed(language=language, lines=tuple(newest))

    return await cap.database.read(read)


def _lines(session: Session, row: CollectiveRow, account: AccountRow, now: datetime) -> Iterator[WaitingLine]:
    roles = accounts.roles_of(session, account.id, row.id)
    title = collectives.display_names(session, row.id).get(row.primary_language, row.name)
    for each in decisions.list_newest(session, states=("open",), collective_id=row.id):
        answered = {vote.account_id for vote in decisions.votes_of(session, each.id)}
        if each.agreed_at is not None and roles:
            # All see what is about to be done: any of them can stop it.
            yield WaitingLine(key=f"{each.uid}-agreed", collective=title, since=each.agreed_at)
        elif roles & GATES[each.action].voters and account.id not in answered:
            yield WaitingLine(key=each.uid, collective=title, since=each.opened_at)
    if roles & GATES["cosign"].voters:
        for invited in invitations.list_of_cell(session, row.uri, states=("open",)):
            if invited.ends_at > now:
                key = accounts.hash_token(invited.uri)[:16]
                yield WaitingLine(key=key, collective=title, since=invited.created_at)
