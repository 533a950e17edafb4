"""What a person may ask for: all that is stored of them, and that it is erased. Moderators see no address."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from fedinode.capabilities import Capabilities
from fedinode.services.supporting import exporting_signers, sorting_out
from fedinode.storage import federated_objects, models, supporters
from fedinode.storage.database import Session
from fedinode.storage.supporters import NewSupporter
from tests.mail_server import Mailbox, mail_server
from tests.web.conftest import Get, Publish
from tests.web.signers import Signer, signer
from tests.web.test_people_lists import FRONT

pytestmark = pytest.mark.anyio

_ACTOR = "https://social.example/users/ana"


@pytest.fixture
async def ana(cap: Capabilities) -> AsyncIterator[Signer]:
    mailbox = Mailbox()
    with mail_server(mailbox) as mail:
        async with signer(replace(cap, settings=replace(cap.settings, mail=mail)), mailbox) as opened:
            yield opened


async def test_a_person_gets_all_that_is_stored_and_has_it_erased(
    cap: Capabilities, ana: Signer, publish: Publish, get: Get
) -> None:
    statement = (await publish(FRONT.format(more=""))).uri
    await ana.sign(statement, updates="1")
    await ana.press(await ana.link("confirm"))
    (found,) = await exporting_signers.stored_about(cap, "Ana+shop@READER.example")
    assert (found.statement, found.name, found.email) == (statement, "Ana Lovelace", "ana@reader.example")
    assert "Ana Lovelace" in (await get(f"{statement}/signers")).text
    (seen,) = await sorting_out.list_signers(cap, statement)
    assert "reader.example" not in str(seen)
    assert b"reader.example" not in await exporting_signers.table(cap, statement)
    assert await exporting_signers.erase(cap, "ana@reader.example") == 1
    assert await exporting_signers.stored_about(cap, "ana@reader.example") == ()
    assert await sorting_out.list_signers(cap, statement) == ()
    assert await cap.database.read(lambda session: session.scalar(select(func.count(models.Mail.id)))) == 0
    assert "Ana Lovelace" not in (await get(f"{statement}/signers")).text


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_an_account_of_the_fediverse_is_known_by_its_address(
    cap: Capabilities, publish: Publish
) -> None:
    statement = (await publish(FRONT.format(more=""))).uri

    def write(session: Session) -> None:
        subject = federated_objects.find_by_uri(session, statement)
        assert subject is not None
        new = NewSupporter(
            object_id=subject.id,
            text_digest="zQm",
            method="fediverse",
            identity_hmac=supporters.identity_of_actor(session, subject.id, _ACTOR),
            shown="number",
            kind="person",
            actor_uri=_ACTOR,
        )
        supporters.add_confirmed(session, new, cap.clock())

    await cap.database.write(write)
    (found,) = await exporting_signers.stored_about(cap, _ACTOR)
    assert (found.actor_uri, found.state) == (_ACTOR, "confirmed")
    assert await exporting_signers.stored_about(cap, f"{_ACTOR}2") == ()
    assert await exporting_signers.erase(cap, _ACTOR) == 1
