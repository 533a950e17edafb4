"""What members bind themselves to when they vote to publish: the digest of all that would be read.

It covers texts, facts, pictures, tags, audience and date; anything else than what was seen is another digest.
"""

from federation.cosigning import documents
from federation.jsonld import PUBLIC, Document
from fedinode.storage import federated_objects, media_files, posts, texts
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.posts import PostRow


def release_digest(session: Session, draft: PostRow) -> str:
    """Return the digest of a draft as it would be published."""
    standing = federated_objects.list_of_post(session, draft.id)
    return documents.digest(
        {
            "action": "publish",
            "objects": [_contents(session, each) for each in standing],
            "tags": list(posts.list_tags(session, draft.id)),
            "slugs": texts.current_slugs(session, draft.id),
            "audience": PUBLIC,
            "published": draft.published_at.isoformat() if draft.published_at else "",
        }
    )


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
