"""Calling a public event off: it stays where it is and says so, for who planned to come must find it."""

from dataclasses import replace

from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict
from fedinode.manuscripts import Kind, parse_facts
from fedinode.services import drafting, publishing, revising
from fedinode.services.preparing import Prepared, PreparedText
from fedinode.services.publishing import Published
from fedinode.storage import collectives, federated_objects, media_files, posts
from fedinode.storage.database import Session
from fedinode.storage.posts import PostRow
from fedinode.storage.texts import TextRevisionRow


async def cancel_event(
    cap: Capabilities, url: str, *, revive: bool = False, account: str | None = None
) -> Published:
    """Call a public event off, or let it take place after all; where several decide, ask the members.

    Raises: NotFound, Conflict, NotAllowed.
    """
    press = await publishing.open_press_of(cap, url)

    def write(session: Session) -> Published:
        found, row = publishing.post_and_collective(session, cap.urls, url)
        collectives.lock(session, row.id)
        post = posts.lock(session, found.id)
        if post.kind != Kind.EVENT:
            raise Conflict(f"This post is a {post.kind}; only an event can be called off.")
        if post.state != "public":
            raise Conflict(f"This event is {post.state}; only a public one can be called off.")
        prepared = _as_it_stands(session, post)
        event = prepared.facts.event
        assert event is not None, "an event has the facts of one"
        if bool(event.cancelled) is not revive:
            return publishing.describe(session, cap.urls, row, post, already=True)
        changed = replace(prepared.facts, event=replace(event, cancelled=not revive))
        return revising.edit_public(session, press, post, replace(prepared, facts=changed), account)

    return await publishing.commit(cap, write)


def _as_it_stands(session: Session, post: PostRow) -> Prepared:
    standing = federated_objects.list_of_post(session, post.id)
    revision = federated_objects.newest_revision(session, standing[0].id)
    rows = drafting.texts_of_objects(session, standing)
    languages = sorted(rows, key=lambda language: language != post.primary_language)
    facts = replace(
        parse_facts(revision.facts),
        tags=posts.list_tags(session, post.id),
        category=post.category,
        comments=post.comments,
    )
    return Prepared(
        kind=Kind.EVENT,
        key=post.import_key,
        texts=tuple(_prepared(rows[language]) for language in languages),
        facts=facts,
        media=media_files.as_new(session, revision.id),
        published=None,
    )


def _prepared(row: TextRevisionRow) -> PreparedText:
    return PreparedText(
        language=row.language,
        title=row.title,
        slug=None,
        summary=row.summary,
        markdown=row.markdown,
        html=row.html,
        translator=row.translator,
        status=row.status,
    )
