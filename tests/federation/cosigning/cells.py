"""Cells that sign a statement: a workshop for bundles, good ones and forged ones."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from federation import keys, proofs
from federation.cosigning import documents, records
from federation.cosigning.documents import Edition
from federation.cosigning.record_checks import SeenKey
from federation.cosigning.records import Consent
from federation.cosigning.report import Report
from federation.cosigning.trust import Trust
from federation.cosigning.verify import verify
from federation.jsonld import PUBLIC, Document
from federation.objects import ObjectFacts, Text

PUBLISHED = datetime(2026, 12, 1, 8, tzinfo=UTC)
SIGNED = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
COUNTED = datetime(2026, 12, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
AS = "https://www.w3.org/ns/activitystreams"


def make_key(seed: str) -> keys.PrivateKey:
    """Return the same key for the same words, always."""
    raw = hashlib.sha256(seed.encode()).digest()
    return keys.PrivateKey(key=ed25519.Ed25519PrivateKey.from_private_bytes(raw))


@dataclass(frozen=True)
class Cell:
    """A cell with a node of its own."""

    host: str

    @property
    def origin(self) -> str:
        return f"https://{self.host}"

    @property
    def uri(self) -> str:
        return f"{self.origin}/actor"

    @property
    def key_id(self) -> str:
        """The key that signs after a decision."""
        return f"{self.uri}#cosign-1"

    @property
    def daily_key_id(self) -> str:
        """The key that signs stamps and counts."""
        return f"{self.uri}#ed25519-1"

    @cached_property
    def key(self) -> keys.PrivateKey:
        return make_key(self.key_id)

    @cached_property
    def daily_key(self) -> keys.PrivateKey:
        return make_key(self.daily_key_id)

    def sign(self, document: Document) -> Document:
        return proofs.sign_document(document, self.key, self.key_id, SIGNED)

    def sign_daily(self, document: Document) -> Document:
        return proofs.sign_document(document, self.daily_key, self.daily_key_id, SIGNED)

    @property
    def actor(self) -> Document:
        public = {self.key_id: self.key, self.daily_key_id: self.daily_key}
        named = {key_id: key.public.multikey() for key_id, key in public.items()}
        return records.render_actor(self.uri, self.host, named)

    @property
    def value(self) -> str:
        return self.key.public.multikey()


LEIPZIG, KOELN, HALLE, BREMEN = (Cell(f"{name}.example") for name in ("leipzig", "koeln", "halle", "bremen"))
FACTS = ObjectFacts(
    uri=f"{LEIPZIG.origin}/statements/42",
    type="Article",
    attributed_to=LEIPZIG.uri,
    texts=(
        Text(language="de", name="Erklärung", summary="<p>Kurz</p>", content="<p>Wir fordern …</p>"),
        Text(language="en", name="Statement", summary="<p>Short</p>", content="<p>We demand …</p>"),
    ),
    published=PUBLISHED,
    url=f"{LEIPZIG.origin}/@leipzig/de/erklaerung",
    to=(PUBLIC,),
    cc=(f"{LEIPZIG.origin}/followers",),
)
EDITION = Edition(authoritative_language="de", revision=1, salt="q83vEjRWeJCrze8SNFZ4kA")


def unsigned_statement(**changes: Any) -> Document:
    """Return the statement with some members changed (None takes one out) and its digest made anew."""
    document = documents.render_statement(FACTS, EDITION) | changes
    document = {name: value for name, value in document.items() if value is not None}
    try:
        return document | {
            "textDigest": documents.digest(documents.signed_text(document)),
            **_digest_in(changes),
        }
    except Exception:  # noqa: BLE001  Some changes leave nothing that could be digested.
        return document


def _digest_in(changes: dict[str, Any]) -> Document:
    return {"textDigest": changes["textDigest"]} if "textDigest" in changes else {}


def statement(**changes: Any) -> Document:
    return LEIPZIG.sign(unsigned_statement(**changes))


STATEMENT = statement()


def co_signature(cell: Cell = KOELN, text: Document = STATEMENT, number: int = 1, **changes: Any) -> Document:
    """Return a signed co-signature; changes are made before it is signed."""
    consent = Consent(
        uri=f"{cell.origin}/cosignatures/{number}",
        signer_uri=cell.uri,
        name=f"Kollektiv {cell.host.partition('.')[0]}",
        languages=("de", "en"),
        published=SIGNED,
        publish_before=PUBLISHED + HOUR,
    )
    record = records.render_co_signature(consent, text) | changes
    return cell.sign({name: value for name, value in record.items() if value is not None})


def stamp(signed: Document, key: str | None = None, number: int = 1, **changes: Any) -> Document:
    """Return the author's stamp for a co-signature."""
    host = (
        signed["attributedTo"].split("/")[2] if isinstance(signed.get("attributedTo"), str) else "x.example"
    )
    uri = f"{LEIPZIG.origin}/cosign-authorizations/{host}-{number}"
    record = records.render_authorization(uri, signed, key or Cell(host).value, SIGNED + HOUR)
    return LEIPZIG.sign_daily(record | changes)


def entry(cell: Cell = KOELN, text: Document = STATEMENT, number: int = 1, **changes: Any) -> Document:
    signed = co_signature(cell, text, number, **changes)
    return {"coSignature": signed, "authorization": stamp(signed, number=number)}


def checkpoint(
    entries: list[Document], text: Document = STATEMENT, total: int | None = None, at: datetime = COUNTED
) -> Document:
    digests = [documents.digest(each["coSignature"]) for each in entries]
    uri = f"{text['id']}/cosignatures/checkpoint"
    count = len(entries) if total is None else total
    return LEIPZIG.sign_daily(records.render_checkpoint(uri, text, count, digests, at))


def withdrawal(signed: Document, cell: Cell = KOELN, **changes: Any) -> Document:
    uri, request_uri = f"{cell.origin}/activities/undo-1", f"{cell.origin}/activities/request-1"
    return cell.sign(records.render_withdrawal(uri, request_uri, signed, COUNTED) | changes)


def removal(authorization: Document, cell: Cell = LEIPZIG, **changes: Any) -> Document:
    uri = f"{cell.origin}/activities/delete-1"
    return cell.sign(records.render_removal(uri, authorization, COUNTED) | changes)


def witness(cell: Cell, *seen: Cell, text: Document = STATEMENT, **changes: Any) -> Document:
    sightings = [SeenKey(key_id=each.key_id, key=each.value, seen_at="2026-11-24T04:10:00Z") for each in seen]
    uri = f"{cell.origin}/mirror/{text['textDigest']}/witness"
    return cell.sign_daily(records.render_witness(uri, cell.uri, text, sightings, COUNTED) | changes)


def bundle(*entries: Any, text: Document | None = STATEMENT, **members: Any) -> Document:
    """Return a bundle of these entries that is sound, unless members or entries make it otherwise."""
    counted = [
        each for each in entries if isinstance(each, dict) and isinstance(each.get("coSignature"), dict)
    ]
    actors = [cell.actor for cell in (LEIPZIG, KOELN, HALLE, BREMEN)]
    made = records.render_bundle(COUNTED, text or {}, {"entries": list(entries), "actors": actors} | members)
    if "checkpoint" not in members:
        made["checkpoint"] = checkpoint(counted)
    return {name: value for name, value in made.items() if value is not None}


def verified(document: Document, trust: Trust | None = None) -> Report:
    return verify(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"), trust)


def words(document: Document, trust: Trust | None = None) -> list[str]:
    """Return the words of the entries of a bundle whose statement is valid."""
    report = verified(document, trust)
    assert report.statement == "valid", report
    return [each.word.value for each in report.entries]


def trusting(*cells: Cell) -> Trust:
    """Return a reader's list with the keys of these cells."""
    named = {cell.key_id: frozenset({cell.value}) for cell in cells}
    named |= {cell.daily_key_id: frozenset({cell.daily_key.public.multikey()}) for cell in cells}
    return Trust(keys=named)
