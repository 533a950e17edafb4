"""A kept copy published as a post of our own, when the server of a statement is gone.

The text is the signed one, letter for letter; author, page and copy are named as its sources. The signatures
stay where they verify: in the copy, to which the post leads. Spec: docs/cosigning.md, R19 and D4.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from federation import times
from federation.cosigning import documents
from federation.errors import FederationError
from federation.jsonld import Document
from federation.net import client
from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NodeError, NotFound
from fedinode.manuscripts import Facts, Kind, Source, StatementFacts, Wording
from fedinode.services import drafting, publishing, registering, releasing, resolving
from fedinode.services.cosigning import bundling
from fedinode.services.cosigning.bundling import KeptList
from fedinode.services.members import deciding
from fedinode.services.members.deciding import Question, Standing
from fedinode.services.preparing import Prepared, PreparedText
from fedinode.services.releasing import Press
from fedinode.storage import accounts, posts, remote_actors, statement_versions
from fedinode.storage.accounts import Named
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow

_STATUS: Final = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Republished:
    """What became of the wish to publish a copy: the vote, and the post's id once it was made."""

    standing: Standing
    post_uri: str | None


async def publish_copy(
    cap: Capabilities,
    url: str,
    *,
    collective: str | None = None,
    account: Named = None,
    although_it_answers: bool = False,
) -> Republished:
    """Publish the kept copy of a statement of somebody else, or ask the members to.

    Raises: NotFound, Conflict while its own server still shows it, NotAllowed.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    found = await cap.database.read(lambda session: _require_copy(session, url))
    if not although_it_answers and await _still_shown(cap, found.statement):
        raise Conflict(
            "The statement's own server still shows it: share it from there, or say --yes for a copy."
        )
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Republished:
        copy = _require_copy(session, url)
        known = posts.find_by_key(session, row.id, _key(copy))
        if known is not None:
            raise Conflict("This copy was published before.")
        question = Question(
            collective_id=row.id,
            action="keep-copy",
            subject_uri=copy.kept.statement_uri,
            digest=_release_digest(copy),
            parameters=json.dumps({"statement": copy.kept.statement_uri}).encode(),
        )
        account_id = accounts.id_of(session, account)
        standing = deciding.ask(session, question, account_id=account_id, now=press.now)
        uri = execute(session, press, standing.decision) if standing.is_approved else None
        return Republished(standing=standing, post_uri=uri)

    return await publishing.commit(cap, write)


def execute(session: Session, press: Press, decision: DecisionRow) -> str:
    """Publish the copy that was decided about; return the post's id. Raises: NotFound, NotAllowed."""
    copy = _require_copy(session, json.loads(decision.parameters)["statement"])
    deciding.require_decision(session, decision.uid, _release_digest(copy), press.now)
    prepared = _prepare(session, press, copy)
    draft = drafting.save(session, press.urls, press.collective, prepared, press.now)
    releasing.go_public(session, press, draft, deliver=True)
    public = posts.get(session, draft.id)
    return publishing.describe(session, press.urls, press.collective, public).uri


def _require_copy(session: Session, url: str) -> KeptList:
    versions = statement_versions.find_by_address(session, url)
    found = bundling.find_list(session, versions[0].statement_uri if versions else url)
    if found is None or found.kept.is_own:
        raise NotFound(f"No copy of {url} is kept here.")
    if found.kept.retracted_at is not None:
        raise Conflict("Its author took this statement back; nobody publishes it anew.")
    return found


async def _still_shown(cap: Capabilities, statement: Document) -> bool:
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    try:
        fetched = await opened.get_document(statement["id"], kind=client.ACTIVITY, signer=signer)
    except (FederationError, NodeError):
        return False
    return bool(fetched.document.get("textDigest") == statement["textDigest"])


def _key(copy: KeptList) -> str:
    return f"copy {copy.kept.statement_uri}"


def _release_digest(copy: KeptList) -> str:
    kept = copy.kept
    return documents.digest(
        {"action": "keep-copy", "statement": kept.statement_uri, "textDigest": kept.text_digest}
    )


# -- the post


def _prepare(session: Session, press: Press, copy: KeptList) -> Prepared:
    statement = copy.statement
    first = statement["authoritativeLanguage"]
    languages = (first, *(each for each in statement["contentMap"] if each != first))
    author = remote_actors.find(session, copy.kept.author_uri)
    name = (author.name if author else None) or urlsplit(copy.kept.author_uri).netloc
    facts = Facts(
        wordings=tuple(Wording(language=each, issued_by=name) for each in languages),
        comments="closed",
        sources=_sources(press, statement, name),
        statement=StatementFacts(cosign="closed"),
    )
    return Prepared(
        kind=Kind.STATEMENT,
        key=_key(copy),
        texts=tuple(_text(statement, each) for each in languages),
        facts=facts,
        media=(),
        published=None,
    )


def _sources(press: Press, statement: Document, author: str) -> tuple[Source, ...]:
    """Name the page that is gone, and our copy with all signatures, which search engines should show."""
    mirror = press.urls.mirror(statement["textDigest"])
    page = str(statement.get("url", statement["id"]))
    original = Source(
        role="original",
        title=statement["name"],
        url=page,
        language=statement["authoritativeLanguage"],
        publisher=urlsplit(page).netloc,
        author=author,
        published=times.parse_timestamp(statement["published"]),
    )
    files = [
        Source(
            role="found", title=each["name"] or each["mediaType"], url=f"{mirror}/{each['digestMultibase']}"
        )
        for each in statement["attachment"]
    ]
    return (original, Source(role="found", url=mirror, canonical=True), *files)


def _text(statement: Document, language: str) -> PreparedText:
    title = statement["nameMap"][language]
    html = _without_title(statement["contentMap"][language], title)
    summaries: Mapping[str, str] = statement.get("summaryMap", {})
    summary = " ".join(text.plain(summaries[language]).split()) if language in summaries else None
    return PreparedText(
        language=language,
        title=title,
        slug=None,
        summary=summary,
        markdown=text.plain(html),
        html=html,
        translator=None,
        status=_STATUS,
    )


def _without_title(html: str, title: str) -> str:
    """Return the text without the heading that says the title: every page and post puts it there itself."""
    return html.removeprefix(f"<h2>{text.escape(title)}</h2>").lstrip("\n")
