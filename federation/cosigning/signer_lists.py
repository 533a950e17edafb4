"""Names of people who signed and want to be named wherever the statement is published: pages by its author.

They lie beside the bundle and never in it, so that a name can be taken back: a list replaces the one before
it, and who is missing from it is named nowhere any more. Spec: docs/cosigning.md, D3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from federation import errors, times
from federation.cosigning import identifiers, lettering, record_checks, vocabulary
from federation.cosigning.vocabulary import SIGNER_LIST
from federation.jsonld import Document

#: Names on one page; all pages but the last are full.
PAGE_NAMES: Final = 500
#: A list with more pages is not read.
MAX_PAGES: Final = 200
MAX_HANDLE_CHARS: Final = 320

_MEMBERS = record_checks.PROVEN | {"statement", "textDigest", "position", "totalItems", "signers"}
_ENTRY_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_HANDLE = re.compile(r"@[^@\s]{1,64}@[^@\s]{1,255}")
_PLAIN = ("role", "place")
_ENTRY_MEMBERS = frozenset({"id", "name", "kind", "handle", "country", *_PLAIN})
_KINDS = ("person", "group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody who is named: by an id that means nothing elsewhere, and a free name."""

    id: str
    name: str
    #: "person" or "group".
    kind: str = "person"
    role: str | None = None
    place: str | None = None
    country: str | None = None
    #: Of who signed with an account: its handle at that time.
    handle: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerPage:
    """A page of names, its form checked."""

    uri: str
    author_uri: str
    statement_uri: str
    text_digest: str
    published: str
    #: How many names stand on the pages before this one.
    position: int
    total: int
    signers: tuple[Signer, ...]
    document: Document

    @property
    def number(self) -> int:
        """Which page it is, from 1."""
        return self.position // PAGE_NAMES + 1


def page_uri(statement_uri: str, number: int) -> str:
    """Return the address of a page of names."""
    return f"{statement_uri}/signer-lists/{number}"


def count_pages(total: int) -> int:
    """Return how many pages so many names take; a list without names has one page that says so."""
    return max(1, -(-total // PAGE_NAMES))


def render_pages(statement: Document, signers: Sequence[Signer], published: datetime) -> list[Document]:
    """Write all pages of a list, without their proofs."""
    return [
        {
            "@context": vocabulary.CONTEXTS[SIGNER_LIST],
            "id": page_uri(statement["id"], number),
            "type": SIGNER_LIST,
            "attributedTo": statement["attributedTo"],
            "published": times.render_timestamp(published),
            "statement": statement["id"],
            "textDigest": statement["textDigest"],
            "position": (number - 1) * PAGE_NAMES,
            "totalItems": len(signers),
            "signers": [_render(each) for each in signers[(number - 1) * PAGE_NAMES : number * PAGE_NAMES]],
        }
        for number in range(1, count_pages(len(signers)) + 1)
    ]


def is_fit(signer: Signer) -> bool:
    """Tell whether a name can stand in a signed list: as plain text that shows what it is."""
    try:
        _parse(_render(signer))
    except errors.Malformed:
        return False
    return True


def parse_page(document: Document) -> SignerPage:
    """Read a page of names; who signed it is for ``evidence`` to say. Raises: Malformed."""
    record_checks.require_record(document, SIGNER_LIST, _MEMBERS)
    position, total, entries = (document[name] for name in ("position", "totalItems", "signers"))
    if type(position) is not int or type(total) is not int or not isinstance(entries, list):
        raise errors.Malformed("a list of names does not count")
    page = SignerPage(
        uri=document["id"],
        author_uri=document["attributedTo"],
        statement_uri=identifiers.require_id(document["statement"]),
        text_digest=identifiers.require_digest(document["textDigest"]),
        published=document["published"],
        position=position,
        total=total,
        signers=tuple(map(_parse, entries[: PAGE_NAMES + 1])),
        document=document,
    )
    _require_place(page)
    return page


def require_whole(pages: Sequence[SignerPage]) -> None:
    """Check that pages are one list: all of it, of one time, and nobody twice. Raises: Malformed."""
    first = pages[0]
    for number, page in enumerate(pages, 1):
        if page.number != number or (page.published, page.total) != (first.published, first.total):
            raise errors.Malformed("pages of names do not belong together")
    if len(pages) != count_pages(first.total):
        raise errors.Malformed("a list of names is not whole")
    ids = [signer.id for page in pages for signer in page.signers]
    if len(set(ids)) < len(ids):
        raise errors.Malformed("a list of names has an entry twice")


def _require_place(page: SignerPage) -> None:
    """Check that a page holds as many names as its place in the list says."""
    if not 0 <= page.total <= MAX_PAGES * PAGE_NAMES:
        raise errors.TooLarge(f"a list of names has more than {MAX_PAGES} pages")
    if page.position % PAGE_NAMES or not 0 <= page.position < max(1, page.total):
        raise errors.Malformed("a page of names has no place in its list")
    if len(page.signers) != min(PAGE_NAMES, page.total - page.position):
        raise errors.Malformed("a page of names is not full, or too long")
    if page.uri != page_uri(page.statement_uri, page.number):
        raise errors.Malformed("a page of names stands at another address than its own")


def _render(signer: Signer) -> dict[str, Any]:
    members = {
        "id": signer.id,
        "name": signer.name,
        "kind": signer.kind,
        "role": signer.role,
        "place": signer.place,
        "country": signer.country,
        "handle": signer.handle,
    }
    return {name: value for name, value in members.items() if value is not None}


def _parse(entry: object) -> Signer:
    if not isinstance(entry, dict) or not {"id", "name", "kind"} <= entry.keys() <= _ENTRY_MEMBERS:
        raise errors.Malformed("a name stands in a list in another form than it should")
    if not all(isinstance(value, str) and value for value in entry.values()):
        raise errors.Malformed("a name in a list has a member of another type than it should")
    if not _ENTRY_ID.fullmatch(entry["id"]) or entry["kind"] not in _KINDS:
        raise errors.Malformed("an entry of a list of names has no proper id or kind")
    for member in ("name", *_PLAIN):
        lettering.require_plain(entry.get(member, ""), lettering.MAX_SIGNER_CHARS)
    if not _COUNTRY.fullmatch(entry.get("country", "XX")):
        raise errors.Malformed("a country is not written as two letters")
    _require_handle(entry.get("handle"))
    return Signer(**entry)


def _require_handle(handle: str | None) -> None:
    if handle is None:
        return
    lettering.require_plain(handle, MAX_HANDLE_CHARS)
    if not _HANDLE.fullmatch(handle):
        raise errors.Malformed("a handle is not of the form @name@host")
