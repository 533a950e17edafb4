"""`/desk/audit`: who did what when, in plain words, whether the chain is whole, and all of it as a file."""

from datetime import date
from typing import Final, get_args
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import House
from fedinode.i18n import N_
from fedinode.services.members.signing_in import Member
from fedinode.services.upkeep import deed_words, recounting
from fedinode.services.upkeep.recounting import MACHINE, Deed, ExportForm, Filter

AUDIT: Final = f"{doors.DESK}/audit"
_NO_DAY: Final = N_("Write days as in 2026-11-22.")
_TYPES: Final = {"jsonl": "application/jsonl; charset=utf-8", "csv": "text/csv; charset=utf-8"}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: a page of entries, as the form above them says."""
    cap = house.site.cap
    wanted, is_wrong = _filter(request)
    found = await recounting.look(cap, wanted, _before(request))
    words = doors.translator(request)
    is_first = "before" not in request.query_params
    return doors.page(
        house,
        request,
        "admin/audit.html",
        member=member,
        status=422 if is_wrong else 200,
        trouble=words(_NO_DAY) if is_wrong else "",
        page=found,
        lines=[(each, _sentence(each, words)) for each in found.deeds],
        chain=await recounting.verify_lately(cap) if is_first else None,
        wanted=wanted,
        kinds=deed_words.KINDS,
        machine=MACHINE,
        is_filtered=wanted != Filter(),
        older=_older(wanted, found.next_id),
    )


async def export(house: House, request: Request, _member: Member) -> Response:
    """GET `/desk/audit/export`: the whole audit, as JSON lines or as a table."""
    form = request.query_params.get("form", "jsonl")
    if form not in get_args(ExportForm):
        raise HTTPException(404)
    made = await recounting.export(house.site.cap, "csv" if form == "csv" else "jsonl")
    headers = {
        "content-type": _TYPES[form],
        "content-disposition": f'attachment; filename="{made.name}"',
        "cache-control": "no-store",
    }
    return Response(made.content, headers=headers)


def _sentence(deed: Deed, words: deed_words.Translate) -> str:
    who = deed.who or words(deed_words.NOBODY)
    return deed_words.sentence(deed.deed, who, deed.about, deed.details, words)


def _filter(request: Request) -> tuple[Filter, bool]:
    """Return what is looked for, and whether a day was written that is none."""
    asked = request.query_params
    try:
        days = [date.fromisoformat(asked[name]) if asked.get(name) else None for name in ("since", "until")]
    except ValueError:
        return Filter(), True
    return Filter(who=asked.get("who", ""), kind=asked.get("kind", ""), since=days[0], until=days[1]), False


def _before(request: Request) -> int | None:
    written = request.query_params.get("before")
    return None if written is None else doors.number(written)


def _older(wanted: Filter, next_id: int | None) -> str:
    """Return the address of what is older, or nothing."""
    if next_id is None:
        return ""
    asked = {"who": wanted.who, "kind": wanted.kind, "since": wanted.since, "until": wanted.until}
    kept = {name: str(value) for name, value in asked.items() if value}
    return f"{AUDIT}?{urlencode(kept | {'before': str(next_id)})}"
