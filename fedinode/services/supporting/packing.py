"""A statement pack: everything about a statement of ours, gathered for one file for press and mirrors.

Named in it is who agreed to be named wherever the statement is published; all others are numbers. What is in
it depends on rows alone and carries their time, so that the same state gives the same bytes. How the parts
look is made in `web.packs`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from federation import jsonld, times
from federation.cosigning import bundle as bundles
from federation.jsonld import Document
from fedinode import text
from fedinode.capabilities import Capabilities
from fedinode.services import finding, reading
from fedinode.services.cosigning import attaching, bundling, exposing, rostering
from fedinode.services.cosigning.bundling import KeptList
from fedinode.services.cosigning.rostering import Roster, Signatory
from fedinode.services.presenting import PostView
from fedinode.services.reading import House
from fedinode.services.supporting import handing_out, listing, situating
from fedinode.services.supporting.listing import Numbers
from fedinode.services.supporting.situating import Framed
from fedinode.storage import supporter_lists
from fedinode.storage.database import Session
from fedinode.storage.supporter_lists import Named, Wanted

#: More names than this are in nobody's press release; who wants them all exports them.
MAX_NAMES: Final = 50_000
CSV_COLUMNS: Final = ("kind", "name", "role", "place", "country", "address", "confirmed_by", "date")
_NO_NUMBERS: Final = Numbers(total=0, people=0, groups=0, imported=0, countries=(), elsewhere=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a pack is made of."""

    framed: Framed
    roster: Roster | None
    numbers: Numbers
    #: Groups without a node and people, in the order in which they confirmed.
    groups: tuple[Named, ...]
    people: tuple[Named, ...]
    bundle: Document | None
    #: Files that belong to the text, by a harmless name.
    attached: Mapping[str, bytes]
    #: Where the QR code leads.
    target: str
    #: The newest thing in it.
    as_of: datetime

    @property
    def depends_on(self) -> tuple[str, ...]:
        """What it is made of, as the cache knows it."""
        return (*self.framed.depends_on, *(self.roster.depends_on if self.roster else ()))

    @property
    def shown_countries(self) -> frozenset[str]:
        """The countries that may be named beside a person."""
        return frozenset(code for code, _ in self.numbers.countries)


async def uid_of(cap: Capabilities, url: str) -> str:
    """Return the end of the id of the post of ours at an address. Raises: NotFound."""
    subject = await cap.database.read(lambda session: finding.require_object(session, cap.urls, url))
    return subject.uri.rpartition("/")[2]


async def gather(cap: Capabilities, uid: str) -> Material:
    """Return what a pack of a public statement of ours is made of. Raises: NotFound."""
    material, found = await reading.read_house(cap, lambda session, house: _read(session, cap, house, uid))
    return material if found is None else await _with_files(cap, material, found)


def _read(session: Session, cap: Capabilities, house: House, uid: str) -> tuple[Material, KeptList | None]:
    framed = situating.frame(session, house, uid, None)
    find = exposing.by_statement(framed.uri)
    found = find(session)
    form = framed.form
    shows = form is not None and form.listing != "hidden"
    groups = supporter_lists.counts(session, framed.object_id) if shows else ()
    names = _names(session, framed) if shows and form is not None and form.listing == "list" else []
    as_of = _as_of(framed, found, names)
    material = Material(
        framed=framed,
        roster=rostering.roster_of(session, cap.urls, found) if found else None,
        numbers=listing.count(groups, form.smallest_group) if form and shows else _NO_NUMBERS,
        groups=tuple(each for each in names if each.kind != "person"),
        people=tuple(each for each in names if each.kind == "person"),
        bundle=bundling.make_bundle(session, cap.urls, found, as_of) if found else None,
        attached={},
        target=handing_out.target_of(house.urls, framed),
        as_of=as_of,
    )
    return material, found


def _names(session: Session, framed: Framed) -> list[Named]:
    wanted = Wanted(object_id=framed.object_id, shown=supporter_lists.EVERYWHERE)
    return supporter_lists.list_named(session, wanted, offset=0, limit=MAX_NAMES)


def _as_of(framed: Framed, found: KeptList | None, names: Sequence[Named]) -> datetime:
    moments = [times.parse_timestamp(framed.document["published"])]
    if found is not None:
        bodies = (found.kept.checkpoint_body, found.kept.tally_body)
        moments += [times.parse_timestamp(jsonld.load(body)["published"]) for body in bodies if body]
        moments += [
            row.ended_at or row.verified_at for row in (*found.listed, *found.ended) if row.verified_at
        ]
    moments += [each.confirmed_at for each in names]
    return max(moments).replace(microsecond=0)


async def _with_files(cap: Capabilities, material: Material, found: KeptList) -> Material:
    attached: dict[str, bytes] = {}
    for file in attaching.files_of(found.statement):
        copy = await exposing.mirrored_file(cap, found.kept.text_digest, file.digest)
        attached[f"{len(attached) + 1}-{copy.file_name}"] = copy.content
    return replace(material, attached=attached)


# -- the parts as documents


def statement_document(material: Material) -> dict[str, Any]:
    """Return the text in all languages, with what stands beside it and where it comes from."""
    framed = material.framed
    posts = {each.language: each for each in framed.posts}
    first = next(iter(posts.values()), None)
    return {
        "id": framed.uri,
        "url": framed.url,
        "author": {
            "name": framed.collective.title,
            "handle": framed.collective.handle,
            "id": framed.collective.uri,
        },
        "published": framed.document["published"],
        "as_of": times.render_timestamp(material.as_of),
        "text_digest": framed.document.get("textDigest"),
        "texts": [_text(each, posts.get(each.language)) for each in framed.wordings],
        "sources": [_bare(_as_dict(source)) for source in (first.sources if first else ())],
        "sign": material.target if handing_out.is_open(framed) else None,
    }


def _text(wording: situating.Wording, post: PostView | None) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if post is not None:
        facts = {"page": post.url, "status": str(post.current.status), "translator": post.current.translator}
    if post is not None and post.statement is not None:
        stated = post.statement
        facts |= {
            "issued_by": stated.issued_by,
            "adopted": stated.adopted.isoformat() if stated.adopted else None,
            "place": stated.place,
            "addressees": list(stated.addressees),
            "demands": list(stated.demands),
        }
    return _bare(
        {
            "language": wording.language,
            "title": wording.title,
            "summary": text.plain(wording.summary_html),
            "html": wording.html,
            "plain": text.plain(wording.html),
            **facts,
        }
    )


def signatures_document(material: Material) -> dict[str, Any]:
    """Return who signed, by kind and country; of people who are not named, the numbers."""
    roster, numbers = material.roster, material.numbers
    cells = [*roster.issuers, *roster.cosigners] if roster else []
    return {
        "statement": material.framed.uri,
        "as_of": times.render_timestamp(material.as_of),
        "cells": [_cell(each, roster) for each in cells],
        "without_a_node": {
            "total": numbers.total,
            "people": numbers.people,
            "groups": numbers.groups,
            "on_paper": numbers.imported,
            "by_country": dict(numbers.countries),
            "other_countries": numbers.elsewhere,
        },
        "named_groups": [_named(each, None) for each in material.groups],
        "named_people": [_named(each, material.shown_countries) for each in material.people],
    }


def _cell(each: Signatory, roster: Roster | None) -> dict[str, Any]:
    role = "issuer" if roster and each in roster.issuers else "cosigner"
    return _bare(
        {
            "name": each.name,
            "id": each.actor_uri,
            "role": role,
            "country": each.country or None,
            "signed": f"{each.since:%Y-%m-%d}" if each.since else None,
            "languages": list(each.languages),
            "record": each.record_uri,
        }
    )


def _named(each: Named, countries: frozenset[str] | None) -> dict[str, Any]:
    is_country_said = countries is None or each.country in countries
    return _bare(
        {
            "name": each.name,
            "role": each.role,
            "city": each.city,
            "country": each.country if is_country_said else None,
            "confirmed_by": each.method,
            "date": f"{each.confirmed_at:%Y-%m-%d}",
        }
    )


def table(material: Material) -> list[tuple[str | None, ...]]:
    """Return everybody who is named, a row each, as `CSV_COLUMNS` says."""
    document = signatures_document(material)
    cells = [
        (
            "cell",
            each["name"],
            each["role"],
            None,
            each.get("country"),
            each["id"],
            "proof",
            each.get("signed"),
        )
        for each in document["cells"]
    ]
    named = [
        (
            kind,
            each["name"],
            each.get("role"),
            each.get("city"),
            each.get("country"),
            None,
            each["confirmed_by"],
            each["date"],
        )
        for kind, members in (("group", document["named_groups"]), ("person", document["named_people"]))
        for each in members
    ]
    return [*cells, *named]


def proofs(material: Material) -> dict[str, bytes]:
    """Return the files that verify the statement and its list, by name; none of what others cannot sign."""
    if material.bundle is None:
        return {}
    return {
        "bundle.json": jsonld.dump(material.bundle),
        "bundle.jsonl": b"".join(bundles.dump_lines(material.bundle)),
    }


def _as_dict(source: Any) -> dict[str, Any]:
    named = ("role", "title", "url", "language", "publisher", "author", "translator", "licence")
    published = source.published.isoformat() if source.published else None
    return {name: getattr(source, name) for name in named} | {"published": published}


def _bare(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value not in (None, "", [], ())}
