"""Decisions of people: who has to agree before a collective says, signs or withdraws something.

`ask` puts the question, `cast` takes a member's answer, and `require_decision` is the one gate that every
path passes before it acts: without an approved decision over exactly this digest nothing leaves. An answer
is bound to the digest of what was seen; another digest is another question. All of it runs inside the
caller's transaction, so that a decision and what it allows are one commit.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.services import gating, telling
from fedinode.services.gating import Action
from fedinode.storage import audit_log, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, NewDecision, VoteRow

Choice = Literal["yes", "no"]

#: How long the remaining members wait before they may lower a threshold that lapsed members made unreachable.
LOWERING_DELAY: Final = timedelta(days=7)

#: A question that nobody answers ends by itself.
OPEN_FOR: Final = timedelta(days=30)


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
        return max(0, self.decision.needed - len(self.yes))


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
        decisions.set_state(session, decision.id, "approved")
        _audit(session, "approved", decision, None, now)
        return _standing(session, replace(decision, state="approved"), now)
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
    _audit(session, f"voted-{choice}", decision, account_id, now)
    return settle(session, decision, now)


def settle(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    """Count the answers of those who still are members, and record what they add up to."""
    standing = _standing(session, decision, now)
    needed = standing.decision.needed
    reachable = len(standing.yes) + len(standing.missing)
    if len(standing.yes) >= needed and (decision.not_before is None or decision.not_before <= now):
        state = "approved"
    elif standing.no and reachable < needed:
        state = "refused"
    else:
        return standing
    decisions.set_state(session, decision.id, state)
    _audit(session, state, decision, None, now)
    return replace(standing, decision=replace(standing.decision, state=state))


def list_ripe(session: Session, now: datetime) -> tuple[DecisionRow, ...]:
    """Return the decisions that enough members agreed to, and whose waiting time is over by now."""
    waited = (_standing(session, each, now) for each in decisions.list_ripe(session, now))
    return tuple(each.decision for each in waited if not each.still_needed)


def require_decision(session: Session, decision_uid: str, digest: str, now: datetime) -> Mandate:
    """Return the mandate of the approved decision over exactly this digest, executed; the caller acts now.

    The answers are counted again: who left or lapsed meanwhile no longer counts.

    Raises: NotAllowed if it is not approved (any more); Stale if what it was about has changed: then the
    decision is closed by `close_stale`, since an exception undoes the caller's transaction.
    """
    decision = _get(session, decision_uid)
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
    decisions.set_state(session, decision.id, "executed", now=now)
    _audit(session, "executed", decision, None, now)
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
    decision = _get(session, decision_uid)
    decisions.set_state(session, decision.id, "cancelled", reason=reason)
    _audit(session, "cancelled", decision, None, now)


def expire(session: Session, now: datetime) -> int:
    """Close the questions whose time is over and return how many there were."""
    over = decisions.list_expired(session, now)
    for decision in over:
        _close_expired(session, decision, now)
    return len(over)


def _close_expired(session: Session, decision: DecisionRow, now: datetime) -> None:
    decisions.set_state(session, decision.id, "expired", reason="Its time was over.")
    _audit(session, "expired", decision, None, now)


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
    _audit(session, "asked", decision, None, now)
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
    if standing.decision.state != "open":
        return standing
    still = ", ".join(standing.missing) or "nobody who could"
    raise Conflict(f"This account has said {choice} already, which counts once; not answered: {still}.")


def _require_open(decision: DecisionRow, now: datetime) -> None:
    if decision.state != "open":
        raise Conflict(f"Decision {decision.uid} is {decision.state}: it takes no more votes.")
    if decision.expires_at is not None and decision.expires_at <= now:
        raise Conflict(f"Decision {decision.uid} ended on {decision.expires_at:%Y-%m-%d %H:%M} UTC.")


def _require_member(session: Session, decision: DecisionRow, account_id: int, now: datetime) -> None:
    for member in gating.members(session, decision.collective_id, decision.action, now):
        if member.account_id == account_id:
            if member.has_lapsed:
                raise NotAllowed(
                    f"This account was not used for {decisions.LAPSES_AFTER.days} days and no longer counts; "
                    "`fedinode account wake EMAIL` brings it back."
                )
            return
    raise NotAllowed("This account may not decide this for the collective.")


def _get(session: Session, uid: str) -> DecisionRow:
    decision = decisions.find(session, uid)
    if decision is None:
        raise NotFound(f"There is no decision {uid}.")
    return decision


def _audit(session: Session, deed: str, decision: DecisionRow, account_id: int | None, now: datetime) -> None:
    audit_log.add(
        session,
        f"decision.{deed}",
        decision.uid,
        now=now,
        account_id=account_id,
        details={"about": decision.action, "subject": decision.subject_uri, "digest": decision.digest},
    )
