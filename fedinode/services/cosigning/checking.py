"""Verification for people: a bundle from a file or an address, what holds in it, and the attached files.

No node is needed for any of it: it works on a machine that never saw one.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from federation import jsonld
from federation.cosigning import bundle, documents, verify
from federation.cosigning.report import Report
from federation.cosigning.trust import Trust, parse_trust
from federation.errors import FederationError, FetchFailed, Gone, Malformed, NotFound, TooLarge
from federation.jsonld import Document
from federation.net import client
from federation.net.client import ACTIVITY, Client, Kind, SigningKey
from federation.net.egress import EgressPolicy
from fedinode.errors import PeerUnavailable, UsageError
from fedinode.resources import installed_version

#: Pages of a list that are fetched: as many as a bundle may have records.
MAX_PAGES: Final = 200
#: Signatures that are asked for at their own addresses; a nightly check of a node asks for all in turn.
MAX_ASKED: Final = 200
CONNECTIONS: Final = 16
BUNDLE_JSON: Final = Kind(
    accept="application/json", is_right=lambda kind: (kind or "").partition(";")[0] == "application/json"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFile:
    """A file that a statement names, and whether its bytes are the ones that were signed."""

    url: str
    name: str
    #: "checked", "not checked" or "differs".
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWord:
    """What the server of a signature says of it today; it never makes anything valid or invalid."""

    uri: str
    #: "reachable", "changed", "gone" or "unreachable".
    result: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What verification found."""

    report: Report
    files: tuple[CheckedFile, ...]
    #: Empty for a bundle in a file: nobody is asked.
    live: tuple[LiveWord, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it should be, and no attached file is another than the signed one."""
        return self.report.is_sound and all(each.result != "differs" for each in self.files)


async def check(
    source: str, *, offline: bool, trust: Trust | None, files: Path | None, store: Trust | None = None
) -> Checked:
    """Verify a bundle in a file or at an address; of one at an address the signers' servers are asked too.

    `store` is the keys that a node of ours saw: they are believed where the author is known there.
    Raises: UsageError, PeerUnavailable, OSError.
    """
    if "://" in source:
        if offline:
            raise UsageError("--offline asks nobody: give the file of a bundle instead of an address.")
        content = jsonld.dump(await fetch_bundle(source))
    else:
        content = await asyncio.to_thread(_read_bundle, Path(source))
    report = verify.verify(content, trust if trust is not None else store)
    if trust is None and store is not None and not _knows_author(store, report):
        report = replace(report, has_trust=False)
    live = await _ask_live(source, content) if "://" in source and report.entries else ()
    return Checked(report=report, files=_check_files(report.document, files), live=live)


def _knows_author(store: Trust, report: Report) -> bool:
    author = report.document["attributedTo"] if report.document else ""
    return any(key_id.partition("#")[0] == author for key_id in store.keys)


def read_trust(path: Path) -> Trust:
    """Read a file of trusted keys. Raises: UsageError, OSError."""
    try:
        return parse_trust(path.read_text("utf-8"))
    except (FederationError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}.") from error


def _read_bundle(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(bundle.MAX_BUNDLE_BYTES + 1)


# -- from an address


async def fetch_bundle(url: str) -> Document:
    """Fetch the bundle of a statement by its id, its page, or an address of the bundle or of a copy.

    Raises: PeerUnavailable.
    """
    async with _open_client(url) as opened:
        try:
            return _joined(await fetch_pages(opened, await _bundle_url(opened, url)))
        except (FetchFailed, Malformed) as error:
            raise PeerUnavailable(
                f"No list of signatures can be fetched from {url}: {error} If its server is gone, every cell "
                f"that signed has a copy: fedinode verify https://CELL/mirror?statement={url}"
            ) from error


def _open_client(url: str) -> AbstractAsyncContextManager[Client]:
    agent = f"fedinode/{installed_version()}"
    return client.open_client(EgressPolicy.of(url), user_agent=agent, clock=_utc_now, connections=CONNECTIONS)


async def fetch_pages(opened: Client, url: str, signer: SigningKey | None = None) -> list[Document]:
    """Fetch a list page by page, no more in all than a bundle may have. Raises: FederationError."""
    found: list[Document] = []
    cursor = size = 0
    while len(found) < MAX_PAGES:
        fetched = await opened.get_document(f"{url}?after={cursor}", kind=BUNDLE_JSON, signer=signer)
        size += len(jsonld.dump(fetched.document))
        if size > bundle.MAX_BUNDLE_BYTES:
            raise TooLarge("a list is longer than a bundle may be")
        found.append(fetched.document)
        following = fetched.document.get("next")
        if type(following) is not int or following <= cursor:
            break
        cursor = following
    return found


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def _bundle_url(opened: Client, url: str) -> str:
    path = urlsplit(url).path
    if "/mirror/" in path or path.endswith("/bundle.json"):
        return url
    if path == "/mirror":
        # Asked for the copy of a statement by its address: this leads to the bundle.
        return (await opened.get(url, kind=BUNDLE_JSON)).url
    fetched = await opened.get_document(url, kind=ACTIVITY)
    return f"{fetched.document.get('id', fetched.url)}/bundle.json"


def _joined(pages: Sequence[Document]) -> Document:
    """Return the pages of a bundle as one; what stands on several of them is taken once."""
    whole = dict(pages[0])
    whole.pop("next", None)
    for name in bundle.LIST_MEMBERS:
        records = [record for page in pages for record in jsonld.as_list(page.get(name))]
        whole[name] = list({jsonld.dump({name: record}): record for record in records}.values())
    return whole


# -- live


async def _ask_live(url: str, content: bytes) -> tuple[LiveWord, ...]:
    """Ask for the signatures of a bundle at their own addresses; of a long list for the first ones."""
    digests: dict[str, str] = {}
    for entry in bundle.read(content).records("entries"):
        consent = entry.get("coSignature") if entry else None
        if isinstance(consent, dict) and isinstance(consent.get("id"), str):
            digests.setdefault(consent["id"], documents.digest(consent))
    async with _open_client(url) as opened:
        asked = list(digests.items())[:MAX_ASKED]
        return tuple(await asyncio.gather(*(_ask_one(opened, uri, digest) for uri, digest in asked)))


async def _ask_one(opened: Client, uri: str, digest: str) -> LiveWord:
    try:
        fetched = await opened.get_document(uri, kind=ACTIVITY)
        result = "reachable" if documents.digest(fetched.document) == digest else "changed"
    except (Gone, NotFound):
        result = "gone"
    except FederationError:
        result = "unreachable"
    return LiveWord(uri=uri, result=result, at=_utc_now())


# -- attached files


def _check_files(statement: Document | None, folder: Path | None) -> tuple[CheckedFile, ...]:
    attachments = statement.get("attachment", []) if statement else []
    return tuple(_check_file(each, folder) for each in attachments)


def _check_file(attachment: Document, folder: Path | None) -> CheckedFile:
    """Look for a file under the name in its address, else under its digest, as mirrors have it."""
    name = os.path.basename(urlsplit(attachment["url"]).path)
    result = "not checked"
    for path in (folder / each for each in (name, attachment["digestMultibase"]) if folder and each):
        if path.is_file():
            is_same = documents.digest_of_bytes(path.read_bytes()) == attachment["digestMultibase"]
            result = "checked" if is_same else "differs"
            break
    return CheckedFile(url=attachment["url"], name=attachment["name"] or name, result=result)
