"""Members are told what they are to know, each as they chose: by mail at once, once a day, or not by mail.

A letter never says what it is about: a mailbox is read by more people than its owner. What was told stands in
the member's private feed as well, in the same few words.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.i18n import N_, gettext, spoken_languages
from fedinode.services import mailing
from fedinode.services.members.entitling import RIGHTS, Right, collectives_of
from fedinode.storage import (
    accounts,
    audit_log,
    collectives,
    member_notices,
    node_facts,
    sealing,
)
from fedinode.storage.accounts import MemberRow
from fedinode.storage.database import Session
from fedinode.storage.mail_queue import NewMail
from fedinode.storage.member_notices import Told

AT_ONCE: Final = "at-once"
DAILY: Final = "daily"
NEVER: Final = "never"
#: Told that long ago, it is no news any more.
KEEP: Final = timedelta(days=30)
#: From this hour on, UTC, the letters of the day go out.
_HOUR: Final = 6
_DAY_FACT: Final = "notices.day"
_SEAL_CHARS: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of things that members are told."""

    name: str
    #: What it is called where members choose.
    words: str
    #: What a letter and the feed say.
    told: str
    usual: str = AT_ONCE
    paces: tuple[str, ...] = (AT_ONCE, DAILY, NEVER)


KINDS: Final[tuple[Kind, ...]] = (
    Kind(
        name="question",
        words=N_("A question waits for your answer"),
        told=N_("Something waits for the answer of the members."),
    ),
    Kind(
        name="agreed",
        words=N_("Enough agreed; it can still be stopped"),
        told=N_("Enough members agreed to something; until its time is over, every member can stop it."),
    ),
    Kind(
        name="stopped",
        words=N_("Somebody stopped something"),
        told=N_("A member stopped something, or everything."),
    ),
    Kind(
        name="held",
        words=N_("Replies wait to be looked at"),
        told=N_("Replies wait to be looked at."),
        usual=DAILY,
        paces=(DAILY, NEVER),
    ),
    Kind(name="report", words=N_("Somebody complained"), told=N_("Somebody complained about something.")),
    Kind(
        name="delivery",
        words=N_("Deliveries did not arrive"),
        told=N_("Deliveries did not arrive at some servers."),
        usual=DAILY,
        paces=(DAILY, NEVER),
    ),
    Kind(
        name="sign-in",
        words=N_("Your account was used in a new browser"),
        told=N_(
            "Somebody signed in to your account with a browser that was not signed in before. Was it not "
            "you? Then set a new password, and ask whoever looks after the node."
        ),
    ),
    Kind(
        name="secured",
        words=N_("Your password or second factor was changed"),
        told=N_(
            "The password, the second factor or the recovery codes of your account were changed. Was it not "
            "you? Then tell whoever looks after the node."
        ),
    ),
    Kind(
        name="role",
        words=N_("Your role was changed"),
        told=N_("What you may do at the desk was changed."),
    ),
)
_BY_NAME: Final = {each.name: each for each in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How a member is told: pace by kind, language of letters (empty: that of the collective), a feed."""

    paces: Mapping[str, str]
    language: str
    has_feed: bool


# -- telling


def tell(session: Session, member: MemberRow, told: Told, now: datetime, *, language: str) -> bool:
    """Tell a member something once, by letter where they want that; `language` counts if they chose none."""
    pace = member_notices.choices(session, member.id).get(told.kind, _BY_NAME[told.kind].usual)
    mailed_at = None if pace == DAILY else now
    if not member_notices.add(session, member.id, told, now, mailed_at):
        return False
    if pace == AT_ONCE:
        _write_letter(session, member, told, now, member.language or language)
    return True


def tell_account(session: Session, account_id: int, told: Told, now: datetime) -> bool:
    """Tell the owner of an account something about it; False if there is no address to tell it to."""
    member = accounts.find_member(session, account_id)
    if member is None:
        return False
    return tell(session, member, told, now, language=_first_language(session))


def tell_with_right(session: Session, right: Right, told: Told, now: datetime) -> int:
    """Tell everybody with a right in a collective, or in the node's first one; return how many."""
    if told.collective_id is None:
        named = collectives.first(session)
    else:
        named = collectives.get(session, told.collective_id)
    members = accounts.list_members(session, named.id, RIGHTS[right])
    return sum(tell(session, each, told, now, language=named.primary_language) for each in members)


def _write_letter(session: Session, member: MemberRow, told: Told, now: datetime, language: str) -> None:
    words = gettext(_BY_NAME[told.kind].told, language)
    mail = NewMail(
        dedupe_key=f"{told.cause}:{member.uid}",
        recipient=member.email,
        template="decision-waits" if told.kind == "question" else "notice",
        language=language,
        parameters={"what": words, "off_path": off_path(session, member.uid, told.kind)},
    )
    mailing.queue(session, mail, now)


# -- once a day


async def send_daily(cap: Capabilities) -> int:
    """Write to members what happened since yesterday, once a day; return how many letters were queued."""
    now = cap.clock()
    today = f"{now:%Y-%m-%d}"
    if now.hour < _HOUR:
        return 0

    def write(session: Session) -> int:
        if node_facts.find(session, _DAY_FACT) == today:
            return 0
        node_facts.put(session, _DAY_FACT, today)
        member_notices.drop_old(session, now - KEEP)
        language = _first_language(session)
        return sum(_write_daily(session, each, now, language) for each in accounts.list_reachable(session))

    return await cap.database.write(write)


def _write_daily(session: Session, member: MemberRow, now: datetime, language: str) -> bool:
    counts = {**member_notices.take_unmailed(session, member.id, now), **_counted(session, member, now)}
    spoken = member.language or language
    lines = [
        f"- {count} × {gettext(kind.told, spoken)}"
        for kind in KINDS
        if (count := counts.get(kind.name, 0)) and kind.name in counts
    ]
    if not lines:
        return False
    head = audit_log.head(session) if _looks_after_node(session, member) else None
    if head is not None:
        lines.append(
            gettext("Last hash of the audit, to be kept elsewhere: {hash}", spoken).format(hash=head)
        )
    mail = NewMail(
        dedupe_key=f"daily:{now:%Y-%m-%d}:{member.uid}",
        recipient=member.email,
        template="daily-notices",
        language=spoken,
        parameters={"what": "\n".join(lines), "off_path": off_path(session, member.uid, "all")},
    )
    return mailing.queue(session, mail, now)


def _counted(session: Session, member: MemberRow, now: datetime) -> dict[str, int]:
    """Count what is not told one by one: replies that are held, deliveries that failed."""
    since = now - timedelta(days=1)
    chosen = member_notices.choices(session, member.id)
    found: dict[str, int] = {}
    if chosen.get("held", DAILY) == DAILY and (where := _where(session, member, "moderate")):
        found["held"] = member_notices.held_since(session, where, since)
    if chosen.get("delivery", DAILY) == DAILY and _where(session, member, "network"):
        found["delivery"] = member_notices.undelivered_since(session, since)
    return {name: count for name, count in found.items() if count}


def _where(session: Session, member: MemberRow, right: Right) -> tuple[int, ...]:
    roles = RIGHTS[right]
    return tuple(
        row.id
        for row in collectives.list_all(session)
        if accounts.roles_of(session, member.id, row.id) & roles
    )


def _looks_after_node(session: Session, member: MemberRow) -> bool:
    roles = accounts.roles_by_collective(session, member.id)
    return bool(collectives_of("node", roles, collectives.first_name(session)))


# -- choosing


async def choices_of(cap: Capabilities, account_id: int) -> Choices:
    """Return how a member is told."""

    def read(session: Session) -> Choices:
        chosen = member_notices.choices(session, account_id)
        account = accounts.get(session, account_id)
        return Choices(
            paces={each.name: chosen.get(each.name, each.usual) for each in KINDS},
            language=account.language or "",
            has_feed=accounts.has_feed(session, account_id),
        )

    return await cap.database.read(read)


async def choose(cap: Capabilities, account_id: int, paces: Mapping[str, str], language: str) -> None:
    """Keep how a member wants to be told. Raises: UsageError for what cannot be chosen."""
    if language and language not in spoken_languages():
        raise UsageError(N_("The desk does not speak this language."))
    for name, pace in paces.items():
        if name not in _BY_NAME or pace not in _BY_NAME[name].paces:
            raise UsageError(N_("This cannot be chosen."))

    def write(session: Session) -> None:
        member_notices.choose(session, account_id, paces)
        accounts.set_language(session, account_id, language or None)

    await cap.database.write(write)


def off_path(session: Session, account_uid: str, kind: str) -> str:
    """Return the path of the page that ends letters of a kind with one button, without signing in."""
    return f"/notices/{account_uid}/{kind}/{_seal(session, account_uid, kind)}"


async def words_of_link(cap: Capabilities, account_uid: str, kind: str, seal: str) -> str:
    """Return what the link of a letter would end. Raises: NotFound for a link that is not ours."""
    await cap.database.read(lambda session: _require_link(session, account_uid, kind, seal))
    return N_("all letters of the day") if kind == "all" else _BY_NAME[kind].words


async def turn_off(cap: Capabilities, account_uid: str, kind: str, seal: str) -> None:
    """End letters of a kind, by the link in one of them; again changes nothing. Raises: NotFound."""

    def write(session: Session) -> None:
        account_id = _require_link(session, account_uid, kind, seal)
        chosen = member_notices.choices(session, account_id)
        daily = [each.name for each in KINDS if chosen.get(each.name, each.usual) == DAILY]
        member_notices.choose(session, account_id, dict.fromkeys(daily if kind == "all" else [kind], NEVER))

    await cap.database.write(write)


def _require_link(session: Session, account_uid: str, kind: str, seal: str) -> int:
    account = accounts.find_by_uid(session, account_uid)
    is_kind = kind == "all" or kind in _BY_NAME
    fits = hmac.compare_digest(_seal(session, account_uid, kind).encode(), seal.encode())
    if account is None or not is_kind or not fits:
        raise NotFound("This link ends nothing here.")
    return account.id


def _seal(session: Session, account_uid: str, kind: str) -> str:
    return sealing.fingerprint(session, "notices.off", f"{account_uid} {kind}".encode())[:_SEAL_CHARS]


def _first_language(session: Session) -> str:
    return collectives.first(session).primary_language
