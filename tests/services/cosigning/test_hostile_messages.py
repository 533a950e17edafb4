"""What a peer may send about co-signing: refused with its reason, counted nowhere, and nothing breaks."""

from typing import Any

import pytest

from federation import proofs
from federation.jsonld import Document
from fedinode.services import publishing
from fedinode.services.cosigning import inviting
from fedinode.services.cosigning.inviting import Ask
from tests.services.cosigning.conftest import Parties, Side

pytestmark = pytest.mark.anyio


async def signed_anew(side: Side, consent: Document, **changes: Any) -> Document:
    """Return a consent that its own cell changed and signed again."""
    changed = {name: value for name, value in (consent | changes).items() if name != "proof"}
    key = await side.cap.keyring.signer(side.actor_uri, "cosign")
    return proofs.sign_document(changed, key.key, key.key_id, side.cap.clock().replace(microsecond=0))


async def test_no_request_in_another_form_is_listed_and_the_right_one_still_is(parties: Parties) -> None:
    statement = await parties.draft()
    await parties.sign(statement)
    (request,) = await parties.cell.outgoing(parties.author)
    consent = request["instrument"]
    other_id = consent["id"] + "x"
    bad: list[Document] = [
        {"instrument": None},
        {"instrument": consent["id"]},
        {"instrument": [consent]},
        {"instrument": consent | {"name": "Somebody else"}},
        {"instrument": consent | {"role": ["cosigner"]}},
        {"instrument": consent | {"proof": [consent["proof"], consent["proof"]]}},
        {"instrument": consent | {"proof": consent["proof"] | {"proofValue": "z" + "1" * 100_000}}},
        {"instrument": {name: value for name, value in consent.items() if name != "proof"}},
        {"instrument": await signed_anew(parties.cell, consent, id=other_id, revision=2)},
        {"instrument": await signed_anew(parties.cell, consent, id=other_id, signedLanguages=[{"en": 1}])},
        {"instrument": await signed_anew(parties.cell, consent, id=other_id, role="issuer")},
        {"instrument": await signed_anew(parties.cell, consent, id=other_id, name="<b>Köln</b>")},
        {"instrument": await signed_anew(parties.cell, consent, id=other_id, textDigest="zQm" + "1" * 44)},
        {"instrument": await signed_anew(parties.cell, consent, id="https://elsewhere.example/c/1")},
        {"instrument": await signed_anew(parties.cell, consent, signedLanguages=["en"] * 60_000)},
        {"instrument": await signed_anew(parties.cell, consent, attributedTo=parties.author.actor_uri)},
        {"object": parties.author.actor_uri},
        {"object": {"id": statement, "type": "Announce"}},
        {"invitation": ["x"]},
    ]
    hostile = [
        {
            name: value
            for name, value in (request | {"id": f"{request['id']}-{number}"} | change).items()
            if value
        }
        for number, change in enumerate(bad)
    ]
    await parties.author.take(parties.cell, *hostile)
    assert await parties.author.states(statement) == []
    refused = await parties.author.audited("cosign.refused")
    answers = await parties.author.outgoing(parties.cell)
    assert {each["type"] for each in answers} <= {"Reject"}
    assert len(refused) + len(answers) >= len(bad) - 1
    assert all(each["reason"] for each in refused)
    await parties.author.take(parties.cell, request)
    assert await parties.author.states(statement) == [("accepted", None)]


async def test_no_invitation_or_answer_in_another_form_changes_anything(parties: Parties) -> None:
    draft = await publishing.post(parties.author.cap, parties.manuscript(), draft=True)
    statement = draft.uri
    await inviting.invite(parties.author.cap, statement, [parties.cell.handle], Ask())
    (invite,) = await parties.author.outgoing(parties.cell)
    bad: list[Document] = [
        {"object": statement},
        {"object": invite["object"] | {"content": "<p>Ten hours.</p>"}},
        {"object": invite["object"] | {"textDigest": "zQm" + "1" * 44}},
        {"object": invite["object"] | {"type": "Note"}},
        {"object": invite["object"] | {"preview": {"content": "x"}}},
        {"object": invite["object"] | {"interactionPolicy": {"canCoSign": []}}},
        {"role": ["cosigner"]},
        {"role": "author"},
        {"endTime": "soon"},
        {"summary": ["words"]},
    ]
    hostile = [invite | {"id": f"{invite['id']}-{number}"} | change for number, change in enumerate(bad)]
    await parties.cell.take(parties.author, *hostile)
    assert await parties.cell.invitation_states() == []
    refused = await parties.cell.audited("cosign.refused")
    assert len(refused) >= len(bad) - 1
    await parties.cell.take(parties.author, invite)
    assert await parties.cell.invitation_states() == ["open"]

    await parties.sign(statement)
    (request,) = await parties.cell.outgoing(parties.author)
    await parties.author.take(parties.cell, request)
    (accept,) = await parties.author.outgoing(parties.cell)
    stamp = accept["result"]
    answers: list[Document] = [
        {"result": stamp["id"]},
        {"result": stamp | {"coSignatureDigest": "zQm" + "1" * 44}},
        {"result": stamp | {"witnessedKey": "x"}},
        {"result": {name: value for name, value in stamp.items() if name != "proof"}},
        {"object": accept["object"] | {"instrument": 5}},
    ]
    forged = [accept | {"id": f"{accept['id']}-{number}"} | change for number, change in enumerate(answers)]
    await parties.cell.take(parties.author, *forged)
    assert [signer for _, signer in await parties.cell.states(statement)] == ["sent"]
    await parties.cell.take(parties.author, accept)
    assert [signer for _, signer in await parties.cell.states(statement)] == ["accepted"]
