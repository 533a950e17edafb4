"""Activities, what actors do: read from documents, written as documents.

``parse_activity`` returns an Activity for each type that this node handles and Ignored for every other: a new
type in the network is no error. Whether the actor may say it is authority's business.
Spec: ActivityPub section 7, Activity Streams 2.0 Vocabulary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from federation import contexts, errors, jsonld, times
from federation.jsonld import Document

CREATE: Final = "Create"
UPDATE: Final = "Update"
DELETE: Final = "Delete"
FOLLOW: Final = "Follow"
ACCEPT: Final = "Accept"
REJECT: Final = "Reject"
ANNOUNCE: Final = "Announce"
LIKE: Final = "Like"
UNDO: Final = "Undo"
MOVE: Final = "Move"
BLOCK: Final = "Block"
FLAG: Final = "Flag"
#: Written only: what others put into their collections is not kept here.
ADD: Final = "Add"
REMOVE: Final = "Remove"
#: Co-signing: asks to sign the draft that it carries; carries a consent to the author (docs/cosigning.md).
INVITE: Final = "Invite"
CO_SIGN_REQUEST: Final = "CoSignRequest"

HANDLED: Final = frozenset(
    {CREATE, UPDATE, DELETE, FOLLOW, ACCEPT, REJECT, ANNOUNCE, LIKE, UNDO, MOVE, BLOCK, FLAG}
    | {INVITE, CO_SIGN_REQUEST}
)
#: Types whose embedded object is the sender's own to state. An object embedded in any other (an Announce of
#: somebody else's post) is not even kept: it must be fetched from where it lives.
_EMBEDDING: Final = frozenset({CREATE, UPDATE, DELETE, ACCEPT, REJECT, UNDO, INVITE})

#: What a report says; longer texts are cut, as Mastodon does.
MAX_COMMENT_CHARACTERS: Final = 5_000

_TYPE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity as its document describes it."""

    uri: str
    type: str
    actor_uri: str
    #: The first of ``object_uris``, and the only one but for a Flag.
    object_uri: str
    object_uris: tuple[str, ...]
    #: The embedded object, where there is one and the sender may state it (Create, Update, Undo, ..).
    object_document: Document | None = None
    target_uri: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    published: datetime | None = None
    #: Words that go with a Flag. Plain text or HTML, not cleaned.
    content: str | None = None
    #: The whole document as it was received.
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A well-formed activity of a type that this node does nothing with."""

    type: str

    @property
    def reason(self) -> str:
        """What to count: ``ignored: TYPE``. A type that is no plain name is not repeated."""
        return f"ignored: {self.type if _TYPE_NAME.fullmatch(self.type) else 'other'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What all activities of ours have: id, actor, recipients and time."""

    uri: str
    actor_uri: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    published: datetime | None = None


# -- reading


def parse_activity(document: Document) -> Activity | Ignored:
    """Read an activity. Raises: Malformed, TooLarge."""
    uri = jsonld.require_member(document, "id")
    kind = jsonld.require_type(document)
    actor_uri = jsonld.require_member(document, "actor")
    if kind not in HANDLED:
        return Ignored(type=kind)
    object_uris = _object_uris(document, kind)
    target_uri = jsonld.get_uri(document, "target")
    if kind == MOVE and target_uri is None:
        raise errors.Malformed("a Move does not say where to")
    return Activity(
        uri=uri,
        type=kind,
        actor_uri=actor_uri,
        object_uri=object_uris[0],
        object_uris=object_uris,
        object_document=_embedded(document) if kind in _EMBEDDING else None,
        target_uri=target_uri,
        to=jsonld.get_recipients(document, "to"),
        cc=jsonld.get_recipients(document, "cc"),
        published=jsonld.get_time(document, "published"),
        content=_comment(document) if kind == FLAG else None,
        document=document,
    )


def _object_uris(document: Document, kind: str) -> tuple[str, ...]:
    uris = jsonld.get_uris(document, "object")
    if not uris:
        raise errors.Malformed("an activity does not say what it is about")
    if kind != FLAG and len(jsonld.as_list(document["object"])) > 1:
        raise errors.Malformed("an activity is about more than one thing")
    return uris


def _embedded(document: Document) -> Document | None:
    value = jsonld.as_list(document["object"])[0]
    return value if isinstance(value, dict) else None


def _comment(document: Document) -> str | None:
    content = jsonld.get_str(document, "content")
    return None if content is None else content[:MAX_COMMENT_CHARACTERS]


# -- writing


def create(envelope: Envelope, document: Document) -> Document:
    """Write that we made an object; the whole object travels with it."""
    return _render(CREATE, envelope, _embed(document), context=_context_of(document))


def update(envelope: Envelope, document: Document) -> Document:
    """Write that an object or actor of ours changed; the whole of it travels along."""
    return _render(UPDATE, envelope, _embed(document), context=_context_of(document))


def delete(envelope: Envelope, tombstone: Document) -> Document:
    """Write that an object of ours is gone."""
    return _render(DELETE, envelope, _embed(tombstone))


def follow(envelope: Envelope, object_uri: str) -> Document:
    """Write that we ask to follow an actor."""
    return _render(FOLLOW, envelope, object_uri)


def accept(envelope: Envelope, activity: Document) -> Document:
    """Write that we agree to an activity, which goes along: WordPress fails on its id alone."""
    return _render(ACCEPT, envelope, _restate(activity))


def reject(envelope: Envelope, activity: Document) -> Document:
    """Write that we refuse an activity, which goes along: WordPress fails on its id alone."""
    return _render(REJECT, envelope, _restate(activity))


def announce(envelope: Envelope, object_uri: str) -> Document:
    """Write that we reshare an object."""
    return _render(ANNOUNCE, envelope, object_uri)


def like(envelope: Envelope, object_uri: str) -> Document:
    """Write that we like an object."""
    return _render(LIKE, envelope, object_uri)


def undo(envelope: Envelope, activity: Document) -> Document:
    """Write that we take an activity of ours back; it goes along whole: WordPress ignores its id alone."""
    return _render(UNDO, envelope, _embed(activity))


def add(envelope: Envelope, object_uri: str, collection_uri: str) -> Document:
    """Write that we put an object into a collection of ours, such as the posts that a profile shows first."""
    return {**_render(ADD, envelope, object_uri), "target": collection_uri}


def remove(envelope: Envelope, object_uri: str, collection_uri: str) -> Document:
    """Write that we took an object out of a collection of ours."""
    return {**_render(REMOVE, envelope, object_uri), "target": collection_uri}


def block(envelope: Envelope, object_uri: str) -> Document:
    """Write that we want nothing more from an actor."""
    return _render(BLOCK, envelope, object_uri)


def flag(envelope: Envelope, object_uris: tuple[str, ...], comment: str) -> Document:
    """Write a report: the actor first, then objects of theirs. Nobody but their server is told."""
    return {**_render(FLAG, envelope, list(object_uris)), "content": comment}


def _render(kind: str, envelope: Envelope, subject: object, *, context: list[Any] | None = None) -> Document:
    members: Document = {
        "@context": list(contexts.ACTIVITY_CONTEXT) if context is None else context,
        "id": envelope.uri,
        "type": kind,
        "actor": envelope.actor_uri,
        "to": list(envelope.to) or None,
        "cc": list(envelope.cc) or None,
        "published": None if envelope.published is None else times.render_timestamp(envelope.published),
        "object": subject,
    }
    return {name: value for name, value in members.items() if value is not None}


def _context_of(document: Document) -> list[Any]:
    # The embedded object is understood under the context of the whole; a proof on the activity needs its own.
    entries = jsonld.as_list(document.get("@context"))
    return entries + [entry for entry in contexts.ACTIVITY_CONTEXT if entry not in entries]


def _restate(activity: Document) -> Document:
    # Of somebody else's activity no more than what it says: its context and signatures are in terms that our
    # context may contradict, and Fedify refuses a document in which two contexts disagree.
    return {
        "id": activity["id"],
        "type": activity["type"],
        "actor": jsonld.id_of(activity["actor"]),
        "object": jsonld.id_of(activity["object"]),
    }


def _embed(document: Document) -> Document:
    # A signed document keeps its context, because the proof covers it.
    if "proof" in document:
        return document
    return {name: value for name, value in document.items() if name != "@context"}
