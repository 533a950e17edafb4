"""`/desk`: what waits for a member: questions to the members, held replies, requests to follow."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import decision_pages, doors
from fedinode.admin.doors import Fields, House, first
from fedinode.errors import NotFound
from fedinode.i18n import N_
from fedinode.services import overseeing
from fedinode.services.signing_in import Member

_DONE: Final = {
    "shown": N_("The replies are shown under their posts now."),
    "hidden": N_("The replies are hidden."),
    "accepted": N_("They follow you now."),
    "rejected": N_("They were refused."),
    "voted": N_("Your answer counts."),
}
_GONE: Final = N_(
    "Somebody else decided this meanwhile, or it was never yours to decide. Nothing was changed."
)
_NOTHING_CHOSEN: Final = N_("Choose at least one.")
#: Words of a form's buttons.
_REPLY_CHOICES: Final = {"show": True, "hide": False}
_REQUEST_CHOICES: Final = {"accept": True, "reject": False}
#: The numbers of rows have fewer digits.
_MAX_DIGITS: Final = 18


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: everything that waits."""
    return await _page(house, request, member, done=doors.done(request, _DONE))


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, done: str = "", trouble: str = ""
) -> Response:
    waiting = await overseeing.look(house.site.cap, member)
    return doors.page(
        house,
        request,
        "admin/waiting.html",
        member=member,
        status=status,
        waiting=waiting,
        deeds=decision_pages.DEEDS,
        done=done,
        trouble=trouble,
    )


async def settle_replies(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/replies`: the chosen ones are shown or hidden."""
    is_shown = _choice(fields, _REPLY_CHOICES)

    async def settle(chosen: list[int]) -> str:
        await overseeing.settle_replies(house.site.cap, member, chosen, is_shown=is_shown)
        return "shown" if is_shown else "hidden"

    return await _settle(house, request, member, fields, settle)


async def settle_requests(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/requests`: the chosen ones are accepted or refused."""
    is_accepted = _choice(fields, _REQUEST_CHOICES)

    async def settle(chosen: list[int]) -> str:
        await overseeing.settle_requests(house.site.cap, member, chosen, is_accepted=is_accepted)
        return "accepted" if is_accepted else "rejected"

    return await _settle(house, request, member, fields, settle)


async def _settle(
    house: House,
    request: Request,
    member: Member,
    fields: Fields,
    settle: Callable[[list[int]], Awaitable[str]],
) -> Response:
    chosen = _numbers(fields)
    if not chosen:
        return await _trouble(house, request, member, _NOTHING_CHOSEN, status=422)
    try:
        return doors.to(f"{doors.DESK}?done={await settle(chosen)}")
    except NotFound:
        return await _trouble(house, request, member, _GONE, status=404)


async def _trouble(house: House, request: Request, member: Member, words: str, *, status: int) -> Response:
    return await _page(house, request, member, status=status, trouble=doors.translator(request)(words))


def _choice(fields: Fields, choices: dict[str, bool]) -> bool:
    try:
        return choices[first(fields, "do")]
    except KeyError as error:
        raise HTTPException(400) from error


def _numbers(fields: Fields) -> list[int]:
    written = fields.get("id", [])
    if not all(each.isascii() and each.isdigit() and len(each) <= _MAX_DIGITS for each in written):
        raise HTTPException(400)
    return sorted({int(each) for each in written})
