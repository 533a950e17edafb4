"""Copies as people see them: the page of a kept statement, what a collective signed, badge and embedded list.

All of it is made of this node's own rows, so that it is there when the author's server is not. Nothing exists
for anybody before the statement is public here. Spec: docs/cosigning.md, R19, P4.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from federation import jsonld, times
from federation.jsonld import Document
from fedinode import text
from fedinode.cache import NODE_KEY, SIGNERS_KEY, collective_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services import reading
from fedinode.services.cosigning import bundling, copying, rostering, versioning
from fedinode.services.cosigning.bundling import KeptList
from fedinode.services.cosigning.copying import NamesState
from fedinode.services.cosigning.exposing import Find
from fedinode.services.cosigning.rostering import Roster
from fedinode.services.cosigning.versioning import History, Standing
from fedinode.services.presenting import CollectiveView, NodeView, Version
from fedinode.services.reading import House
from fedinode.services.shelving import collective_view
from fedinode.storage import cosignatures, kept_statements, signer_facts, statement_versions
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session

_NOT_HERE: Final = "There is nothing at this address."
#: What a signer's state says to everybody; the others are nobody's business but the members'.
_SIGNED: Final = {"accepted": "listed", "withdrawn": "withdrawn", "removed": "removed", "void": "void"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorView:
    """Who wrote a statement: a free name, and the server and address that say who it is."""

    name: str
    uri: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """A file that belongs to the signed text."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyView:
    """A statement that this node keeps, in one language, from this node's own data."""

    node: NodeView
    keeper: CollectiveView
    statement_uri: str
    text_digest: str
    is_own: bool
    language: str
    title: str
    summary_html: str
    html: str
    author: AuthorView
    #: Its page at the author's.
    url: str
    published_at: datetime
    versions: tuple[Version, ...]
    files: tuple[FileView, ...]
    roster: Roster
    history: History
    #: The names of people, where they are shown on a page of their own; else numbers alone are.
    names: NamesState | None

    @property
    def page_url(self) -> str:
        """The address of this page."""
        return next(version.url for version in self.versions if version.is_current)

    @property
    def is_taken_back(self) -> bool:
        """Whether we are the author and took it back: then nothing of the text is shown any more."""
        return self.is_own and self.history.standing.withdrawn_at is not None

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (NODE_KEY, collective_key(self.keeper.name), *self.roster.depends_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLine:
    """A statement that a collective of ours signed, and what became of both."""

    title: str
    language: str
    #: Our copy, or the statement's own page where we keep none.
    url: str
    author: AuthorView
    role: str
    #: "listed", "withdrawn", "removed" or "void".
    state: str
    signed_at: datetime
    ended_at: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedView:
    """What a collective signed, the newest first."""

    node: NodeView
    collective: CollectiveView
    lines: tuple[SignedLine, ...]
    depends_on: tuple[str, ...]


def of_statement(statement_uri: str) -> Find:
    """Return how to find the list of a statement of ours by its id, one that was taken back too."""

    def find(session: Session) -> KeptList | None:
        found = bundling.find_list(session, statement_uri)
        return found if found is not None and found.kept.is_own else None

    return find


def of_digest(text_digest: str) -> Find:
    """Return how to find any list that we keep by the digest of its text, one that was taken back too."""

    def find(session: Session) -> KeptList | None:
        kept = kept_statements.find_by_digest(session, text_digest)
        return bundling.find_list(session, kept.statement_uri) if kept else None

    return find


async def copy_page(cap: Capabilities, find: Find, language: str | None) -> CopyView:
    """Return a kept statement in a language, or in the one that counts. Raises: NotFound."""

    def read(session: Session, house: House) -> CopyView:
        found = find(session)
        if found is None:
            raise NotFound(_NOT_HERE)
        shown = language or found.statement["authoritativeLanguage"]
        if shown not in found.statement["contentMap"]:
            raise NotFound("This statement was not signed in this language.")
        return _copy(session, house, found, shown, cap.clock())

    return await reading.read_house(cap, read)


async def signed_by(cap: Capabilities, name: str) -> SignedView:
    """Return the public statements that a collective signed. Raises: NotFound."""

    def read(session: Session, house: House) -> SignedView:
        row = house.row(name)
        lines = [
            line
            for consent in reversed(cosignatures.list_of_signer(session, row.uri))
            if (line := _signed_line(session, house, consent)) is not None
        ]
        view = collective_view(house.urls, row)
        keys = (NODE_KEY, SIGNERS_KEY, collective_key(name), *_keys_of(session, row.uri))
        return SignedView(node=house.view(), collective=view, lines=tuple(lines), depends_on=keys)

    return await reading.read_house(cap, read)


# -- parts


def _copy(session: Session, house: House, found: KeptList, language: str, now: datetime) -> CopyView:
    statement, kept = found.statement, found.kept
    keeper = next((row for row in house.rows if row.id == kept.collective_id), None)
    if keeper is None:
        raise NotFound("The collective that kept this does not publish here any more.")
    title = statement["nameMap"][language]
    return CopyView(
        node=house.view(language),
        keeper=collective_view(house.urls, keeper, language),
        statement_uri=kept.statement_uri,
        text_digest=kept.text_digest,
        is_own=kept.is_own,
        language=language,
        title=title,
        summary_html=text.clean_remote_html(statement.get("summaryMap", {}).get(language, "")),
        html=_without_title(text.clean_remote_html(statement["contentMap"][language]), title),
        author=author_of(session, house, kept.author_uri),
        url=statement.get("url") or kept.statement_uri,
        published_at=times.parse_timestamp(statement["published"]),
        versions=_languages(house, found, language),
        files=_files(house, found),
        roster=rostering.roster_of(session, house.urls, found),
        history=versioning.history_of(session, house.urls, kept.statement_uri, language),
        names=copying.state_of(session, kept, now),
    )


def _without_title(html: str, title: str) -> str:
    # Statements begin with their own title, because some servers show nothing else of it.
    return html.removeprefix(f"<h2>{text.escape(title)}</h2>").lstrip()


def author_of(session: Session, house: House, uri: str) -> AuthorView:
    """Return who wrote a statement, ours or another node's."""
    host = rostering.host_of(uri)
    own = next((row for row in house.rows if row.uri == uri), None)
    if own is not None:
        return AuthorView(name=own.texts[0].name, uri=uri, host=host)
    facts = signer_facts.of_actors(session, {uri}).get(uri)
    return AuthorView(name=(facts.name if facts else None) or host, uri=uri, host=host)


def _languages(house: House, found: KeptList, current: str) -> tuple[Version, ...]:
    statement = found.statement
    return tuple(
        Version(
            language=language,
            url=house.urls.kept_text(found.kept.text_digest, language),
            title=statement["nameMap"][language],
            is_current=language == current,
            is_original=language == statement["authoritativeLanguage"],
        )
        for language in statement["contentMap"]
    )


def _files(house: House, found: KeptList) -> tuple[FileView, ...]:
    mirror = house.urls.mirror(found.kept.text_digest)
    return tuple(
        FileView(
            name=each["name"] or urlsplit(each["url"]).path.rpartition("/")[2],
            url=f"{mirror}/{each['digestMultibase']}",
        )
        for each in found.statement["attachment"]
    )


def _signed_line(session: Session, house: House, row: CoSignatureRow) -> SignedLine | None:
    """Return a line for a consent to a text that is public; None for what concerns members alone."""
    state = _SIGNED.get(row.author_state or "")
    version = statement_versions.find(session, row.statement_uri, row.text_digest)
    if state is None or row.stamp_body is None or version is None or version.public_at is None:
        return None
    statement: Document = jsonld.load(version.body)
    language = statement["authoritativeLanguage"]
    is_kept = bundling.find_list(session, row.statement_uri) is not None
    return SignedLine(
        title=statement["nameMap"][language],
        language=language,
        url=house.urls.kept_text(row.text_digest, language) if is_kept else statement["url"],
        author=author_of(session, house, version.author_uri),
        role=row.role,
        state=state,
        signed_at=times.parse_timestamp(jsonld.load(row.body)["published"]),
        ended_at=row.ended_at,
        standing=versioning.standing_of(session, house.urls, row.statement_uri),
    )


def _keys_of(session: Session, signer_uri: str) -> frozenset[str]:
    return frozenset(post_key(row.text_digest) for row in cosignatures.list_of_signer(session, signer_uri))
