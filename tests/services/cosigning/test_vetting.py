"""Signatures that wait for the author: what members are told of the signer, and answers to all or to none."""

import pytest

from fedinode.errors import NotFound
from fedinode.services import publishing, registering
from fedinode.services.cosigning import consenting, vetting
from fedinode.services.registering import ActorKeys
from tests.services.cosigning.conftest import Parties

pytestmark = pytest.mark.anyio


async def test_a_signature_that_nobody_asked_for_is_judged_once_by_its_own_collective(
    parties: Parties,
) -> None:
    author, cell = parties.author, parties.cell
    statement = (await publishing.post(author.cap, parties.manuscript())).uri
    await author.show(statement)
    await consenting.cosign(cell.cap, statement)
    await parties.pass_on()

    (waiting,) = await vetting.list_pending(author.cap, ["bonn"])
    assert (waiting.name, waiting.handle, waiting.collective) == ("Koeln", cell.handle, "bonn")
    assert (waiting.statement.title, waiting.statement.language) == ("For the eight hour day", "en")
    assert (waiting.is_new, waiting.namesakes, waiting.level, waiting.role) == (True, (), "none", "cosigner")
    assert await vetting.list_pending(author.cap, ["other"]) == ()

    for numbers, names in (([waiting.id], ["other"]), ([waiting.id, 999], ["bonn"])):
        with pytest.raises(NotFound):
            await vetting.settle(author.cap, numbers, is_accepted=True, names=names)
    assert await author.states(statement) == [("pending", None)]

    for expected in (1, 0):
        assert await vetting.settle(author.cap, [waiting.id], is_accepted=True, names=["bonn"]) == expected
    await parties.pass_on()
    assert await author.states(statement) == [("accepted", None)]
    assert (await author.audited("cosign.listed")) == [{"cell": cell.actor_uri}]
    assert await vetting.list_pending(author.cap, ["bonn"]) == ()


async def test_a_name_that_looks_like_another_server_s_is_said_whatever_its_alphabet(
    parties: Parties, party_keys: tuple[ActorKeys, ActorKeys]
) -> None:
    author, cell = parties.author, parties.cell
    urls, now = author.cap.urls, parties.clock()
    # The first three letters are Cyrillic.
    new = registering.new_collective(urls, "kollwitz", "Коеln", "en", "automatic")
    await author.cap.database.write(
        lambda session: registering.record_collective(session, urls, new, party_keys[1], now)
    )
    statement = (await publishing.post(author.cap, parties.manuscript(), collective="bonn")).uri
    await author.show(statement)
    await consenting.cosign(cell.cap, statement)
    await parties.pass_on()
    (waiting,) = await vetting.list_pending(author.cap, ["bonn"])
    assert (waiting.name, waiting.namesakes) == ("Koeln", (author.peer.host,))
