"""What is known here about the signatures of a statement, for members and commands: drafts too.

What everybody may see of a public list is `bundling`'s and `presenting`'s.
"""

from dataclasses import dataclass
from datetime import datetime

from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import finding
from fedinode.storage import cosignatures, invitations, statement_versions
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session
from fedinode.storage.invitations import InvitationRow
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """A cell under a statement: what it was asked, what it signed, and what became of that."""

    #: The number that commands take; None where nothing was signed yet.
    id: int | None
    statement: str
    signer: str
    name: str
    role: str
    state: str
    revision: int
    #: What a cell said when it declined, or an author when it did not list.
    reason: str | None
    since: datetime | None


async def list_signatures(cap: Capabilities, url: str) -> tuple[SignatureLine, ...]:
    """Return who was asked to sign a statement and who did, whatever became of it. Raises: NotFound."""

    def read(session: Session) -> tuple[SignatureLine, ...]:
        statement_uri = _statement_uri(session, cap.urls, url)
        consents = cosignatures.list_of_statement(session, statement_uri)
        signed = {(each.signer_uri, each.revision) for each in consents}
        asked = [
            each
            for each in invitations.list_of_statement(session, statement_uri)
            if (each.cell_uri, each.revision) not in signed
        ]
        return (*map(_of_consent, consents), *map(_of_invitation, asked))

    return await cap.database.read(read)


async def list_pending(cap: Capabilities) -> tuple[SignatureLine, ...]:
    """Return the signatures under our statements that wait for a decision."""

    def read(session: Session) -> tuple[SignatureLine, ...]:
        return tuple(map(_of_consent, cosignatures.list_in_state(session, author=("pending",))))

    return await cap.database.read(read)


def _statement_uri(session: Session, urls: Urls, url: str) -> str:
    versions = statement_versions.find_by_address(session, url)
    if versions:
        return versions[0].statement_uri
    if urls.is_ours(url):
        return finding.require_object(session, urls, url).uri
    raise NotFound(f"No statement at {url} is known here.")


def _of_consent(row: CoSignatureRow) -> SignatureLine:
    return SignatureLine(
        id=row.id,
        statement=row.statement_uri,
        signer=row.signer_uri,
        name=row.name,
        role=row.role,
        state=row.author_state or row.signer_state or "",
        revision=row.revision,
        reason=row.reason,
        since=row.ended_at or row.verified_at,
    )


def _of_invitation(row: InvitationRow) -> SignatureLine:
    return SignatureLine(
        id=None,
        statement=row.statement_uri,
        signer=row.cell_uri,
        name="",
        role=row.role,
        state="invited" if row.state == "open" else row.state,
        revision=row.revision,
        reason=row.reason,
        since=row.decided_at or row.created_at,
    )
