"""A list of co-signatures as the page of its statement shows it: who stands under the text, and who did."""

from dataclasses import dataclass
from datetime import datetime

from federation import jsonld, times
from federation.jsonld import Document
from fedinode.services.cosigning import bundling
from fedinode.services.cosigning.bundling import KeptList
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """A cell under a statement. A name is free; the actor's address says who it is."""

    name: str
    actor_uri: str
    #: "verified", "withdrawn", "removed" or "void".
    state: str
    languages: tuple[str, ...]
    since: datetime | None
    record_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Everybody under a statement: who issues it with the author first, then who co-signs, then who did."""

    issuers: tuple[Signatory, ...]
    cosigners: tuple[Signatory, ...]
    ended: tuple[Signatory, ...]
    as_of: datetime | None
    text_digest: str
    bundle_url: str
    badge_url: str

    @property
    def total(self) -> int:
        """How many are listed; the author is not counted."""
        return len(self.issuers) + len(self.cosigners)


def find_roster(session: Session, statement_uri: str) -> Roster | None:
    """Return the public list of a statement of ours; None where it has none."""
    found = bundling.find_list(session, statement_uri)
    return _roster(found) if found is not None and found.kept.is_own else None


def _roster(found: KeptList) -> Roster:
    body = found.kept.checkpoint_body
    listed = [(row.role, _signatory(row, "verified")) for row in found.listed]
    return Roster(
        issuers=tuple(each for role, each in listed if role == "issuer"),
        cosigners=tuple(each for role, each in listed if role != "issuer"),
        ended=tuple(_signatory(row, row.author_state or "withdrawn") for row in found.ended),
        as_of=times.parse_timestamp(jsonld.load(body)["published"]) if body else None,
        text_digest=found.kept.text_digest,
        bundle_url=f"{found.kept.statement_uri}/bundle.json",
        badge_url=f"{found.kept.statement_uri}/badge.svg",
    )


def _signatory(row: CoSignatureRow, state: str) -> Signatory:
    document: Document = jsonld.load(row.body)
    return Signatory(
        name=row.name,
        actor_uri=row.signer_uri,
        state=state,
        languages=tuple(document["signedLanguages"]),
        since=row.ended_at or times.parse_timestamp(document["published"]),
        record_uri=row.uri,
    )
