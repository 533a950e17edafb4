"""Objects, the things that activities are about: read from documents, written as documents.

We write Note, Article, Event, Image, Document and Tombstone and read what else carries a text or a picture.
Words and markup are made by the caller: HTML goes out as it is given and comes in uncleaned.
Spec: Activity Streams 2.0 Vocabulary, FEP-8a8e (events), GoToSocial's interaction policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from federation import contexts, errors, jsonld, links, times
from federation.jsonld import Document
from federation.links import Attachment

#: What we publish.
RENDERED_TYPES: Final = frozenset({"Note", "Article", "Event", "Image", "Document"})
#: What we understand of others.
OBJECT_TYPES: Final = RENDERED_TYPES | {"Page", "Video", "Audio", "Question"}
TOMBSTONE: Final = "Tombstone"

#: One text in one language; more languages of one work are objects that nobody wrote.
MAX_CONTENT_CHARACTERS: Final = 100_000
MAX_TRANSLATIONS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A Mention, a Hashtag, or what else a peer puts under ``tag``; a hashtag's name has its ``#``."""

    type: str
    name: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """An object as its document describes it. HTML in ``summary`` and the contents is not cleaned."""

    uri: str
    type: str
    attributed_to: str
    name: str | None = None
    summary: str | None = None
    content: str | None = None
    #: BCP 47 tag of ``content``, as far as the document tells.
    language: str | None = None
    #: In the order received.
    content_map: Mapping[str, str] = field(default_factory=dict)
    published: datetime | None = None
    updated: datetime | None = None
    #: Page for people, on the host of ``uri``.
    url: str | None = None
    in_reply_to: str | None = None
    tags: tuple[Tag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    sensitive: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    #: The same work in other languages: what this one translates, or the translations of this one.
    translation_of: str | None = None
    translations: tuple[str, ...] = ()
    licence: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is left of a deleted object."""

    uri: str
    former_type: str | None = None
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An object's words in one language: the name is plain text, summary and content are HTML."""

    language: str
    content: str
    name: str | None = None
    summary: str | None = None
    #: Of a translation: who made it, and "own", "official", "unofficial" or "machine".
    translator: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who may do something with an object, at once or once the author agreed: actors and collections."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()


EVERYBODY: Final = Approval(automatic=(jsonld.PUBLIC,))


@dataclass(frozen=True, slots=True, kw_only=True)
class InteractionPolicy:
    """Who may quote, reply to, like and announce an object."""

    can_quote: Approval
    can_reply: Approval = EVERYBODY
    can_like: Approval = EVERYBODY
    can_announce: Approval = EVERYBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where people meet."""

    name: str
    address: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Organiser:
    """Somebody who holds an event: an actor, a body with a site, or a name alone."""

    name: str
    actor_uri: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """When and where an event is, and who holds it. What people must know goes into the summary too."""

    starts_at: datetime
    ends_at: datetime | None = None
    #: IANA name of the zone in which the hours are meant.
    timezone: str
    places: tuple[Place, ...] = ()
    #: Page of the meeting on the network; no secret room.
    online_url: str | None = None
    organisers: tuple[Organiser, ...] = ()
    sign_up_url: str | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """What a document of ours is made of."""

    uri: str
    type: str
    attributed_to: str
    #: At least one; the primary language first.
    texts: tuple[Text, ...]
    published: datetime
    updated: datetime | None = None
    #: The page, on the host of ``uri``.
    url: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    tags: tuple[Tag, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    sensitive: bool = False
    policy: InteractionPolicy | None = None
    #: Collections of this object; None where it has none.
    replies: str | None = None
    likes: str | None = None
    shares: str | None = None
    event: EventFacts | None = None
    #: The original of this object, the digest of its text if others sign that, and translations of this one.
    translation_of: str | None = None
    translates_digest: str | None = None
    translations: tuple[str, ...] = ()
    licence: str | None = None


# -- reading


def parse_object(document: Document) -> Object:
    """Read an object. A Tombstone is none: ask ``is_tombstone`` first.

    Raises: Malformed, TooLarge.
    """
    uri = jsonld.require_member(document, "id")
    kind = jsonld.require_type(document)
    if kind not in OBJECT_TYPES:
        raise errors.Malformed("an object is of a type that carries no text or picture")
    contents = _texts(document, "contentMap")
    content = _text(document, "content", contents)
    return Object(
        uri=uri,
        type=kind,
        attributed_to=_author(document),
        name=_name(document),
        summary=_text(document, "summary", _texts(document, "summaryMap")),
        content=content,
        language=_language(document, content, contents),
        content_map=contents,
        published=jsonld.get_time(document, "published"),
        updated=jsonld.get_time(document, "updated"),
        url=links.get_page_url(document, uri),
        in_reply_to=next(iter(jsonld.get_uris(document, "inReplyTo")), None),
        tags=_tags(document),
        attachments=links.get_attachments(document),
        to=jsonld.get_recipients(document, "to"),
        cc=jsonld.get_recipients(document, "cc"),
        sensitive=document.get("sensitive") is True,
        starts_at=jsonld.get_time(document, "startTime"),
        ends_at=jsonld.get_time(document, "endTime"),
        translation_of=next(iter(jsonld.get_uris(document, "translationOf")), None),
        translations=jsonld.get_uris(document, "translations", max_items=MAX_TRANSLATIONS),
        licence=links.get_licence(document),
    )


def is_tombstone(document: Document) -> bool:
    """Tell whether a document says of itself that it is what a deletion left."""
    return document.get("type") == TOMBSTONE


def parse_tombstone(document: Document) -> Tombstone:
    """Read a Tombstone. Raises: Malformed."""
    if not is_tombstone(document):
        raise errors.Malformed("an object is no Tombstone")
    return Tombstone(
        uri=jsonld.require_member(document, "id"),
        former_type=jsonld.get_str(document, "formerType"),
        deleted_at=jsonld.get_time(document, "deleted"),
    )


def _author(document: Document) -> str:
    # Only the first counts, as in Mastodon and GoToSocial; PeerTube lists the channel after the person.
    authors = jsonld.get_list(document, "attributedTo")
    return jsonld.require_member({"attributedTo": next(iter(authors), None)}, "attributedTo")


def _texts(document: Document, name: str) -> dict[str, str]:
    return jsonld.get_language_map(document, name, max_characters=MAX_CONTENT_CHARACTERS)


def _text(document: Document, name: str, texts: Mapping[str, str]) -> str | None:
    text = jsonld.get_str(document, name, max_characters=MAX_CONTENT_CHARACTERS)
    return next(iter(texts.values()), None) if text is None else text


def _name(document: Document) -> str | None:
    name = _text(document, "name", _texts(document, "nameMap"))
    return None if name is None else name[: jsonld.MAX_NAME_CHARACTERS]


def _language(document: Document, content: str | None, contents: Mapping[str, str]) -> str | None:
    # GoToSocial: the entry that equals the content. Mastodon: the first entry there is.
    for language, text in contents.items():
        if text == content:
            return language
    maps = (contents, _texts(document, "nameMap"), _texts(document, "summaryMap"))
    return next((language for texts in maps for language in texts), None)


def _tags(document: Document) -> tuple[Tag, ...]:
    stated = [tag for tag in jsonld.get_list(document, "tag") if isinstance(tag, dict)]
    return tuple(_tag(tag) for tag in stated if isinstance(tag.get("type"), str))


def _tag(tag: Document) -> Tag:
    name, href = tag.get("name"), tag.get("href")
    return Tag(
        type=tag["type"],
        name=name[: jsonld.MAX_NAME_CHARACTERS] if isinstance(name, str) else None,
        href=href if jsonld.is_uri(href) else None,
    )


# -- writing


def render_object(facts: ObjectFacts) -> Document:
    """Write a document of ours, whole, with its context."""
    members: Document = {
        "@context": list(contexts.OBJECT_CONTEXT),
        "id": facts.uri,
        "type": facts.type,
        "attributedTo": facts.attributed_to,
        "to": list(facts.to),
        "cc": list(facts.cc),
        "inReplyTo": facts.in_reply_to,
        "published": times.render_timestamp(facts.published),
        "updated": _render_updated(facts),
        "url": facts.url,
        **_render_texts(facts.texts),
        "sensitive": facts.sensitive,
        "tag": [_render_tag(tag) for tag in facts.tags],
        # Always a list: WordPress fails with an error of its own on some single objects.
        "attachment": [links.render_attachment(attachment) for attachment in facts.attachments],
        "replies": facts.replies,
        "likes": facts.likes,
        "shares": facts.shares,
        "interactionPolicy": None if facts.policy is None else _render_policy(facts.policy),
        **({} if facts.event is None else _render_event(facts.event)),
        "translationOf": facts.translation_of,
        "translatesDigest": facts.translates_digest,
        "translations": list(facts.translations) or None,
        "license": facts.licence,
    }
    return {name: value for name, value in members.items() if value is not None}


def tombstone(uri: str, former_type: str, deleted_at: datetime) -> Document:
    """Write what is served and sent in place of a deleted object."""
    return {
        "@context": list(contexts.ACTIVITY_CONTEXT),
        "id": uri,
        "type": TOMBSTONE,
        "formerType": former_type,
        "deleted": times.render_timestamp(deleted_at),
    }


def _render_updated(facts: ObjectFacts) -> str | None:
    # GoToSocial refuses an object that was changed before it was published.
    if facts.updated is None:
        return None
    return times.render_timestamp(max(facts.updated, facts.published))


def _render_texts(texts: tuple[Text, ...]) -> Document:
    # The primary language first in each map, its text repeated outside byte for byte: Mastodon takes the
    # first key as the language of the post, GoToSocial the key whose text equals ``content``.
    primary = texts[0]
    names = {text.language: text.name for text in texts if text.name is not None}
    summaries = {text.language: text.summary for text in texts if text.summary is not None}
    return {
        "name": primary.name,
        "nameMap": names or None,
        "summary": primary.summary,
        "summaryMap": summaries or None,
        "content": primary.content,
        "contentMap": {text.language: text.content for text in texts},
        "translators": {text.language: text.translator for text in texts if text.translator} or None,
        "translationStatus": {text.language: text.status for text in texts if text.status} or None,
    }


def _render_tag(tag: Tag) -> Document:
    members = {"type": tag.type, "name": tag.name, "href": tag.href}
    return {name: value for name, value in members.items() if value is not None}


def _render_policy(policy: InteractionPolicy) -> Document:
    return {
        "canQuote": _render_approval(policy.can_quote),
        "canReply": _render_approval(policy.can_reply),
        "canLike": _render_approval(policy.can_like),
        "canAnnounce": _render_approval(policy.can_announce),
    }


def _render_approval(approval: Approval) -> Document:
    return {"automaticApproval": list(approval.automatic), "manualApproval": list(approval.manual)}


def _render_event(event: EventFacts) -> Document:
    locations = [_render_place(place) for place in event.places]
    if event.online_url is not None:
        locations.append({"type": "VirtualLocation", "name": event.online_url, "url": event.online_url})
    return {
        "startTime": times.render_timestamp(event.starts_at),
        "endTime": None if event.ends_at is None else times.render_timestamp(event.ends_at),
        "timezone": event.timezone,
        "location": locations or None,
        "organizers": {
            "type": "OrganizersCollection",
            "totalItems": len(event.organisers),
            "items": [_render_organiser(organiser) for organiser in event.organisers],
        },
        # As Mobilizon writes and reads it.
        "ical:status": "CANCELLED" if event.is_cancelled else "CONFIRMED",
        "joinMode": "none" if event.sign_up_url is None else "external",
        "externalParticipationUrl": event.sign_up_url,
    }


def _render_place(place: Place) -> Document:
    members = {"type": "Place", "name": place.name, "address": place.address, "url": place.url}
    return {name: value for name, value in members.items() if value is not None}


def _render_organiser(organiser: Organiser) -> Document:
    members = {
        "type": "Organization",
        "id": organiser.actor_uri,
        "name": organiser.name,
        "url": organiser.url,
    }
    return {name: value for name, value in members.items() if value is not None}
