"""`/desk/deliveries`: how far what we sent has got, what other servers say of it, and once more please."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from fedinode.admin import doors, network_pages
from fedinode.admin.doors import DESK, Fields, House, first
from fedinode.errors import NodeError, NoSuchPage, NotFound
from fedinode.i18n import N_
from fedinode.services import tracking
from fedinode.services.members.signing_in import Member

DELIVERIES: Final = f"{DESK}/deliveries"
#: What was done, by the type of the activity.
DEEDS: Final = {
    "Create": N_("published"),
    "Update": N_("changed"),
    "Delete": N_("taken back"),
    "Announce": N_("reshared"),
    "Undo": N_("undone"),
    "Follow": N_("asked to follow"),
    "Accept": N_("accepted"),
    "Reject": N_("refused"),
    "Invite": N_("asked to sign"),
}
#: States of a delivery: a word, and its colour.
STATES: Final = {
    "waiting": (N_("waits"), "wait"),
    "leased": (N_("on its way"), "wait"),
    "delivered": (N_("delivered"), "good"),
    "parked": (N_("put aside: the server has not answered for days"), "bad"),
    "abandoned": (N_("given up"), "bad"),
}
_DONE: Final = {
    "retried": N_("It is tried again now."),
    "woken": N_("All servers are greeted. Those who gave us up will send again."),
}


async def show(house: House, request: Request, member: Member) -> Response:
    """GET: what was sent, the newest first."""
    return await _page(house, request, member)


async def _page(
    house: House, request: Request, member: Member, *, status: int = 200, trouble: str = ""
) -> Response:
    everything = request.query_params.get("all") == "1"
    page = doors.number(request.query_params.get("page", "1"))
    try:
        found = await tracking.list_progress(
            house.site.cap, member.where("network"), page, everything=everything
        )
    except NoSuchPage as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/deliveries.html",
        member=member,
        status=status,
        found=found,
        everything=everything,
        base=f"{house.site.cap.urls.origin}{DELIVERIES}" + ("?all=1" if everything else ""),
        deeds=DEEDS,
        done="" if trouble else doors.done(request, _DONE),
        trouble=trouble,
    )


async def show_one(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/deliveries/{number}`: one activity, and each server that does not have it."""
    number = doors.number(request.path_params["number"])
    try:
        progress, remaining = await tracking.find_progress(house.site.cap, member.where("network"), number)
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/delivery.html",
        member=member,
        progress=progress,
        remaining=remaining,
        most=tracking.MAX_SERVERS,
        deeds=DEEDS,
        states=STATES,
        done=doors.done(request, _DONE),
    )


async def show_server(house: House, request: Request, member: Member) -> Response:
    """GET `/desk/deliveries/servers/{number}`: what was sent to one server."""
    number = doors.number(request.path_params["number"])
    try:
        found = await tracking.find_server(house.site.cap, member.where("network"), number)
    except NotFound as error:
        raise HTTPException(404) from error
    return doors.page(
        house,
        request,
        "admin/delivery_server.html",
        member=member,
        found=found,
        deeds=DEEDS,
        states=STATES,
        done=doors.done(request, _DONE),
    )


async def retry(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/deliveries/retry`: one server, or all."""
    written = first(fields, "server")
    number = doors.number(written) if written else None
    try:
        await tracking.retry(house.site.cap, member.where("network"), number, account_id=member.account_id)
    except NotFound as error:
        raise HTTPException(404) from error
    except NodeError as error:
        return await _page(house, request, member, status=409, trouble=network_pages.said(request, error))
    return doors.to(f"{DELIVERIES}{'' if number is None else f'/servers/{number}'}?done=retried")


async def wake(house: House, request: Request, member: Member, fields: Fields) -> Response:
    """POST `/desk/deliveries/wake`: greet all servers."""
    del fields
    try:
        await tracking.wake(house.site.cap, account_id=member.account_id)
    except NodeError as error:
        return await _page(house, request, member, status=409, trouble=network_pages.said(request, error))
    return doors.to(f"{DELIVERIES}?done=woken")
