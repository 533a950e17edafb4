"""Who has to agree before a collective acts, and that nothing gets round it."""

from datetime import datetime, timedelta

import pytest

from fedinode.errors import Conflict, NotAllowed, NotFound
from fedinode.services.members import deciding
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.members.gating import Action
from fedinode.storage import audit_chain, audit_log, decisions
from fedinode.storage.database import Database, Session
from fedinode.storage.models import Account, Collective, Membership
from tests.storage.sample_rows import NOW, add

SUBJECT = "https://koeln.example/statements/1"
MINUTE = timedelta(minutes=1)


class House:
    """A collective with members, for asking and voting."""

    def __init__(self, database: Database, *, k: int, roles: dict[str, str]) -> None:
        self.database = database
        self.accounts: dict[str, int] = {}
        database.write_now(lambda session: self._furnish(session, k, roles))

    def _furnish(self, session: Session, k: int, roles: dict[str, str]) -> None:
        self.collective_id = add(session, Collective, cosign_k=k, publish_k=k).id
        for name, role in roles.items():
            account = add(session, Account, name=name, last_seen_at=NOW)
            self.accounts[name] = account.id
            add(
                session,
                Membership,
                account_id=account.id,
                collective_id=self.collective_id,
                role=role,
                since=NOW,
            )

    def ask(
        self,
        who: str | None,
        *,
        digest: str = "zQmA",
        action: Action = "cosign",
        now: datetime = NOW,
    ) -> Standing:
        question = Question(
            collective_id=self.collective_id, action=action, subject_uri=SUBJECT, digest=digest
        )
        account_id = None if who is None else self.accounts[who]
        return self.database.write_now(
            lambda session: deciding.ask(session, question, account_id=account_id, now=now)
        )

    def vote(
        self, who: str, standing: Standing, choice: deciding.Choice = "yes", *, now: datetime = NOW
    ) -> Standing:
        def job(session: Session) -> Standing:
            decision = decisions.find(session, standing.decision.uid)
            assert decision is not None
            return deciding.cast(session, decision, self.accounts[who], choice, now=now)

        return self.database.write_now(job)

    def execute(self, standing: Standing, *, digest: str = "zQmA", now: datetime = NOW) -> None:
        uid = standing.decision.uid
        self.database.write_now(lambda session: deciding.require_decision(session, uid, digest, now))

    def last_seen(self, who: str, moment: datetime) -> None:
        def job(session: Session) -> None:
            account = session.get(Account, self.accounts[who])
            assert account is not None
            account.last_seen_at = moment

        self.database.write_now(job)


@pytest.fixture
def pair(database: Database) -> House:
    return House(database, k=2, roles={"Alice": "owner", "Bob": "signer", "Charlie": "reader"})


def test_the_operator_alone_decides_where_one_is_enough(database: Database) -> None:
    house = House(database, k=1, roles={"Alice": "owner"})
    standing = house.ask(None)
    assert standing.is_approved
    house.execute(standing)


def test_the_operator_alone_does_not_decide_where_two_are_asked(pair: House) -> None:
    with pytest.raises(NotAllowed, match="takes 2 members"):
        pair.ask(None)


def test_one_vote_of_two_is_not_enough_and_names_who_is_missing(pair: House) -> None:
    standing = pair.ask("Alice")
    assert (standing.yes, standing.missing, standing.still_needed) == (("Alice",), ("Bob",), 1)
    with pytest.raises(NotAllowed, match="is open, not approved"):
        pair.execute(standing)


def test_the_second_vote_decides_and_executes_once(pair: House) -> None:
    standing = pair.vote("Bob", pair.ask("Alice"))
    assert standing.is_approved
    pair.execute(standing)
    with pytest.raises(NotAllowed, match="is executed, not approved"):
        pair.execute(standing)


def test_the_same_answer_again_is_refused_with_a_sentence(pair: House) -> None:
    standing = pair.ask("Alice")
    with pytest.raises(Conflict, match="said yes already, which counts once; not answered: Bob"):
        pair.vote("Alice", standing)


def test_a_reader_may_not_vote(pair: House) -> None:
    with pytest.raises(NotAllowed, match="may not decide"):
        pair.vote("Charlie", pair.ask("Alice"))


def test_another_digest_asks_again(pair: House) -> None:
    first = pair.ask("Alice", digest="zQmA")
    second = pair.ask("Bob", digest="zQmB")
    assert second.decision.uid != first.decision.uid
    assert (second.yes, second.missing) == (("Bob",), ("Alice",))
    with pytest.raises(Conflict, match="takes no more votes"):
        pair.vote("Bob", first)


def test_an_approved_decision_does_not_cover_a_changed_text(pair: House) -> None:
    standing = pair.vote("Bob", pair.ask("Alice"))
    with pytest.raises(Conflict, match="has changed since"):
        pair.execute(standing, digest="zQmOther")


def test_enough_no_refuses(pair: House) -> None:
    assert pair.vote("Bob", pair.ask("Alice"), "no").decision.state == "refused"


def test_a_yes_may_become_a_no_before_it_is_decided(pair: House) -> None:
    standing = pair.ask("Alice")
    assert pair.vote("Alice", standing, "no").decision.state == "refused"


def test_an_approved_decision_lapses_with_its_voters(pair: House) -> None:
    standing = pair.vote("Bob", pair.ask("Alice"))
    with pytest.raises(NotAllowed, match="no longer backed"):
        pair.execute(standing, now=NOW + decisions.LAPSES_AFTER + MINUTE)


def test_a_lapsed_member_neither_counts_nor_votes(pair: House) -> None:
    pair.last_seen("Bob", NOW - decisions.LAPSES_AFTER - MINUTE)
    standing = pair.ask("Alice")
    assert (standing.missing, standing.lapsed) == ((), ("Bob",))
    with pytest.raises(NotAllowed, match="account wake"):
        pair.vote("Bob", standing)


def test_those_who_remain_may_lower_the_threshold_after_a_week(pair: House) -> None:
    pair.last_seen("Bob", NOW - decisions.LAPSES_AFTER - MINUTE)
    standing = pair.ask("Alice", action="threshold")
    assert standing.decision.needed == 1
    assert not standing.is_approved
    later = NOW + deciding.LOWERING_DELAY
    assert pair.vote("Alice", standing, now=later).is_approved


def test_where_all_are_awake_a_lower_threshold_takes_as_many_as_before(pair: House) -> None:
    standing = pair.ask("Alice", action="threshold")
    assert (standing.decision.needed, standing.decision.not_before) == (2, None)


def test_a_question_ends_by_itself(pair: House) -> None:
    standing = pair.ask("Alice")
    over = NOW + deciding.OPEN_FOR
    with pytest.raises(Conflict, match="ended on"):
        pair.vote("Bob", standing, now=over)
    assert pair.database.write_now(lambda session: deciding.expire(session, over)) == 1
    assert pair.ask("Bob", now=over).decision.uid != standing.decision.uid


def test_an_unknown_decision_is_not_found(pair: House) -> None:
    with pytest.raises(NotFound):
        pair.database.write_now(lambda session: deciding.require_decision(session, "nothing", "zQmA", NOW))


def test_every_step_is_in_the_audit_and_the_chain_holds(pair: House) -> None:
    pair.execute(pair.vote("Bob", pair.ask("Alice")))
    deeds = pair.database.read_now(lambda session: [row.action for row in audit_log.entries(session)])
    assert deeds == [
        "decision.asked",
        "decision.voted-yes",
        "decision.voted-yes",
        "decision.approved",
        "decision.executed",
    ]
    assert pair.database.read_now(audit_chain.first_broken) is None


def test_two_collectives_of_one_node_decide_apart_about_the_same(database: Database, pair: House) -> None:
    other = House(database, k=2, roles={"Dana": "owner", "Emil": "signer"})
    ours, theirs = pair.ask("Alice"), other.ask("Dana")
    assert ours.decision.uid != theirs.decision.uid
    assert pair.vote("Bob", ours).is_approved
    assert theirs.missing == ("Emil",)


def test_a_refusal_can_be_said_in_another_language_with_its_values() -> None:
    german = {"{days} days and {name}": "{name} nach {days} Tagen"}
    refused = NotAllowed("{days} days and {name}", days=60, name="{Ana}")
    assert str(refused) == "60 days and {Ana}"
    assert refused.translated(lambda words: german.get(words, words)) == "{Ana} nach 60 Tagen"
    plain = Conflict("Braces {stay} where nothing is put in.")
    assert plain.translated(str) == str(plain) == "Braces {stay} where nothing is put in."
