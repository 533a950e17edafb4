"""Keepers fetch what they lack: from the author, or from another keeper where the author does not answer.

Every record proves itself, so it does not matter who serves it. A consent is listed here only if its key is
the one that its stamp names, and, where the signer's server answers, the one that the signer shows (K3).
Spec: docs/cosigning.md, P2, P4, V3.
"""

import asyncio
import logging
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from federation import jsonld
from federation.cosigning import evidence, identifiers, record_checks, verify
from federation.errors import FederationError, Malformed
from federation.jsonld import Document
from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.services import resolving
from fedinode.services.cosigning import (
    alarming,
    attaching,
    bundling,
    checking,
    copying,
    keeping_lists,
    sightings,
    tallying,
    withdrawing,
    witnessing,
)
from fedinode.storage import audit_log, cosignatures, invalidations, kept_statements, remote_actors
from fedinode.storage.cosignatures import CoSignatureRow, NewCoSignature
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow

logger = logging.getLogger(__name__)

DAILY: Final = timedelta(days=1)
#: Another keeper is asked when the author has not answered; so many are tried.
OTHER_KEEPERS: Final = 2


class KeyConflict(Malformed):
    """A consent was made with another key than was seen before under the same id (K3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where a list can be fetched."""

    url: str
    is_origin: bool


async def pull_due(cap: Capabilities) -> int:
    """Fetch the lists that are due; return how many were asked for."""
    now = cap.clock()
    due = await cap.database.read(lambda session: kept_statements.list_due(session, now, 20))
    others = [each for each in due if not each.is_own and each.pull_due_at and each.pull_due_at <= now]
    await asyncio.gather(*(pull(cap, kept) for kept in others))
    return len(others)


async def pull(cap: Capabilities, kept: KeptRow) -> bool:
    """Fetch one list from its author, else from other keepers; return whether anybody answered."""
    for source in await _sources(cap, kept):
        try:
            bundles = await _fetch(cap, source.url)
        except (FederationError, NodeError) as error:
            logger.info("list of %s not fetched from %s: %s", kept.statement_uri, source.url, error)
            continue
        await refresh_keys(cap, bundles)
        await _keep(cap, kept, bundles, source)
        await _fetch_files(cap, kept)
        if source.is_origin:
            # Names are the author's to show: nobody else has them to give.
            await copying.refresh(cap, kept)
        return True
    await cap.database.write(lambda session: _put_off(session, kept, cap.clock()))
    return False


async def _keep(cap: Capabilities, kept: KeptRow, bundles: list[Document], source: _Source) -> None:
    await cap.database.write(lambda session: _take(session, cap, kept, bundles, source))


async def _fetch_files(cap: Capabilities, kept: KeptRow) -> None:
    """Fetch what is missing of the files that belong to a text, from its origin or from other keepers."""
    found = await cap.database.read(lambda session: bundling.find_list(session, kept.statement_uri))
    if found is not None and found.statement["attachment"]:
        mirrors = [each.url for each in await _sources(cap, kept) if not each.is_origin]
        await attaching.fetch_if_possible(cap, found.statement, mirrors)


async def _sources(cap: Capabilities, kept: KeptRow) -> list[_Source]:
    def read(session: Session) -> list[str]:
        cells = keeping_lists.keepers(session, kept.statement_uri)
        rows = remote_actors.find_many(session, cells)
        return [actor.uri for actor in rows.values() if actor.gone_at is None]

    others = await cap.database.read(read)
    chosen = random.sample(others, min(OTHER_KEEPERS, len(others)))
    mirrors = [f"{_origin(uri)}/mirror/{kept.text_digest}" for uri in chosen]
    origin = _Source(url=f"{kept.statement_uri}/bundle.json", is_origin=True)
    return [origin, *(_Source(url=url, is_origin=False) for url in mirrors)]


def _origin(uri: str) -> str:
    return identifiers.origin_of(identifiers.require_id(uri))


async def _fetch(cap: Capabilities, url: str) -> list[Document]:
    """Fetch a list page by page. Raises: FederationError, Blocked."""
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    return await checking.fetch_pages(opened, url, signer)


async def refresh_keys(cap: Capabilities, bundles: Iterable[Document]) -> None:
    """Ask whoever signed with a key that is new here for their keys of today, at their own addresses.

    The silent are passed over: then a key is known from the author alone.
    """
    used = {pair for bundle in bundles for pair in _keys_used(bundle) if not cap.urls.is_ours(pair[0])}

    def read(session: Session) -> set[str]:
        return {uri for uri, key_id in used if key_id not in dict(sightings.known_keys(session, uri))}

    for uri in await cap.database.read(read):
        try:
            await resolving.resolve_actor(cap, uri, max_age=timedelta(0))
        except (FederationError, NodeError) as error:
            logger.info("the keys of %s were not seen: %s", uri, error)


def _keys_used(bundle: Document) -> Iterator[tuple[str, str]]:
    """Yield who says that they signed a record, and the key id that its proof names; nothing is believed."""
    entries = [
        each
        for member in ("entries", "formerEntries")
        for each in jsonld.as_list(bundle.get(member))
        if isinstance(each, dict)
    ]
    records = [each.get(name) for each in entries for name in ("coSignature", "authorization")]
    for member in ("withdrawals", "removals", "checkpoint", "tally", "witnesses"):
        records += jsonld.as_list(bundle.get(member))
    for record in records:
        proof = record.get("proof") if isinstance(record, dict) else None
        if isinstance(record, dict) and isinstance(proof, dict):
            owner, key_id = record.get("attributedTo", record.get("actor")), proof.get("verificationMethod")
            if isinstance(owner, str) and isinstance(key_id, str):
                yield owner, key_id


# -- what was fetched


def _take(
    session: Session, cap: Capabilities, kept: KeptRow, bundles: list[Document], source: _Source
) -> None:
    now = cap.clock()
    conflicts: list[str] = []
    for bundle in bundles:
        for member in ("entries", "formerEntries"):
            for entry in jsonld.as_list(bundle.get(member)):
                conflict = _take_entry(session, kept, entry, now)
                conflicts += [conflict] if conflict else []
        take_endings(session, [bundle], now)
        checkpoint = bundle.get("checkpoint")
        if isinstance(checkpoint, dict) and keeping_lists.is_newer(session, kept, checkpoint):
            kept_statements.change(session, kept.statement_uri, checkpoint_body=jsonld.dump(checkpoint))
        tallying.take(session, kept, bundle.get("tally"), now)
        for document in jsonld.as_list(bundle.get("witnesses"))[: verify.MAX_WITNESSES]:
            witnessing.take(session, kept, document, now)
    silent_since = None if source.is_origin else kept.silent_since or now
    alarm = conflicts[0] if conflicts else _alarm(session, kept)
    kept_statements.change(
        session,
        kept.statement_uri,
        pull_due_at=_next_pull(session, cap, kept, alarm, now),
        pulled_at=now,
        silent_since=silent_since,
        alarm=alarm,
    )
    if conflicts:
        alarming.raise_alarm(session, kept, conflicts[0], now)
    invalidations.record(session, [post_key(kept.text_digest)], now)


def _next_pull(
    session: Session, cap: Capabilities, asked: KeptRow, alarm: str | None, now: datetime
) -> datetime:
    """Return when to ask again: soon, if the author counted anew while we asked, else in a day."""
    present = kept_statements.find(session, asked.statement_uri)
    if alarm and present is not None and present.checkpoint_body != asked.checkpoint_body:
        return now + keeping_lists.pause_of(cap.settings)
    return now + DAILY * random.uniform(0.8, 1.2)


def _put_off(session: Session, kept: KeptRow, now: datetime) -> None:
    kept_statements.change(
        session,
        kept.statement_uri,
        pull_due_at=now + timedelta(hours=1) * random.uniform(0.5, 1.5),
        silent_since=kept.silent_since or now,
    )


def _take_entry(session: Session, kept: KeptRow, entry: object, now: datetime) -> str | None:
    """Keep one stamped consent; one that is not right affects nothing else.

    Returns a sentence for the admins, where another key stands under an id than was seen before.
    """
    if not isinstance(entry, dict):
        return None
    try:
        found = _require_entry(session, kept, entry)
    except FederationError as error:
        details = {"statement": kept.statement_uri, "reason": str(error)}
        audit_log.add(session, "cosign.entry-refused", str(entry.get("id", "")), now=now, details=details)
        return f"Not listed: {error}." if isinstance(error, KeyConflict) else None
    if found is not None:
        _keep_entry(session, *found, now)
    return None


def _require_entry(
    session: Session, kept: KeptRow, entry: Document
) -> tuple[record_checks.CoSignature, record_checks.Authorization] | None:
    """Return consent and stamp of an entry; None if it is not of this list. Raises: FederationError."""
    consent_document, stamp_document = entry.get("coSignature"), entry.get("authorization")
    if not isinstance(consent_document, dict) or not isinstance(stamp_document, dict):
        return None
    consent = record_checks.parse_co_signature(consent_document)
    stamp = record_checks.parse_authorization(stamp_document)
    if consent.statement_uri != kept.statement_uri or consent.text_digest != kept.text_digest:
        return None
    if consent.author_uri != kept.author_uri or consent.signer_uri == kept.author_uri:
        return None
    key = _require_key(session, consent, stamp)
    record_checks.require_match(stamp, consent, key)
    evidence.require_signed(stamp.document, kept.author_uri, sightings.keyring_of(session, kept.author_uri))
    return consent, stamp


def _keep_entry(
    session: Session, consent: record_checks.CoSignature, stamp: record_checks.Authorization, now: datetime
) -> None:
    cosignatures.add(session, _as_row(consent))
    row = cosignatures.find(session, consent.uri)
    if row is None or row.digest != consent.digest or row.stamp_body is not None:
        return
    if cosignatures.find_standing(session, row.statement_uri, row.signer_uri) is None:
        cosignatures.record_stamp(session, row.id, stamp.uri, jsonld.dump(stamp.document), now)
        withdrawing.apply_early(session, row, now)


def _require_key(
    session: Session, consent: record_checks.CoSignature, stamp: record_checks.Authorization
) -> str:
    """Return the key of a consent: as its signer shows it, else as the stamp names it.

    Raises: Malformed, KeyConflict.
    """
    value = identifiers.require_key(stamp.witnessed_value)
    if sightings.conflicting_key(session, consent.signer_uri, consent.key_id, value):
        raise KeyConflict(f"another key was seen here before under {consent.key_id}")
    keyring = sightings.keyring_with(consent.signer_uri, consent.key_id, value)
    return evidence.require_signed(
        consent.document, consent.signer_uri, keyring, prefix=identifiers.COSIGN_FRAGMENT
    )


def _as_row(consent: record_checks.CoSignature) -> NewCoSignature:
    return NewCoSignature(
        uri=consent.uri,
        statement_uri=consent.statement_uri,
        revision=consent.revision,
        text_digest=consent.text_digest,
        signer_uri=consent.signer_uri,
        role=consent.role,
        name=consent.name,
        body=jsonld.dump(consent.document),
        digest=consent.digest,
    )


def take_endings(session: Session, bundles: Iterable[Document], now: datetime) -> None:
    """Apply the withdrawals and removals in bundles; each proves itself."""
    for bundle in bundles:
        for document in jsonld.as_list(bundle.get("withdrawals")):
            _take_end(session, document, now, is_removal=False)
        for document in jsonld.as_list(bundle.get("removals")):
            _take_end(session, document, now, is_removal=True)


def _take_end(session: Session, document: object, now: datetime, *, is_removal: bool) -> None:
    if not isinstance(document, dict):
        return
    for uri in record_checks.named_by(document):
        find = cosignatures.find_by_stamp if is_removal else cosignatures.find
        row = find(session, uri)
        if row is None:
            continue
        take = withdrawing.take_removal if is_removal else withdrawing.take_undo
        take(session, document, row, now)


def _alarm(session: Session, kept: KeptRow) -> str | None:
    """Compare what is kept with the author's count; return what is wrong, in a sentence."""
    found = bundling.find_list(session, kept.statement_uri)
    if found is None or found.kept.checkpoint_body is None:
        return None
    counted = record_checks.parse_checkpoint(jsonld.load(found.kept.checkpoint_body))
    stamped = {row.digest: _stamped_at(row) for row in (*found.listed, *found.ended)}
    # What was stamped after the count is not in it yet; of the same second it may be or not.
    before = {digest for digest, at in stamped.items() if at < counted.published}
    until = {digest for digest, at in stamped.items() if at <= counted.published}
    if counted.set_digest in map(record_checks.set_digest, (stamped.keys(), before, until)):
        return None
    return "The author's list differs from its own count; what was verified is shown."


def _stamped_at(row: CoSignatureRow) -> str:
    return str(jsonld.load(row.stamp_body or b"{}").get("published", ""))
