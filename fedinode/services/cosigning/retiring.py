"""Dropping a kept copy: of a statement that its author took back, or whose signature we withdrew.

Whoever signs, keeps; until the members decide otherwise, what was signed stays provable. Spec: R19.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from federation.cosigning import documents
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NotFound
from fedinode.services import registering
from fedinode.services.cosigning import keeping_lists
from fedinode.services.members import deciding
from fedinode.services.members.deciding import Question, Standing
from fedinode.storage import (
    accounts,
    audit_log,
    cosignatures,
    kept_statements,
    statement_versions,
    travelling_names,
)
from fedinode.storage.accounts import Named
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.storage.kept_statements import KeptRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What became of the wish to drop a copy: the vote, and the statement once its copy is gone."""

    standing: Standing
    statement_uri: str | None


async def drop_copy(
    cap: Capabilities, url: str, *, collective: str | None = None, account: Named = None
) -> Dropped:
    """Drop the copy of a statement that its author took back, or ask the members to.

    Raises: NotFound, Conflict, NotAllowed.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))

    def write(session: Session) -> Dropped:
        now = cap.clock()
        kept = _require_copy(session, url, row)
        _require_over(session, kept, row)
        question = Question(
            collective_id=row.id,
            action="drop-copy",
            subject_uri=kept.statement_uri,
            digest=_release_digest(kept),
            parameters=json.dumps({"statement": kept.statement_uri}).encode(),
        )
        account_id = accounts.id_of(session, account)
        standing = deciding.ask(session, question, account_id=account_id, now=now)
        uri = execute(session, standing.decision, now) if standing.is_approved else None
        return Dropped(standing=standing, statement_uri=uri)

    return await cap.database.write(write)


def execute(session: Session, decision: DecisionRow, now: datetime) -> str:
    """Drop the copy that was decided about; return the statement's id. Raises: NotFound, NotAllowed."""
    kept = kept_statements.find(session, json.loads(decision.parameters)["statement"])
    if kept is None:
        raise NotFound("The copy that was decided about is not here any more.")
    deciding.require_decision(session, decision.uid, _release_digest(kept), now)
    keeping_lists.touch(session, kept.statement_uri, now)
    travelling_names.drop_copies(session, kept.statement_uri)
    kept_statements.drop(session, kept.statement_uri)
    statement_versions.drop(session, kept.statement_uri)
    audit_log.add(session, "cosign.copy-dropped", kept.statement_uri, now=now)
    return kept.statement_uri


def _require_copy(session: Session, url: str, row: CollectiveRow) -> KeptRow:
    versions = statement_versions.find_by_address(session, url)
    kept = kept_statements.find(session, versions[0].statement_uri if versions else url)
    if kept is None or kept.is_own or kept.collective_id != row.id:
        raise NotFound(f"{row.name} keeps no copy of {url}.")
    return kept


def _require_over(session: Session, kept: KeptRow, row: CollectiveRow) -> None:
    stands = cosignatures.find_standing(session, kept.statement_uri, row.uri) is not None
    if stands and kept.retracted_at is None:
        raise Conflict("Whoever signs, keeps: withdraw the signature first, then drop the copy.")


def _release_digest(kept: KeptRow) -> str:
    return documents.digest(
        {"action": "drop-copy", "statement": kept.statement_uri, "textDigest": kept.text_digest}
    )
