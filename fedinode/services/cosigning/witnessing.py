"""What other keepers of a list say they saw: their signed words on keys, kept and handed on in bundles.

A bundle carries our own word and up to four others, so that a reader who trusts one cell learns from it
which keys it saw at their own addresses. Spec: docs/cosigning.md, K3 and K4.
"""

import logging
import random
from datetime import datetime
from typing import Final

from federation import jsonld
from federation.cosigning import documents, evidence, identifiers, record_checks
from federation.cosigning.record_checks import Witness
from federation.errors import FederationError
from federation.jsonld import Document
from federation.net import client
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.services import resolving
from fedinode.services.cosigning import keeping_lists, sightings
from fedinode.storage import evidence_files
from fedinode.storage.database import Session
from fedinode.storage.kept_statements import KeptRow

logger = logging.getLogger(__name__)

#: Witnesses beside our own in a bundle.
OTHERS: Final = 4


def kept_words(session: Session, statement_uri: str, text_digest: str) -> tuple[Document, ...]:
    """Return what up to four other keepers saw, the newest word of each."""
    rows = evidence_files.list_from(session, statement_uri, ["witness"])
    words = [jsonld.load(row.body) for row in rows]
    about = [word for word in words if word["textDigest"] == text_digest]
    return tuple(sorted(about, key=_newest_first)[-OTHERS:])


def _newest_first(word: Document) -> tuple[str, str]:
    return str(word["published"]), str(word["attributedTo"])


def take(session: Session, kept: KeptRow, document: object, now: datetime) -> bool:
    """Keep the word of another keeper of a list, in place of an earlier one; False if it is none."""
    try:
        witness = record_checks.parse_witness(document if isinstance(document, dict) else {})
        keyring = sightings.keyring_of(session, witness.witness_uri)
        evidence.require_signed(witness.document, witness.witness_uri, keyring)
    except FederationError:
        return False
    if (witness.statement_uri, witness.text_digest) != (kept.statement_uri, kept.text_digest):
        return False
    may_speak = keeping_lists.keepers(session, kept.statement_uri) | {kept.author_uri}
    own = sightings.is_ours(session, witness.witness_uri)
    return witness.witness_uri in may_speak and not own and _replace(session, kept, witness, now)


def _replace(session: Session, kept: KeptRow, witness: Witness, now: datetime) -> bool:
    for row in evidence_files.list_from(session, kept.statement_uri, ["witness"]):
        known = record_checks.parse_witness(jsonld.load(row.body))
        if known.witness_uri != witness.witness_uri:
            continue
        if known.document["published"] >= witness.document["published"] or known.seen == witness.seen:
            return False
        evidence_files.drop(session, row.digest)
    body = jsonld.dump(witness.document)
    digest = documents.digest(witness.document)
    return evidence_files.add(session, digest, "witness", body, source_uri=kept.statement_uri, now=now)


async def gather(cap: Capabilities, kept: KeptRow) -> int:
    """Ask some other keepers what they saw; return how many new words were kept."""

    def read(session: Session) -> list[str]:
        others = keeping_lists.keepers(session, kept.statement_uri) | {kept.author_uri}
        return sorted(uri for uri in others if not sightings.is_ours(session, uri))

    cells = await cap.database.read(read)
    words: list[Document] = []
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    for uri in random.sample(cells, min(OTHERS, len(cells))):
        address = f"{identifiers.origin_of(uri)}/mirror/{kept.text_digest}/witness"
        try:
            fetched = await opened.get_document(address, kind=client.ACTIVITY, signer=signer)
        except (FederationError, NodeError) as error:
            logger.info("no witness from %s: %s", address, error)
        else:
            words.append(fetched.document)

    def write(session: Session) -> int:
        return sum(take(session, kept, word, cap.clock()) for word in words)

    return await cap.database.write(write) if words else 0
