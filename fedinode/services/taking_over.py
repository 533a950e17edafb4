"""A post of somebody else becomes a post of ours: its words in all languages, with credit and the way back.

It is fetched from its origin, never from somebody who passes it on. If the author's signature over it
verifies, the page says that the copy is unchanged, until our editors change it. Pictures are fetched within
the limits of our own and encoded anew: pages of ours load nothing from elsewhere, and a copy outlives its
source. What cannot be fetched is linked. What changes at the source later is `correcting`'s business.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

from federation import authority, jsonld, proofs
from federation.errors import FederationError, Malformed
from federation.jsonld import Document
from federation.links import Attachment
from federation.net.client import Kind as FetchKind
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NodeError, PeerUnavailable, PictureRefused, UsageError
from fedinode.manuscripts import Facts, Picture, Related
from fedinode.services import drafting, illustrating, publishing, registering, releasing, resolving, sourcing
from fedinode.services.members import gating, halting
from fedinode.services.preparing import Prepared
from fedinode.services.publishing import Published
from fedinode.services.releasing import Press
from fedinode.services.sourcing import Original
from fedinode.storage import collectives, levels, posts, takeovers
from fedinode.storage.collectives import CollectiveRow
from fedinode.storage.database import Session
from fedinode.storage.levels import Subject
from fedinode.storage.media_files import NewMedia
from fedinode.storage.remote_actors import RemoteActor
from fedinode.storage.takeovers import NewTakeover

logger = logging.getLogger(__name__)

MAX_PICTURES: Final = 8
PICTURE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody wants a post taken over."""

    #: Keep it as a draft, for a note of ours, say.
    draft: bool = False
    #: For sources that do not say their language, or their terms.
    language: str | None = None
    licence: str | None = None
    #: Fetch the pictures; else they are linked.
    pictures: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """A post of ours with somebody else's words."""

    published: Published
    #: The author's signature over the words was verified.
    is_proven: bool
    languages: tuple[str, ...] = ()
    #: Several members decide what is published, so this waits for them.
    waits_for_members: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An object at its origin, and whether its author's signature over it was verified."""

    original: Original
    document: Document
    author: RemoteActor
    is_proven: bool


async def take_over(
    cap: Capabilities, url: str, wish: Wish | None = None, *, collective: str | None = None
) -> TakenOver:
    """Publish a post of somebody else as one of ours; the same again changes nothing.

    Raises: UsageError, NotAllowed, Conflict, Blocked, PeerUnavailable.
    """
    wish = wish or Wish()
    if cap.urls.is_ours(url):
        raise UsageError(f"{url} is a post of this node; `fedinode reshare` passes it on.")
    row = await cap.database.read(lambda session: registering.require_collective(session, collective))
    known = await cap.database.read(lambda session: _find_known(session, cap, row, url))
    if known is not None:
        return known
    found = await _fetch_work(cap, url, wish.language)
    prepared = await _prepare(cap, row, found, wish)
    press = await releasing.open_press(cap, row)

    def write(session: Session) -> TakenOver:
        collectives.lock(session, row.id)
        return _find_known(session, cap, row, found[0].original.uri) or _keep(
            session, press, found, prepared, wish
        )

    return await publishing.commit(cap, write)


def _find_known(session: Session, cap: Capabilities, row: CollectiveRow, url: str) -> TakenOver | None:
    known = takeovers.find(session, row.id, url)
    if known is None:
        return None
    post = posts.get(session, known.post_id)
    if post.state == "withdrawn":
        raise Conflict(f"{row.name} took {url} over before, and withdrew it.")
    published = publishing.describe(session, cap.urls, row, post, already=True)
    return TakenOver(published=published, is_proven=known.is_proven and not known.is_changed)


def _keep(
    session: Session, press: Press, found: Sequence[Fetched], prepared: Prepared, wish: Wish
) -> TakenOver:
    row = press.collective
    needs_members = not gating.is_immediate(session, row.id, "publish")
    kept = drafting.save(session, press.urls, row, prepared, press.now)
    takeovers.add(session, [as_row(each, row.id, kept.id) for each in found], press.now)
    queued = 0
    if not (wish.draft or needs_members):
        halting.require_running(session)
        queued = releasing.go_public(session, press, kept, deliver=True)
    published = publishing.describe(session, press.urls, row, posts.get(session, kept.id), deliveries=queued)
    return TakenOver(
        published=published,
        is_proven=all(each.is_proven for each in found),
        languages=tuple(each.language for each in prepared.texts),
        waits_for_members=needs_members,
    )


def as_row(found: Fetched, collective_id: int, post_id: int) -> NewTakeover:
    """Return what is kept of an object whose words were taken over."""
    original = found.original
    return NewTakeover(
        collective_id=collective_id,
        post_id=post_id,
        object_uri=original.uri,
        page_url=original.page_url,
        actor_uri=original.author_uri,
        languages=original.languages,
        digest=original.digest,
        is_proven=found.is_proven,
    )


# -- fetching


async def _fetch_work(cap: Capabilities, url: str, language: str | None) -> list[Fetched]:
    """Fetch an object and all its translations that are objects of their own, the original first."""
    try:
        first = await fetch(cap, url, language)
        if first.original.translation_of is not None:
            first = await fetch(cap, first.original.translation_of, language)
        others = [
            await fetch(cap, each, language)
            for each in first.original.translations
            if each != first.original.uri
        ]
    except FederationError as error:
        raise PeerUnavailable(f"{url} cannot be taken over from its server: {error}") from error
    said = (first.original.author_uri, first.original.uri)
    strangers = [each for each in others if (each.original.author_uri, each.original.translation_of) != said]
    if strangers:
        raise Conflict(f"{strangers[0].original.uri} is no translation by the same author.")
    return [first, *others]


async def fetch(cap: Capabilities, url: str, language: str | None = None) -> Fetched:
    """Fetch one object from its origin and check its author's signature.

    Raises: FederationError, NodeError.
    """
    found = await resolving.resolve_object(cap, url)
    original = await asyncio.to_thread(sourcing.read_original, found.document, language)
    return Fetched(
        original=original,
        document=found.document,
        author=found.author,
        is_proven=await is_proven(cap, found.document, found.author.uri),
    )


async def is_proven(cap: Capabilities, document: Document, author_uri: str) -> bool:
    """Tell whether a document carries its author's own proof, by a key that their server shows now."""
    if "proof" not in document:
        return False
    try:
        method = proofs.proof_of(document).verification_method
        authority.require_key_owner(method, author_uri)
        actor = await resolving.fetch_actor(cap, author_uri)
        key = next((each for each in actor.assertion_keys if each.key_id == method), None)
        if key is None:
            raise Malformed("The proof was made with a key that its author does not list.")
        proofs.verify_document(document, key.public, cap.clock())
    except FederationError as error:
        logger.info("the proof of %s does not hold: %s", document.get("id"), error)
        return False
    return True


# -- the post


async def _prepare(cap: Capabilities, row: CollectiveRow, found: Sequence[Fetched], wish: Wish) -> Prepared:
    originals = [each.original for each in found]
    first, author = originals[0], found[0].author
    name = author.name or author.preferred_username or urlsplit(author.uri).netloc
    facts = replace(sourcing.facts_of(originals, name, wish.licence), comments=row.comments)
    pictures = first.pictures[:MAX_PICTURES]
    media: list[NewMedia] = []
    if wish.pictures and not await _rejects_media(cap, author):
        media, pictures = await _take_pictures(cap, pictures, facts, first.words[0].language)
    return Prepared(
        kind=first.kind,
        key=f"takeover {first.uri}",
        texts=sourcing.prepared_texts(originals),
        facts=replace(facts, related=tuple(_link(each) for each in pictures)),
        media=tuple(media),
        published=None,
    )


def _link(picture: Attachment) -> Related:
    return Related(
        title=(picture.alt or urlsplit(picture.url).netloc)[: jsonld.MAX_NAME_CHARACTERS],
        url=picture.url,
    )


async def _rejects_media(cap: Capabilities, author: RemoteActor) -> bool:
    """Tell whether no pictures are taken from an author's server; then they are linked."""
    place = Subject(host=author.host, uri=author.uri)
    found = await cap.database.read(lambda session: levels.ranks(session, [place]))
    return place in found and found[place].rejects_media


async def _take_pictures(
    cap: Capabilities, pictures: Sequence[Attachment], facts: Facts, language: str
) -> tuple[list[NewMedia], tuple[Attachment, ...]]:
    """Fetch pictures and encode them anew; return them, and those that could not be had."""
    taken, missing = [], []
    for each in pictures:
        try:
            taken.append(await _take_picture(cap, each, facts.sources[0].licence, language))
        except (FederationError, NodeError) as error:
            logger.info("the picture %s was not taken over: %s", each.url, error)
            missing.append(each)
    return taken, tuple(missing)


async def _take_picture(
    cap: Capabilities, picture: Attachment, licence: str | None, language: str
) -> NewMedia:
    kind = FetchKind(
        accept="image/*",
        is_right=lambda content_type: (content_type or "").startswith("image/"),
        max_bytes=cap.settings.media.max_bytes,
        seconds=PICTURE_SECONDS,
    )
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    answer = await opened.get(picture.url, kind=kind, signer=signer)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        await asyncio.to_thread(path.write_bytes, answer.body)
        taken = Picture(path=path, alt=picture.alt or "", licence=licence)
        try:
            return await illustrating.take_in(cap, taken, language)
        except PictureRefused as error:
            raise PictureRefused(f"{picture.url} is no picture that we can show.") from error
