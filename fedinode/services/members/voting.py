"""Votes of members from outside: what waits for an answer, an answer, and what follows when it decides.

The table says who acts on an approved decision. The answer and the act are one commit, or neither.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, Halted, NodeError, NotFound
from fedinode.services import publishing, releasing, revising
from fedinode.services.cosigning import consenting, republishing, retiring, trusting, withdrawing
from fedinode.services.members import consulting, deciding, enrolling, halting, resuming
from fedinode.services.members.deciding import Choice, Standing
from fedinode.services.moderation import excluding
from fedinode.services.releasing import Press
from fedinode.services.writing import furnishing
from fedinode.storage import accounts, collectives, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Voted:
    """How a question stands after an answer, and the id of what was made if that decided it."""

    standing: Standing
    made_uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A question that waits for answers, as commands show it."""

    id: str
    collective: str
    action: str
    subject: str
    needed: int
    yes: tuple[str, ...]
    no: tuple[str, ...]
    missing: tuple[str, ...]
    #: Members who were not seen for so long that they do not count.
    lapsed: tuple[str, ...]
    opened_at: datetime
    #: Nothing is done before, even if enough agree.
    not_before: datetime | None
    expires_at: datetime | None
    #: When enough had agreed, and when it is done if no member stops it.
    agreed_at: datetime | None = None
    done_at: datetime | None = None


def _cosign(session: Session, press: Press, decision: DecisionRow) -> str:
    return consenting.execute(session, press.urls, decision, press.now)


def _withdraw(session: Session, press: Press, decision: DecisionRow) -> str:
    return withdrawing.execute(session, press.urls, decision, press.now)


def _remove(session: Session, press: Press, decision: DecisionRow) -> str:
    return withdrawing.execute_removal(session, press.urls, decision, press.now)


def _drop_copy(session: Session, press: Press, decision: DecisionRow) -> str:
    return retiring.execute(session, decision, press.now)


def _rotate_keys(session: Session, press: Press, decision: DecisionRow) -> str:
    return trusting.execute(session, press.urls, decision, press.now)


def _suspend(session: Session, press: Press, decision: DecisionRow) -> str:
    excluding.execute(session, press.urls, decision, press.now)
    return decision.subject_uri


def _resume(session: Session, press: Press, decision: DecisionRow) -> str:
    return resuming.execute(session, press.urls, decision, press.now)


def _set_thresholds(session: Session, press: Press, decision: DecisionRow) -> str:
    return consulting.execute(session, decision, press.now)


def _change_member(session: Session, press: Press, decision: DecisionRow) -> str:
    return enrolling.execute(session, decision, press.now)


#: Who acts on an approved decision; each passes `deciding.require_decision` with the digest of what is there.
EXECUTORS: Final[Mapping[str, Callable[[Session, Press, DecisionRow], str]]] = {
    "publish": publishing.execute,
    "publish-joint": publishing.execute,
    "edit": revising.execute,
    "edit-joint": revising.execute,
    "delete": publishing.execute_deletion,
    "cosign": _cosign,
    "withdraw": _withdraw,
    "remove": _remove,
    "keep-copy": republishing.execute,
    "drop-copy": _drop_copy,
    "threshold": _set_thresholds,
    "member": _change_member,
    "keys": _rotate_keys,
    "block": _suspend,
    "resume": _resume,
}
#: Whoever agrees to these brings the same file, unless the decision names a text of the desk.
BY_FILE: Final = frozenset({"edit", "edit-joint"})


async def list_waiting(cap: Capabilities) -> tuple[Waiting, ...]:
    """Return the questions that wait for answers, the newest first."""

    def read(session: Session) -> tuple[Waiting, ...]:
        rows = decisions.list_newest(session, states=("open",))
        return tuple(_waiting(session, deciding.standing_of(session, row, cap.clock())) for row in rows)

    return await cap.database.read(read)


def _waiting(session: Session, standing: Standing) -> Waiting:
    row = standing.decision
    return Waiting(
        id=row.uid,
        collective=collectives.get(session, row.collective_id).name,
        action=row.action,
        subject=row.subject_uri,
        needed=row.needed,
        yes=standing.yes,
        no=standing.no,
        missing=standing.missing,
        lapsed=standing.lapsed,
        opened_at=row.opened_at,
        not_before=row.not_before,
        expires_at=row.expires_at,
        agreed_at=row.agreed_at,
        done_at=row.ripe_at,
    )


async def vote(cap: Capabilities, uid: str, choice: Choice, *, account: str) -> Voted:
    """Take the answer of the member with a mail address. Raises as `vote_as`."""
    found = await cap.database.read(lambda session: accounts.require_by_email(session, account))
    return await vote_as(cap, uid, choice, account_id=found.id)


async def vote_as(cap: Capabilities, uid: str, choice: Choice, *, account_id: int) -> Voted:
    """Take a member's answer, and act if it decides. Raises: NotFound, NotAllowed, Conflict.

    Where the text has changed since the question was put, the question is closed.
    """
    decision = await cap.database.read(lambda session: _require(session, uid))
    if choice == "yes" and _needs_file(decision) and decision.state == "open":
        raise Conflict(
            f"Decision {uid} is about a changed file: whoever agrees runs "
            f"`fedinode edit {decision.subject_uri} FILE.md --account EMAIL` with the same file."
        )
    press = await _open_press(cap, decision, needs_change=choice == "yes")

    def write(session: Session) -> Voted:
        standing = deciding.cast(session, _require(session, uid), account_id, choice, now=press.now)
        return Voted(standing=standing, made_uri=_act(session, press, standing))

    try:
        voted = await cap.database.write(write)
    except deciding.Stale:
        await cap.database.write(lambda session: deciding.close_stale(session, uid, cap.clock()))
        raise
    _follow_up(cap, decision)
    return voted


def _follow_up(cap: Capabilities, decision: DecisionRow) -> None:
    """Let this process notice what an act changed beside rows."""
    if decision.action == "keys":
        cap.keyring.forget()
    halting.ring(cap)


async def act_on_ripe(cap: Capabilities) -> int:
    """Do what was agreed to and had to wait; return how many decisions were acted on."""
    ripe = await cap.database.read(lambda session: deciding.list_ripe(session, cap.clock()))
    return sum([await _settle(cap, decision) for decision in ripe if not _needs_file(decision)])


def _needs_file(decision: DecisionRow) -> bool:
    """Tell whether somebody has to bring what was decided about."""
    return decision.action in BY_FILE and decision.parameters == b"{}"


async def _settle(cap: Capabilities, decision: DecisionRow) -> bool:
    def write(session: Session) -> bool:
        found = _require(session, decision.uid)
        standing = deciding.settle(session, found, press.now) if found.state == "open" else None
        return standing is not None and _act(session, press, standing) is not None

    try:
        press = await _open_press(cap, decision)
        is_done = await cap.database.write(write)
    except Halted:
        # Stopped meanwhile: it waits until everything goes on.
        return False
    except NodeError as error:
        reason = str(error)
        await cap.database.write(
            lambda session: deciding.close_stale(session, decision.uid, cap.clock(), reason=reason)
        )
        return False
    if is_done:
        _follow_up(cap, decision)
    return is_done


def _act(session: Session, press: Press, standing: Standing) -> str | None:
    if not standing.is_approved:
        return None
    return EXECUTORS[standing.decision.action](session, press, standing.decision)


async def _open_press(cap: Capabilities, decision: DecisionRow, *, needs_change: bool = True) -> Press:
    if decision.action in ("publish", "publish-joint"):
        return await publishing.open_press_of(cap, decision.subject_uri)
    row = await cap.database.read(lambda session: collectives.get(session, decision.collective_id))
    press = await releasing.open_press(cap, row)
    if decision.action not in BY_FILE or _needs_file(decision) or not needs_change:
        return press
    return replace(press, change=await furnishing.prepare_named(cap, decision.parameters))


def _require(session: Session, uid: str) -> DecisionRow:
    found = decisions.find(session, uid)
    if found is None:
        raise NotFound(f"There is no decision {uid}; `fedinode decisions` lists what waits.")
    return found
