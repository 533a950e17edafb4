"""What makes a post public, changes it in public, and takes it back: always one transaction.

Revision, document, activity, deliveries and the notes to caches come into being together, or not at all.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from federation import activities, jsonld, objects, proofs
from federation.cosigning import bundle, documents, statement_checks
from federation.errors import Malformed, TooLarge
from federation.jsonld import Document
from federation.net.client import SigningKey
from fedinode import text
from fedinode.cache import collective_key, post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, ManuscriptError
from fedinode.manuscripts import Facts, Kind, parse_facts
from fedinode.services import composing, indexing, sending
from fedinode.services.composing import Mention, Work
from fedinode.services.cosigning import retracting, surfacing
from fedinode.services.members import vouching
from fedinode.services.members.deciding import Mandate
from fedinode.services.preparing import Prepared
from fedinode.services.sending import Outgoing
from fedinode.services.supporting import opening
from fedinode.storage import (
    federated_objects,
    inboxes,
    invalidations,
    media_files,
    parked_deliveries,
    posts,
    texts,
)
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow, RevisionRow, Signature
from fedinode.storage.posts import PostRow
from fedinode.urls import Urls

_SALT_BYTES = 16
#: Room for the proof that a statement gets when it is published: it repeats the context.
_PROOF_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What is needed to publish for one collective, gathered before the transaction."""

    urls: Urls
    collective: CollectiveRow
    #: Signs Delete, and every document that nobody can co-sign.
    proof_key: SigningKey
    now: datetime
    #: What the members agreed to; a statement that can be co-signed is published under one alone.
    mandate: Mandate | None = None
    #: Whom the post answers, and their inboxes.
    mentions: tuple[Mention, ...] = ()
    inbox_ids: tuple[int, ...] = ()
    #: What takes the place of a public text, where the members decided that.
    change: Prepared | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document about to be served: of which revision, and since when."""

    revision_id: int
    updated_at: datetime
    document: Document


async def open_press(cap: Capabilities, collective: CollectiveRow) -> Press:
    """Fetch a collective's key from the keyring."""
    return Press(
        urls=cap.urls,
        collective=collective,
        proof_key=await cap.keyring.signer(collective.uri, "proof"),
        now=cap.clock(),
    )


def changed_keys(collective: CollectiveRow, post: PostRow) -> tuple[str, ...]:
    """Return the cache keys that a change of a post makes stale."""
    return (post_key(post.uid), collective_key(collective.name))


# -- before


def freeze_object(
    session: Session, press: Press, post: PostRow, subject: ObjectRow
) -> tuple[RevisionRow, Document]:
    """Bind the newest draft of a statement to its exact text, so that cells can be asked to sign it.

    Again changes nothing. Returns the revision and the document as it would be published now, without proof.
    """
    revision = federated_objects.newest_revision(session, subject.id)
    work = _work(session, press, post, subject, revision, None)
    document = composing.compose(press.urls, work)
    federated_objects.freeze(session, revision.id, _signature(document, work.salt), press.now)
    frozen = federated_objects.newest_revision(session, subject.id)
    _require_same_text(frozen, document)
    return frozen, document


def _require_same_text(revision: RevisionRow, document: Document) -> None:
    """Raise Conflict if a document does not say what its revision was bound to."""
    if revision.text_digest is not None and revision.text_digest != document.get("textDigest"):
        raise Conflict("This text is not the one that cells were asked to sign; invite them again.")


# -- in public


def go_public(session: Session, press: Press, post: PostRow, *, deliver: bool) -> int:
    """Make a draft public and return how many deliveries that queued."""
    public = open_post(session, press, post)
    queued = sum(
        release_object(session, press, public, each, deliver=deliver)
        for each in federated_objects.list_of_post(session, post.id)
    )
    indexing.index_post(session, post.id)
    invalidations.record(session, changed_keys(press.collective, post), press.now)
    return queued


def open_post(session: Session, press: Press, post: PostRow) -> PostRow:
    """Let a post be found and read as public; what it says is opened object by object."""
    facts = _draft_facts(session, post)
    require_in_time(session, post, press.now)
    published_at = min(post.published_at or press.now, press.now).replace(microsecond=0)
    posts.set_public(session, post.id, published_at=published_at, now=press.now)
    texts.open_slugs(session, post.id)
    _open_facts(session, post, facts)
    return posts.get(session, post.id)


def _draft_facts(session: Session, post: PostRow) -> Facts:
    subject = federated_objects.list_of_post(session, post.id)[0]
    return parse_facts(federated_objects.newest_revision(session, subject.id).facts)


def require_in_time(session: Session, post: PostRow, now: datetime) -> None:
    """Raise Conflict if by then the day is over until which a statement could be published."""
    facts = _draft_facts(session, post)
    before = facts.statement.publish_before if facts.statement else None
    if before is not None and before <= now:
        raise Conflict(
            f"This statement was to be published before {before:%Y-%m-%d %H:%M %Z}, and that is over: "
            "whoever signed it agreed to no later day. Give it a later `publish_before` and ask them again."
        )


def _open_facts(session: Session, post: PostRow, facts: Facts) -> None:
    """Let a post be found by the tags and the category that its draft names."""
    subject = federated_objects.list_of_post(session, post.id)[0]
    posts.set_tags(session, post.id, tuple((text.fold(tag), tag) for tag in facts.tags))
    posts.set_category(session, post.id, facts.category)
    opening.open_form(session, subject.id, facts)


def release_object(
    session: Session, press: Press, post: PostRow, subject: ObjectRow, *, deliver: bool
) -> int:
    """Make the draft revision of an object public: a Create if it is the first one, else an Update."""
    opened = open_object(session, press, post, subject)
    return _publish_document(session, press, post, subject, opened, deliver=deliver)


def open_object(session: Session, press: Press, post: PostRow, subject: ObjectRow) -> Opened:
    """Let the draft revision of an object be read as public; its document is neither signed nor sent yet."""
    revision = federated_objects.newest_revision(session, subject.id)
    is_first = subject.current_revision_id is None
    updated_at = federated_objects.next_updated_at(subject.last_updated_at, press.now)
    work = _work(session, press, post, subject, revision, None if is_first else updated_at)
    document = composing.compose(press.urls, work)
    _require_same_text(revision, document)
    federated_objects.freeze(session, revision.id, _signature(document, work.salt), press.now)
    federated_objects.make_public(session, subject.id, revision.id, press.now)
    media_files.open_descriptions(session, revision.id)
    for each in work.texts:
        texts.open_revision(session, each.id)
    return Opened(revision_id=revision.id, updated_at=updated_at, document=document)


def _open_list(session: Session, press: Press, statement: Document) -> tuple[int, ...]:
    """Begin the list of co-signatures of a statement; return the inboxes of the cells that were asked."""
    surfacing.open_list(session, press.urls, press.collective, statement, press.now)
    return surfacing.cell_inboxes(session, statement["id"])


def release_changed_surroundings(session: Session, press: Press, post: PostRow, subject: ObjectRow) -> int:
    """Send what stands beside the text anew: tags, who may reply. The text stays the revision it is.

    A statement that was open to co-signing keeps its `updated`: a newer one would notify all who boosted it.
    """
    revision = federated_objects.newest_revision(session, subject.id)
    updated_at = federated_objects.next_updated_at(subject.last_updated_at, press.now)
    is_signed = revision.text_digest is not None
    work = _work(session, press, post, subject, revision, None if is_signed else updated_at)
    document = composing.compose(press.urls, work)
    edition = Opened(revision_id=revision.id, updated_at=updated_at, document=document)
    return _publish_document(session, press, post, subject, edition, deliver=True)


# -- no longer


def withdraw(session: Session, press: Press, post: PostRow) -> int:
    """Take a whole post back and forget its texts; a draft leaves nothing at all."""
    standing = federated_objects.list_of_post(session, post.id)
    queued = 0
    for each in standing:
        if each.current_revision_id is not None and each.deleted_at is None:
            queued += withdraw_object(session, press, post, each)
        else:
            federated_objects.mark_deleted(session, each.id, press.now)
        federated_objects.forget_revisions(session, each.id)
    texts.forget_unused(session, post.id)
    posts.set_withdrawn(session, post.id, press.now)
    posts.set_tags(session, post.id, ())
    indexing.index_post(session, post.id)
    invalidations.record(session, changed_keys(press.collective, post), press.now)
    return queued


def withdraw_object(session: Session, press: Press, post: PostRow, subject: ObjectRow) -> int:
    """Leave a tombstone and tell everybody who got the object, and the followers, who may have fetched it."""
    tombstone = objects.tombstone(subject.uri, subject.as_type, press.now.replace(microsecond=0))
    updated_at = federated_objects.next_updated_at(subject.last_updated_at, press.now)
    parked_deliveries.abandon_object(session, subject.uri, "deleted before it was sent", press.now)
    federated_objects.mark_deleted(session, subject.id, press.now)
    federated_objects.add_document(session, subject.id, None, jsonld.dump(tombstone), updated_at)
    if post.kind == Kind.PAGE:
        return 0
    retracting.retract(session, subject.uri, press.now)
    sent = sending.send(
        session,
        press.urls,
        Outgoing(
            type=activities.DELETE,
            actor_uri=press.collective.uri,
            collective_id=press.collective.id,
            object_uri=subject.uri,
            cause_key=f"delete:{subject.uri}",
            make=lambda envelope: activities.delete(envelope, tombstone),
            to=(jsonld.PUBLIC,),
            cc=(press.urls.collective_followers(press.collective.name),),
            proof_key=press.proof_key,
            to_followers=True,
            inbox_ids=(
                *inboxes.that_got(session, subject.uri),
                *surfacing.cell_inboxes(session, subject.uri),
            ),
        ),
        press.now,
    )
    return sent.deliveries if sent else 0


# -- steps


def _work(
    session: Session,
    press: Press,
    post: PostRow,
    subject: ObjectRow,
    revision: RevisionRow,
    updated: datetime | None,
) -> Work:
    facts = parse_facts(revision.facts)
    ids = federated_objects.texts_of(session, revision.id)
    rows = texts.get_revisions(session, ids)
    salt = revision.salt.decode() if revision.salt else None
    if salt is None and revision.state == "draft" and composing.can_be_co_signed(facts):
        salt = base64.urlsafe_b64encode(secrets.token_bytes(_SALT_BYTES)).decode().rstrip("=")
    return Work(
        collective=press.collective,
        post=post,
        uri=subject.uri,
        as_type=subject.as_type,
        facts=facts,
        texts=tuple(rows[each] for each in ids),
        slugs=texts.current_slugs(session, post.id),
        tags=facts.tags if post.state == "draft" else posts.list_tags(session, post.id),
        media=media_files.list_of_revision(session, revision.id),
        mentions=press.mentions or _standing_mentions(session, subject),
        published=post.published_at or press.now,
        updated=updated,
        revision=revision.number,
        salt=salt,
        first_uri=federated_objects.first_uri_of(session, subject),
        **_relations(session, subject),
    )


class _Relations(TypedDict):
    translation_of: str | None
    translates_digest: str | None
    translations: tuple[str, ...]


def _relations(session: Session, subject: ObjectRow) -> _Relations:
    """Return how an object stands to the same work in other languages."""
    original = None
    if subject.translation_of_id is not None:
        original = federated_objects.get(session, subject.translation_of_id)
    revision_id = original.current_revision_id if original else None
    signed = federated_objects.get_revision(session, revision_id) if revision_id is not None else None
    return _Relations(
        translation_of=original.uri if original else None,
        translates_digest=signed.text_digest if signed else None,
        translations=federated_objects.translations_of(session, subject.id),
    )


def _standing_mentions(session: Session, subject: ObjectRow) -> tuple[Mention, ...]:
    newest = federated_objects.newest_document(session, subject.id)
    if newest is None:
        return ()
    tags = objects.parse_object(jsonld.load(newest.body)).tags
    return tuple(
        Mention(actor_uri=tag.href, handle=tag.name or "")
        for tag in tags
        if tag.type == "Mention" and tag.href is not None
    )


def _signature(document: Document, salt: str | None) -> Signature | None:
    if salt is None:
        return None
    _require_signable(document)
    signed_text = documents.canonical(documents.signed_text(document))
    return Signature(
        salt=salt.encode(), signed_text=signed_text, text_digest=documents.digest_of_bytes(signed_text)
    )


def _require_signable(document: Document) -> None:
    """Raise ManuscriptError for a text that verifiers everywhere would refuse."""
    try:
        statement_checks.require_form(document)
        statement_checks.require_content_match(document)
        statement_checks.require_characters(document)
        if len(jsonld.dump(document)) > bundle.MAX_RECORD_BYTES - _PROOF_BYTES:
            raise TooLarge("it is longer than 250,000 bytes")
    except Malformed as error:
        raise ManuscriptError(f"This statement cannot be signed by others as it is: {error}.") from error


def _publish_document(
    session: Session, press: Press, post: PostRow, subject: ObjectRow, edition: Opened, *, deliver: bool
) -> int:
    document = _proven(session, press, edition.document)
    body = jsonld.dump(document)
    document_id = federated_objects.add_document(
        session, subject.id, edition.revision_id, body, edition.updated_at
    )
    if post.kind == Kind.PAGE:
        # Pages about the collective can be fetched; nobody wants them in a timeline.
        return 0
    is_first = subject.current_revision_id is None
    make = activities.create if is_first else activities.update
    got = inboxes.that_got(session, subject.uri)
    cells = _open_list(session, press, document) if is_first and "textDigest" in document else ()
    sent = sending.send(
        session,
        press.urls,
        Outgoing(
            type=activities.CREATE if is_first else activities.UPDATE,
            actor_uri=press.collective.uri,
            collective_id=press.collective.id,
            object_uri=subject.uri,
            cause_key=f"create:{subject.uri}" if is_first else f"update:{document_id}",
            make=lambda envelope: make(envelope, document),
            to=tuple(document["to"]),
            cc=tuple(document["cc"]),
            proof_key=press.proof_key if post.kind == Kind.STATEMENT else None,
            # Who was never sent the post would not know what an Update is about.
            to_followers=deliver if is_first else bool(got),
            inbox_ids=(*press.inbox_ids, *cells) if is_first and deliver else got,
        ),
        press.now,
    )
    return sent.deliveries if sent else 0


def _proven(session: Session, press: Press, document: Document) -> Document:
    """Return a document with a proof: whoever takes the text over can show that nothing was changed."""
    if "textDigest" in document:
        return vouching.sign(session, document, press.mandate, press.now)
    key = press.proof_key
    return proofs.sign_document(document, key.key, key.key_id, press.now.replace(microsecond=0))
