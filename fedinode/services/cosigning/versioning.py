"""The versions of a statement: which there are, which is the newest, and what changed from one to the next.

An amendment is a new Article with a new id and a later revision; its `context` is the id of the first text of
the work. Spec: docs/cosigning.md, R16.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from federation import jsonld, times
from federation.jsonld import Document
from fedinode.services.cosigning import bundling, rostering
from fedinode.services.cosigning.rostering import Signatory
from fedinode.storage import cosignatures, kept_statements, statement_versions
from fedinode.storage.database import Session
from fedinode.storage.statement_versions import VersionRow
from fedinode.text import differences, plain
from fedinode.text.differences import Paragraph
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementVersion:
    """One version of a statement that this node has, in the language of the page where it has that."""

    statement_uri: str
    text_digest: str
    revision: int
    title: str
    language: str
    published_at: datetime
    #: Our copy of it; its own page where it is ours, or where we keep none.
    url: str
    signed_by: int
    #: What changed since the version before; nothing for the first.
    changes: tuple[Paragraph, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What became of a statement since it was signed."""

    #: When its author took it back.
    withdrawn_at: datetime | None = None
    #: The newest version, where this is an older one.
    newer: StatementVersion | None = None
    #: Since when the author's server has not answered.
    silent_since: datetime | None = None

    @property
    def word(self) -> str:
        """The most important of it: "withdrawn", "newer" or "current"."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "current" if self.newer is None else "newer"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All versions of a statement, the newest first; empty where there is but one."""

    versions: tuple[StatementVersion, ...] = ()
    standing: Standing = Standing()
    #: Cells that signed the version before the newest, and not the newest.
    not_renewed: tuple[Signatory, ...] = ()


def history_of(session: Session, urls: Urls, statement_uri: str, language: str) -> History:
    """Return the versions of a public statement, and what became of it."""
    rows = _family(session, statement_uri)
    kept = kept_statements.find(session, statement_uri)
    # Describing a version counts its list: there is nothing to tell of a text that was never amended.
    versions = _described(session, urls, rows, language) if len(rows) > 1 else ()
    own = next((each for each in versions if each.statement_uri == statement_uri), None)
    standing = Standing(
        withdrawn_at=kept.retracted_at if kept else None,
        newer=versions[0] if own is not None and versions[0].revision > own.revision else None,
        silent_since=kept.silent_since if kept and not kept.is_own else None,
    )
    if not versions:
        return History(standing=standing)
    return History(versions=versions, standing=standing, not_renewed=_not_renewed(session, *versions[:2]))


def standing_of(session: Session, urls: Urls, statement_uri: str) -> Standing:
    """Return what became of a public statement."""
    return history_of(session, urls, statement_uri, "").standing


def _not_renewed(
    session: Session, newest: StatementVersion, before: StatementVersion
) -> tuple[Signatory, ...]:
    renewed = {
        row.signer_uri for row in cosignatures.listed(session, newest.statement_uri, newest.text_digest)
    }
    earlier = cosignatures.listed(session, before.statement_uri, before.text_digest)
    left_out = renewed | rostering.blocked_of(session, {row.signer_uri for row in earlier})
    return tuple(
        Signatory(
            name=row.name,
            actor_uri=row.signer_uri,
            host=rostering.host_of(row.signer_uri),
            state="superseded",
            languages=(),
            since=None,
            record_uri=row.uri,
        )
        for row in earlier
        if row.signer_uri not in left_out
    )


# -- what belongs together


def _family(session: Session, statement_uri: str) -> list[VersionRow]:
    """Return the public texts of a work, the newest first; of one id the one that was seen first."""
    own = [each for each in statement_versions.list_of(session, statement_uri) if each.public_at is not None]
    if not own:
        return []
    work = _work_of(own[0])
    found: dict[str, VersionRow] = {}
    for row in statement_versions.list_public_of_author(session, own[0].author_uri):
        if _work_of(row) == work:
            found.setdefault(row.statement_uri, row)
    return sorted(found.values(), key=lambda row: row.revision, reverse=True)


def _work_of(row: VersionRow) -> str:
    document: Document = jsonld.load(row.body)
    return str(document.get("context", row.statement_uri))


def _described(
    session: Session, urls: Urls, rows: Sequence[VersionRow], language: str
) -> tuple[StatementVersion, ...]:
    documents = [jsonld.load(row.body) for row in rows]
    before: list[Document | None] = [*documents[1:], None]
    return tuple(
        _describe(session, urls, row, document, language, previous)
        for row, document, previous in zip(rows, documents, before, strict=True)
    )


def _describe(
    session: Session, urls: Urls, row: VersionRow, document: Document, language: str, before: Document | None
) -> StatementVersion:
    shown = language if language in document["contentMap"] else document["authoritativeLanguage"]
    kept = kept_statements.find(session, row.statement_uri)
    is_copy = kept is not None and not kept.is_own
    return StatementVersion(
        statement_uri=row.statement_uri,
        text_digest=row.text_digest,
        revision=row.revision,
        title=document["nameMap"][shown],
        language=shown,
        published_at=times.parse_timestamp(document["published"]),
        url=urls.kept_text(row.text_digest, shown) if is_copy else document["url"],
        signed_by=_count(session, urls, row),
        changes=differences.compare(_words(before, shown), _words(document, shown)) if before else (),
    )


def _count(session: Session, urls: Urls, row: VersionRow) -> int:
    """Return how many signed a version, as the page of that version counts."""
    found = bundling.find_list(session, row.statement_uri)
    if found is None or found.kept.text_digest != row.text_digest:
        return len(cosignatures.listed(session, row.statement_uri, row.text_digest))
    return rostering.roster_of(session, urls, found).total


def _words(document: Document, language: str) -> str:
    """Return what is read of a statement in a language, else in the one that counts."""
    shown = language if language in document["contentMap"] else document["authoritativeLanguage"]
    name, words = document["nameMap"][shown], plain(document["contentMap"][shown])
    return words if words.startswith(name) else f"{name}\n{words}"
