"""Two cells sign a statement from their desks: asked, declined, signed, listed, withdrawn."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from fedinode.services import publishing, registering
from fedinode.services.cosigning import consenting
from fedinode.storage import decisions
from fedinode.storage.database import Session
from fedinode.storage.decisions import Thresholds
from fedinode.urls import Urls
from tests.desk_hand import Hand
from tests.services.cosigning.conftest import Parties, Side

pytestmark = pytest.mark.anyio


def hand(side: Side) -> Hand:
    return Hand(side.cap, side.http)


async def test_a_statement_is_signed_declined_and_withdrawn_from_two_desks(parties: Parties) -> None:
    statement = (await publishing.post(parties.author.cap, parties.manuscript(), draft=True)).uri
    author = await hand(parties.author).enter("bonn", "owner")
    cell = await hand(parties.cell).enter("koeln", "signer")

    (uid,) = re.findall(
        r'/desk/network/statements/([a-z2-7]+)"', await author.get("/desk/network/statements")
    )
    path = f"/desk/network/statements/{uid}"
    handle = parties.cell.handle
    checked = await author.post(path, do="check", handles=f"{handle}\nnobody")
    assert ("can be asked" in checked.text, "cannot be asked" in checked.text) == (True, True)
    refused = await author.post(path, do="send", handles=f"{handle}\nhttp://127.0.0.1:9/x")
    assert (refused.status_code, await parties.author.invitation_states()) == (200, [])
    for fields in ({"until": "soon"}, {"until": "2020-01-01"}, {"handles": "@a@b.example " * 31 + "c"}):
        answer = await author.post(path, **({"do": "send", "handles": handle} | fields))
        assert (answer.status_code, 'role="alert"' in answer.text) in ((422, True), (200, False)), fields
    assert await parties.author.invitation_states() == []
    for _ in range(2):
        sent = await author.post(path, do="send", handles=handle, words="Please.")
        assert sent.headers["location"] == f"{path}?done=sent"
    assert "asked; no answer yet" in await author.get(path)
    await parties.pass_on()

    page = await cell.get("/desk/signatures")
    assert ("Eight hours are enough." in page, "draft in confidence" in page) == (True, True)
    asked = {"address": statement, "collective": "koeln"}
    assert (await cell.post("/desk/signatures/answer", **{**asked, "collective": "bonn"})).status_code == 404
    declined = await cell.post("/desk/signatures/answer", do="decline", reason="Seven would do.", **asked)
    assert declined.headers["location"] == "/desk/signatures?done=declined"
    again = await cell.post("/desk/signatures/answer", do="decline", **asked)
    assert (again.status_code, "declined" in again.text) == (409, True)
    await parties.pass_on()
    assert "Seven would do." in await author.get(path)

    same_end = await author.post(path, do="send", handles=handle)
    assert (same_end.status_code, "choose a later end" in same_end.text) == (422, True)
    later = f"{parties.clock() + timedelta(days=10):%Y-%m-%d}"
    assert (await author.post(path, do="send", handles=handle, until=later)).status_code == 303
    await parties.pass_on()
    signed = await cell.post("/desk/signatures/answer", do="sign", **asked)
    assert signed.headers["location"] == "/desk/signatures?done=signed"
    assert "sent; the author has not answered" in await cell.get("/desk/signatures")
    await parties.pass_on()
    assert "accepted; not public yet" in await cell.get("/desk/signatures")
    assert "signed" in await author.get(path)
    twice = await cell.post("/desk/signatures/answer", do="sign", **asked)
    assert (twice.status_code, len(await parties.cell.consents(statement))) == (409, 1)

    (consent,) = await parties.cell.consents(statement)
    other = await cell.post("/desk/signatures/withdraw", address=f"{statement}/forged", collective="koeln")
    assert other.status_code == 404
    withdrawn = await cell.post("/desk/signatures/withdraw", address=consent.uri, collective="koeln")
    assert withdrawn.headers["location"] == "/desk/signatures?done=withdrawn"
    assert "withdrawn by us" in await cell.get("/desk/signatures")
    await parties.pass_on()
    assert "withdrew" in await author.get(path)
    assert [each["cell"] for each in await parties.author.audited("cosign.invited")] == [
        parties.cell.actor_uri
    ] * 2


async def test_a_signature_that_nobody_asked_for_is_weighed_at_the_desk(parties: Parties) -> None:
    published = await publishing.post(parties.author.cap, parties.manuscript())
    await parties.author.show(published.uri)
    cell = await hand(parties.cell).enter("koeln", "signer")
    answer = {"address": published.uri, "collective": "koeln", "do": "sign"}
    await parties.cell.cap.database.write(_two_decide)
    voting = await cell.post("/desk/signatures/answer", **answer)
    assert voting.headers["location"] == "/desk/signatures?done=voting"
    assert await parties.cell.consents(published.uri) == []
    await consenting.cosign(parties.cell.cap, published.uri, account="ben@example.org")
    await parties.pass_on()

    author = await hand(parties.author).enter("bonn", "signer")
    page = await author.get("/desk/signatures")
    assert ("no contact before" in page, parties.cell.handle in page) == (True, True)
    (number,) = re.findall(r'name="id" value="(\d+)"', page)
    for chosen, deed, status in ((number, "burn", 400), ("999", "accept", 404), ("x", "accept", 404)):
        wrong = await author.post("/desk/signatures/chosen", id=chosen, do=deed)
        assert wrong.status_code == status
    assert (await author.post("/desk/signatures/chosen", do="accept")).status_code == 422
    for _ in range(2):
        done = await author.post("/desk/signatures/chosen", id=number, do="accept")
        assert done.headers["location"] == "/desk/signatures?done=listed"
    assert await parties.author.states(published.uri) == [("accepted", None)]


def _two_decide(session: Session) -> None:
    row = registering.require_collective(session, "koeln")
    now = datetime.now(UTC)
    registering.record_account(session, Urls("https://koeln.example"), row, "ben@example.org", "signer", now)
    decisions.set_thresholds(session, row.id, Thresholds(publish=1, cosign=2))
