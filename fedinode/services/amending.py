"""Amendments: a statement that was open to co-signing never changes, so another text of it is another object.

The amended text is a draft with an id and a page of its own and the next number. Nothing is inherited: cells
are asked anew, and what was signed stays under the text that it was signed for. The old page says that there
is a newer text, the newest one leads to the earlier ones (`cosigning.versioning`).
Spec: docs/cosigning.md, R16.
"""

from dataclasses import replace

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, UsageError
from fedinode.manuscripts import Kind, Manuscript, parse_facts
from fedinode.services import composing, drafting, preparing, publishing
from fedinode.services.preparing import Prepared
from fedinode.services.publishing import Published
from fedinode.storage import collectives, federated_objects, posts
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.federated_objects import ObjectRow
from fedinode.storage.posts import PostRow


async def amend(cap: Capabilities, url: str, manuscript: Manuscript) -> Published:
    """Keep another text of a public statement as a draft that amends it; again, the draft is replaced.

    Raises: NotFound, Conflict, UsageError, ManuscriptError.
    """
    prepared = await preparing.prepare(cap, manuscript)
    return replace(await amend_prepared(cap, url, prepared), warnings=manuscript.warnings)


async def amend_prepared(cap: Capabilities, url: str, prepared: Prepared) -> Published:
    """Do as `amend` with a manuscript that is ready to be kept."""
    standing, row = await cap.database.read(
        lambda session: publishing.post_and_collective(session, cap.urls, url)
    )
    if prepared.kind is not Kind.STATEMENT or standing.kind != Kind.STATEMENT:
        raise UsageError("Only statements are amended; `fedinode edit` changes other posts.")

    def write(session: Session) -> Published:
        collectives.lock(session, row.id)
        subject = _require_amendable(session, posts.lock(session, standing.id))
        _require_other_text(session, subject, prepared)
        draft = _keep_draft(session, cap, row, subject, prepared)
        return publishing.describe(session, cap.urls, row, draft)

    return await publishing.commit(cap, write)


def _require_amendable(session: Session, standing: PostRow) -> ObjectRow:
    subject = federated_objects.list_of_post(session, standing.id)[0]
    if standing.state != "public":
        raise Conflict(f"This statement is {standing.state}; `fedinode edit` changes a draft.")
    facts = parse_facts(federated_objects.newest_revision(session, subject.id).facts)
    if not composing.can_be_co_signed(facts):
        raise Conflict("This statement was never open to co-signing; `fedinode edit` changes it.")
    return subject


def _require_other_text(session: Session, subject: ObjectRow, prepared: Prepared) -> None:
    present = drafting.texts_of_objects(session, (subject,))
    is_same = set(present) == {each.language for each in prepared.texts} and all(
        drafting.is_same_text(present[each.language], each) for each in prepared.texts
    )
    if is_same:
        raise Conflict("This is the text that is public already; an amendment says something else.")


def _keep_draft(
    session: Session, cap: Capabilities, row: CollectiveRow, subject: ObjectRow, prepared: Prepared
) -> PostRow:
    now = cap.clock()
    amendment = federated_objects.find_amendment(session, subject.id)
    if amendment is None:
        count = posts.count_keys_like(session, row.id, prepared.key)
        further = prepared.with_key(f"{prepared.key}#{count + 1}") if count else prepared
        return drafting.save(session, cap.urls, row, further, now, amends=subject)
    draft = posts.lock(session, amendment.post_id)
    if draft.state != "draft":
        raise Conflict(f"This text was amended by {amendment.uri}; amend that one.")
    assert draft.import_key is not None, "a draft of ours was made from a manuscript"
    drafting.replace_draft(session, row, draft, prepared.with_key(draft.import_key), cap.urls, now)
    return posts.get(session, draft.id)


def amended_by(session: Session, uri: str) -> str | None:
    """Return the id of the statement of ours that this draft or statement of ours amends."""
    subject = federated_objects.find_by_uri(session, uri)
    if subject is None or subject.supersedes_id is None:
        return None
    return federated_objects.get(session, subject.supersedes_id).uri
