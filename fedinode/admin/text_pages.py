"""`/desk/texts`: all texts of a member's collectives, where new ones begin, and what is thrown away."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors
from fedinode.admin.doors import DESK, Fields, House, first
from fedinode.admin.text_fields import KIND_NAMES
from fedinode.errors import Conflict, NotFound
from fedinode.i18n import N_
from fedinode.manuscripts import Kind
from fedinode.services.members.signing_in import Member
from fedinode.services.writing import authoring, beginning, leafing, retracing
from fedinode.services.writing.leafing import Shelf
from fedinode.storage.models import new_uid

TEXTS: Final = f"{DESK}/texts"
SHELVES: Final[dict[Shelf, str]] = {
    "in-work": N_("In work"),
    "scheduled": N_("Scheduled"),
    "public": N_("Public"),
    "thrown-away": N_("Thrown away"),
}
#: What a state is called, and its tone.
STATES: Final = {
    "writing": (N_("being written"), ""),
    "draft": (N_("draft"), ""),
    "asked": (N_("members are asked"), "wait"),
    "scheduled": (N_("scheduled"), "wait"),
    "public": (N_("public"), "good"),
    "thrown-away": (N_("thrown away"), "bad"),
}
#: What each starting point is for.
PURPOSES: Final = {
    Kind.STATEMENT: N_("What you stand for: others can co-sign it."),
    Kind.NEWS: N_("What happened, or what you did."),
    Kind.EVENT: N_("Where people can come, with day and hour."),
}
_DONE: Final = {"dropped": N_("It was thrown away. For 30 days you find it under “Thrown away”.")}
_NOT_BACK: Final = N_("This text is being written anew already; nothing was changed.")
_PAGE_DIGITS: Final = 4


async def show_list(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/texts`: one shelf of the list."""
    shelf: Shelf = next((each for each in SHELVES if each == request.query_params.get("shelf")), "in-work")
    shelved = await leafing.list_texts(house.site.cap, member, shelf, _page_of(request))
    return doors.page(
        house,
        request,
        "admin/texts.html",
        member=member,
        shelf=shelf,
        shelves=SHELVES,
        states=STATES,
        kinds=KIND_NAMES,
        shelved=shelved,
        done=doors.done(request, _DONE),
    )


def _page_of(request: Request) -> int:
    page = doors.number(request.query_params.get("page", "1"), digits=_PAGE_DIGITS)
    if page == 0:
        raise HTTPException(404)
    return page


async def ask_new(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/texts/new`: which sort of text, and for which collective."""
    return await _new(house, request, member)


async def _new(house: House, request: Request, member: Member, status: int = 200) -> Response:
    return doors.page(
        house,
        request,
        "admin/text_new.html",
        member=member,
        status=status,
        voices=await leafing.list_voices(house.site.cap, member),
        kinds={kind: (KIND_NAMES[kind], PURPOSES[kind]) for kind in beginning.KINDS},
        uid=new_uid(),
    )


async def begin(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/new`: the name of the text is in the form, so that a second press finds the first."""
    voices = {each.name: each for each in await leafing.list_voices(house.site.cap, member)}
    voice = voices.get(first(fields, "collective"))
    kind = next((each for each in beginning.KINDS if each == first(fields, "kind")), None)
    uid = first(fields, "uid")
    if voice is None or kind is None or not authoring.is_uid(uid):
        return await _new(house, request, member, status=422)
    source = beginning.starting_point(kind, voice.language, is_empty=first(fields, "outline") == "no")
    await authoring.begin(house.site.cap, member, voice.name, source, uid=uid)
    return doors.to(f"{TEXTS}/{uid}")


async def open_post(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/of-post`: a draft or public post is opened in its working copy."""
    try:
        uid = await leafing.open_post(house.site.cap, member, first(fields, "post"))
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.to(f"{TEXTS}/{uid}")


async def drop(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/{uid}/drop`: thrown away, for 30 days to be taken back."""
    await retracing.drop(house.site.cap, member, request.path_params["uid"])
    return doors.to(f"{TEXTS}?done=dropped")


async def take_back(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/texts/{uid}/take-back`: it is written on."""
    uid = request.path_params["uid"]
    try:
        await retracing.take_back(house.site.cap, member, uid)
    except Conflict:
        return await refuse(house, request, member, _NOT_BACK)
    return doors.to(f"{TEXTS}/{uid}?done=back")


async def refuse(house: House, request: Request, member: Member, words: str) -> Response:
    """Answer 409 with the list and a sentence."""
    return doors.page(
        house,
        request,
        "admin/texts.html",
        member=member,
        status=409,
        shelf="in-work",
        shelves=SHELVES,
        states=STATES,
        kinds=KIND_NAMES,
        shelved=await leafing.list_texts(house.site.cap, member, "in-work"),
        done="",
        trouble=doors.translator(request)(words),
    )
