"""How far domains, with everything under them, and single actors are let in: seen before, decided, lifted.

To suspend a whole domain takes as many members as the node's first collective asks for. While they are asked
the domain is limited. What follows from a decision is `suspending`'s.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final

from federation import webfinger
from federation.errors import Malformed
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound, UsageError
from fedinode.services import registering, resolving
from fedinode.services.members import deciding, gating
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.moderation import block_lists, suspending
from fedinode.services.moderation.level_words import (
    Block,
    Severity,
    Subject,
    Wish,
    as_block,
    as_row,
    digest_of,
    parse_domain,
)
from fedinode.storage import (
    accounts,
    audit_log,
    collectives,
    covered_hosts,
    decisions,
    follows,
    level_imports,
    levels,
    remote_actors,
    replies,
)
from fedinode.storage.accounts import Named
from fedinode.storage.columns import from_microseconds, to_microseconds
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.levels import LevelRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEffect:
    """What a level does, or did: how many follow relations end and how many replies disappear."""

    subject: str
    severity: Severity
    followers: int
    following: int
    replies: int
    #: The question to the members, where it takes several; until they agree the domain is limited.
    decision: str | None = None
    still_needed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """What nothing was decided about any more; or the question whether, where it takes several members."""

    subject: str
    decision: str | None = None
    still_needed: int = 0


#: In a decision: nothing holds for the domain any more.
_NOTHING: Final = "nothing"


# -- deciding


async def preview_block(cap: Capabilities, subject: str, *, severity: Severity = "suspend") -> BlockEffect:
    """Return what ``set_level`` would do, without doing it.

    Raises: UsageError for what is neither domain nor actor, NotFound for a handle that nobody here has.
    """
    return await cap.database.read(lambda session: _effect(session, parse(session, cap, subject), severity))


async def block(
    cap: Capabilities,
    subject: str,
    *,
    severity: Severity = "suspend",
    reason: str | None = None,
    account: Named = None,
) -> BlockEffect:
    """Give a level with nothing but a reason. Raises as `set_level`."""
    return await set_level(cap, subject, Wish(severity=severity, reason=reason), account=account)


async def set_level(cap: Capabilities, subject: str, wish: Wish, *, account: Named = None) -> BlockEffect:
    """Decide how far a domain with everything under it, or an actor, is let in; it replaces what was said.

    `account` is who wants it, by mail address or number. Raises: UsageError, NotFound, NotAllowed.
    """

    def write(session: Session) -> tuple[BlockEffect, frozenset[str]]:
        now = cap.clock()
        account_id = accounts.id_of(session, account)
        found = parse(session, cap, subject)
        effect = _effect(session, found, wish.severity)
        row = as_row(found, wish, account_id, now)
        suspends = wish.level == "suspend" and found.actor_uri is None
        if not suspends and _suspension_of_several(session, found) is None:
            return effect, put(session, cap.urls, [row], account_id=account_id, now=now)
        standing = ask(session, [row], {"rows": [_plain(row)]}, account_id=account_id, now=now)
        if standing.is_approved:
            return effect, execute(session, cap.urls, standing.decision, now)
        keys: frozenset[str] = frozenset()
        if suspends:
            keys = limit_meanwhile(session, cap.urls, [row], account_id=account_id, now=now)
        asked = replace(effect, decision=standing.decision.uid, still_needed=standing.still_needed)
        return asked, keys

    effect, keys = await cap.database.write(write)
    _ring(cap, keys)
    return effect


async def unblock(cap: Capabilities, subject: str, *, account: Named = None) -> Lifted:
    """Lift what was decided; what a suspension took back in the last 30 days comes back.

    Where several members suspend a domain, several lift that. Raises: NotFound, NotAllowed.
    """

    def write(session: Session) -> tuple[Lifted, frozenset[str]]:
        now = cap.clock()
        account_id = accounts.id_of(session, account)
        found = parse(session, cap, subject)
        row = levels.find(session, found.name)
        if row is None:
            raise NotFound(f"{subject} is not blocked.")
        lifted = Lifted(subject=row.subject)
        if _suspension_of_several(session, found) is None:
            return lifted, _lift(session, cap.urls, row, account_id=account_id, now=now)
        gone = replace(row, level=_NOTHING)
        standing = ask(session, [gone], {"rows": [_plain(gone)]}, account_id=account_id, now=now)
        if standing.is_approved:
            return lifted, execute(session, cap.urls, standing.decision, now)
        asked = replace(lifted, decision=standing.decision.uid, still_needed=standing.still_needed)
        return asked, frozenset()

    lifted, keys = await cap.database.write(write)
    _ring(cap, keys)
    return lifted


def _suspension_of_several(session: Session, found: Subject) -> LevelRow | None:
    """Return the suspension of a domain, where one member cannot lift it alone."""
    row = levels.find(session, found.name)
    if row is None or row.level != "suspend" or found.actor_uri is not None:
        return None
    return None if gating.is_immediate(session, collectives.first(session).id, "block") else row


def _lift(
    session: Session, urls: Urls, row: LevelRow, *, account_id: int | None, now: datetime
) -> frozenset[str]:
    audit_log.add(
        session, "level.lifted", row.subject, now=now, account_id=account_id, details={"was": row.level}
    )
    return suspending.remove(session, urls, row.subject, now)


async def blocks(cap: Capabilities) -> tuple[Block, ...]:
    """Return all that was decided, in order of subject."""
    rows = await cap.database.read(levels.list_all)
    return tuple(as_block(row) for row in rows)


def _ring(cap: Capabilities, keys: frozenset[str]) -> None:
    cap.cache.invalidate(keys)
    cap.bells.deliver.set()


# -- in the caller's transaction


def put(
    session: Session, urls: Urls, rows: Sequence[LevelRow], *, account_id: int | None, now: datetime
) -> frozenset[str]:
    """Keep decisions that need nobody else, and say so in the audit; return stale cache keys."""
    for row in rows:
        audit_log.add(session, "level.set", row.subject, now=now, account_id=account_id, details=_told(row))
    return suspending.put(session, urls, rows, now)


def ask(
    session: Session,
    rows: Sequence[LevelRow],
    parameters: Mapping[str, Any],
    *,
    account_id: int | None,
    now: datetime,
) -> Standing:
    """Ask the members of the first collective whether these domains are suspended. Raises NotAllowed."""
    home = registering.require_collective(session, collectives.first_name(session))
    question = Question(
        collective_id=home.id,
        action="block",
        subject_uri=_named(rows),
        digest=digest_of(rows),
        parameters=json.dumps(parameters, sort_keys=True).encode(),
    )
    return deciding.ask(session, question, account_id=account_id, now=now)


def was_agreed(session: Session, rows: Sequence[LevelRow], import_uid: str) -> bool:
    """Tell whether the members agreed to suspend exactly these domains, by a list that broke off since."""
    home = registering.require_collective(session, collectives.first_name(session))
    found = decisions.find_executed(session, home.id, "block", _named(rows))
    if found is None or found.digest != digest_of(rows):
        return False
    return bool(json.loads(found.parameters).get("import") == import_uid)


def _named(rows: Sequence[LevelRow]) -> str:
    if len(rows) > 1:
        return f"{len(rows)} domains ({digest_of(rows)[-16:]})"
    # A question whether to lift it stands beside the one whether to suspend, and ends it not.
    return rows[0].subject if rows[0].level == "suspend" else f"{rows[0].subject}#{rows[0].level}"


def limit_meanwhile(
    session: Session, urls: Urls, rows: Sequence[LevelRow], *, account_id: int | None, now: datetime
) -> frozenset[str]:
    """Limit domains while the members are asked; what is suspended already stays so."""
    known = levels.find_many(session, [row.subject for row in rows])
    limited = [
        replace(row, level="silence")
        for row in rows
        if row.subject not in known or known[row.subject].level != "suspend"
    ]
    return put(session, urls, limited, account_id=account_id, now=now)


def execute(session: Session, urls: Urls, decision: DecisionRow, now: datetime) -> frozenset[str]:
    """Suspend or lift what the members agreed to; return stale cache keys. Raises: NotAllowed, Stale."""
    parameters = json.loads(decision.parameters)
    if "import" in parameters:
        rows = imported_rows(session, urls, parameters["import"], now)
    else:
        rows = [_from_plain(each) for each in parameters["rows"]]
    deciding.require_decision(session, decision.uid, digest_of(rows), now)
    if rows and rows[0].level == _NOTHING:
        known = levels.find(session, rows[0].subject)
        return _lift(session, urls, known, account_id=None, now=now) if known else frozenset()
    return put(session, urls, rows, account_id=None, now=now)


def imported_rows(session: Session, urls: Urls, uid: str, now: datetime) -> list[LevelRow]:
    """Return the domains of a list that are to be suspended. Raises: Stale if the list is gone."""
    found = level_imports.find(session, uid)
    if found is None:
        raise deciding.Stale("The list that was decided about is gone: bring it again.")
    parsed = block_lists.parse(found.body.decode("utf-8"), resolving.host_of(urls.origin))
    wanted = [each for each in parsed.domains if each.wish.level == "suspend"]
    return [as_row(Subject(host=each.host), each.wish, found.account_id, now) for each in wanted]


def _told(row: LevelRow) -> dict[str, str]:
    flags = [name for name in ("rejects_media", "rejects_reports") if getattr(row, name)]
    told = {"level": row.level, "flags": " ".join(flags), "reason": row.reason or row.public_reason or ""}
    return {name: value for name, value in told.items() if value}


def _plain(row: LevelRow) -> dict[str, Any]:
    return {**asdict(row), "set_at": to_microseconds(row.set_at)}


def _from_plain(values: dict[str, Any]) -> LevelRow:
    return LevelRow(**{**values, "set_at": from_microseconds(values["set_at"])})


# -- who is meant


def parse(session: Session, cap: Capabilities, subject: str) -> Subject:
    """Return who is meant. Raises: UsageError, NotFound for a handle that nobody here has."""
    text = subject.strip()
    try:
        found = _parse_actor(session, text) if "://" in text or "@" in text else parse_domain(text)
    except Malformed as error:
        raise UsageError(f"{subject} is neither a domain nor the address of an actor.") from error
    if resolving.host_of(cap.urls.origin) in (found.host, found.host.partition(":")[0]):
        raise UsageError(f"{subject} is this node itself.")
    return found


def _parse_actor(session: Session, text: str) -> Subject:
    if "://" in text:
        scheme, _, rest = text.partition("://")
        place, slash, path = rest.partition("/")
        name, mark, port = place.partition(":")
        host = resolving.host_of(f"{scheme}://{name.rstrip('.')}{mark}{port}{slash}{path}")
        return Subject(host=host, actor_uri=f"{scheme.lower()}://{host}{slash}{path}")
    handle = webfinger.parse_handle(text)
    known = remote_actors.find_by_handle(session, handle.user, handle.host)
    if known is None:
        raise NotFound(f"Nobody is known here as {text}; give the address of the profile instead.")
    return Subject(host=known.host, actor_uri=known.uri)


# -- what it does


def _effect(session: Session, subject: Subject, severity: Severity) -> BlockEffect:
    actor_ids = suspending.concerned(session, [subject.name]) if severity == "suspend" else ()
    parts = list(covered_hosts.chunks(actor_ids))
    return BlockEffect(
        subject=subject.name,
        severity=severity,
        followers=sum(follows.count_of_actors(session, "in", part) for part in parts),
        following=sum(follows.count_of_actors(session, "out", part) for part in parts),
        replies=sum(replies.count_of_actors(session, part) for part in parts),
    )
