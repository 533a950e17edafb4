"""`/desk/texts/UID/release`: what a release does, in plain words, and the buttons; deleting; amending."""

import functools
import zoneinfo
from datetime import datetime
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import Conflict, NodeError, NotFound
from fedinode.i18n import N_
from fedinode.services.members import ordering
from fedinode.services.members.signing_in import Member
from fedinode.services.publishing import Published
from fedinode.services.writing import issuing, retracing, surveying
from fedinode.services.writing.issuing import Outdated, Release
from fedinode.text.numerals import VERSION_DIGITS

_DONE: Final = {
    "public": N_("These words are public now, and on their way to everybody who follows."),
    "changed": N_("What is public says the new words now, and everybody who has it is told."),
    "asked": N_("The members are asked. Your yes counts already."),
    "scheduled": N_("It is published at the moment that you chose."),
    "waits": N_("Enough agreed. It is done when the time in which any member can stop it is over."),
    "same": N_("Nothing was changed: this is what is public already."),
    "called-off": N_("It is called off. Nothing is published."),
    "amended": N_(
        "This is the draft of another text now; the public one stays as it is, with its signatures."
    ),
    "deleted": N_("It is taken back, here and on the servers that have it."),
    "delete-asked": N_("The members are asked whether it is deleted. Your yes counts already."),
}
_WRONG_WORDS: Final = N_("To delete it, type its title as it stands above. Nothing was changed.")
_UTC: Final = "UTC"


@functools.cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(zoneinfo.available_timezones()))


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything to know before a text is released."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = "", **context: Any
) -> Response:
    uid = request.path_params["uid"]
    found = await surveying.survey(house.site.cap, member, uid)
    translate = doors.translator(request)
    return doors.page(
        house,
        request,
        "admin/release.html",
        member=member,
        status=status,
        survey=found,
        working=found.working,
        holds=[each.translated(translate) for each in found.holds],
        zones=_zones(),
        trouble=trouble,
        **{"done": "", "at": "", "zone": _UTC, "differing": (), "seen": 0, **context},
    )


async def release(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST: publish now or at a moment, or ask the members to."""
    uid, number = request.path_params["uid"], _number(fields)
    typed = {"at": first(fields, "at")[:40], "zone": first(fields, "zone")[:60] or _UTC}
    try:
        wanted = Release(uid=uid, number=number, at=_moment(fields))
        published = await issuing.release(house.site.cap, member, wanted)
    except Outdated as error:
        return await _outdated(house, request, member, number, error)
    except NotFound:
        raise
    except NodeError as error:
        said = error.translated(doors.translator(request))
        return await _page(house, request, member, status=409, trouble=said, **typed)
    return doors.to(f"/desk/texts/{uid}/release?done={_outcome(published, wanted.at)}")


def _outcome(published: Published, at: datetime | None) -> str:
    """Return the word for what came of it."""
    standing = published.standing
    if published.already:
        return "same"
    if standing is not None and not standing.is_approved:
        if standing.still_needed:
            return "asked"
        return "waits" if at is None else "scheduled"
    return "public" if published.state == "public" and standing is None else "changed"


async def _outdated(house: House, request: Request, member: Member, number: int, error: Outdated) -> Response:
    """Show what somebody changed since the page that was pressed on."""
    uid, cap = request.path_params["uid"], house.site.cap
    try:
        _, _, differing = await retracing.compare(cap, member, uid, number, error.newest)
    except NotFound:
        differing = ()
    said = error.translated(doors.translator(request))
    return await _page(house, request, member, status=409, trouble=said, differing=differing, seen=number)


def _moment(fields: Fields) -> datetime | None:
    wanted = first(fields, "do")
    if wanted not in ("now", "at"):
        raise HTTPException(400)
    return None if wanted == "now" else ordering.moment_in(first(fields, "at"), first(fields, "zone") or _UTC)


async def keep_draft(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../release/draft`: the text as a draft, which others are asked to sign before it is public."""
    uid, number = request.path_params["uid"], _number(fields)
    try:
        draft = await issuing.keep_draft(house.site.cap, member, Release(uid=uid, number=number))
    except Outdated as error:
        return await _outdated(house, request, member, number, error)
    except NotFound:
        raise
    except NodeError as error:
        said = error.translated(doors.translator(request))
        return await _page(house, request, member, status=409, trouble=said)
    return doors.to(f"/desk/network/statements/{draft}")


async def call_off(house: House, request: Request, member: Member, _fields: Fields) -> Response:
    """POST `.../release/call-off`: close the questions about this text, and what waits for its moment."""
    uid = request.path_params["uid"]
    await issuing.call_off(house.site.cap, member, uid)
    return doors.to(f"/desk/texts/{uid}/release?done=called-off")


async def amend(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../release/amend`: another text of a statement that others signed, as a draft."""
    uid, number = request.path_params["uid"], _number(fields)
    try:
        await issuing.amend(house.site.cap, member, Release(uid=uid, number=number))
    except Outdated as error:
        return await _outdated(house, request, member, number, error)
    except NotFound:
        raise
    except NodeError as error:
        said = error.translated(doors.translator(request))
        return await _page(house, request, member, status=409, trouble=said)
    return doors.to(f"/desk/texts/{uid}/release?done=amended")


# -- taking back


async def ask_delete(house: House, request: Request, member: Member) -> Response:
    """GET `.../delete`: what deleting does, and the field for the title."""
    return await _delete_page(house, request, member)


async def _delete_page(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = "", typed: str = ""
) -> Response:
    uid = request.path_params["uid"]
    try:
        working, effect = await surveying.effect_of_deletion(house.site.cap, member, uid)
    except Conflict as error:
        said = error.translated(doors.translator(request))
        return await _page(house, request, member, status=409, trouble=said)
    return doors.page(
        house,
        request,
        "admin/delete.html",
        member=member,
        status=status,
        working=working,
        effect=effect,
        trouble=trouble,
        typed=typed,
    )


async def delete(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `.../delete`: take it back, or ask the members to, once the title was typed."""
    uid, typed = request.path_params["uid"], first(fields, "title")[:500]
    translate = doors.translator(request)
    try:
        _, effect = await surveying.effect_of_deletion(house.site.cap, member, uid)
        if _folded(typed) != _folded(effect.title):
            said = translate(_WRONG_WORDS)
            return await _delete_page(house, request, member, status=422, trouble=said, typed=typed)
        done = await issuing.delete(house.site.cap, member, uid)
    except NotFound:
        raise
    except NodeError as error:
        return await _page(house, request, member, status=409, trouble=error.translated(translate))
    is_asked = done.standing is not None and not done.standing.is_approved
    return doors.to(f"/desk/texts/{uid}/release?done={'delete-asked' if is_asked else 'deleted'}")


def _folded(words: str) -> str:
    return " ".join(words.split()).casefold()


def _number(fields: Fields) -> int:
    return doors.number(first(fields, "number"), status=400, digits=VERSION_DIGITS)
