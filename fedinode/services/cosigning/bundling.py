"""A statement with all that verifies it, as one file: bundle.json and bundle.jsonl, at author and keepers.

What is in it comes from rows alone, so that it is the same whoever serves it. `state_of` is its ETag: equal
at two keepers means equal lists. Spec: docs/cosigning.md, V4, K1, K4, P4.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from federation import jcs, jsonld, proofs, times
from federation.cosigning import documents, record_checks, records
from federation.cosigning.record_checks import SeenKey
from federation.jsonld import Document
from fedinode.capabilities import Capabilities, load_signing_key
from fedinode.errors import NotFound
from fedinode.services.cosigning import keeping_lists, sightings, witnessing
from fedinode.storage import collectives, cosignatures, kept_statements, statement_versions
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow
from fedinode.urls import Urls

#: Records in one answer to a keeper that asks for what it lacks.
PAGE_RECORDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """A public statement, its listed consents in order, and those that ended."""

    kept: KeptRow
    statement: Document
    listed: tuple[CoSignatureRow, ...]
    ended: tuple[CoSignatureRow, ...]


async def bundle_of(cap: Capabilities, url: str) -> Document:
    """Return the bundle of a public statement that this node keeps, by its id or page. Raises: NotFound."""

    def read(session: Session) -> Document:
        versions = statement_versions.find_by_address(session, url)
        found = find_list(session, versions[0].statement_uri if versions else url)
        if found is None:
            raise NotFound(f"No public list of signatures of {url} is kept here.")
        return make_bundle(session, cap.urls, found, cap.clock())

    return await cap.database.read(read)


def find_list(session: Session, statement_uri: str) -> KeptList | None:
    """Return the list of a statement that this node keeps; None before it is public."""
    kept = kept_statements.find(session, statement_uri)
    if kept is None:
        return None
    version = statement_versions.find(session, kept.statement_uri, kept.text_digest)
    if version is None or version.public_at is None:
        return None
    stamped = cosignatures.ever_stamped(session, kept.statement_uri, kept.text_digest)
    listed = cosignatures.listed(session, kept.statement_uri, kept.text_digest)
    standing = {row.id for row in listed}
    return KeptList(
        kept=kept,
        statement=jsonld.load(version.body),
        listed=keeping_lists.in_order(listed),
        ended=keeping_lists.in_order([row for row in stamped if row.id not in standing]),
    )


def state_of(found: KeptList) -> str:
    """Return the digest of what is listed and what has ended: the same wherever the same is known."""
    stamped = record_checks.set_digest({row.digest for row in (*found.listed, *found.ended)})
    published = _published(found.kept.checkpoint_body), _published(found.kept.tally_body)
    ended = sorted(row.uri for row in found.ended)
    return documents.digest_of_bytes(jcs.canonical([stamped, ended, *published]))


def _published(body: bytes | None) -> str:
    return str(jsonld.load(body)["published"]) if body else ""


def make_bundle(session: Session, urls: Urls, found: KeptList, now: datetime) -> Document:
    """Return the whole bundle, version 2."""
    others = witnessing.kept_words(session, found.kept.statement_uri, found.kept.text_digest)
    members: dict[str, Any] = {
        "entries": [entry(row) for row in found.listed],
        "formerEntries": [entry(row) for row in found.ended],
        "withdrawals": _loaded(row.withdrawal_body for row in found.ended),
        "removals": _loaded(row.removal_body for row in found.ended),
        "actors": _actors(session, found, [each["attributedTo"] for each in others]),
        "witnesses": [_witness(session, urls, found, now), *others],
    }
    for name, body in (("checkpoint", found.kept.checkpoint_body), ("tally", found.kept.tally_body)):
        if body is not None:
            members[name] = jsonld.load(body)
    return records.render_bundle(now.replace(microsecond=0), found.statement, members)


def entry(row: CoSignatureRow) -> Document:
    """Return a listed consent with its stamp."""
    return {"coSignature": jsonld.load(row.body), "authorization": jsonld.load(row.stamp_body or b"{}")}


def _loaded(bodies: Iterable[bytes | None]) -> list[Document]:
    return [jsonld.load(body) for body in bodies if body is not None]


def _people(found: KeptList) -> tuple[tuple[str, str], ...]:
    """Return id and name of everybody whose keys a reader needs, the author first."""
    rows = (*found.listed, *found.ended)
    signers = dict.fromkeys((row.signer_uri, row.name) for row in rows)
    return ((found.kept.author_uri, ""), *signers)


def _actors(session: Session, found: KeptList, witnesses: Iterable[str]) -> list[Document]:
    """Return everybody whose keys a reader needs; our own witness is among those who sign, or did."""
    people = dict(_people(found))
    people |= {uri: "" for uri in witnesses if uri not in people}
    keys = {uri: dict.fromkeys(sightings.known_keys(session, uri)) for uri in people}
    for row in (*found.listed, *found.ended):
        keys[row.signer_uri] |= dict.fromkeys(sightings.keys_of_signer(session, row))
    return [
        records.render_actor(uri, name, {key_id: key})
        for uri, name in people.items()
        for key_id, key in keys[uri]
    ]


def _witness(session: Session, urls: Urls, found: KeptList, now: datetime) -> Document:
    """Say which keys this node itself saw at their origins, signed by the collective that keeps the list."""
    keeper = collectives.get(session, found.kept.collective_id)
    seen = [
        SeenKey(key_id=key_id, key=key, seen_at=times.render_timestamp(seen_at))
        for uri, _ in _people(found)
        for key_id, key, seen_at in sightings.seen_keys(session, uri)
    ]
    uri = f"{urls.mirror(found.kept.text_digest)}/witness"
    record = records.render_witness(uri, keeper.uri, found.statement, seen, now.replace(microsecond=0))
    key = load_signing_key(session, keeper.uri, "proof")
    return proofs.sign_document(record, key.key, key.key_id, now.replace(microsecond=0))


def make_page(session: Session, urls: Urls, found: KeptList, cursor: int, now: datetime) -> Document:
    """Return the records that came here after a cursor, and under `next` the cursor of what follows (P2)."""
    rows = sorted((*found.listed, *found.ended), key=lambda row: row.id)
    after = [row for row in rows if row.id > cursor]
    page = tuple(after[:PAGE_RECORDS])
    part = replace(
        found,
        listed=tuple(row for row in page if row.ended_at is None),
        ended=tuple(row for row in found.ended),
    )
    bundle = make_bundle(session, urls, part, now)
    return bundle | ({"next": page[-1].id} if len(after) > PAGE_RECORDS else {})
