"""What the members agreed to waits, is seen by all, and can be stopped by any of them; or everything can."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, Halted, NotAllowed, NotFound, UsageError
from fedinode.services import delivering, following, publishing, revising
from fedinode.services.cosigning import ticking, trusting
from fedinode.services.dispatching import Dispatcher
from fedinode.services.members import consulting, enrolling, halting, resuming, stopping, telling, voting
from fedinode.services.network import resharing
from fedinode.storage import accounts, audit_log, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.models import Delivery, Mail, Post
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Clock, Write

pytestmark = pytest.mark.anyio
ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)

ANA, BEN, CEM = "ana@berlin.example", "ben@berlin.example", "cem@berlin.example"
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"'
HALF_AN_HOUR = timedelta(minutes=30).total_seconds()

Agree = Callable[[], Awaitable[str]]


@pytest.fixture
async def agree(cap: Capabilities, manuscript: Write) -> Agree:
    """Return what lets two owners agree to publish a draft; Cem may only read. It waits half an hour."""
    for email, role in ((ANA, "owner"), (BEN, "owner"), (CEM, "reader")):
        await enrolling.add(cap, email, role)
    await consulting.set_thresholds(cap, "berlin", {"publish": 2, "cooling": 30})

    async def both() -> str:
        draft = await publishing.post(cap, manuscript(NEWS), draft=True)
        asked = await publishing.publish(cap, draft.uri, account=ANA)
        assert asked.standing is not None
        uid = asked.standing.decision.uid
        voted = await voting.vote(cap, uid, "yes", account=BEN)
        assert voted.standing.is_waiting
        return uid

    return both


async def row_of(cap: Capabilities, uid: str) -> DecisionRow:
    found = await cap.database.read(lambda session: decisions.find(session, uid))
    assert found is not None
    return found


async def post_state(cap: Capabilities) -> str:
    return await cap.database.read(lambda session: session.scalars(select(Post.state)).one())


async def waiting_deliveries(cap: Capabilities) -> int:
    def read(session: Session) -> int:
        return session.execute(select(func.count()).select_from(Delivery)).scalar_one()

    return await cap.database.read(read)


async def test_what_was_agreed_to_waits_and_is_done_by_the_worker(
    cap: Capabilities, agree: Agree, clock: Clock
) -> None:
    uid = await agree()
    clock.advance(seconds=HALF_AN_HOUR - 1)
    await ticking.act(cap)
    assert await post_state(cap) == "draft"
    clock.advance(seconds=1)
    await ticking.act(cap)
    assert await post_state(cap) == "public"
    row = await row_of(cap, uid)
    assert (row.state, row.ended_at) == ("executed", row.executed_at)


async def test_a_reader_stops_it_and_it_can_be_asked_again(
    cap: Capabilities, agree: Agree, clock: Clock
) -> None:
    uid = await agree()
    await stopping.stop_decision(cap, uid, CEM)
    clock.advance(seconds=2 * HALF_AN_HOUR)
    await ticking.act(cap)
    assert await post_state(cap) == "draft"
    with pytest.raises(Conflict, match="takes no more votes"):
        await voting.vote(cap, uid, "yes", account=ANA)
    with pytest.raises(Conflict, match="nothing to stop"):
        await stopping.stop_decision(cap, uid, CEM)

    def read(session: Session) -> tuple[str, int | None]:
        last = list(audit_log.entries(session))[-1]
        return last.action, last.account_id

    cem = await cap.database.read(lambda session: accounts.require_by_email(session, CEM).id)
    assert await cap.database.read(read) == ("decision.stopped", cem)
    again = await agree()
    assert again != uid


@ONE_DATABASE
async def test_all_members_are_told_once_and_see_it_in_their_feeds(cap: Capabilities, agree: Agree) -> None:
    uid = await agree()
    await voting.vote(cap, uid, "yes", account=BEN)

    def mails(session: Session) -> list[str]:
        found = session.scalars(select(Mail.dedupe_key).where(Mail.dedupe_key.like("cooling:%")))
        return list(found)

    assert len(await cap.database.read(mails)) == 3
    address = await telling.make_feed(cap, CEM)
    feed = await telling.feed_of(cap, address.rsplit("/", 1)[-1].split(".")[0])
    assert feed is not None
    assert [line.key for line in feed.lines] == [f"{uid}-agreed"]


@ONE_DATABASE
async def test_who_is_not_of_the_collective_stops_nothing_and_nothing_is_stopped_that_does_not_wait(
    cap: Capabilities, agree: Agree, manuscript: Write
) -> None:
    uid = await agree()
    await cap.database.write(
        lambda session: accounts.add(
            session, email="x@y.example", name="x", is_operator=True, now=cap.clock()
        )
    )
    with pytest.raises(NotFound):
        await stopping.stop_decision(cap, uid, "x@y.example")
    with pytest.raises(NotFound):
        await stopping.stop_decision(cap, "nothing", CEM)
    other = await publishing.post(cap, manuscript(NEWS.replace("Streik", "Mehr")), draft=True)
    asked = await publishing.publish(cap, other.uri, account=ANA)
    assert asked.standing is not None
    with pytest.raises(Conflict, match="nothing to stop"):
        await stopping.stop_decision(cap, asked.standing.decision.uid, CEM)


@ONE_DATABASE
async def test_nobody_stops_that_they_are_let_go(cap: Capabilities, agree: Agree) -> None:
    del agree
    gone = await enrolling.remove(cap, BEN, account=ANA)
    standing = gone[0].standing
    assert standing is not None
    uid = standing.decision.uid
    await enrolling.add(cap, CEM, "signer", account=ANA)
    with pytest.raises(Conflict, match="nothing to stop"):
        await stopping.stop_decision(cap, uid, CEM)
    await voting.vote(cap, uid, "yes", account=BEN)
    with pytest.raises(NotAllowed, match="your own membership"):
        await stopping.stop_decision(cap, uid, BEN)
    await stopping.stop_decision(cap, uid, CEM)


async def test_a_yes_that_is_taken_back_ends_the_wait(cap: Capabilities, agree: Agree, clock: Clock) -> None:
    uid = await agree()
    await voting.vote(cap, uid, "no", account=BEN)
    clock.advance(seconds=2 * HALF_AN_HOUR)
    await ticking.act(cap)
    row = await row_of(cap, uid)
    assert (await post_state(cap), row.state) == ("draft", "refused")


@ONE_DATABASE
async def test_a_clock_that_is_set_back_lets_it_wait_anew_and_not_for_ever(
    cap: Capabilities, agree: Agree, clock: Clock
) -> None:
    uid = await agree()
    clock.advance(seconds=-86_400)
    await ticking.act(cap)
    assert await post_state(cap) == "draft"
    assert (await row_of(cap, uid)).agreed_at == cap.clock()
    clock.advance(seconds=HALF_AN_HOUR)
    await ticking.act(cap)
    assert await post_state(cap) == "public"


@ONE_DATABASE
async def test_where_one_decides_a_cooling_off_time_lets_the_others_stop_it(
    cap: Capabilities, manuscript: Write, clock: Clock
) -> None:
    await enrolling.add(cap, CEM, "reader")
    await consulting.set_thresholds(cap, "berlin", {"cooling": 10})
    waits = await publishing.post(cap, manuscript(NEWS))
    assert waits.standing is not None
    assert (waits.state, waits.standing.is_waiting) == ("draft", True)
    clock.advance(seconds=600)
    await ticking.act(cap)
    assert await post_state(cap) == "public"
    edit = await revising.edit(cap, waits.url, manuscript(NEWS, body="Anders."))
    assert edit.standing is not None
    clock.advance(seconds=600)
    await ticking.act(cap)
    done = await revising.edit(cap, waits.url, manuscript(NEWS, body="Anders."))
    assert done.standing is None or done.standing.is_approved
    gone = await publishing.delete(cap, waits.url)
    assert gone.standing is not None
    await stopping.stop_decision(cap, gone.standing.decision.uid, CEM)
    assert await post_state(cap) == "public"


@ONE_DATABASE
async def test_a_shorter_wait_is_decided_and_waits_itself(
    cap: Capabilities, agree: Agree, clock: Clock
) -> None:
    del agree
    with pytest.raises(UsageError, match="at most 1440"):
        await consulting.set_thresholds(cap, "berlin", {"cooling": 9999}, account=ANA)
    asked = await consulting.set_thresholds(cap, "berlin", {"cooling": 0}, account=ANA)
    assert asked.standing is not None
    await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert (await consulting.numbers_of(cap, "berlin")).cooling == 30
    clock.advance(seconds=HALF_AN_HOUR)
    await ticking.act(cap)
    assert (await consulting.numbers_of(cap, "berlin")).cooling == 0


# -- everything


async def test_one_member_stops_everything_and_nothing_goes_out(
    cap: Capabilities, befriend: Befriend, manuscript: Write, koeln: Peer, clock: Clock
) -> None:
    await befriend(koeln)
    await enrolling.add(cap, CEM, "reader")
    public = await publishing.post(cap, manuscript(NEWS))
    queued = await waiting_deliveries(cap)
    await halting.halt(cap, CEM, "  Somebody   has our password ")
    state = await halting.state(cap)
    assert (state.level, state.who, state.why) == ("stopped", "cem", "Somebody has our password")
    assert await Dispatcher(cap).drain() == 0
    for act in (
        lambda: publishing.post(cap, manuscript(NEWS.replace("Streik", "Neu"))),
        lambda: revising.edit(cap, public.url, manuscript(NEWS, body="Anders.")),
        lambda: publishing.delete(cap, public.url),
        lambda: resharing.reshare(cap, public.url),
        lambda: following.unfollow(cap, "@x@y.example"),
        lambda: trusting.rotate(cap, "berlin"),
    ):
        with pytest.raises((Halted, NotFound)):
            await act()
    assert (await post_state(cap), await waiting_deliveries(cap)) == ("public", queued)
    clock.advance(seconds=60)
    await halting.halt(cap, None)
    assert (await halting.state(cap)).since == state.since, "a second press changes nothing"
    await halting.resume(cap)
    assert await Dispatcher(cap).drain() == queued


@ONE_DATABASE
async def test_what_is_agreed_to_in_a_stop_is_done_after_it_and_letting_go_on_takes_as_many_as_publishing(
    cap: Capabilities, agree: Agree, clock: Clock
) -> None:
    await agree()
    await halting.halt(cap, CEM)
    clock.advance(seconds=2 * HALF_AN_HOUR)
    await ticking.act(cap)
    assert await post_state(cap) == "draft"
    with pytest.raises(NotAllowed, match="may not decide"):
        await resuming.ask_to_resume(cap, CEM)
    asked = await resuming.ask_to_resume(cap, ANA)
    assert not (await halting.state(cap)).is_running
    with pytest.raises(NotAllowed, match="votes alone"):
        await stopping.stop_decision(cap, asked.decision.uid, CEM)
    await voting.vote(cap, asked.decision.uid, "yes", account=BEN)
    assert (await halting.state(cap)).is_running
    await ticking.act(cap)
    assert await post_state(cap) == "public"
    with pytest.raises(Conflict, match="Nothing is stopped"):
        await resuming.ask_to_resume(cap, ANA)


@ONE_DATABASE
async def test_members_let_somebody_go_while_everything_is_stopped(cap: Capabilities, agree: Agree) -> None:
    del agree
    await consulting.set_thresholds(cap, "berlin", {"cosign": 2}, account=ANA)
    await halting.halt(cap, CEM)
    await enrolling.add(cap, CEM, "author", account=ANA)
    gone = await enrolling.remove(cap, CEM, role="reader", account=ANA)
    assert gone[0].standing is None


@ONE_DATABASE
async def test_a_node_that_is_read_only_goes_on_from_the_machine_alone(
    cap: Capabilities, agree: Agree
) -> None:
    del agree
    await halting.halt(cap, CEM)
    await halting.halt(cap, None, level="read-only")
    assert (await halting.state(cap)).level == "read-only"
    with pytest.raises(Halted, match="read-only"):
        await resuming.ask_to_resume(cap, ANA)
    await halting.halt(cap, CEM)
    assert (await halting.state(cap)).level == "read-only", "it becomes no less"
    with pytest.raises(Halted):
        await cap.database.read(halting.require_writable)
    assert await delivering.recover(cap) == 0
    await halting.resume(cap)
    await cap.database.read(halting.require_writable)
