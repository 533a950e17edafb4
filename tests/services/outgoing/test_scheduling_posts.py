"""A draft is published at its moment, exactly as it was when that was decided, or not at all."""

from datetime import timedelta

import pytest

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.services import publishing, revising
from fedinode.services.members import enrolling, voting
from fedinode.storage import collectives, decisions, posts
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from tests.services.outgoing.conftest import Clock, Write

pytestmark = pytest.mark.anyio

ANA, BEN = "ana@berlin.example", "ben@berlin.example"
NEWS = 'type = "news"\ntitle = "Neu"\nlanguage = "de"\nkey = "neu"'


async def let_two_decide(cap: Capabilities) -> None:
    for email in (ANA, BEN):
        await enrolling.add(cap, email, "owner")

    def write(session: Session) -> None:
        collective = collectives.list_all(session)[0]
        decisions.set_thresholds(session, collective.id, Thresholds(publish=2, cosign=2))

    await cap.database.write(write)


async def state_of(cap: Capabilities, uri: str) -> str:
    post = await cap.database.read(lambda session: posts.find_by_object_uri(session, uri))
    assert post is not None
    return post.state


async def test_one_who_decides_alone_sets_a_moment_moves_it_and_is_obeyed(
    cap: Capabilities, clock: Clock, manuscript: Write
) -> None:
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    soon, later = clock.now + timedelta(hours=1), clock.now + timedelta(hours=3)
    await publishing.publish(cap, draft.uri, at=soon)
    await publishing.publish(cap, draft.uri, at=later)
    clock.advance(hours=2)
    assert (await voting.act_on_ripe(cap), await state_of(cap, draft.uri)) == (0, "draft")
    clock.advance(hours=2)
    assert (await voting.act_on_ripe(cap), await state_of(cap, draft.uri)) == (1, "public")
    assert await voting.act_on_ripe(cap) == 0


async def test_a_moment_that_is_over_or_too_far_is_refused(
    cap: Capabilities, clock: Clock, manuscript: Write
) -> None:
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    for at in (clock.now, clock.now - timedelta(days=1), clock.now + timedelta(days=400)):
        with pytest.raises(Conflict):
            await publishing.publish(cap, draft.uri, at=at)


async def test_the_moment_alone_publishes_nothing_before_enough_agree(
    cap: Capabilities, clock: Clock, manuscript: Write
) -> None:
    await let_two_decide(cap)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    asked = await publishing.publish(cap, draft.uri, account=ANA, at=clock.now + timedelta(hours=1))
    assert asked.standing is not None
    clock.advance(hours=2)
    assert (await voting.act_on_ripe(cap), await state_of(cap, draft.uri)) == (0, "draft")
    await voting.vote(cap, asked.standing.decision.uid, "yes", account=BEN)
    assert await state_of(cap, draft.uri) == "public"


async def test_another_moment_or_text_asks_again(cap: Capabilities, clock: Clock, manuscript: Write) -> None:
    await let_two_decide(cap)
    draft = await publishing.post(cap, manuscript(NEWS), draft=True)
    soon, later = clock.now + timedelta(hours=1), clock.now + timedelta(hours=2)
    first = await publishing.publish(cap, draft.uri, account=ANA, at=soon)
    moved = await publishing.publish(cap, draft.uri, account=BEN, at=later)
    assert first.standing is not None
    assert moved.standing is not None
    assert (moved.standing.yes, moved.standing.still_needed) == (("ben",), 1)
    await voting.vote(cap, moved.standing.decision.uid, "yes", account=ANA)
    await revising.edit(cap, draft.uri, manuscript(NEWS, "Ganz anders."))
    clock.advance(hours=3)
    assert (await voting.act_on_ripe(cap), await state_of(cap, draft.uri)) == (0, "draft")
    (again,) = {
        row.state
        for row in await cap.database.read(
            lambda session: decisions.list_newest(session, states=("open", "cancelled"))
        )
    }
    assert again == "cancelled"
