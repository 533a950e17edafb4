"""Who was asked to sign is listed at once, unless a level, a rule or an attack lets the request wait."""

from collections.abc import Awaitable, Callable

import pytest

from fedinode.services.cosigning import stamping
from fedinode.services.moderation import alerting, excluding, withholding
from tests.services.cosigning.conftest import Parties

pytestmark = pytest.mark.anyio

Measure = Callable[[Parties], Awaitable[object]]


async def hold_the_name(parties: Parties) -> None:
    await withholding.add(parties.author.cap, "part", parties.cell.name)


async def hold_the_server(parties: Parties) -> None:
    await excluding.block(parties.author.cap, parties.cell.peer.host, severity="held")


async def hold_everything(parties: Parties) -> None:
    await alerting.begin(parties.author.cap, 1)


@pytest.mark.parametrize(
    ("measure", "reason"),
    [(hold_the_name, "part:"), (hold_the_server, "level:"), (hold_everything, "attack")],
)
async def test_a_request_that_is_held_waits_says_why_and_is_listed_by_hand(
    parties: Parties, measure: Measure, reason: str
) -> None:
    statement = await parties.draft()
    await measure(parties)
    consent = await parties.sign(statement)
    await parties.pass_on()
    (row,) = await parties.author.consents(statement)
    assert row.author_state == "pending"
    assert (row.reason or "").startswith(reason)
    await stamping.accept_by_hand(parties.author.cap, row.id)
    await parties.pass_on()
    assert await parties.author.listed(await parties.publish(statement)) == [consent]


async def test_a_trusted_server_passes_a_rule(parties: Parties) -> None:
    statement = await parties.draft()
    await hold_the_name(parties)
    await excluding.block(parties.author.cap, parties.cell.peer.host, severity="trusted")
    await parties.sign(statement)
    await parties.pass_on()
    assert [state for state, _ in await parties.author.states(statement)] == ["accepted"]
