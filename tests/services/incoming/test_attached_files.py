"""Files of a signed text: fetched before members vote, lent to invited servers alone while it is a draft."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from federation import proofs, signatures
from federation.cosigning import documents, records
from federation.jsonld import Document
from federation.signatures import Dialect, HttpMessage
from fedinode.frontmatter import parse_manuscript
from fedinode.services import publishing, registering, releasing
from fedinode.services.cosigning import attaching
from fedinode.storage import federated_objects, invitations, models, posts
from fedinode.storage.database import Session
from fedinode.storage.invitations import NewInvitation
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import make_key
from tests.peer_server import Peer, PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import COLLECTIVE, ORIGIN, Visited

pytestmark = pytest.mark.anyio

DRAFT = """+++
type = "statement"
title = "Für acht Stunden"
language = "de"
cosign = "invited"
[[media]]
file = "banner.png"
alt = "Ein Banner"
+++

Acht Stunden sind genug.
"""


async def test_a_file_of_a_draft_is_lent_to_the_servers_of_invited_cells(
    visited: Visited, mira: PeerActor, server: PeerServer, tmp_path: Path
) -> None:
    name = await invited_draft(visited, mira.uri, tmp_path)
    stranger = server.peer("bremen").actor("kim")
    assert (await fetch(visited, name, None)).status_code == 404
    assert (await fetch(visited, name, stranger)).status_code == 404
    lent = await fetch(visited, name, mira)
    assert (lent.status_code, lent.headers["cache-control"]) == (200, "private, no-store")
    assert lent.headers["content-disposition"].startswith("attachment")
    assert (await fetch(visited, name, None)).status_code == 404


async def invited_draft(visited: Visited, cell_uri: str, folder: Path) -> str:
    """Keep a draft with a picture that a cell is invited to sign; return the name of its file."""
    Image.new("RGB", (8, 6), "blue").save(folder / "banner.png")
    (folder / "draft.md").write_text(DRAFT, "utf-8")
    draft = await publishing.post(visited.cap, parse_manuscript(folder / "draft.md"), draft=True)
    row = await visited.cap.database.read(lambda session: registering.require_collective(session, None))
    press = await releasing.open_press(visited.cap, row)

    def write(session: Session) -> None:
        post = posts.find_by_object_uri(session, draft.uri)
        assert post is not None
        subject = federated_objects.list_of_post(session, post.id)[0]
        _, document = releasing.freeze_object(session, press, post, subject)
        new = NewInvitation(
            uri=f"{ORIGIN}/activities/1",
            statement_uri=draft.uri,
            revision=1,
            text_digest=document["textDigest"],
            author_uri=COLLECTIVE,
            cell_uri=cell_uri,
            role="cosigner",
            body=b"{}",
            ends_at=visited.clock().replace(year=2099),
        )
        invitations.add(session, new, visited.clock())

    await visited.cap.database.write(write)
    return str((await visited.row(models.MediaFile)).path)


async def fetch(visited: Visited, name: str, actor: PeerActor | None) -> Any:
    message = HttpMessage(method="GET", target_uri=f"{ORIGIN}/media/{name}", headers=(), body=None)
    if actor is not None:
        message = signatures.sign(message, actor.key, actor.key_id, visited.clock(), Dialect.CAVAGE)
    return await visited.post(message)


def statement_with_files(peer: Peer, *files: bytes) -> Document:
    """Return what matters here of a statement whose server serves these files."""
    attachment = []
    for number, content in enumerate(files):
        headers = (("Content-Type", "application/pdf"),)
        url = peer.answer(f"/media/{number}.pdf", Reply(headers=headers, body=content))
        digest = documents.digest_of_bytes(content)
        attachment.append(
            {"url": url, "mediaType": "application/pdf", "name": f"File {number}", "digestMultibase": digest}
        )
    return {"id": f"{peer.origin}/statements/1", "attachment": attachment}


async def test_files_of_more_than_20_mb_together_are_not_taken(visited: Visited, koeln: Peer) -> None:
    large = bytes(11 * 1024 * 1024)
    statement = statement_with_files(koeln, large, large + b"!", b"small")
    (trouble,) = await attaching.fetch(visited.cap, statement)
    assert (trouble.file.name, "larger than 20 MB" in trouble.reason) == ("File 1", True)


async def test_another_keeper_gives_the_file_that_its_origin_lost(
    visited: Visited, koeln: Peer, server: PeerServer
) -> None:
    statement = statement_with_files(koeln, b"words")
    koeln.answer("/media/0.pdf", Reply(body=b"other words"))
    (trouble,) = await attaching.fetch(visited.cap, statement)
    assert "another digest" in trouble.reason
    digest = documents.digest_of_bytes(b"words")
    halle = server.peer("halle")
    mirror = halle.answer(f"/mirror/zQm/{digest}", Reply(body=b"words")).removesuffix(f"/{digest}")
    assert await attaching.fetch(visited.cap, statement, [mirror]) == ()
    fetched = len(koeln.requests)
    assert await attaching.fetch(visited.cap, statement) == ()
    assert len(koeln.requests) == fetched


async def test_a_cell_that_signs_with_a_second_key_under_one_id_is_not_listed(
    visited: Visited, koeln: Peer, tmp_path: Path
) -> None:
    path = tmp_path / "open.md"
    path.write_text(
        DRAFT.replace('"invited"', '"anyone"').partition("[[media]]")[0] + "+++\n\nText.\n", "utf-8"
    )
    statement = await publishing.post(visited.cap, parse_manuscript(path))
    document = (await visited.http.get(statement.uri, headers={"accept": "application/activity+json"})).json()
    signer = koeln.actor("cell", type="Organization", assertionMethod=shown(koeln, "first"))
    await visited.take(signer, signer.activity("Follow", COLLECTIVE))
    koeln.serve(signer.document | {"assertionMethod": shown(koeln, "second")})
    await visited.take(signer, request(visited, signer, document))
    rows = await visited.rows(models.CoSignature)
    assert [row.author_state for row in rows] == []
    assert "cosign.key-conflict" in [row.action for row in await visited.rows(models.AuditEntry)]


def shown(peer: Peer, seed: str) -> list[Document]:
    """Return what an actor lists that has one key for signatures."""
    uri = f"{peer.origin}/users/cell"
    keys = {f"{uri}#cosign-1": make_key(seed).public.multikey()}
    methods: list[Document] = records.render_actor(uri, "Köln", keys)["assertionMethod"]
    return methods


def request(visited: Visited, signer: PeerActor, statement: Document) -> Document:
    """Return the request of a cell to be listed, signed with its second key."""
    consent = records.Consent(
        uri=f"{signer.peer.origin}/cosignatures/1",
        signer_uri=signer.uri,
        name="Köln",
        languages=("de",),
        published=cells.SIGNED,
    )
    record = records.render_co_signature(consent, statement)
    signed = proofs.sign_document(record, make_key("second"), f"{signer.uri}#cosign-1", visited.clock())
    return signer.activity(
        "CoSignRequest",
        statement["id"],
        instrument=signed,
        to=[COLLECTIVE],
        id=f"{signer.peer.origin}/activities/1",
    )
