"""Decisions of people: who has to agree before a collective says, signs or withdraws something.

`ask` puts the question, `cast` takes a member's answer, and `require_decision` is the one gate that every
path passes before it acts: without an approved decision over exactly this digest nothing leaves. An answer
is bound to the digest of what was seen; another digest is another question. All of it runs inside the
caller's transaction, so that a decision and what it allows are one commit.

Between agreeing and doing lies the cooling-off time of the collective: all members are told, and any of them
can stop it (`stopping`). The worker does it then (`list_ripe`), and what was agreed to in a general stop.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.i18n import N_
from fedinode.services.members import gating, halting, telling
from fedinode.services.members.gating import GATES, Action
from fedinode.storage import audit_log, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, NewDecision, VoteRow

Choice = Literal["yes", "no"]

#: How long the remaining members wait before they may lower a threshold that lapsed members made unreachable.
LOWERING_DELAY: Final = timedelta(days=7)

#: A question that nobody answers ends by itself.
OPEN_FOR: Final = timedelta(days=30)

_SAID_YES: Final = N_("This account has said yes already, which counts once; not answered: {missing}.")
_SAID_NO: Final = N_("This account has said no already, which counts once; not answered: {missing}.")
_OVER: Final = N_("Decision {id} is {state}: it takes no more votes.")
_ENDED: Final = N_("Decision {id} ended on {at} UTC.")
_LAPSED: Final = N_(
    "This account was not used for {days} days and no longer counts; `fedinode account wake EMAIL`, or an "
    "owner at the desk, brings it back."
)
_NO_VOTE: Final = N_("This account may not decide this for the collective.")


class Stale(Conflict):
    """What was decided has changed since; the question has to be closed and put again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """That the members agreed to one act. Made here alone; without one the co-sign key signs nothing."""

    decision_uid: str
    collective_id: int
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the members are asked. `parameters` is a JSON document for whoever executes it."""

    collective_id: int
    action: Action
    subject_uri: str
    digest: str
    parameters: bytes = b"{}"
    not_before: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a question stands: names of members who said yes, who said no, and who could still answer."""

    decision: DecisionRow
    yes: tuple[str, ...]
    no: tuple[str, ...]
    missing: tuple[str, ...]
    lapsed: tuple[str, ...]

    @property
    def is_approved(self) -> bool:
        """Enough members agreed, and the waiting time is over."""
        return self.decision.state == "approved"

    @property
    def still_needed(self) -> int:
        """How many more have to say yes."""
        return 0 if self.decision.agreed_at else max(0, self.decision.needed - len(self.yes))

    @property
    def is_waiting(self) -> bool:
        """Enough members agreed, and it is done later, unless somebody stops it."""
        return self.decision.state == "open" and self.decision.agreed_at is not None


def ask(session: Session, question: Question, *, account_id: int | None, now: datetime) -> Standing:
    """Put a question, or join the open one about the same thing, and count the asking member's yes.

    `account_id` None means the operator at the machine: that is enough where one person decides, and not
    where the collective asks for more. A question about another digest than the open one replaces it: all
    are asked again.

    Raises: NotAllowed.
    """
    needed = gating.needed(session, question.collective_id, question.action)
    if account_id is None and needed > 1:
        raise NotAllowed(
            f"This takes {needed} members of the collective: name yourself with --account EMAIL, "
            "the others are asked to vote."
        )
    decision, is_new = _same_or_new(session, question, needed, now)
    if account_id is None:
        return _agree(session, _standing(session, decision, now), now)
    standing = cast(session, decision, account_id, "yes", now=now)
    if is_new and standing.decision.state == "open":
        telling.tell_members(
            session,
            decision.collective_id,
            decision.action,
            f"decision:{decision.uid}",
            now,
            asker=account_id,
        )
    return standing


def cast(
    session: Session, decision: DecisionRow, account_id: int, choice: Choice, *, now: datetime
) -> Standing:
    """Take a member's answer, in place of an earlier one of theirs, and see whether that decides it.

    Raises: NotAllowed for who may not answer, Conflict for a question that is closed, and for the same
    answer a second time, unless time has decided it meanwhile.
    """
    _require_open(decision, now)
    _require_member(session, decision, account_id, now)
    if _said(session, decision, account_id) == choice:
        return _require_settled(session, decision, choice, now)
    vote = VoteRow(account_id=account_id, choice=choice, digest=decision.digest, at=now)
    decisions.put_vote(session, decision.id, vote)
    decisions.record_seen(session, account_id, now)
    audit(session, f"voted-{choice}", decision, account_id, now)
    return settle(session, decision, now)


def settle(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    """Count the answers of those who still are members, and record what they add up to."""
    standing = _standing(session, decision, now)
    if _is_agreed(session, standing, now):
        return _agree(session, standing, now)
    if decision.agreed_at is not None:
        decisions.set_agreed(session, decision.id, None, 0)
        audit(session, "agreed-no-more", decision, None, now)
        standing = _standing(session, replace(decision, agreed_at=None), now)
    if standing.no and len(standing.yes) + len(standing.missing) < standing.decision.needed:
        return _move(session, standing, "refused", now)
    return standing


def _is_agreed(session: Session, standing: Standing, now: datetime) -> bool:
    """Tell whether enough members agree, by what holds now."""
    decision = standing.decision
    if len(standing.yes) >= decision.needed:
        # Those who remain may lower a number only after the time in which the others can come back.
        return decision.action != "threshold" or decision.not_before is None or decision.not_before <= now
    # The operator decided alone, where that is enough; a member's no takes it back.
    is_alone = decision.needed == 1 and decision.agreed_at is not None
    return is_alone and not decisions.votes_of(session, decision.id)


def _agree(session: Session, standing: Standing, now: datetime) -> Standing:
    """Let what enough agreed to be done now, or once its time has come."""
    decision = standing.decision
    # Agreed to at a moment that is still to come: the clock was set back, and the time begins anew.
    if decision.agreed_at is None or decision.agreed_at > now:
        decision = _begin_to_wait(session, decision, now)
        standing = replace(standing, decision=decision)
    is_ripe = decision.ripe_at is not None and decision.ripe_at <= now
    if is_ripe and halting.permits(session, GATES[decision.action].while_stopped):
        return _move(session, standing, "approved", now)
    return standing


def _begin_to_wait(session: Session, decision: DecisionRow, now: datetime) -> DecisionRow:
    minutes = gating.cooling(session, decision.collective_id, decision.action)
    decisions.set_agreed(session, decision.id, now, minutes)
    if minutes and decision.agreed_at is None:
        audit(session, "agreed", decision, None, now)
        telling.tell_everybody(session, decision.collective_id, f"cooling:{decision.uid}", now)
    return replace(decision, agreed_at=now, cooling_minutes=minutes)


def _move(session: Session, standing: Standing, state: str, now: datetime) -> Standing:
    decisions.set_state(session, standing.decision.id, state, now)
    audit(session, state, standing.decision, None, now)
    return replace(standing, decision=replace(standing.decision, state=state))


def list_ripe(session: Session, now: datetime) -> tuple[DecisionRow, ...]:
    """Return the decisions that enough members agreed to, and whose waiting time is over by now."""
    waited = (_standing(session, each, now) for each in decisions.list_ripe(session, now))
    return tuple(
        each.decision
        for each in waited
        if _is_agreed(session, each, now)
        and halting.permits(session, GATES[each.decision.action].while_stopped)
        and not _still_cools(each.decision, now)
    )


def _still_cools(decision: DecisionRow, now: datetime) -> bool:
    return (
        decision.agreed_at is not None
        and decision.agreed_at <= now
        and decision.ripe_at is not None
        and decision.ripe_at > now
    )


def require_decision(session: Session, decision_uid: str, digest: str, now: datetime) -> Mandate:
    """Return the mandate of the approved decision over exactly this digest, executed; the caller acts now.

    The answers are counted again: who left or lapsed meanwhile no longer counts.

    Raises: NotAllowed if it is not approved (any more), Halted if everything was stopped; Stale if what it
    was about has changed: then the decision is closed by `close_stale`, since an exception undoes the
    caller's transaction.
    """
    decision = require(session, decision_uid)
    if not halting.permits(session, GATES[decision.action].while_stopped):
        halting.require_running(session)
    if decision.state != "approved":
        raise NotAllowed(f"Decision {decision.uid} is {decision.state}, not approved.")
    if decision.digest != digest:
        raise Stale("What was decided has changed since: the members have to be asked again.")
    standing = _standing(session, decision, now)
    needed = standing.decision.needed
    # What the operator decided alone has no votes.
    was_voted_on = needed > 1 or decisions.votes_of(session, decision.id) != ()
    if was_voted_on and len(standing.yes) < needed:
        raise NotAllowed(f"Decision {decision.uid} is no longer backed by as many as it takes ({needed}).")
    decisions.set_state(session, decision.id, "executed", now)
    audit(session, "executed", decision, None, now)
    return _mandate(decision)


def mandate_of_signing(session: Session, collective_id: int, statement_uri: str) -> Mandate:
    """Return the mandate that signed a statement: it agreed to the Undo, should the text not be published.

    Raises: NotAllowed.
    """
    decision = decisions.find_executed(session, collective_id, "cosign", statement_uri)
    if decision is None:
        raise NotAllowed(f"Nobody decided to sign {statement_uri}.")
    return _mandate(decision)


def _mandate(decision: DecisionRow) -> Mandate:
    return Mandate(decision_uid=decision.uid, collective_id=decision.collective_id, action=decision.action)


def close_stale(
    session: Session, decision_uid: str, now: datetime, *, reason: str = "It has changed since."
) -> None:
    """Close a decision whose subject has changed since, or that cannot be acted on."""
    decision = require(session, decision_uid)
    decisions.set_state(session, decision.id, "cancelled", now, reason=reason)
    audit(session, "cancelled", decision, None, now)


def expire(session: Session, now: datetime) -> int:
    """Close the questions whose time is over and return how many there were."""
    over = decisions.list_expired(session, now, now - OPEN_FOR)
    for decision in over:
        _close_expired(session, decision, now)
    return len(over)


def _close_expired(session: Session, decision: DecisionRow, now: datetime) -> None:
    decisions.set_state(session, decision.id, "expired", now, reason="Its time was over.")
    audit(session, "expired", decision, None, now)


def standing_of(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    """Return how a question stands, without changing anything."""
    return _standing(session, decision, now)


def _same_or_new(
    session: Session, question: Question, needed: int, now: datetime
) -> tuple[DecisionRow, bool]:
    """Return the open decision about exactly this, or a new one, and whether it is new."""
    found = decisions.find_open(session, question.collective_id, question.action, question.subject_uri)
    if found is not None and found.expires_at is not None and found.expires_at <= now:
        _close_expired(session, found, now)
    elif found is not None and found.digest == question.digest:
        return found, False
    elif found is not None:
        close_stale(session, found.uid, now)
    needed, not_before = _within_reach(session, question, needed, now)
    new = NewDecision(
        collective_id=question.collective_id,
        action=question.action,
        subject_uri=question.subject_uri,
        parameters=question.parameters,
        digest=question.digest,
        needed=needed,
        not_before=not_before,
        expires_at=question.expires_at or now + OPEN_FOR,
    )
    decision = decisions.add(session, new, now)
    audit(session, "asked", decision, None, now)
    return decision, True


def _within_reach(
    session: Session, question: Question, needed: int, now: datetime
) -> tuple[int, datetime | None]:
    """Let those who remain lower a threshold that they cannot reach any more, after a waiting time."""
    awake = gating.count_awake(session, question.collective_id, question.action, now)
    if question.action != "threshold" or awake >= needed:
        return needed, question.not_before
    return max(1, awake), now + LOWERING_DELAY


def _standing(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    members = gating.members(session, decision.collective_id, decision.action, now)
    votes = {vote.account_id: vote for vote in decisions.votes_of(session, decision.id)}
    said: dict[str, list[str]] = {"yes": [], "no": [], "missing": [], "lapsed": []}
    for member in members:
        vote = votes.get(member.account_id)
        counts = vote is not None and vote.digest == decision.digest
        word = "lapsed" if member.has_lapsed else vote.choice if vote is not None and counts else "missing"
        said[word].append(member.name)
    counted = replace(decision, needed=_needed_now(session, decision, now))
    return Standing(decision=counted, **{word: tuple(names) for word, names in said.items()})


def _needed_now(session: Session, decision: DecisionRow, now: datetime) -> int:
    """Return how many it takes by now: more if the collective asks for more, or members came back."""
    if decision.state not in ("open", "approved"):
        return decision.needed
    wanted = gating.needed(session, decision.collective_id, decision.action)
    if decision.action == "threshold" and decision.not_before is not None:
        awake = gating.count_awake(session, decision.collective_id, decision.action, now)
        return max(1, min(wanted, awake))
    return max(wanted, decision.needed)


def _said(session: Session, decision: DecisionRow, account_id: int) -> str | None:
    """Return what a member answered to exactly this question."""
    for vote in decisions.votes_of(session, decision.id):
        if vote.account_id == account_id and vote.digest == decision.digest:
            return vote.choice
    return None


def _require_settled(session: Session, decision: DecisionRow, choice: Choice, now: datetime) -> Standing:
    standing = settle(session, decision, now)
    if standing.decision.state != "open" or (choice == "yes" and standing.is_waiting):
        return standing
    still = ", ".join(standing.missing) or "-"
    if choice == "yes":
        raise Conflict(_SAID_YES, missing=still)
    raise Conflict(_SAID_NO, missing=still)


def _require_open(decision: DecisionRow, now: datetime) -> None:
    if decision.state != "open":
        raise Conflict(_OVER, id=decision.uid, state=decision.state)
    if decision.expires_at is not None and decision.expires_at <= now and decision.agreed_at is None:
        raise Conflict(_ENDED, id=decision.uid, at=f"{decision.expires_at:%Y-%m-%d %H:%M}")


def _require_member(session: Session, decision: DecisionRow, account_id: int, now: datetime) -> None:
    for member in gating.members(session, decision.collective_id, decision.action, now):
        if member.account_id == account_id:
            if member.has_lapsed:
                raise NotAllowed(_LAPSED, days=decisions.LAPSES_AFTER.days)
            return
    raise NotAllowed(_NO_VOTE)


def require(session: Session, uid: str) -> DecisionRow:
    """Return a decision, locked until the commit. Raises: NotFound."""
    decision = decisions.find(session, uid)
    if decision is None:
        raise NotFound(f"There is no decision {uid}.")
    return decision


def audit(session: Session, deed: str, decision: DecisionRow, account_id: int | None, now: datetime) -> None:
    """Write into the audit what became of a question."""
    audit_log.add(
        session,
        f"decision.{deed}",
        decision.uid,
        now=now,
        account_id=account_id,
        details={"about": decision.action, "subject": decision.subject_uri, "digest": decision.digest},
    )
