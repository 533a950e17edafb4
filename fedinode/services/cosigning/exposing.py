"""What everybody may fetch of a list: bundle, collection, checkpoint, single records, the exact text, copies.

Nothing of it exists for anybody before the statement is public here; after that it depends on rows alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import urlsplit

from federation import collection, jsonld, objects
from federation.jsonld import Document
from fedinode.cache import post_key
from fedinode.capabilities import Capabilities
from fedinode.errors import NotFound
from fedinode.services.cosigning import attaching, bundling
from fedinode.services.cosigning.attaching import AttachedFile
from fedinode.services.cosigning.bundling import KeptList
from fedinode.services.serving import PAGE_ITEMS, Served
from fedinode.storage import cosignatures, kept_statements, statement_versions
from fedinode.storage.cosignatures import CoSignatureRow
from fedinode.storage.database import Session

T = TypeVar("T")

_NOT_HERE: Final = "There is nothing at this address."
_ENTRY: Final = "CoSignEntry"
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposed:
    """A list as it was asked for; `state` is equal wherever the same is known."""

    document: Document
    state: str
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirroredFile:
    """A file that belongs to a public text, and the name to save it under."""

    file_name: str
    media_type: str
    content: bytes


Find = Callable[[Session], KeptList | None]


def by_statement(statement_uri: str) -> Find:
    """Return how to find the list of a statement of ours by its id."""

    def find(session: Session) -> KeptList | None:
        found = bundling.find_list(session, statement_uri)
        return found if found is not None and found.kept.is_own and _stands(found) else None

    return find


def by_digest(text_digest: str) -> Find:
    """Return how to find the list of any statement that we keep by the digest of its text."""

    def find(session: Session) -> KeptList | None:
        kept = kept_statements.find_by_digest(session, text_digest)
        found = bundling.find_list(session, kept.statement_uri) if kept else None
        return found if found is not None and _stands(found) else None

    return find


def _stands(found: KeptList) -> bool:
    """Whether we serve a list: of what we took back ourselves nothing is served, others' copies stay."""
    return not (found.kept.is_own and found.kept.retracted_at is not None)


async def bundle(cap: Capabilities, find: Find, after: int | None) -> Exposed:
    """Return a whole bundle, or what came here after a cursor. Raises: NotFound."""

    def read(session: Session, found: KeptList) -> Document:
        if after is None:
            return bundling.make_bundle(session, cap.urls, found, cap.clock())
        return bundling.make_page(session, cap.urls, found, after, cap.clock())

    return await _expose(cap, find, read)


async def checkpoint(cap: Capabilities, statement_uri: str) -> Exposed:
    """Return the author's newest count. Raises: NotFound."""

    def read(_session: Session, found: KeptList) -> Document:
        return jsonld.load(_require(found.kept.checkpoint_body))

    return await _expose(cap, by_statement(statement_uri), read)


async def witness(cap: Capabilities, text_digest: str) -> Exposed:
    """Return which keys of a list this node saw itself. Raises: NotFound."""

    def read(session: Session, found: KeptList) -> Document:
        made: Document = bundling.make_bundle(session, cap.urls, found, cap.clock())["witnesses"][0]
        return made

    return await _expose(cap, by_digest(text_digest), read)


async def collection_of(cap: Capabilities, statement_uri: str, page: int | None) -> Exposed:
    """Return the list as a collection, or a page of it. Raises: NotFound."""
    uri = f"{statement_uri}/cosignatures"

    def read(_session: Session, found: KeptList) -> Document:
        pages = max(1, -(-len(found.listed) // PAGE_ITEMS))
        if page is None:
            last = f"{uri}/{pages}"
            return collection.render_collection(
                uri, total_items=len(found.listed), first_url=f"{uri}/1", last_url=last
            )
        if not 1 <= page <= pages:
            raise NotFound("This collection has fewer pages.")
        rows = found.listed[(page - 1) * PAGE_ITEMS : page * PAGE_ITEMS]
        return collection.render_page(
            f"{uri}/{page}",
            collection_uri=uri,
            items=[{"type": _ENTRY, **bundling.entry(row)} for row in rows],
            next_url=f"{uri}/{page + 1}" if page < pages else None,
            previous_url=f"{uri}/{page - 1}" if page > 1 else None,
        )

    return await _expose(cap, by_statement(statement_uri), read)


async def mirror_of(cap: Capabilities, statement_uri: str) -> str:
    """Return the address of the copy of a statement that we keep. Raises: NotFound."""

    def read(session: Session) -> str:
        return cap.urls.mirror(_require(bundling.find_list(session, statement_uri)).kept.text_digest)

    return await cap.database.read(read)


async def mirrored_file(cap: Capabilities, text_digest: str, digest: str) -> MirroredFile:
    """Return a file of a text that we keep, by its digest. Raises: NotFound."""
    found = _require(await cap.database.read(by_digest(text_digest)))
    file, content = await attaching.read_copy(cap, found.statement, digest)
    return MirroredFile(file_name=_file_name(file), media_type=file.media_type, content=content)


def _file_name(file: AttachedFile) -> str:
    """Return the last part of a file's address if it is a harmless name, else its digest."""
    name = urlsplit(file.url).path.rpartition("/")[2]
    return name if _SAFE_NAME.fullmatch(name) else file.digest


# -- single records


async def co_signature(cap: Capabilities, uri: str) -> Served:
    """Return a consent of ours under its own id; after it ended a Tombstone. Raises: NotFound."""

    def read(session: Session) -> Served:
        row = _require_public(session, cosignatures.find(session, uri))
        if row.signer_state is None:
            raise NotFound(_NOT_HERE)
        is_over = row.withdrawal_body is not None
        return _record(row, row.body, uri, "CoSignature", row.ended_at if is_over else None)

    return await cap.database.read(read)


async def authorization(cap: Capabilities, uri: str) -> Served:
    """Return a stamp of ours under its own id; after its removal a Tombstone. Raises: NotFound."""

    def read(session: Session) -> Served:
        row = _require_public(session, cosignatures.find_by_stamp(session, uri))
        is_over = row.removal_body is not None
        body = row.stamp_body or b""
        return _record(row, body, uri, "CoSignAuthorization", row.ended_at if is_over else None)

    return await cap.database.read(read)


async def signed_text(cap: Capabilities, text_digest: str) -> bytes:
    """Return the exact bytes that a digest is of. Raises: NotFound."""

    def read(session: Session) -> bytes:
        return _require(statement_versions.find_by_digest(session, text_digest)).signed_text

    return await cap.database.read(read)


def _record(row: CoSignatureRow, body: bytes, uri: str, kind: str, ended_at: datetime | None) -> Served:
    depends_on = (post_key(row.text_digest),)
    if ended_at is None:
        return Served(body=body, depends_on=depends_on)
    tombstone = objects.tombstone(uri, kind, ended_at.replace(microsecond=0))
    return Served(body=jsonld.dump(tombstone), depends_on=depends_on, is_gone=True)


def _require_public(session: Session, row: CoSignatureRow | None) -> CoSignatureRow:
    found = _require(row)
    version = statement_versions.find(session, found.statement_uri, found.text_digest)
    if version is None or version.public_at is None:
        raise NotFound(_NOT_HERE)
    return found


# -- parts


async def _expose(cap: Capabilities, find: Find, read: Callable[[Session, KeptList], Document]) -> Exposed:
    def run(session: Session) -> Exposed:
        found = _require(find(session))
        return Exposed(document=read(session, found), state=bundling.state_of(found), depends_on=_keys(found))

    return await cap.database.read(run)


def _keys(found: KeptList) -> tuple[str, ...]:
    return (post_key(found.kept.text_digest),)


def _require(found: T | None) -> T:
    if found is None:
        raise NotFound(_NOT_HERE)
    return found
