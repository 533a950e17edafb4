"""What members bind themselves to when they vote to publish, change or delete: the digest of what they saw.

It covers texts, facts, pictures, tags, audience and date; anything else than what was seen is another digest.
"""

from datetime import datetime

from federation.cosigning import documents
from federation.jsonld import PUBLIC, Document
from fedinode.manuscripts import facts_json, parse_facts
from fedinode.services import composing
from fedinode.services.preparing import Prepared
from fedinode.storage import federated_objects, media_files, texts
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.posts import PostRow


def release_digest(session: Session, draft: PostRow, at: datetime | None = None) -> str:
    """Return the digest of a draft as it would be published, at a moment or as soon as it may."""
    moment = {} if at is None else {"at": at.isoformat()}
    standing = federated_objects.list_of_post(session, draft.id)
    return documents.digest(
        {
            "action": "publish",
            "objects": [_contents(session, each) for each in standing],
            "slugs": texts.current_slugs(session, draft.id),
            "audience": PUBLIC,
            "published": draft.published_at.isoformat() if draft.published_at else "",
            **moment,
        }
    )


def edit_digest(session: Session, public: PostRow, prepared: Prepared) -> str:
    """Return the digest of a public post as it is, and of what would take its place."""
    return documents.digest(
        {
            "action": "edit",
            "standing": _standing(session, public),
            "facts": facts_json(prepared.facts).decode(),
            "texts": [
                [
                    each.language,
                    each.title or "",
                    each.slug or "",
                    each.summary or "",
                    each.html,
                    each.translator or "",
                    each.status,
                ]
                for each in prepared.texts
            ],
            "media": [[each.digest, dict(each.alts), dict(each.captions)] for each in prepared.media],
            "published": prepared.published.isoformat() if prepared.published else "",
        }
    )


def deletion_digest(session: Session, public: PostRow) -> str:
    """Return the digest of a public post that would be taken back as it is."""
    return documents.digest({"action": "delete", "standing": _standing(session, public)})


def is_joint(session: Session, post: PostRow) -> bool:
    """Tell whether others can sign a post: then it goes out under the co-sign key."""
    return any(
        composing.can_be_co_signed(parse_facts(federated_objects.newest_revision(session, each.id).facts))
        for each in federated_objects.list_of_post(session, post.id)
    )


def _standing(session: Session, public: PostRow) -> list[list[str]]:
    """Return what is served under each address of a post, as digests."""
    newest = {
        each.uri: federated_objects.newest_document(session, each.id)
        for each in federated_objects.list_of_post(session, public.id)
    }
    return [
        [uri, documents.digest_of_bytes(document.body) if document else ""]
        for uri, document in sorted(newest.items())
    ]


def _contents(session: Session, subject: ObjectRow) -> Document:
    revision = federated_objects.newest_revision(session, subject.id)
    rows = texts.get_revisions(session, federated_objects.texts_of(session, revision.id))
    return {
        "uri": subject.uri,
        "facts": revision.facts.decode(),
        "texts": [[each.language, each.title or "", each.summary or "", each.html] for each in rows.values()],
        "media": [
            [each.digest, dict(each.alts), dict(each.captions)]
            for each in media_files.list_of_revision(session, revision.id)
        ],
    }
