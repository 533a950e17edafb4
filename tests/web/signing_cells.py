"""Cells of other servers that sign, as rows of the services: under our statements, and under copies."""

from datetime import datetime
from typing import Any

from federation import jsonld
from federation.actors import CO_SIGNING
from federation.cosigning import record_checks, records
from federation.cosigning.records import Consent
from federation.jsonld import Document
from fedinode.capabilities import Capabilities
from fedinode.services import registering
from fedinode.services.cosigning import consenting, keeping_lists, stamping
from fedinode.storage import cosignatures, kept_statements, remote_actors, statement_versions
from fedinode.storage.cosignatures import CoSignatureRow, NewCoSignature
from fedinode.storage.database import Session
from fedinode.storage.remote_actors import ActorFacts, KeyFacts
from tests.federation.cosigning import cells
from tests.federation.cosigning.cells import LEIPZIG, STATEMENT, Cell


def meet(
    session: Session,
    cell: Cell,
    now: datetime,
    name: str | None = None,
    key: str = "",
    country: str | None = None,
) -> None:
    """Keep a cell as its server shows it, perhaps with another key than it signs with."""
    facts = ActorFacts(
        uri=cell.uri,
        host=cell.host,
        type="Organization",
        name=name or f"Kollektiv {cell.host.partition('.')[0]}",
        preferred_username=cell.host.partition(".")[0],
        url=cell.origin,
        icon_url=None,
        followers_uri=None,
        inbox_url=f"{cell.origin}/inbox",
        inbox_host=cell.host,
        shared_inbox_url=None,
        capabilities=frozenset({CO_SIGNING}),
        also_known_as=(),
        moved_to=None,
        country=country,
        keys=(
            KeyFacts(key_id=cell.key_id, public=key or cell.value, algorithm="ed25519"),
            KeyFacts(key_id=cell.daily_key_id, public=cell.daily_key.public.multikey(), algorithm="ed25519"),
        ),
    )
    remote_actors.record(session, facts, now)


async def sign(cap: Capabilities, statement_uri: str, cell: Cell, **changes: Any) -> CoSignatureRow:
    """Let a cell sign a public statement of ours, and list it; changes are of the consent."""

    def write(session: Session) -> CoSignatureRow:
        now = cap.clock()
        version = statement_versions.find_by_address(session, statement_uri)[-1]
        document = _consent(cell, jsonld.load(version.body), now, changes)
        cosignatures.add(session, _new(document, author_state="pending"))
        row = cosignatures.find(session, document["id"])
        assert row is not None
        stamping.accept(session, cap.urls, row, cell.value, now)
        return row

    return await cap.database.write(write)


def _consent(cell: Cell, statement: Document, now: datetime, changes: dict[str, Any]) -> Document:
    number = statement["id"].rpartition("/")[2]
    consent = Consent(
        uri=f"{cell.origin}/cosignatures/{number}",
        signer_uri=cell.uri,
        name=f"Kollektiv {cell.host.partition('.')[0]}",
        languages=tuple(statement["contentMap"]),
        published=now.replace(microsecond=0),
    )
    return cell.sign(records.render_co_signature(consent, statement) | changes)


def _new(document: Document, **states: str) -> NewCoSignature:
    consent = record_checks.parse_co_signature(document)
    return NewCoSignature(
        uri=consent.uri,
        statement_uri=consent.statement_uri,
        revision=consent.revision,
        text_digest=consent.text_digest,
        signer_uri=consent.signer_uri,
        role=consent.role,
        name=consent.name,
        body=jsonld.dump(document),
        digest=consent.digest,
        **states,
    )


async def keep(
    cap: Capabilities, *others: Cell, text: Document = STATEMENT, collective: str = "berlin"
) -> str:
    """Keep a statement of Leipzig that our collective and others signed; return the digest of its text."""

    def write(session: Session) -> None:
        now = cap.clock()
        collective_id = registering.require_collective(session, collective).id
        meet(session, LEIPZIG, now, "Leipziger Plenum")
        statement_versions.put_public(session, consenting.new_version(text), now)
        entries = [cells.entry(cell, text) for cell in others]
        own = _own_entry(cap, text, collective)
        for each in (*entries, own):
            document, stamp = each["coSignature"], each["authorization"]
            cosignatures.add(session, _new(document, **({"signer_state": "accepted"} if each is own else {})))
            row = cosignatures.find(session, document["id"])
            assert row is not None
            cosignatures.record_stamp(session, row.id, stamp["id"], jsonld.dump(stamp), now)
            if each is own:
                keeping_lists.keep_copy(session, row, collective_id, now)
        checkpoint = jsonld.dump(cells.checkpoint([*entries, own], text))
        kept_statements.change(session, text["id"], checkpoint_body=checkpoint)

    await cap.database.write(write)
    return str(text["textDigest"])


async def sign_draft(cap: Capabilities, text: Document = STATEMENT, collective: str = "berlin") -> None:
    """Let a collective of ours sign a draft of Leipzig, which lists it already."""

    def write(session: Session) -> None:
        each = _own_entry(cap, text, collective)
        document, stamp = each["coSignature"], each["authorization"]
        cosignatures.add(session, _new(document, signer_state="accepted"))
        row = cosignatures.find(session, document["id"])
        assert row is not None
        cosignatures.record_stamp(session, row.id, stamp["id"], jsonld.dump(stamp), cap.clock())

    await cap.database.write(write)


def _own_entry(cap: Capabilities, text: Document, collective: str) -> Document:
    """Return a consent of ours; who made its proof does not matter to pages."""
    uri = cap.urls.co_signature(text["id"].rpartition("/")[2])
    changes: dict[str, Any] = {
        "id": uri,
        "attributedTo": cap.urls.collective(collective),
        "name": "Berliner Zelle",
    }
    signed = cells.co_signature(cells.KOELN, text, **changes)
    number = int(text["id"].rpartition("/")[2])
    return {"coSignature": signed, "authorization": cells.stamp(signed, number=number)}
