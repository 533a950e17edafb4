"""How many members have to agree, and to what: raised at once by an owner, lowered by a decision.

A number that nobody could reach is refused. Where members lapse and those who remain are too few, they may
lower it together, a week after they asked (`deciding.LOWERING_DELAY`); all of it is in the audit.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Final

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotAllowed, UsageError
from fedinode.i18n import N_
from fedinode.services import registering
from fedinode.services.members import deciding, gating
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.members.gating import GATES
from fedinode.storage import accounts, audit_log, collectives, decisions
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, Thresholds

#: Longer would let one owner keep everybody from deciding anything for long.
MAX_COOLING: Final = 1440
_NEVER: Final = N_(
    "{wanted} members could never agree: in {collective} {awake} may decide about it ({roles})."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consulted:
    """The numbers that hold now, and how the vote stands where there is one."""

    numbers: Mapping[str, int]
    standing: Standing | None = None
    #: Minutes between agreeing and doing.
    cooling: int = 0


async def numbers_of(cap: Capabilities, name: str) -> Consulted:
    """Return how many members of a collective it takes for what, and how long it waits. Raises: NotFound."""

    def read(session: Session) -> Consulted:
        return numbers_in(session, registering.require_collective(session, name))

    return await cap.database.read(read)


def numbers_in(session: Session, row: CollectiveRow) -> Consulted:
    """Return the same inside a transaction."""
    return _consulted(decisions.thresholds(session, row.id))


def _consulted(held: Thresholds, standing: Standing | None = None) -> Consulted:
    return Consulted(numbers=held.effective(), cooling=held.cooling, standing=standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfReach:
    """Something that a collective asks for more members for than could answer."""

    collective: str
    action: str
    wanted: int
    awake: int


async def out_of_reach(cap: Capabilities) -> tuple[OutOfReach, ...]:
    """Return what cannot be decided at present because members lapsed or left."""

    def read(session: Session) -> tuple[OutOfReach, ...]:
        now = cap.clock()
        found = (
            OutOfReach(
                collective=row.name,
                action=action,
                wanted=gating.needed(session, row.id, action),
                awake=gating.count_awake(session, row.id, action, now),
            )
            for row in collectives.list_all(session)
            for action in GATES
        )
        # One is at the machine, whoever that is.
        return tuple(each for each in found if each.wanted > max(1, each.awake))

    return await cap.database.read(read)


async def set_thresholds(
    cap: Capabilities, name: str, wanted: Mapping[str, int], *, account: Named = None
) -> Consulted:
    """Set how many members it takes, or ask the members to; `account` is who wants it.

    Raises: NotFound, UsageError, NotAllowed, Conflict.
    """
    _require_sensible(wanted)

    def write(session: Session) -> Consulted:
        row = registering.require_collective(session, name)
        now = cap.clock()
        collectives.lock(session, row.id)
        account_id = accounts.id_of(session, account)
        before = decisions.thresholds(session, row.id)
        after = replace(before, **wanted)
        _require_reachable(session, row, before, after, now)
        if _is_lower(before, after):
            return _lower(session, row, before, after, account_id, now)
        _require_owner(session, row, before, account_id)
        decisions.set_thresholds(session, row.id, after)
        _audit(session, "raised", row.uri, after, account_id, now)
        return _consulted(after)

    return await cap.database.write(write)


def _require_sensible(wanted: Mapping[str, int]) -> None:
    if any(number < 1 for name, number in wanted.items() if name != "cooling"):
        raise UsageError(N_("One member is the least that can decide."))
    if not 0 <= wanted.get("cooling", 0) <= MAX_COOLING:
        raise UsageError(
            N_("What was agreed to waits at most {most} minutes, which is a day."), most=MAX_COOLING
        )


def execute(session: Session, decision: DecisionRow, now: datetime) -> str:
    """Lower what the members decided to lower; return the collective's id. Raises: NotAllowed, Stale."""
    row = collectives.get(session, decision.collective_id)
    before = decisions.thresholds(session, row.id)
    after = Thresholds(**json.loads(decision.parameters))
    deciding.require_decision(session, decision.uid, _digest(row, before, after), now)
    decisions.set_thresholds(session, row.id, after)
    _audit(session, "lowered", row.uri, after, None, now)
    return row.uri


def _lower(
    session: Session,
    row: CollectiveRow,
    before: Thresholds,
    after: Thresholds,
    account_id: int | None,
    now: datetime,
) -> Consulted:
    question = Question(
        collective_id=row.id,
        action="threshold",
        subject_uri=row.uri,
        digest=_digest(row, before, after),
        parameters=json.dumps(asdict(after)).encode(),
    )
    standing = deciding.ask(session, question, account_id=account_id, now=now)
    if standing.is_approved:
        execute(session, standing.decision, now)
        return _consulted(after, standing)
    return _consulted(before, standing)


def _is_lower(before: Thresholds, after: Thresholds) -> bool:
    """Tell whether something takes fewer members than before, or waits for less long."""
    was, becomes = before.effective(), after.effective()
    return after.cooling < before.cooling or any(becomes[name] < was[name] for name in was)


def _require_reachable(
    session: Session, row: CollectiveRow, before: Thresholds, after: Thresholds, now: datetime
) -> None:
    """Raise Conflict for a number that is raised above the members who could answer."""
    was, becomes = before.effective(), after.effective()
    for action, gate in GATES.items():
        wanted = max(becomes[name] for name in gate.thresholds)
        awake = gating.count_awake(session, row.id, action, now)
        if wanted > max(was[name] for name in gate.thresholds) and wanted > awake:
            roles = ", ".join(sorted(gate.voters))
            raise Conflict(_NEVER, wanted=wanted, collective=row.name, awake=awake, roles=roles)


def _require_owner(session: Session, row: CollectiveRow, before: Thresholds, account_id: int | None) -> None:
    """Raise NotAllowed unless an owner raises it; where one person decides, whoever is at the machine may."""
    if account_id is None:
        if max(before.effective().values()) > 1:
            raise NotAllowed(N_("Only an owner changes this: name yourself with --account EMAIL."))
    elif "owner" not in accounts.roles_of(session, account_id, row.id):
        raise NotAllowed(
            N_("Only an owner of {collective} raises how many members it takes."), collective=row.name
        )


def _digest(row: CollectiveRow, before: Thresholds, after: Thresholds) -> str:
    return documents.digest(
        {
            "action": "threshold",
            "collective": row.uri,
            "before": listed(before),
            "after": listed(after),
        }
    )


def listed(held: Thresholds) -> dict[str, int]:
    """Return all numbers that hold, and the minutes, by name."""
    return {**held.effective(), "cooling": held.cooling}


def _audit(
    session: Session, deed: str, subject: str, after: Thresholds, account_id: int | None, now: datetime
) -> None:
    details = {name: str(number) for name, number in listed(after).items()}
    audit_log.add(session, f"threshold.{deed}", subject, now=now, account_id=account_id, details=details)
