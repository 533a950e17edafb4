"""A statement pack as one ZIP: what `packing` gathered, as JSON, CSV, a page that opens from disk, and PDF.

The same state gives the same bytes: files in order, all with the time of the newest thing inside.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fedinode import i18n
from fedinode.services import typesetting
from fedinode.services.presenting import PostView
from fedinode.services.supporting import handing_out, packing
from fedinode.services.supporting.packing import Material
from fedinode.services.supporting.situating import Framed
from fedinode.storage.supporter_lists import Named
from fedinode.text import csv_tables, slugify
from fedinode.text.blocks import blocks
from fedinode.web import formats, pack_words
from fedinode.web.rendering import Renderer

_ZIP_EPOCH: Final = datetime(1980, 1, 1, tzinfo=UTC)
_READABLE: Final = 0o644 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A pack, and what to call it."""

    file_name: str
    content: bytes
    depends_on: tuple[str, ...]


async def make(renderer: Renderer, material: Material) -> Pack:
    """Make a pack of what `packing.gather` found. Raises: TypesettingFailed."""
    framed = material.framed
    pdf = await typesetting.typeset(pdf_document(material), material.as_of)
    files = {**_files(material, renderer), "statement.pdf": pdf}
    stem = f"statement-{slugify(framed.wording.title) or framed.uid}"
    return Pack(
        file_name=f"{stem}.zip",
        content=archive(stem, files, material.as_of),
        depends_on=material.depends_on,
    )


def _files(material: Material, renderer: Renderer) -> dict[str, bytes]:
    table = csv_tables.write(packing.CSV_COLUMNS, packing.table(material))
    return {
        "README.txt": pack_words.readme(material).encode("utf-8"),
        "index.html": _page(material, renderer),
        "statement.json": _json(packing.statement_document(material)),
        "signatures.json": _json(packing.signatures_document(material)),
        "signatures.csv": table,
        "qr.svg": handing_out.draw(material.target),
        **{f"proofs/{name}": content for name, content in packing.proofs(material).items()},
        **{f"files/{name}": content for name, content in material.attached.items()},
    }


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def archive(folder: str, files: Mapping[str, bytes], at: datetime) -> bytes:
    """Return files as a ZIP with one folder, and a list of their digests; equal files give equal bytes."""
    listed = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())
    )
    moment = max(at.astimezone(UTC), _ZIP_EPOCH)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
        for name, content in (*sorted(files.items()), ("SHA256SUMS", listed.encode("ascii"))):
            entry = zipfile.ZipInfo(f"{folder}/{name}", moment.timetuple()[:6])
            entry.external_attr = _READABLE
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, content)
    return stream.getvalue()


def _page(material: Material, renderer: Renderer) -> bytes:
    framed = material.framed
    return renderer.page(
        "pack/index.html",
        framed.language,
        framed=framed,
        posts={each.language: each for each in framed.posts},
        roster=material.roster,
        numbers=material.numbers,
        material=material,
        is_told=_is_told(framed),
        by_country=group_by_country(material.people, material.shown_countries),
        qr=handing_out.draw(material.target).decode("utf-8"),
        check_lines=pack_words.check_lines(material, framed.language),
    )


def group_by_country(
    people: tuple[Named, ...], countries: frozenset[str]
) -> list[tuple[str, tuple[Named, ...]]]:
    """Return people by country, the most first; those in small groups stand together at the end."""
    groups: dict[str, list[Named]] = {}
    for each in people:
        code = each.country if each.country in countries else None
        groups.setdefault(code or "", []).append(each)
    order = sorted(groups, key=lambda code: (not code, -len(groups[code]), code))
    return [(code, tuple(groups[code])) for code in order]


# -- the PDF


def pdf_document(material: Material) -> dict[str, Any]:
    """Return what the PDF shows, for the process that sets it."""
    framed = material.framed
    interface = i18n.interface_language(framed.language)
    return {
        "title": framed.wordings[0].title,
        "author": framed.collective.title,
        "lang": framed.language,
        "dir": i18n.direction(framed.language),
        "url": framed.uri,
        "qr": handing_out.draw(material.target).decode("utf-8"),
        "texts": _pdf_texts(framed),
        "lists": _pdf_lists(material, interface),
        "check": {
            "title": i18n.gettext("Verify this yourself", interface),
            "lines": pack_words.check_lines(material, framed.language),
        },
    }


def _pdf_texts(framed: Framed) -> list[dict[str, Any]]:
    posts = {each.language: each for each in framed.posts}
    return [
        {
            "lang": wording.language,
            "dir": i18n.direction(wording.language),
            "by": framed.collective.title,
            "title": wording.title,
            "facts": _facts(posts.get(wording.language), wording.language, _is_told(framed)),
            "body": blocks(wording.html),
        }
        for wording in framed.wordings
    ]


def _is_told(framed: Framed) -> bool:
    """Tell whether the text itself says who issued it, where and when, as signed texts do."""
    return "textDigest" in framed.document


def _facts(post: PostView | None, language: str, is_told: bool) -> list[tuple[str, str]]:
    if post is None:
        return []
    interface = i18n.interface_language(language)
    stated = None if is_told else post.statement
    rows = [
        (i18n.gettext("Issued by", interface), stated.issued_by if stated else None),
        (
            i18n.gettext("Adopted", interface),
            formats.adoption(stated.adopted, stated.adopted_zone, interface)
            if stated and stated.adopted
            else None,
        ),
        (i18n.gettext("Place", interface), stated.place if stated else None),
        (i18n.gettext("Translated by", interface), post.current.translator),
        (i18n.gettext("Published", interface), formats.long_date(post.published_at, interface)),
    ]
    sources = [(i18n.gettext("Source", interface), _source(each)) for each in post.sources]
    return [(name, value) for name, value in (*rows, *sources) if value]


def _source(source: Any) -> str:
    words = (source.title, source.publisher, source.url)
    return ", ".join(word for word in words if word)


def _pdf_lists(material: Material, interface: str) -> list[dict[str, Any]]:
    roster = material.roster
    cells = (*roster.issuers, *roster.cosigners) if roster else ()
    groups = []
    if cells:
        groups.append(
            _group(i18n.gettext("Collectives", interface), [(each.name, each.host) for each in cells])
        )
    if material.groups:
        named = [(each.name, _place(each, None, interface)) for each in material.groups]
        groups.append(_group(i18n.gettext("Groups", interface), named))
    for code, people in group_by_country(material.people, material.shown_countries):
        title = formats.country_name(code, interface) if code else i18n.gettext("People", interface)
        groups.append(_group(title, [(each.name, _place(each, code, interface)) for each in people]))
    notes = pack_words.number_lines(material, interface)
    if not groups and not notes:
        return []
    return [{"title": i18n.gettext("Who signed", interface), "notes": notes, "groups": groups}]


def _group(title: str, names: list[tuple[str, str]]) -> dict[str, Any]:
    return {"title": title, "names": names}


def _place(each: Named, code: str | None, interface: str) -> str:
    country = formats.country_name(each.country, interface) if each.country and code is None else None
    return ", ".join(word for word in (each.role, each.city, country) if word)
