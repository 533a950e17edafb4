"""What one more signature costs where a thousand cells keep the list: messages, bytes, processor time.

The author's node is real, with a thousand co-signers in its database. It lists one more, counts anew, and
tells every keeper over TLS; then each keeper fetches what is new, as keepers do (docs/cosigning.md, P1, P2).
"""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import trustme

from benchmarks.delivery_rate import actor_at, open_sink
from benchmarks.figures import Figure, processor_seconds
from benchmarks.measured import new_node, serving
from federation import jsonld, proofs
from federation.cosigning import documents, records
from federation.jsonld import Document
from fedinode.capabilities import load_signing_key
from fedinode.config import load_settings
from fedinode.storage import cosignatures, kept_statements, remote_actors
from fedinode.storage.cosignatures import NewCoSignature
from fedinode.storage.database import Session, open_database
from fedinode.storage.remote_actors import KeyFacts
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import Cell
from tests.nodes.harness import Node

_KEEPERS = 1_000
_STATEMENT = """+++
type = "statement"
language = "en"
title = "For the eight hour day"
cosign = "anyone"
+++

Eight hours are enough.
"""


def measure(folder: Path) -> list[Figure]:
    """List one more signature at an author with a thousand keepers and count what that causes."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    node = new_node(folder, {"SSL_CERT_FILE": str(folder / "authority.pem")})
    (folder / "statement.md").write_text(_STATEMENT, "utf-8")
    uri = node.cli("post", str(folder / "statement.md")).splitlines()[0]
    statement = json.loads(_kept(node, uri))
    # The answer to the new cell, and the count to everybody.
    with open_sink(folder, authority, node, 1 + _KEEPERS + 1) as sink:
        signers = [Cell(f"p{number:04}.sink.localhost:{sink.port}") for number in range(_KEEPERS + 1)]
        new = _sign_all(node, statement, signers)
        with serving(node) as pid:
            computed = processor_seconds(pid)
            began = time.perf_counter()
            node.cli("accept-signature", str(new))
            _count_now(node, uri)
            outcome = sink.outcome()
            seconds = time.perf_counter() - began
            sent = processor_seconds(pid) - computed
            pulled_bytes = _pull_all(node, uri, new - 1)
            served = processor_seconds(pid) - computed - sent
    assert outcome["refused"] == 0, outcome
    assert outcome["twice"] == 0, outcome
    messages = outcome["delivered"] + _KEEPERS + 1
    note = f"{outcome['delivered']:,.0f} sent by the author, {_KEEPERS + 1:,} fetches by keepers"
    megabytes = (outcome["bytes"] + pulled_bytes) / 1_000_000
    return [
        Figure(name="messages for one more signature", value=messages, unit="", note=note),
        Figure(name="bytes of them, both ways together", value=megabytes, unit="MB"),
        Figure(name="bytes of them for each keeper", value=megabytes / _KEEPERS * 1_000, unit="kB"),
        Figure(name="processor time of the author to tell all", value=sent, unit="s"),
        Figure(name="processor time of the author to serve all", value=served, unit="s"),
        Figure(name="from the command to the last arrival", value=seconds, unit="s", note="no waiting time"),
    ]


def _kept(node: Node, uri: str) -> bytes:
    rows = node.rows("SELECT body FROM statement_versions WHERE statement_uri = :uri", uri=uri)
    body: bytes = rows[0]["body"]
    return body


def _sign_all(node: Node, statement: Document, signers: list[Cell]) -> int:
    """Write consents with stamps into the node's database, the last one without; return its number."""
    now = datetime.now(UTC).replace(microsecond=0)

    def add_all(session: Session) -> int:
        key = load_signing_key(session, statement["attributedTo"], "proof")
        for signer in signers:
            _record_actor(session, signer, now)
            signed = cells.co_signature(signer, statement, signedLanguages=["en"], publishBefore=None)
            cosignatures.add(session, _as_row(signed))
            row = cosignatures.find(session, signed["id"])
            assert row is not None
            if signer is signers[-1]:
                return row.id
            uri = f"{node.origin}/cosign-authorizations/{row.id}"
            stamp = records.render_authorization(uri, signed, signer.value, now)
            stamp = proofs.sign_document(stamp, key.key, key.key_id, now)
            cosignatures.record_stamp(session, row.id, uri, jsonld.dump(stamp), now)
        raise AssertionError("there are signers")

    database = open_database(load_settings(node.folder, node.environ))
    try:
        return database.write_now(add_all)
    finally:
        database.close()


def _record_actor(session: Session, signer: Cell, now: datetime) -> None:
    keys = (KeyFacts(key_id=signer.key_id, public=signer.value, algorithm="ed25519"),)
    facts = replace(actor_at(signer.host), uri=signer.uri, type="Organization", keys=keys)
    remote_actors.record(session, facts, now)


def _as_row(signed: Document) -> NewCoSignature:
    return NewCoSignature(
        uri=signed["id"],
        statement_uri=signed["statement"],
        revision=signed["revision"],
        text_digest=signed["textDigest"],
        signer_uri=signed["attributedTo"],
        role=signed["role"],
        name=signed["name"],
        body=jsonld.dump(signed),
        digest=documents.digest(signed),
        author_state="pending",
    )


def _count_now(node: Node, uri: str) -> None:
    """Let the author count at once: with so many keepers it would collect changes for ten minutes."""
    database = open_database(load_settings(node.folder, node.environ))
    try:
        database.write_now(
            lambda session: kept_statements.change(session, uri, checkpoint_due_at=datetime.now(UTC))
        )
    finally:
        database.close()


def _pull_all(node: Node, uri: str, cursor: int) -> int:
    """Fetch what is new once for each keeper, and return how many bytes the answers have."""
    size = 0
    for _ in range(_KEEPERS + 1):
        answer = node.get(f"{uri}/bundle.json?after={cursor}")
        assert answer.status_code == 200, answer.text
        size += len(answer.content)
    assert len(answer.json()["entries"]) == 1
    assert answer.json()["checkpoint"]["totalItems"] == _KEEPERS + 1
    return size
