"""Every act of a collective that several members decide about: one vote moves nothing, the second does it.

And the numbers themselves: raised at once, lowered together, and lowered by those who remain.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NodeError, NotAllowed, NotFound, UsageError
from fedinode.services import delivering, publishing, revising
from fedinode.services.members import consulting, deciding, enrolling, voting
from fedinode.services.members.deciding import Standing
from fedinode.services.network import resharing
from fedinode.services.upkeep import diagnosing
from fedinode.storage import accounts, audit_chain, audit_log, collectives, decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from fedinode.storage.models import Mail, OutgoingActivity, Post
from tests.peer_server import Peer
from tests.services.outgoing.conftest import Befriend, Clock, Write

pytestmark = pytest.mark.anyio

ANA, BEN, CEM = "ana@berlin.example", "ben@berlin.example", "cem@berlin.example"
NEWS = 'type = "news"\ntitle = "Streik"\nlanguage = "de"'
JOINT = 'type = "statement"\ntitle = "Für acht Stunden"\nlanguage = "de"\ncosign = "anyone"'

Enter = Callable[..., Awaitable[None]]


@pytest.fixture
async def enter(cap: Capabilities) -> Enter:
    """Take in Ana and Ben as owners, and set how many have to agree."""
    for email in (ANA, BEN):
        await enrolling.add(cap, email, "owner")

    async def set_numbers(**wanted: int) -> None:
        await consulting.set_thresholds(cap, "berlin", wanted)

    return set_numbers


async def sent(cap: Capabilities) -> int:
    def read(session: Session) -> int:
        return session.execute(select(func.count()).select_from(OutgoingActivity)).scalar_one()

    return await cap.database.read(read)


async def state_of(cap: Capabilities) -> str:
    return str(await cap.database.read(lambda session: session.scalar(select(Post.state))))


async def numbers(cap: Capabilities) -> dict[str, int]:
    return dict((await consulting.numbers_of(cap, "berlin")).numbers)


async def second(cap: Capabilities, standing: Standing | None, *, account: str = BEN) -> voting.Voted:
    """Let the second member agree to what the first one asked."""
    assert standing is not None
    assert standing.still_needed == 1
    return await voting.vote(cap, standing.decision.uid, "yes", account=account)


# -- acts


async def test_publishing_without_asking_is_refused_on_every_path(
    cap: Capabilities, enter: Enter, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await enter(publish=2)
    note = koeln.serve(koeln.actor("jo").note())
    paths: tuple[Awaitable[object], ...] = (
        publishing.post(cap, manuscript(NEWS)),
        publishing.post(cap, manuscript(JOINT)),
        publishing.post(cap, manuscript(NEWS), again=True),
        publishing.reply(cap, note["id"], "Danke."),
        resharing.reshare(cap, note["id"], comment="Lesen!"),
    )
    for path in paths:
        with pytest.raises(NotAllowed, match="2 members decide what is published"):
            await path
    assert await sent(cap) == 0


async def test_a_joint_statement_takes_as_many_as_co_signing(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    await enter(cosign=2)
    assert (await publishing.post(cap, manuscript(NEWS))).state == "public"
    before = await sent(cap)
    with pytest.raises(NotAllowed, match="2 members decide"):
        await publishing.post(cap, manuscript(JOINT))
    draft = await publishing.post(cap, manuscript(JOINT), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert (asked.state, await sent(cap)) == ("draft", before)
    await second(cap, asked.standing)
    assert await sent(cap) == before + 1


async def test_where_one_decides_a_joint_statement_is_a_decision_all_the_same(
    cap: Capabilities, manuscript: Write
) -> None:
    published = await publishing.post(cap, manuscript(JOINT))
    assert (published.state, published.standing) == ("public", None)
    deeds = await cap.database.read(lambda session: [row.action for row in audit_log.entries(session)])
    assert deeds == ["decision.asked", "decision.approved", "decision.executed"]


@pytest.mark.parametrize("front_matter", [NEWS, JOINT])
async def test_a_public_text_changes_when_the_second_member_brings_the_same_file(
    cap: Capabilities, enter: Enter, manuscript: Write, front_matter: str
) -> None:
    public = await publishing.post(cap, manuscript(front_matter))
    before = await sent(cap)
    await enter(edit=2)
    other = f'{front_matter}\ntags = ["Streik"]'
    with pytest.raises(NotAllowed, match="--account"):
        await revising.edit(cap, public.uri, manuscript(other))
    asked = await revising.edit(cap, public.uri, manuscript(other), account=ANA)
    assert (await sent(cap), asked.state) == (before, "public")
    with pytest.raises(Conflict, match=r"fedinode edit .* with the same file"):
        await second(cap, asked.standing)
    again = await revising.edit(cap, public.uri, manuscript(f'{front_matter}\ntags = ["X"]'), account=BEN)
    assert again.standing is not None
    assert again.standing.still_needed == 1, "another file is another question"
    assert await sent(cap) == before
    done = await revising.edit(cap, public.uri, manuscript(f'{front_matter}\ntags = ["X"]'), account=ANA)
    assert done.standing is not None
    assert done.standing.is_approved
    assert await sent(cap) == before + 1


async def test_who_publishes_alone_with_two_cannot_change_it_alone(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    """What is not set follows: else one could publish anything by changing what two agreed to."""
    public = await publishing.post(cap, manuscript(NEWS))
    await enter(publish=2)
    with pytest.raises(NotAllowed):
        await revising.edit(cap, public.uri, manuscript(NEWS, "Anders."))
    with pytest.raises(NotAllowed):
        await publishing.delete(cap, public.uri)


async def test_a_public_post_is_taken_back_by_two_and_a_draft_by_anybody(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    public = await publishing.post(cap, manuscript(NEWS))
    before = await sent(cap)
    await enter(delete=2)
    asked = await publishing.delete(cap, public.uri, account=ANA)
    assert (await sent(cap), await state_of(cap)) == (before, "public")
    voted = await second(cap, asked.standing)
    assert (voted.made_uri, await state_of(cap), await sent(cap)) == (public.uri, "withdrawn", before + 1)
    draft = await publishing.post(cap, manuscript(NEWS, "Entwurf."), draft=True)
    assert (await publishing.delete(cap, draft.uri)).standing is None


async def test_a_post_that_changed_meanwhile_is_not_taken_back(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    public = await publishing.post(cap, manuscript(NEWS))
    await enter(delete=2)
    asked = await publishing.delete(cap, public.uri, account=ANA)
    await revising.edit(cap, public.uri, manuscript(NEWS, "Berichtigt."))
    with pytest.raises(Conflict, match="asked again"):
        await second(cap, asked.standing)
    assert await state_of(cap) == "public"
    assert await voting.list_waiting(cap) == ()


async def test_members_who_ask_and_vote_at_the_same_moment_publish_once(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    await enrolling.add(cap, CEM, "owner")
    await enter(publish=3)
    for number in range(2):
        draft = await publishing.post(cap, manuscript(NEWS, f"Nummer {number}."), draft=True)
        before = await sent(cap)
        await asyncio.gather(*(publishing.publish(cap, draft.uri, account=who) for who in (ANA, BEN, CEM)))
        assert await sent(cap) == before + 1
        assert await voting.list_waiting(cap) == ()
        asked = await publishing.post(cap, manuscript(NEWS, f"Und {number}."), draft=True)
        first = await publishing.publish(cap, asked.uri, account=ANA)
        assert first.standing is not None
        uid = first.standing.decision.uid
        await asyncio.gather(*(voting.vote(cap, uid, "yes", account=who) for who in (BEN, CEM)))
        assert await sent(cap) == before + 2


# -- on the wire


async def test_not_a_byte_leaves_after_one_vote_and_a_comma_asks_again(
    cap: Capabilities, enter: Enter, manuscript: Write, befriend: Befriend, koeln: Peer
) -> None:
    await befriend(koeln)
    await enter(publish=2, cosign=2)
    draft = await publishing.post(cap, manuscript(JOINT, "Acht Stunden."), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    await delivering.deliver_once(cap)
    assert [each for each in koeln.requests if each.method == "POST"] == []
    await revising.edit(cap, draft.uri, manuscript(JOINT, "Acht, Stunden."))
    with pytest.raises(Conflict, match="asked again"):
        await second(cap, asked.standing)
    again = await publishing.publish(cap, draft.uri, account=BEN)
    await delivering.deliver_once(cap)
    assert [each for each in koeln.requests if each.method == "POST"] == []
    await second(cap, again.standing, account=ANA)
    await delivering.deliver_once(cap)
    (create,) = koeln.received()
    assert (create["type"], create["object"]["id"]) == ("Create", draft.uri)
    assert "Acht, Stunden." in create["object"]["content"]


# -- numbers


async def test_an_owner_raises_a_number_at_once(cap: Capabilities, enter: Enter) -> None:
    await enter(publish=2)
    with pytest.raises(NotAllowed, match="Only an owner changes this"):
        await consulting.set_thresholds(cap, "berlin", {"cosign": 2})
    await enrolling.add(cap, CEM, "editor", account=ANA)
    await voting.vote(cap, (await voting.list_waiting(cap))[0].id, "yes", account=BEN)
    with pytest.raises(NotAllowed, match="Only an owner of berlin"):
        await consulting.set_thresholds(cap, "berlin", {"cosign": 2}, account=CEM)
    raised = await consulting.set_thresholds(cap, "berlin", {"cosign": 2}, account=BEN)
    assert raised.standing is None
    assert await numbers(cap) == {
        "publish": 2,
        "edit": 2,
        "delete": 2,
        "cosign": 2,
        "withdraw": 2,
        "block": 1,
    }


async def test_a_number_that_nobody_could_reach_is_refused(cap: Capabilities, enter: Enter) -> None:
    with pytest.raises(Conflict, match="3 members could never agree: in berlin 2 may decide"):
        await enter(publish=3)
    with pytest.raises(UsageError, match="least"):
        await enter(publish=0)


async def test_lowering_is_a_decision_under_the_old_number(cap: Capabilities, enter: Enter) -> None:
    await enter(publish=2, cosign=2)
    with pytest.raises(NotAllowed, match="takes 2 members"):
        await consulting.set_thresholds(cap, "berlin", {"publish": 1})
    asked = await consulting.set_thresholds(cap, "berlin", {"publish": 1}, account=ANA)
    assert asked.numbers["publish"] == 2
    await second(cap, asked.standing)
    assert (await numbers(cap))["publish"] == 1
    assert (await numbers(cap))["cosign"] == 2


async def test_a_change_of_the_numbers_meanwhile_asks_again(cap: Capabilities, enter: Enter) -> None:
    await enter(publish=2)
    asked = await consulting.set_thresholds(cap, "berlin", {"publish": 1}, account=ANA)
    await consulting.set_thresholds(cap, "berlin", {"cosign": 2}, account=BEN)
    with pytest.raises(Conflict, match="asked again"):
        await second(cap, asked.standing)
    assert (await numbers(cap))["publish"] == 2


async def test_a_number_that_was_raised_counts_for_what_is_open(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    await enrolling.add(cap, CEM, "owner")
    await enter(publish=2)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    await consulting.set_thresholds(cap, "berlin", {"publish": 3}, account=BEN)
    voted = await second(cap, asked.standing)
    assert (voted.standing.still_needed, await state_of(cap)) == (1, "draft")
    await voting.vote(cap, voted.standing.decision.uid, "yes", account=CEM)
    assert await state_of(cap) == "public"


async def test_members_who_lapse_can_be_outlived_and_the_audit_says_so(
    cap: Capabilities, enter: Enter, clock: Clock, manuscript: Write
) -> None:
    await enter(publish=2, cosign=2)
    clock.advance(days=61)
    await enrolling.wake(cap, ANA)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    assert (asked.standing.missing, asked.standing.lapsed) == ((), ("ben",))
    (finding,) = {each.sentence for each in await diagnosing.diagnose(cap) if each.subject == "members"}
    assert finding == "In berlin 2 members have to agree, and 1 could: the others have lapsed or left."
    lower = await consulting.set_thresholds(cap, "berlin", {"publish": 1, "cosign": 1}, account=ANA)
    assert lower.standing is not None
    assert lower.standing.decision.not_before == clock.now + deciding.LOWERING_DELAY
    waiting = {each.action: (each.lapsed, each.not_before) for each in await voting.list_waiting(cap)}
    assert waiting == {
        "threshold": (("ben",), clock.now + deciding.LOWERING_DELAY),
        "publish": (("ben",), None),
    }
    assert await mails_to_members(cap) == 2, "Ben is told of both, though he lapsed"
    clock.advance(days=6, hours=23)
    assert (await voting.act_on_ripe(cap), (await numbers(cap))["publish"]) == (0, 2)
    clock.advance(hours=2)
    assert (await voting.act_on_ripe(cap), (await numbers(cap))["publish"]) == (1, 1)
    deeds = await cap.database.read(lambda session: [row.action for row in audit_log.entries(session)])
    assert deeds[-3:] == ["decision.approved", "decision.executed", "threshold.lowered"]
    assert "member.woken" in deeds
    assert await cap.database.read(audit_chain.first_broken) is None
    assert not [each for each in await diagnosing.diagnose(cap) if each.subject in ("members", "audit")]


async def mails_to_members(cap: Capabilities) -> int:
    def read(session: Session) -> int:
        return session.execute(select(func.count()).select_from(Mail)).scalar_one()

    return await cap.database.read(read)


async def test_what_changed_while_it_waited_is_closed_and_not_done(
    cap: Capabilities, enter: Enter, clock: Clock
) -> None:
    await enter(publish=2)
    clock.advance(days=61)
    await enrolling.wake(cap, ANA)
    await consulting.set_thresholds(cap, "berlin", {"publish": 1}, account=ANA)

    def raise_another(session: Session) -> None:
        row = collectives.list_all(session)[0]
        decisions.set_thresholds(session, row.id, Thresholds(publish=2, cosign=2))

    await cap.database.write(raise_another)
    clock.advance(days=8)
    assert (await voting.act_on_ripe(cap), await voting.list_waiting(cap)) == (0, ())
    assert (await numbers(cap))["publish"] == 2


async def test_a_member_who_comes_back_in_time_has_a_say_again(
    cap: Capabilities, enter: Enter, clock: Clock
) -> None:
    await enter(publish=2)
    clock.advance(days=61)
    await enrolling.wake(cap, ANA)
    lower = await consulting.set_thresholds(cap, "berlin", {"publish": 1}, account=ANA)
    await enrolling.wake(cap, BEN)
    clock.advance(days=8)
    assert await voting.act_on_ripe(cap) == 0
    assert (await numbers(cap))["publish"] == 2
    assert lower.standing is not None
    voted = await voting.vote(cap, lower.standing.decision.uid, "no", account=BEN)
    assert voted.standing.decision.state == "refused"


# -- members


async def test_the_vote_of_who_is_no_member_any_more_does_not_count(
    cap: Capabilities, enter: Enter, manuscript: Write
) -> None:
    await enrolling.add(cap, CEM, "owner")
    await enter(publish=2)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    await enrolling.remove(cap, ANA, account=ANA)
    voted = await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert (voted.standing.yes, await state_of(cap)) == (("ben",), "draft")
    with pytest.raises(NotAllowed, match="may not decide"):
        await voting.vote(cap, asked.standing.decision.uid, "yes", account=ANA)
    await voting.vote(cap, asked.standing.decision.uid, "yes", account=CEM)
    assert await state_of(cap) == "public"


async def test_nobody_takes_in_or_removes_voters_alone(cap: Capabilities, enter: Enter) -> None:
    await enter(cosign=2)
    with pytest.raises(NotAllowed, match="takes 2 members"):
        await enrolling.add(cap, CEM, "signer")
    asked = await enrolling.add(cap, CEM, "signer", account=ANA)
    assert await roles(cap, CEM) == frozenset()
    await second(cap, asked.standing)
    assert await roles(cap, CEM) == {"signer"}
    (gone,) = await enrolling.remove(cap, CEM, account=ANA)
    assert await roles(cap, CEM) == {"signer"}
    await second(cap, gone.standing)
    assert await roles(cap, CEM) == frozenset()
    assert (await enrolling.add(cap, CEM, "translator")).standing is None
    await enrolling.remove(cap, BEN, account=BEN)
    with pytest.raises(Conflict, match="needs an owner"):
        await enrolling.remove(cap, ANA, account=ANA)
    with pytest.raises(NotFound, match="no such role"):
        await enrolling.remove(cap, CEM, role="owner", account=ANA)


async def roles(cap: Capabilities, email: str) -> frozenset[str]:
    def read(session: Session) -> frozenset[str]:
        row = collectives.list_all(session)[0]
        return accounts.roles_of(session, accounts.require_by_email(session, email).id, row.id)

    return await cap.database.read(read)


async def test_members_are_listed_with_who_lapsed(cap: Capabilities, enter: Enter, clock: Clock) -> None:
    await enrolling.add(cap, BEN, "editor")
    clock.advance(days=61)
    await enrolling.wake(cap, ANA)
    found = await enrolling.list_members(cap, collective="berlin")
    assert [(each.email, each.roles, each.has_lapsed) for each in found] == [
        (ANA, ("owner",), False),
        (BEN, ("editor", "owner"), True),
    ]


# -- sentences


@pytest.mark.parametrize(
    ("account", "choice", "sentence"),
    [
        ("nobody@berlin.example", "yes", "no account with this address"),
        (CEM, "yes", "may not decide this"),
        (ANA, "yes", "said yes already, which counts once; not answered: ben"),
    ],
)
async def test_a_vote_that_cannot_count_says_why(
    cap: Capabilities, enter: Enter, manuscript: Write, account: str, choice: deciding.Choice, sentence: str
) -> None:
    await enter(publish=2)
    await enrolling.add(cap, CEM, "translator")
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    with pytest.raises(NodeError, match=sentence) as caught:
        await voting.vote(cap, asked.standing.decision.uid, choice, account=account)
    assert caught.value.exit_code == 1


async def test_a_closed_decision_takes_no_more_votes(
    cap: Capabilities, enter: Enter, manuscript: Write, clock: Clock
) -> None:
    await enter(publish=2)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    assert asked.standing is not None
    uid = asked.standing.decision.uid
    clock.advance(seconds=deciding.OPEN_FOR.total_seconds())
    with pytest.raises(Conflict, match="ended on"):
        await voting.vote(cap, uid, "yes", account=BEN)
    anew = await publishing.publish(cap, draft.uri, account=BEN)
    assert anew.standing is not None
    assert anew.standing.decision.uid != uid
    with pytest.raises(Conflict, match="is expired: it takes no more votes"):
        await voting.vote(cap, uid, "yes", account=ANA)
    with pytest.raises(NotFound, match="fedinode decisions"):
        await voting.vote(cap, "nothing", "yes", account=ANA)


async def test_a_deleted_draft_ends_its_decision(cap: Capabilities, enter: Enter, manuscript: Write) -> None:
    await enter(publish=2)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA)
    await publishing.delete(cap, draft.uri)
    with pytest.raises(Conflict, match="is withdrawn, not a draft"):
        await second(cap, asked.standing)
    assert await voting.list_waiting(cap) == ()
    states = await cap.database.read(
        lambda session: [row.state for row in decisions.list_newest(session, states=("cancelled",))]
    )
    assert states == ["cancelled"]
