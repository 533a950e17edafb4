"""What needs the co-sign key is never done by one member where several decide, nor while all is stopped.

The table is read from left to right: what one member tries, at which of the two nodes, and how.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.errors import Halted, NodeError
from fedinode.services.cosigning import consenting, republishing, retiring, ticking, withdrawing
from fedinode.services.members import consulting, enrolling, halting, voting
from fedinode.storage import decisions
from fedinode.storage.database import Session
from fedinode.storage.models import CoSignature, OutgoingActivity, Post
from tests.services.cosigning.conftest import Parties, Side

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True),
]

ANA, BEN, CEM = "ana@koeln.example", "ben@koeln.example", "cem@koeln.example"
Act = Callable[[Capabilities, str, str | None], Awaitable[object]]


async def cosign(cap: Capabilities, statement: str, who: str | None) -> object:
    return await consenting.cosign(cap, statement, account=who)


async def withdraw(cap: Capabilities, statement: str, who: str | None) -> object:
    return await withdrawing.withdraw(cap, statement, account=who)


async def publish_copy(cap: Capabilities, statement: str, who: str | None) -> object:
    return await republishing.publish_copy(cap, statement, account=who, although_it_answers=True)


async def drop_copy(cap: Capabilities, statement: str, who: str | None) -> object:
    return await retiring.drop_copy(cap, statement, account=who)


#: What is tried, and whether the cell has signed already and the statement is public.
ACTS: Final[tuple[tuple[str, Act, bool], ...]] = (
    ("sign a draft that we were invited to", cosign, False),
    ("withdraw a signature", withdraw, True),
    ("publish the copy of a statement", publish_copy, True),
    ("drop the copy of a statement", drop_copy, True),
)


async def several_decide(side: Side, needed: int) -> None:
    for email in (ANA, BEN, CEM):
        await enrolling.add(side.cap, email, "owner")
    numbers = {"publish": needed, "cosign": needed}
    await consulting.set_thresholds(side.cap, side.name, numbers, account=ANA)


async def all_that_counts(cap: Capabilities) -> tuple[int, ...]:
    def read(session: Session) -> tuple[int, ...]:
        tables = (OutgoingActivity, CoSignature, Post)
        return tuple(
            session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        )

    return await cap.database.read(read)


@pytest.mark.parametrize("needed", [2, 3])
async def test_one_member_does_nothing_that_takes_several(parties: Parties, needed: int) -> None:
    draft = await parties.draft("two")
    await parties.invite(draft)
    public, _ = await parties.signed_and_public()
    cell = parties.cell
    await several_decide(cell, needed)
    before = await all_that_counts(cell.cap)
    for tried, act, is_public in ACTS:
        for who in (None, ANA, ANA):
            # Refused with a sentence, or the members are asked.
            with suppress(NodeError):
                await act(cell.cap, public if is_public else draft, who)
            await ticking.act(cell.cap)
            assert await all_that_counts(cell.cap) == before, (tried, who)


async def test_a_signature_that_was_agreed_to_in_a_stop_is_made_after_it(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.invite(statement)
    cell = parties.cell
    await several_decide(cell, 2)
    asked = await consenting.cosign(cell.cap, statement, account=ANA)
    await halting.halt(cell.cap, None)
    voted = await voting.vote(cell.cap, asked.standing.decision.uid, "yes", account=BEN)
    await ticking.act(cell.cap)
    assert (voted.made_uri, await cell.consents(statement)) == (None, [])
    await halting.resume(cell.cap)
    await ticking.act(cell.cap)
    assert len(await cell.consents(statement)) == 1


async def test_an_approved_decision_signs_nothing_in_a_stop(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.invite(statement)
    cell = parties.cell
    await several_decide(cell, 2)
    asked = await consenting.cosign(cell.cap, statement, account=ANA)
    uid = asked.standing.decision.uid

    def approve(session: Session) -> None:
        row = decisions.find(session, uid)
        assert row is not None
        decisions.set_state(session, row.id, "approved", cell.cap.clock())

    await cell.cap.database.write(approve)
    await halting.halt(cell.cap, None)

    def sign(session: Session) -> str:
        row = decisions.find(session, uid)
        assert row is not None
        return consenting.execute(session, cell.cap.urls, row, cell.cap.clock())

    with pytest.raises(Halted):
        await cell.cap.database.write(sign)
    await halting.resume(cell.cap)
    with pytest.raises(NodeError, match="no longer backed"):
        await cell.cap.database.write(sign)
