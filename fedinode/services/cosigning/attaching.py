"""Files that belong to a signed text: fetched and hashed before members vote, kept sealed, served by mirrors.

A file is known by the digest that the text names. Until the statement is public its author gives it to
invited cells alone; whoever signed it keeps its bytes, so that it outlives its origin. Spec: R6, R10.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from federation import authority, jsonld
from federation.cosigning import documents, messages
from federation.errors import FederationError, TooLarge
from federation.jsonld import Document
from federation.net.client import Client, Kind, SigningKey
from federation.signatures import HttpMessage
from fedinode.capabilities import Capabilities
from fedinode.errors import Conflict, NodeError, NotFound
from fedinode.services import receiving, resolving
from fedinode.services.handling import Facts, Pending, World
from fedinode.storage import (
    collectives,
    cosignatures,
    invitations,
    media_files,
    sealing,
    statement_versions,
)
from fedinode.storage.database import Session
from fedinode.storage.disk import FreeDisk
from fedinode.storage.statement_versions import VersionRow

logger = logging.getLogger(__name__)

#: All files of one text together.
MAX_BYTES: Final = 20 * 1024 * 1024
#: For one file; a slow line needs longer than for a document.
FILE_SECONDS: Final = 60.0
#: What an invitation waits for its files; the rest is fetched later.
AT_ARRIVAL_SECONDS: Final = 10.0
#: A file so new may belong to an invitation that is being taken in.
NEW: Final = timedelta(hours=1)
_PLACE: Final = "copies.bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file as the statement names it."""

    url: str
    media_type: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A file that is not here, and why, in the half of a sentence."""

    file: AttachedFile
    reason: str


def files_of(statement: Document) -> tuple[AttachedFile, ...]:
    """Return the files of a statement or draft whose form was checked."""
    return tuple(
        AttachedFile(
            url=each["url"], media_type=each["mediaType"], name=each["name"], digest=each["digestMultibase"]
        )
        for each in statement["attachment"]
    )


# -- fetching


async def fetch(cap: Capabilities, statement: Document, mirrors: Sequence[str] = ()) -> tuple[Trouble, ...]:
    """Fetch the files of a statement that are not here yet, from its origin, else from addresses of copies.

    Returns what is still missing. Statements of ours need nothing.
    """
    if cap.urls.is_ours(statement["id"]):
        return ()
    room, troubles = MAX_BYTES, []
    opened, signer = await resolving.guarded_client(cap), await cap.keyring.node_signer()
    for file in files_of(statement):
        path = _path(cap, file.digest)
        if await asyncio.to_thread(path.is_file):
            room -= (await asyncio.to_thread(path.stat)).st_size
            continue
        addresses = (file.url, *(f"{mirror}/{file.digest}" for mirror in mirrors))
        found = await _fetch_one(opened, signer, file, addresses, room)
        if isinstance(found, Trouble):
            troubles.append(found)
        else:
            room -= len(found)
            await _keep(cap, file.digest, found)
    return tuple(troubles)


async def fetch_if_possible(cap: Capabilities, statement: Document, mirrors: Sequence[str] = ()) -> None:
    """Fetch what can be fetched now; the rest is tried again later."""
    try:
        await fetch(cap, statement, mirrors)
    except (FederationError, NodeError, OSError) as error:
        logger.info("files of %s are not here yet: %s", statement["id"], error)


async def _fetch_one(
    opened: Client, signer: SigningKey, file: AttachedFile, addresses: Iterable[str], room: int
) -> bytes | Trouble:
    kind = Kind(accept="*/*", is_right=lambda _type: True, max_bytes=max(room, 0), seconds=FILE_SECONDS)
    trouble = Trouble(file=file, reason="cannot be fetched")
    for address in addresses:
        try:
            content = (await opened.get(address, kind=kind, signer=signer)).body
        except TooLarge:
            trouble = Trouble(file=file, reason="makes the files larger than 20 MB together")
        except (FederationError, NodeError) as error:
            logger.info("the file %s was not fetched: %s", address, error)
        else:
            if documents.digest_of_bytes(content) == file.digest:
                return content
            trouble = Trouble(file=file, reason="is not the one that the text names (another digest)")
    return trouble


async def _keep(cap: Capabilities, digest: str, content: bytes) -> None:
    """Write a file under its digest: sealed, for the text may be a draft. Raises: DiskFull."""
    FreeDisk(cap.settings.data_dir, cap.settings.limits.free_disk_bytes).require()
    sealed = await cap.database.read(lambda session: sealing.seal(session, _PLACE, digest, content))
    await asyncio.to_thread(_write, _path(cap, digest), sealed)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with unfinished.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)


def _path(cap: Capabilities, digest: str) -> Path:
    return cap.settings.copies_dir / digest


async def require_files(cap: Capabilities, statement: Document) -> None:
    """Fetch the files of a text that members are to vote on. Raises: Conflict, where one is not as named."""
    troubles = await fetch(cap, statement)
    if troubles:
        told = "; ".join(f'"{each.file.name or each.file.url}" {each.reason}' for each in troubles)
        raise Conflict(f"Nobody votes on files that were not seen: {told}. Try again, or ask the author.")


# -- when invitations come, and later


def needs_files(_session: Session, world: World, group: Sequence[Pending]) -> frozenset[int]:
    """Return the invitations to texts with files, for collectives of ours."""
    return frozenset(
        pending.id
        for pending in group
        if (draft := pending.activity.object_document) is not None
        and draft.get("attachment")
        and world.urls.is_ours(str(pending.activity.document.get("target")))
    )


async def fetch_invited(cap: Capabilities, pending: Pending) -> Facts:
    """Fetch the files of a draft that a cell of ours is invited to sign, as far as they come in time."""
    # The invitation is worth more than its files; who signs asks for them again. One that breaks a rule is
    # refused when it is taken in.
    with contextlib.suppress(TimeoutError, FederationError):
        draft = messages.parse_invite(pending.activity.document).draft
        async with asyncio.timeout(AT_ARRIVAL_SECONDS):
            await fetch_if_possible(cap, draft)
    return Facts()


async def fetch_waiting(cap: Capabilities) -> None:
    """Ask again for files of drafts that cells of ours are invited to sign."""

    def read(session: Session) -> list[Document]:
        rows = [
            row
            for cell in collectives.list_all(session)
            for row in invitations.list_of_cell(session, cell.uri, states=["open"])
        ]
        return [jsonld.load(row.body) for row in rows if not cap.urls.is_ours(row.author_uri)]

    for draft in await cap.database.read(read):
        await fetch_if_possible(cap, draft)


async def drop_unneeded(cap: Capabilities) -> int:
    """Remove the files of texts that are not kept any more; return how many."""

    def read(session: Session) -> set[str]:
        rows = [row for row in statement_versions.list_everything(session) if _is_wanted(session, row)]
        return {file.digest for row in rows for file in files_of(jsonld.load(row.body))}

    needed = await cap.database.read(read)
    return await asyncio.to_thread(_remove_others, cap.settings.copies_dir, needed, cap.clock() - NEW)


def _is_wanted(session: Session, row: VersionRow) -> bool:
    """Tell whether a text is public, signed by a cell of ours, or still to be answered."""
    asked = invitations.list_of_statement(session, row.statement_uri)
    signed = cosignatures.list_of_statement(session, row.statement_uri)
    return (
        row.public_at is not None
        or any(each.text_digest == row.text_digest and each.state in ("open", "answered") for each in asked)
        or any(each.text_digest == row.text_digest for each in signed)
    )


def _remove_others(folder: Path, needed: set[str], before: datetime) -> int:
    removed = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        # The text of a new file may not be in the rows yet.
        if path.name not in needed and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            removed += 1
    return removed


# -- giving them out


async def read_copy(cap: Capabilities, statement: Document, digest: str) -> tuple[AttachedFile, bytes]:
    """Return a file of a public statement that is kept here, by its digest. Raises: NotFound."""
    file = next((each for each in files_of(statement) if each.digest == digest), None)
    if file is None:
        raise NotFound("There is nothing at this address.")
    own = await cap.database.read(lambda session: media_files.find_by_digest(session, digest))
    path = _path(cap, digest) if own is None else cap.settings.media_dir / own.path
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except FileNotFoundError as error:
        raise NotFound("This file is not kept here yet.") from error
    if own is None:
        sealed = content
        content = await cap.database.read(lambda session: sealing.unseal(session, _PLACE, digest, sealed))
    return file, content


async def lend_draft_file(cap: Capabilities, name: str, message: HttpMessage) -> AttachedFile:
    """Return a file of a draft for the server of a cell that is invited to sign it (R10).

    Its `name` is that of the file in the media folder. Raises: NotFound, FederationError, Blocked.
    """
    shown = await cap.database.read(lambda session: invitations.cells_shown(session, name))
    if not shown:
        raise NotFound("There is no such file.")
    actor_uri = await receiving.authenticate(cap, message)
    for each in shown:
        if authority.is_same_origin(each.cell_uri, actor_uri):
            return AttachedFile(
                url=cap.urls.media(name), media_type=each.media_type, name=name, digest=each.digest
            )
    raise NotFound("There is no such file.")
