"""What others wrote, made ready to be kept: cleaned once, before any transaction, and turned into rows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from federation import authority, jsonld, objects
from federation.jsonld import Document
from federation.objects import Object
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.remote_objects import NewRemoteObject
from fedinode.storage.replies import NewReply
from fedinode.text import canonical_language, clean_remote_html

MAX_TAG_CHARACTERS: Final = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An object by somebody else, read, with its text made safe to show."""

    subject: Object
    body: bytes
    html: str
    language: str | None
    #: When this version was made, as far as the object says.
    version_at: datetime | None

    @property
    def is_public(self) -> bool:
        return jsonld.PUBLIC in self.subject.to + self.subject.cc

    def is_for(self, author: RemoteActor) -> bool:
        """Whether everybody, or the author's followers, may see it: it is no message to one person."""
        return self.is_public or author.followers_uri in self.subject.to + self.subject.cc


def is_for_everybody(body: bytes | None) -> bool:
    """Tell whether a kept post is public: what its author shows to followers alone, we show to nobody.

    Without a document it is deleted, and has nothing to show.
    """
    return body is None or read_submission(jsonld.load(body)).is_public


def read_submission(document: Document) -> Submission:
    """Read an object and clean its text; slow for long texts, so never inside a transaction.

    Raises: Malformed, TooLarge.
    """
    subject = objects.parse_object(document)
    # What has no content (a picture, a teaser) may have a summary.
    html = clean_remote_html(subject.content if subject.content is not None else subject.summary or "")
    return Submission(
        subject=subject,
        body=jsonld.dump(document),
        html=html,
        language=_language(subject.language),
        version_at=subject.updated or subject.published,
    )


def is_newer(version_at: datetime | None, kept_at: datetime | None) -> bool:
    """Whether a version replaces the one that is kept: only if it says that it is later."""
    return kept_at is None or (version_at is not None and version_at > kept_at)


def is_by(uri: str, actor_uri: str) -> bool:
    """Whether an id that we keep as the author's is the actor's."""
    return authority.is_same_uri(uri, actor_uri)


def as_remote_object(
    submission: Submission, author: RemoteActor, updated_at: datetime | None
) -> NewRemoteObject:
    """Return the row of a post that is kept."""
    subject = submission.subject
    return NewRemoteObject(
        uri=subject.uri,
        actor_id=author.id,
        type=subject.type,
        body=submission.body,
        name=subject.name,
        html_clean=submission.html,
        language=submission.language,
        url=subject.url,
        digest=hashlib.sha256(submission.body).hexdigest(),
        published_at=subject.published,
        updated_at=updated_at,
    )


def as_reply(
    submission: Submission,
    author: RemoteActor,
    object_id: int,
    state: str,
    updated_at: datetime | None,
    *,
    reason: str | None = None,
) -> NewReply:
    """Return the row of a reply in a state that a rule, not a person, decided on, and why it waits."""
    subject = submission.subject
    return NewReply(
        uri=subject.uri,
        object_id=object_id,
        in_reply_to_uri=subject.in_reply_to or "",
        actor_id=author.id,
        html_clean=submission.html,
        language=submission.language,
        url=subject.url,
        state=state,
        decision="policy",
        reason=reason,
        published_at=subject.published,
        updated_at=updated_at,
    )


def _language(tag: str | None) -> str | None:
    if tag is None or len(tag) > MAX_TAG_CHARACTERS:
        return None
    try:
        return canonical_language(tag)
    except ValueError:
        return None
