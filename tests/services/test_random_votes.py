"""Whatever members do, and in whatever order: what is executed was agreed to by enough of those who count."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedinode.errors import Conflict, NotAllowed
from fedinode.services.members import deciding
from fedinode.storage import accounts, audit_chain, decisions
from fedinode.storage.database import Database, Session
from fedinode.storage.decisions import Thresholds
from tests.conftest import DatabaseKind
from tests.services.test_deciding import House
from tests.storage.sample_rows import NOW

NAMES = ("Alice", "Bob", "Dana", "Emil")
DIGESTS = ("zQmA", "zQmA", "zQmA", "zQmB")
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - decisions.LAPSES_AFTER - MINUTE

_ASK = st.tuples(st.just("ask"), st.sampled_from(NAMES), st.sampled_from(DIGESTS))
_VOTE = st.tuples(st.just("vote"), st.sampled_from(NAMES), st.sampled_from(("yes", "yes", "no")))
_EXECUTE = st.tuples(st.just("execute"), st.sampled_from(DIGESTS), st.none())
_COME_AND_GO = st.tuples(
    st.sampled_from(("leave", "join", "lapse", "wake")), st.sampled_from(NAMES), st.none()
)
_NUMBER = st.tuples(st.just("set_number"), st.integers(1, 4), st.none())
#: Mostly asking, voting and executing, so that something is decided at all.
STEPS = st.lists(
    st.one_of(_ASK, _VOTE, _VOTE, _EXECUTE, _EXECUTE, _COME_AND_GO, _NUMBER), min_size=15, max_size=30
)
#: What chance may leave out: executed, asked for too early, for another text, after it was refused.
_AGREED = [("ask", "Alice", "zQmA"), ("vote", "Bob", "yes")]
SURELY = (
    [*_AGREED, ("execute", "zQmA", None)],
    [_AGREED[0], ("execute", "zQmA", None)],
    [*_AGREED, ("execute", "zQmB", None)],
    [
        _AGREED[0],
        ("vote", "Bob", "no"),
        ("vote", "Dana", "no"),
        ("vote", "Emil", "no"),
        ("vote", "Dana", "yes"),
    ],
)


@pytest.fixture
def database_kind() -> DatabaseKind:
    """One kind will do: what is counted is counted here, not by the database."""
    return "sqlite"


@dataclass
class Model:
    """What was said, as a reader of the rules would keep it."""

    house: House
    digest: str = ""
    uid: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    members: set[str] = field(default_factory=lambda: set(NAMES))
    lapsed: set[str] = field(default_factory=set)
    number: int = 2
    executed: int = 0

    def agreed(self) -> int:
        """Count those who said yes to this text, are members, and did not lapse."""
        counting = self.members - self.lapsed
        return sum(self.answers.get(name) == "yes" for name in counting)

    def ask(self, name: str, digest: str) -> None:
        standing = self.house.ask(name, digest=digest)
        if standing.decision.uid != self.uid:
            self.uid, self.digest, self.answers = standing.decision.uid, digest, {}
        self.answers[name] = "yes"
        assert digest == self.digest
        assert standing.is_approved == (self.agreed() >= standing.decision.needed)

    def vote(self, name: str, choice: deciding.Choice) -> None:
        if self.uid:
            self.house.vote(name, deciding_standing(self.house, self.uid), choice)
            self.answers[name] = choice

    def leave(self, name: str, _: None) -> None:
        self._write(
            lambda session: accounts.remove_role(
                session, self.house.accounts[name], self.house.collective_id, "owner"
            )
        )
        self.members.discard(name)

    def join(self, name: str, _: None) -> None:
        self._write(
            lambda session: accounts.add_role(
                session, self.house.accounts[name], self.house.collective_id, "owner", NOW
            )
        )
        self.members.add(name)

    def lapse(self, name: str, _: None) -> None:
        self.house.last_seen(name, LONG_AGO)
        self.lapsed.add(name)

    def wake(self, name: str, _: None) -> None:
        self.house.last_seen(name, NOW)
        self.lapsed.discard(name)

    def set_number(self, number: int, _: None) -> None:
        wanted = Thresholds(publish=1, cosign=number)
        self._write(lambda session: decisions.set_thresholds(session, self.house.collective_id, wanted))
        self.number = number

    def execute(self, digest: str, _: None) -> None:
        if not self.uid:
            return
        self._write(lambda session: deciding.require_decision(session, self.uid, digest, NOW))
        assert digest == self.digest
        assert self.agreed() >= self.number
        self.executed += 1

    def _write(self, job: object) -> None:
        assert callable(job)
        self.house.database.write_now(job)


def deciding_standing(house: House, uid: str) -> deciding.Standing:
    def read(session: Session) -> deciding.Standing:
        decision = decisions.find(session, uid)
        assert decision is not None
        return deciding.standing_of(session, decision, NOW)

    return house.database.read_now(read)


def test_nothing_is_executed_without_enough_who_count(database: Database) -> None:
    ended: Counter[str] = Counter()

    @settings(max_examples=40, deadline=None)
    @given(steps=STEPS)
    @example(steps=SURELY[0])
    @example(steps=SURELY[1])
    @example(steps=SURELY[2])
    @example(steps=SURELY[3])
    def play(steps: list[tuple[str, object, object]]) -> None:
        model = Model(House(database, k=2, roles=dict.fromkeys(NAMES, "owner")))
        for name, first, second in steps:
            act: Callable[..., None] = getattr(model, name)
            try:
                act(first, second)
            except (Conflict, NotAllowed) as error:
                ended[type(error).__name__] += 1
        ended["executed"] += model.executed

    # All collectives are asked about the same thing, and decide apart.
    play()
    assert {"executed", "Conflict", "NotAllowed", "Stale"} <= {each for each in ended if ended[each]}
    assert database.read_now(audit_chain.first_broken) is None
