"""Verification for people: a bundle from a file or an address, what holds in it, and the attached files.

No node is needed for any of it: it works on a machine that never saw one.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from federation import jsonld
from federation.cosigning import bundle, documents, trust, verify
from federation.cosigning.report import Report
from federation.errors import FederationError
from federation.jsonld import Document
from federation.net import client
from federation.net.client import ACTIVITY, Client, Kind, SigningKey
from federation.net.egress import EgressPolicy
from fedinode.errors import UsageError
from fedinode.resources import installed_version

#: Pages of a list that are fetched: as many as a bundle may have records.
MAX_PAGES: Final = 200
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
class Checked:
    """What verification found."""

    report: Report
    files: tuple[CheckedFile, ...]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it should be, and no attached file is another than the signed one."""
        return self.report.is_sound and all(each.result != "differs" for each in self.files)


async def check(source: str, *, offline: bool, trust_path: Path | None, files: Path | None) -> Checked:
    """Verify a bundle in a file or at an address. Raises: UsageError, FetchFailed, OSError."""
    named = None if trust_path is None else _read_trust(trust_path)
    if "://" in source:
        if offline:
            raise UsageError("--offline asks nobody: give the file of a bundle instead of an address.")
        content = jsonld.dump(await fetch_bundle(source))
    else:
        content = _read_bundle(Path(source))
    report = verify.verify(content, named)
    return Checked(report=report, files=_check_files(report.document, files))


def _read_trust(path: Path) -> trust.Trust:
    try:
        return trust.parse_trust(path.read_text("utf-8"))
    except (FederationError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}.") from error


def _read_bundle(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(bundle.MAX_BUNDLE_BYTES + 1)


# -- from an address


async def fetch_bundle(url: str) -> Document:
    """Fetch the bundle of a statement by its id, its page, or an address of the bundle itself."""
    policy = EgressPolicy.of(url)
    agent = f"fedinode/{installed_version()}"
    async with client.open_client(policy, user_agent=agent, clock=_utc_now, connections=4) as opened:
        return _joined(await fetch_pages(opened, await _bundle_url(opened, url)))


async def fetch_pages(opened: Client, url: str, signer: SigningKey | None = None) -> list[Document]:
    """Fetch a list page by page. Raises: FederationError."""
    found: list[Document] = []
    cursor = 0
    while len(found) < MAX_PAGES:
        fetched = await opened.get_document(f"{url}?after={cursor}", kind=BUNDLE_JSON, signer=signer)
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


# -- attached files


def _check_files(statement: Document | None, folder: Path | None) -> tuple[CheckedFile, ...]:
    attachments = statement.get("attachment", []) if statement else []
    return tuple(_check_file(each, folder) for each in attachments)


def _check_file(attachment: Document, folder: Path | None) -> CheckedFile:
    name = os.path.basename(urlsplit(attachment["url"]).path)
    path = folder / name if folder and name else None
    result = "not checked"
    if path is not None and path.is_file():
        is_same = documents.digest_of_bytes(path.read_bytes()) == attachment["digestMultibase"]
        result = "checked" if is_same else "differs"
    return CheckedFile(url=attachment["url"], name=attachment["name"] or name, result=result)
