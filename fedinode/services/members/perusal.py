"""What exactly the members are asked about: the words themselves, and what a change changes.

Who votes has to be able to read, whatever else their role lets them do.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from federation import jsonld
from federation.jsonld import Document
from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.errors import NodeError
from fedinode.manuscripts import Manuscript
from fedinode.services import drafting, finding
from fedinode.services.members import binding, ordering, weighing
from fedinode.services.members.signing_in import Member
from fedinode.services.members.weighing import OF_POSTS, OF_STATEMENTS, Question
from fedinode.services.writing import furnishing
from fedinode.services.writing.furnishing import Sheet
from fedinode.storage import federated_objects, statement_versions
from fedinode.storage.database import Session
from fedinode.storage.decisions import DecisionRow
from fedinode.text import differences
from fedinode.text.differences import Paragraph
from fedinode.urls import Urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in one language: as HTML that may be shown, or as what differs from what is public."""

    language: str
    title: str
    summary: str = ""
    html: str = ""
    changes: tuple[Paragraph, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Perused:
    """A question with its words; `has_changed`: they are not what was asked about any more."""

    question: Question
    words: tuple[Words, ...] = ()
    has_changed: bool = False


async def peruse(cap: Capabilities, member: Member, uid: str) -> Perused:
    """Return a question of a collective of the member with what it is about. Raises: NotFound."""
    question = await weighing.find(cap, member, uid)
    if question.action in ("edit", "edit-joint"):
        return await _peruse_change(cap, member, question)

    def read(session: Session) -> Perused:
        row, _ = weighing.require(session, member, uid)
        if question.action in OF_POSTS and question.can_be_read:
            return _peruse_post(session, cap.urls, question, row)
        if question.action in OF_STATEMENTS and question.can_be_read:
            return Perused(question=question, words=_statement(session, row, question))
        return Perused(question=question)

    return await cap.database.read(read)


def _peruse_post(session: Session, urls: Urls, question: Question, row: DecisionRow) -> Perused:
    post = finding.require_post(session, urls, row.subject_uri)
    rows = drafting.texts_of_objects(session, federated_objects.list_of_post(session, post.id))
    words = tuple(
        Words(language=each.language, title=each.title or "", summary=each.summary or "", html=each.html)
        for each in sorted(rows.values(), key=lambda each: each.language != post.primary_language)
    )
    is_open_release = row.state == "open" and row.action != "delete" and post.state == "draft"
    has_changed = is_open_release and row.digest != binding.release_digest(
        session, post, ordering.order_of(row.parameters).at
    )
    return Perused(question=question, words=words, has_changed=has_changed)


def _statement(session: Session, row: DecisionRow, question: Question) -> tuple[Words, ...]:
    versions = statement_versions.list_of(session, row.subject_uri)
    wanted = question.facts.get("digest")
    chosen = next((each for each in versions if each.text_digest == wanted), versions[-1])
    return _words_of(jsonld.load(chosen.body))


def _words_of(document: Document) -> tuple[Words, ...]:
    contents = document.get("contentMap") or {"und": document.get("content", "")}
    names, summaries = document.get("nameMap") or {}, document.get("summaryMap") or {}
    return tuple(
        Words(
            language=language,
            title=str(names.get(language) or document.get("name") or ""),
            summary=text.plain(str(summaries.get(language) or "")),
            html=text.clean_remote_html(str(content)),
        )
        for language, content in contents.items()
    )


# -- changes of what is public


async def _peruse_change(cap: Capabilities, member: Member, question: Question) -> Perused:
    if not question.copy_uid:
        return Perused(question=question)

    def read(session: Session) -> tuple[Sheet, dict[str, tuple[str, str, str]]]:
        row, _ = weighing.require(session, member, question.id)
        post = finding.require_post(session, cap.urls, row.subject_uri)
        rows = drafting.texts_of_objects(session, federated_objects.list_of_post(session, post.id))
        public = {
            each.language: (each.title or "", each.summary or "", each.markdown) for each in rows.values()
        }
        return furnishing.load(session, question.copy_uid, question.number), public

    try:
        sheet, public = await cap.database.read(read)
        manuscript = await furnishing.understand(cap, sheet)
    except NodeError:
        # Thrown away since: nobody can agree to it any more.
        return Perused(question=question, has_changed=True)
    return Perused(question=question, words=await asyncio.to_thread(_changes, manuscript, public))


def _changes(manuscript: Manuscript, public: Mapping[str, tuple[str, str, str]]) -> tuple[Words, ...]:
    wanted = {
        each.language: (each.title or "", each.summary or "", each.markdown) for each in manuscript.texts
    }
    languages = dict.fromkeys((*wanted, *public))
    return tuple(
        Words(
            language=language,
            title=wanted.get(language, public.get(language, ("",)))[0],
            changes=differences.compare(
                "\n\n".join(filter(None, public.get(language, ()))),
                "\n\n".join(filter(None, wanted.get(language, ()))),
            ),
        )
        for language in languages
    )
