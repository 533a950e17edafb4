"""A statement of somebody else whose list a node of ours keeps, on real peers on loopback."""

from dataclasses import dataclass, replace
from typing import Any

from federation import proofs
from federation.cosigning import documents, records
from federation.jsonld import Document
from fedinode.services import registering
from fedinode.services.cosigning import consenting
from fedinode.storage import kept_statements, statement_versions
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import NewKept
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import Cell, make_key
from tests.peer_server import PeerActor, PeerServer, Reply
from tests.services.incoming.conftest import Visited

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


async def keep_foreign_list(visited: Visited, server: PeerServer) -> Lists:
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
