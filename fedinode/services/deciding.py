"""Decisions of people: who has to agree before a collective says, signs or withdraws something.

`ask` puts the question, `cast` takes a member's answer, and `require_decision` is the one gate that every
path passes before it acts: without an approved decision over exactly this digest nothing leaves. An answer
is bound to the digest of what was seen; another digest is another question. All of it runs inside the
caller's transaction, so that a decision and what it allows are one commit.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.storage import audit_log, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow, MemberRow, NewDecision, VoteRow

Action = Literal["publish", "cosign", "withdraw", "threshold"]
Choice = Literal["yes", "no"]


class Stale(Conflict):
    """What was decided has changed since; the question has to be closed and put again."""


#: Which members are asked about what.
VOTERS: dict[str, frozenset[str]] = {
    "publish": frozenset({"owner", "editor", "signer"}),
    "cosign": frozenset({"owner", "signer"}),
    "withdraw": frozenset({"owner", "signer"}),
    "threshold": frozenset({"owner", "signer"}),
}

#: How long the remaining members wait before they may lower a threshold that lapsed members made unreachable.
LOWERING_DELAY = timedelta(days=7)

#: A question that nobody answers ends by itself.
OPEN_FOR = timedelta(days=30)


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
    needed = _needed(session, question, now)
    if account_id is None and needed > 1:
        raise NotAllowed(
            f"This takes {needed} members of the collective: name yourself with --account EMAIL, "
            "the others are asked to vote."
        )
    decision = _same_or_new(session, question, needed, now)
    if account_id is None:
        decisions.set_state(session, decision.id, "approved")
        _audit(session, "approved", decision, None, now)
        return _standing(session, replace(decision, state="approved"), now)
    return cast(session, decision, account_id, "yes", now=now)


def cast(
    session: Session, decision: DecisionRow, account_id: int, choice: Choice, *, now: datetime
) -> Standing:
    """Take a member's answer, in place of an earlier one of theirs, and see whether that decides it.

    Raises: NotAllowed for who may not answer, Conflict for a question that is closed.
    """
    _require_open(decision, now)
    _require_member(session, decision, account_id, now)
    vote = VoteRow(account_id=account_id, choice=choice, digest=decision.digest, at=now)
    decisions.put_vote(session, decision.id, vote)
    decisions.record_seen(session, account_id, now)
    _audit(session, f"voted-{choice}", decision, account_id, now)
    return settle(session, decision, now)


def settle(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    """Count the answers of those who still are members, and record what they add up to."""
    standing = _standing(session, decision, now)
    reachable = len(standing.yes) + len(standing.missing)
    if len(standing.yes) >= decision.needed and (decision.not_before is None or decision.not_before <= now):
        state = "approved"
    elif standing.no and reachable < decision.needed:
        state = "refused"
    else:
        return standing
    decisions.set_state(session, decision.id, state)
    _audit(session, state, decision, None, now)
    return replace(standing, decision=replace(decision, state=state))


def require_decision(session: Session, decision_uid: str, digest: str, now: datetime) -> DecisionRow:
    """Return the approved decision over exactly this digest, marked as executed; the caller acts now.

    The answers are counted again: who left or lapsed meanwhile no longer counts.

    Raises: NotAllowed if it is not approved (any more); Stale if what it was about has changed: then the
    decision is closed by `close_stale`, since an exception undoes the caller's transaction.
    """
    decision = _get(session, decision_uid)
    if decision.state != "approved":
        raise NotAllowed(f"Decision {decision.uid} is {decision.state}, not approved.")
    if decision.digest != digest:
        raise Stale("What was decided has changed since: the members have to be asked again.")
    if decision.needed > 1 and len(_standing(session, decision, now).yes) < decision.needed:
        raise NotAllowed(f"Decision {decision.uid} is no longer backed by {decision.needed} members.")
    decisions.set_state(session, decision.id, "executed", now=now)
    _audit(session, "executed", decision, None, now)
    return replace(decision, state="executed", executed_at=now)


def close_stale(session: Session, decision_uid: str, now: datetime) -> None:
    """Close a decision whose subject has changed since."""
    decision = _get(session, decision_uid)
    decisions.set_state(session, decision.id, "cancelled", reason="The text has changed since.")
    _audit(session, "cancelled", decision, None, now)


def expire(session: Session, now: datetime) -> int:
    """Close the questions whose time is over and return how many there were."""
    over = decisions.list_expired(session, now)
    for decision in over:
        decisions.set_state(session, decision.id, "expired", reason="Its time was over.")
        _audit(session, "expired", decision, None, now)
    return len(over)


def standing_of(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    """Return how a question stands, without changing anything."""
    return _standing(session, decision, now)


def _needed(session: Session, question: Question, now: datetime) -> int:
    publish_k, cosign_k = decisions.thresholds(session, question.collective_id)
    return {
        "publish": publish_k,
        "cosign": cosign_k,
        "withdraw": cosign_k,
        "threshold": max(publish_k, cosign_k),
    }[question.action]


def _same_or_new(session: Session, question: Question, needed: int, now: datetime) -> DecisionRow:
    found = decisions.find_open(session, question.action, question.subject_uri)
    if found is not None and found.digest == question.digest:
        return found
    if found is not None:
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
    return decision


def _within_reach(
    session: Session, question: Question, needed: int, now: datetime
) -> tuple[int, datetime | None]:
    """Let those who remain lower a threshold that they cannot reach any more, after a waiting time."""
    active = sum(
        not member.has_lapsed for member in _members(session, question.collective_id, question.action, now)
    )
    if question.action != "threshold" or active >= needed:
        return needed, question.not_before
    return max(1, active), now + LOWERING_DELAY


def _standing(session: Session, decision: DecisionRow, now: datetime) -> Standing:
    members = _members(session, decision.collective_id, decision.action, now)
    votes = {vote.account_id: vote for vote in decisions.votes_of(session, decision.id)}
    said: dict[str, list[str]] = {"yes": [], "no": [], "missing": [], "lapsed": []}
    for member in members:
        vote = votes.get(member.account_id)
        counts = vote is not None and vote.digest == decision.digest
        word = "lapsed" if member.has_lapsed else vote.choice if vote is not None and counts else "missing"
        said[word].append(member.name)
    return Standing(decision=decision, **{word: tuple(names) for word, names in said.items()})


def _members(session: Session, collective_id: int, action: str, now: datetime) -> tuple[MemberRow, ...]:
    return decisions.members(session, collective_id, VOTERS[action], now)


def _require_open(decision: DecisionRow, now: datetime) -> None:
    if decision.state != "open":
        raise Conflict(f"Decision {decision.uid} is {decision.state}: it takes no more votes.")
    if decision.expires_at is not None and decision.expires_at <= now:
        raise Conflict(f"Decision {decision.uid} ended on {decision.expires_at:%Y-%m-%d %H:%M} UTC.")


def _require_member(session: Session, decision: DecisionRow, account_id: int, now: datetime) -> None:
    for member in _members(session, decision.collective_id, decision.action, now):
        if member.account_id == account_id:
            if member.has_lapsed:
                raise NotAllowed("This account was not used for 60 days and no longer counts: wake it first.")
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
