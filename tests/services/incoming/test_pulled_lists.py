"""A keeper fetches a list from real peers: it looks at new keys, and takes no second key under an old id."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from federation import jsonld, proofs
from federation.cosigning import documents, records, verify
from federation.cosigning.report import EntryWord, Report
from federation.jsonld import Document
from fedinode.services import registering
from fedinode.services.cosigning import bundling, consenting, pulling, rechecking, witnessing
from fedinode.storage import cosignatures, kept_statements, models, statement_versions
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import NewKept
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import Cell, make_key
from tests.peer_server import PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, Visited

pytestmark = pytest.mark.anyio

BOB = "bob"


@dataclass(frozen=True)
class PeerCell(Cell):
    """A cell whose node is a peer on loopback."""

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def uri(self) -> str:
        return f"{self.origin}/users/{BOB}"


@dataclass(frozen=True, kw_only=True)
class Lists:
    """A statement of Leipzig, a cell that signs it, and the servers of both."""

    server: PeerServer
    leipzig: PeerCell
    koeln: PeerCell
    text: Document

    @property
    def address(self) -> str:
        return f"/statements/{self.text['id'].rpartition('/')[2]}/bundle.json"

    def serve_actor(self, cell: PeerCell, **keys: str) -> PeerActor:
        """Let a cell's actor show keys, by the fragment of their ids."""
        name = cell.host.partition(".")[0]
        shown = {f"{cell.uri}#{fragment}": key for fragment, key in keys.items()}
        methods = records.render_actor(cell.uri, name, shown)["assertionMethod"]
        return self.server.peer(name).actor(BOB, assertionMethod=methods, type="Organization")

    def serve_list(self, *entries: Document, **members: Any) -> None:
        count = records.render_checkpoint(
            f"{self.text['id']}/cosignatures/checkpoint",
            self.text,
            len(entries),
            [documents.digest(each["coSignature"]) for each in entries],
            cells.COUNTED,
        )
        members["checkpoint"] = self.leipzig.sign_daily(count)
        bundle = records.render_bundle(cells.COUNTED, self.text, {"entries": list(entries), **members})
        self.server.peer("leipzig").answer(self.address, Reply.json(bundle, "application/json"))

    def entry(self, fragment: str = "cosign-1") -> Document:
        """Return a consent of Köln with Leipzig's stamp, made with a key of that name."""
        consent = records.Consent(
            uri=f"{self.koeln.origin}/cosignatures/1",
            signer_uri=self.koeln.uri,
            name="Köln",
            languages=("de", "en"),
            published=cells.SIGNED,
        )
        key = make_key(fragment)
        document = records.render_co_signature(consent, self.text)
        signed = proofs.sign_document(document, key, f"{self.koeln.uri}#{fragment}", cells.SIGNED)
        stamp = records.render_authorization(
            f"{self.leipzig.origin}/cosign-authorizations/1", signed, key.public.multikey(), cells.SIGNED
        )
        return {"coSignature": signed, "authorization": self.leipzig.sign_daily(stamp)}


def multikey(fragment: str) -> str:
    return make_key(fragment).public.multikey()


@pytest.fixture
async def lists(visited: Visited, server: PeerServer) -> Lists:
    """A copy of Leipzig's statement at our node, whose list was never fetched."""
    leipzig, koeln = (PeerCell(server.peer(name).host) for name in ("leipzig", "koeln"))
    facts = replace(
        cells.FACTS,
        uri=f"{leipzig.origin}/statements/42",
        attributed_to=leipzig.uri,
        url=f"{leipzig.origin}/@bob/de/erklaerung",
        cc=(f"{leipzig.uri}/followers",),
    )
    text = leipzig.sign(documents.render_statement(facts, cells.EDITION))
    found = Lists(server=server, leipzig=leipzig, koeln=koeln, text=text)
    found.serve_actor(
        leipzig, **{"cosign-1": leipzig.value, "ed25519-1": leipzig.daily_key.public.multikey()}
    )

    def write(session: Session) -> None:
        now = visited.clock()
        statement_versions.put_public(session, consenting.new_version(text), now)
        new = NewKept(
            statement_uri=text["id"],
            text_digest=text["textDigest"],
            author_uri=leipzig.uri,
            collective_id=registering.require_collective(session, "berlin").id,
            is_own=False,
        )
        kept_statements.add(session, new)

    await visited.cap.database.write(write)
    return found


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
