"""What a text becomes when it is published: its pages and its documents, before anything is public.

The rows are really written, by the code that publishes, and taken back in the same transaction: what is shown
is what would be. Nothing is signed, nothing is sent, no file is kept.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from federation.jsonld import Document
from fedinode.capabilities import Capabilities
from fedinode.manuscripts import Manuscript
from fedinode.services import drafting, preparing, reading, registering, releasing
from fedinode.services.preparing import Prepared
from fedinode.services.presenting import NodeView, PostView
from fedinode.services.releasing import Press
from fedinode.storage import collectives, federated_objects, posts, public_collectives, public_posts
from fedinode.storage.database import Session
from fedinode.storage.media_files import NewMedia
from fedinode.storage.posts import PostRow

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A text as it would be read: a page in each language, the first one first, and a document per object."""

    node: NodeView
    pages: tuple[PostView, ...]
    documents: tuple[Document, ...]

    def page(self, language: str | None) -> PostView | None:
        """Return the page in a language, the first one where none is named; None where there is no such."""
        if language is None:
            return self.pages[0]
        return next((each for each in self.pages if each.language == language), None)


async def rehearse(
    cap: Capabilities, collective: str, manuscript: Manuscript, media: tuple[NewMedia, ...] = ()
) -> Rehearsal:
    """Return what a manuscript becomes; `media` are its pictures, which need not lie in the media folder.

    Raises: NotFound, ManuscriptError, Conflict.
    """
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    prepared = replace(preparing.render(manuscript), media=media)
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Rehearsal:
        return undone(session, lambda: _keep_and_show(session, cap, press, prepared))

    return await cap.database.write(write)


def _keep_and_show(session: Session, cap: Capabilities, press: Press, prepared: Prepared) -> Rehearsal:
    collectives.lock(session, press.collective.id)
    # Under a key of its own: the same text may be public or a draft already.
    fresh = prepared.with_key(f"rehearsal {secrets.token_hex(16)}")
    # What it is called in addresses is settled when it is kept; a page that there is would stand in its way.
    nameless = replace(fresh, texts=tuple(replace(each, slug=None) for each in fresh.texts))
    return show(session, cap, press, drafting.save(session, cap.urls, press.collective, nameless, press.now))


async def rehearse_draft(cap: Capabilities, post_id: int) -> Rehearsal:
    """Return what a draft becomes, as it is kept. Raises Conflict if it is none, ManuscriptError."""
    draft = await cap.database.read(lambda session: posts.get(session, post_id))
    row = await cap.database.read(lambda session: collectives.get(session, draft.collective_id))
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> Rehearsal:
        locked = posts.lock(session, post_id)
        return undone(session, lambda: show(session, cap, press, locked))

    return await cap.database.write(write)


def show(session: Session, cap: Capabilities, press: Press, draft: PostRow) -> Rehearsal:
    """Open a draft in this transaction and read it as anybody would."""
    public = releasing.open_post(session, press, draft)
    standing = federated_objects.list_of_post(session, public.id)
    opened = [releasing.open_object(session, press, public, each) for each in standing]
    house = reading.House(urls=cap.urls, settings=cap.settings, rows=public_collectives.list_public(session))
    found = public_posts.find_post(session, public.id)
    assert found is not None, "it was made public in this transaction"
    return Rehearsal(
        node=house.view(found.primary_language),
        pages=tuple(reading.whole_entry(session, house, found, each.language) for each in found.texts),
        documents=tuple(each.document for each in opened),
    )


def undone(session: Session, step: Callable[[], T]) -> T:
    """Return what a step finds out, and take back all that it wrote."""
    attempt = session.begin_nested()
    try:
        return step()
    finally:
        attempt.rollback()
