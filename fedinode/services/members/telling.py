"""Members are told that something waits for them, by mail and in a private feed, without saying what."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.i18n import N_
from fedinode.services.members import noticing
from fedinode.services.members.gating import GATES
from fedinode.storage import accounts, collectives, decisions, invitations, member_notices
from fedinode.storage.accounts import AccountRow
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.member_notices import Told

_TOKEN_BYTES: Final = 32
_WAITS: Final = N_("A decision waits in {collective} since {date}.")
#: What else stands in a feed, beside what waits now.
_TOLD: Final = ("stopped", "report", "sign-in", "secured", "role")
_MAX_TOLD: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """That something waits in a collective; `key` names it to a feed reader and says nothing."""

    key: str
    collective: str
    since: datetime
    #: With the names of collective and date in braces.
    words: str = _WAITS


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
    """Tell everybody who may decide about an action, once per cause; return how many.

    Who asks, knows. Those who lapsed are told too: it may bring them back.
    """
    language = collectives.get(session, collective_id).primary_language
    told = Told(kind="question", cause=cause, collective_id=collective_id)
    members = accounts.list_members(session, collective_id, GATES[action].voters)
    return sum(
        noticing.tell(session, each, told, now, language=language) for each in members if each.id != asker
    )


def tell_everybody(
    session: Session, collective_id: int, cause: str, now: datetime, *, kind: str = "agreed"
) -> int:
    """Tell every member of a collective, whatever their role, once per cause; return how many."""
    told = Told(kind=kind, cause=cause, collective_id=collective_id)
    return noticing.tell_with_right(session, "enter", told, now)


# -- in a private feed


async def make_feed(cap: Capabilities, account: str | int) -> str:
    """Return the new secret address of a member's feed; an earlier one leads nowhere. Raises: NotFound."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await cap.database.write(lambda session: _set_feed(session, account, token))
    return cap.urls.private_feed(token)


async def end_feed(cap: Capabilities, account: str | int) -> None:
    """Let a member's feed have no address. Raises: NotFound."""
    await cap.database.write(lambda session: _set_feed(session, account, None))


def _set_feed(session: Session, account: str | int, token: str | None) -> None:
    number = accounts.id_of(session, account)
    assert number is not None
    accounts.set_feed(session, number, token)


async def feed_of(cap: Capabilities, token: str) -> WaitingFeed | None:
    """Return what waits for the member whose feed lies under this token; None if it is nobody's."""

    def read(session: Session) -> WaitingFeed | None:
        account = accounts.find_by_feed(session, token)
        if account is None:
            return None
        every = collectives.list_all(session)
        lines = [line for row in every for line in _lines(session, row, account, cap.clock())]
        lines += _told(session, account)
        language = account.language or (every[0].primary_language if every else "en")
        newest = sorted(lines, key=lambda line: (line.since, line.key), reverse=True)
        return WaitingFeed(language=language, lines=tuple(newest))

    return await cap.database.read(read)


def _told(session: Session, account: AccountRow) -> list[WaitingLine]:
    sentences = {each.name: each.told for each in noticing.KINDS}
    return [
        WaitingLine(
            key=accounts.hash_token(f"{account.uid} {each.id}")[:16],
            collective="",
            since=each.at,
            words=sentences[each.kind],
        )
        for each in member_notices.newest(session, account.id, _TOLD, _MAX_TOLD)
    ]


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
