"""A keeper fetches a list from real peers: it looks at new keys, and takes no second key under an old id."""

from datetime import timedelta

import pytest

from federation import jsonld, proofs
from federation.cosigning import records, verify
from federation.cosigning.report import EntryWord, Report
from federation.jsonld import Document
from fedinode.services.cosigning import bundling, pulling, rechecking, witnessing
from fedinode.storage import cosignatures, kept_statements, models
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import make_key
from tests.peer_server import PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, Visited
from tests.services.incoming.foreign_lists import BOB, Lists, keep_foreign_list, multikey

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lists(visited: Visited, server: PeerServer) -> Lists:
    """A copy of Leipzig's statement at our node, whose list was never fetched."""
    return await keep_foreign_list(visited, server)


async def pull(visited: Visited, lists: Lists) -> tuple[list[str], str | None]:
    """Fetch the list, and return who is listed and the alarm."""
    uri, digest = lists.text["id"], lists.text["textDigest"]
    kept = await visited.cap.database.read(lambda session: kept_statements.find(session, uri))
    assert kept is not None
    assert await pulling.pull(visited.cap, kept)
    rows = await visited.cap.database.read(lambda session: cosignatures.listed(session, uri, digest))
    after = await visited.cap.database.read(lambda session: kept_statements.find(session, uri))
    assert after is not None
    return [row.signer_uri for row in rows], after.alarm


async def test_a_new_key_id_is_looked_at_and_believed(visited: Visited, lists: Lists) -> None:
    lists.serve_actor(lists.koeln, **{"cosign-1": multikey("cosign-1")})
    lists.serve_list(lists.entry())
    assert await pull(visited, lists) == ([lists.koeln.uri], None)
    checked = await rechecking.check_all(visited.cap)
    assert [each.problem for each in checked.lists] == [None]
    assert await rechecking.ask_signers(visited.cap) == 0


async def test_a_second_key_under_one_id_is_an_alarm_and_not_listed(visited: Visited, lists: Lists) -> None:
    lists.serve_actor(lists.koeln, **{"cosign-1": multikey("another")})
    lists.serve_list(lists.entry())
    listed, alarm = await pull(visited, lists)
    assert listed == []
    assert alarm is not None
    assert "another key was seen here before" in alarm
    deeds = [row.action for row in await visited.rows(models.AuditEntry)]
    assert "cosign.alarm" in deeds


async def test_a_withdrawal_that_was_missed_is_found_at_the_signers_own_server(
    visited: Visited, lists: Lists
) -> None:
    lists.serve_actor(lists.koeln, **{"cosign-1": multikey("cosign-1")})
    entry = lists.entry()
    lists.serve_list(entry)
    await pull(visited, lists)
    consent = entry["coSignature"]
    koeln = lists.server.peer("koeln")
    koeln.answer("/cosignatures/1", Reply(status=503))
    assert await rechecking.ask_signers(visited.cap) == 0
    assert (await visited.row(models.CoSignature)).unseen_at == visited.clock.now
    koeln.serve(consent)
    assert await rechecking.ask_signers(visited.cap) == 1
    assert (await visited.row(models.CoSignature)).unseen_at is None
    undo = withdrawal(lists, consent)
    koeln.answer("/cosignatures/1", Reply(status=410))
    bundle = records.render_bundle(cells.COUNTED, lists.text, {"withdrawals": [undo]})
    mirror = f"/mirror/{lists.text['textDigest']}"
    koeln.answer(mirror, Reply.json(bundle, "application/json"))
    visited.clock.now += timedelta(days=1)
    await rechecking.ask_signers(visited.cap)
    row = await visited.row(models.CoSignature)
    assert row.author_state == "withdrawn"


async def test_a_signer_who_never_answered_is_listed_and_withdrawn_by_the_key_that_its_stamp_names(
    visited: Visited, lists: Lists
) -> None:
    lists.server.peer("koeln").answer(f"/users/{BOB}", Reply(status=503))
    entry = lists.entry()
    lists.serve_list(entry)
    assert await pull(visited, lists) == ([lists.koeln.uri], None)
    report = await verified(visited, lists)
    assert [each.word for each in report.entries] == [EntryWord.VALID]
    undo = withdrawal(lists, entry["coSignature"])
    lists.serve_list(formerEntries=[entry], withdrawals=[undo])
    assert (await pull(visited, lists))[0] == []
    report = await verified(visited, lists)
    assert [each.word for each in report.former] == [EntryWord.WITHDRAWN]


async def verified(visited: Visited, lists: Lists) -> Report:
    """Verify the bundle that our node serves of the list."""
    return verify.verify(jsonld.dump(await bundling.bundle_of(visited.cap, lists.text["id"])))


def withdrawal(lists: Lists, consent: Document) -> Document:
    record = records.render_withdrawal(
        f"{lists.koeln.origin}/activities/1", f"{consent['id']}/request", consent, cells.COUNTED
    )
    return proofs.sign_document(record, make_key("cosign-1"), f"{lists.koeln.uri}#cosign-1", cells.COUNTED)


async def test_the_word_of_another_keeper_is_kept_once(visited: Visited, lists: Lists) -> None:
    lists.serve_actor(
        lists.koeln,
        **{"cosign-1": multikey("cosign-1"), "ed25519-1": lists.koeln.daily_key.public.multikey()},
    )
    word = cells.witness(lists.koeln, lists.leipzig, text=lists.text)
    lists.serve_list(lists.entry(), witnesses=[word])
    for _ in range(2):
        await pull(visited, lists)
    words = await visited.cap.database.read(
        lambda session: witnessing.kept_words(session, lists.text["id"], lists.text["textDigest"])
    )
    assert [each["attributedTo"] for each in words] == [lists.koeln.uri]


async def test_a_cell_withdraws_with_a_key_that_was_never_seen(visited: Visited, lists: Lists) -> None:
    actor = lists.serve_actor(lists.koeln, **{"cosign-1": multikey("cosign-1")})
    entry = lists.entry()
    lists.serve_list(entry)
    await pull(visited, lists)
    await visited.take(actor, actor.activity("Follow", COLLECTIVE))
    methods = actor.document["assertionMethod"]
    new = {"id": f"{lists.koeln.uri}#cosign-2", "publicKeyMultibase": multikey("cosign-2")}
    lists.server.peer("koeln").serve(actor.document | {"assertionMethod": [*methods, methods[0] | new]})
    consent = entry["coSignature"]
    record = records.render_withdrawal(
        f"{lists.koeln.origin}/activities/1", f"{consent['id']}/request", consent, visited.clock()
    )
    key_id = f"{lists.koeln.uri}#cosign-2"
    await visited.take(actor, proofs.sign_document(record, make_key("cosign-2"), key_id, visited.clock()))
    row = await visited.row(models.CoSignature)
    assert row.author_state == "withdrawn"
