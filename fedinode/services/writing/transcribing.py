"""A post written down as a manuscript again, so that members can change it at the desk.

What comes out says, read again, what the post says: nothing changes where nobody changes anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fedinode.frontmatter import editing
from fedinode.manuscripts import EventFacts, Facts, StatementFacts, Status, Wording, parse_facts
from fedinode.services import drafting
from fedinode.storage import federated_objects, media_files, posts, sign_forms
from fedinode.storage.database import Session
from fedinode.storage.media_files import MediaRow
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import TextRevisionRow

_WORDS: Final = ("note", "issued_by", "demands", "place")
_PLAIN_EVENT: Final = (
    "show_zones",
    "address",
    "url",
    "room",
    "sign_up",
    "capacity",
    "working_languages",
    "interpretation",
    "cancelled",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """A post as a manuscript, and the files that it names by the ends of their addresses."""

    source: str
    kind: str
    language: str
    title: str
    files: tuple[MediaRow, ...]


def transcribe(session: Session, post: PostRow) -> Transcript:
    """Write down how a post stands."""
    objects = federated_objects.list_of_post(session, post.id)
    primary = next((each for each in objects if each.language in (None, post.primary_language)), objects[0])
    revision = federated_objects.newest_revision(session, primary.id)
    facts = parse_facts(revision.facts)
    words = drafting.texts_of_objects(session, objects)
    own = words[post.primary_language]
    files = media_files.list_of_revision(session, revision.id)
    wordings = {each.language: each for each in facts.wordings}
    values = {
        "type": post.kind,
        **_text(own, facts.wordings[0]),
        "language": post.primary_language,
        "key": post.import_key,
        **_beside(session, post, facts),
        **_statement(facts.statement),
        **_form(session, post, primary.id, facts.statement),
        **_event(facts.event),
        "authors": _plain(facts.authors),
        "source": _plain(facts.sources),
        "related": _plain(facts.related),
        "media": [_file(each, post.primary_language) for each in files],
        "translations": {
            each.language: {
                **_text(each, wordings.get(each.language)),
                **_credit(each, wordings.get(each.language)),
                "body": each.markdown,
            }
            for each in words.values()
            if each.language != post.primary_language
        },
    }
    return Transcript(
        source=editing.write(_said(values), own.markdown),
        kind=post.kind,
        language=post.primary_language,
        title=own.title or "",
        files=files,
    )


def _text(row: TextRevisionRow, wording: Wording | None) -> dict[str, Any]:
    # The address is not written down: a page keeps it unless somebody says another.
    said = {name: _plain(getattr(wording, name)) for name in _WORDS} if wording else {}
    return {"title": row.title, "summary": row.summary, **said}


def _credit(row: TextRevisionRow, wording: Wording | None) -> dict[str, Any]:
    return {
        "translator": row.translator,
        "status": None if row.status == Status.OWN else row.status,
        "source_language": wording.source_language if wording else None,
    }


def _beside(session: Session, post: PostRow, facts: Facts) -> dict[str, Any]:
    is_draft = post.state == "draft"
    return {
        "published": post.published_at if is_draft else None,
        "tags": _plain(facts.tags if is_draft else posts.list_tags(session, post.id)),
        "category": facts.category if is_draft else post.category,
        "licence": facts.licence,
        "show": post.show if post.kind == "news" else None,
        "comments": post.comments,
        "in_reply_to": facts.in_reply_to,
    }


def _statement(statement: StatementFacts | None) -> dict[str, Any]:
    if statement is None:
        return {}
    zone = statement.timezone
    adopted = statement.adopted
    if zone is not None and isinstance(adopted, datetime):
        adopted = adopted.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return {
        "adopted": adopted,
        "timezone": zone,
        "addressees": _plain(statement.addressees),
        "cosign": statement.cosign,
        "invite": _plain(statement.invite),
        "publish_before": statement.publish_before,
        "signed_elsewhere": _plain(statement.signed_elsewhere),
    }


def _form(
    session: Session, post: PostRow, object_id: int, statement: StatementFacts | None
) -> dict[str, Any]:
    """Return how people sign: what was set last, which need not be what the text first said."""
    if statement is None:
        return {}
    form = sign_forms.find(session, object_id) if post.state == "public" else None
    is_open = form.is_open if form else statement.individuals
    if not is_open:
        return {"sign_until": form.ends_at if form else statement.sign_until}
    return {
        "individuals": True,
        "sign_until": form.ends_at if form else statement.sign_until,
        "goal": form.goal if form else statement.goal,
        "signers": form.listing if form else statement.signers,
        "smallest_group": form.smallest_group if form else statement.smallest_group,
    }


def _event(event: EventFacts | None) -> dict[str, Any]:
    if event is None:
        return {}
    return {
        "starts": event.starts,
        "ends": event.ends,
        "timezone": event.timezone,
        "attendance": event.attendance,
        **{name: _plain(getattr(event, name)) for name in _PLAIN_EVENT},
        "organisers": _plain(event.organisers),
        "speakers": _plain(event.speakers),
    }


def _file(row: MediaRow, language: str) -> dict[str, Any]:
    captioned = next(iter(row.captions), None)
    return {
        "file": row.path,
        "alt": row.alts.get(language, ""),
        "alts": {tag: alt for tag, alt in row.alts.items() if tag != language},
        "caption": row.captions.get(captioned) if captioned else None,
        "language": captioned if captioned != language else None,
        "licence": row.licence,
    }


def _plain(value: Any) -> Any:
    """Return a record as tables and lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    return dict(value) if isinstance(value, Mapping) else value


def _said(value: Any) -> Any:
    """Return tables without what says nothing."""
    if isinstance(value, dict):
        kept = {key: _said(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each is not None and each not in ([], {}, "")}
    return [_said(each) for each in value] if isinstance(value, list) else value
